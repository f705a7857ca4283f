using System.Collections.Concurrent;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Network;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Mock;
using Switchyard.Providers.Replay;

namespace Switchyard.Providers.Registry;

/// <summary>The providers that a configuration enables.</summary>
/// <param name="Providers">
/// The providers to load, by descending priority; including those with a problem, whose loading fails with that problem.
/// </param>
/// <param name="Problems">The problems of the configuration, one sentence each; empty if none.</param>
internal sealed record ProviderActivation(IReadOnlyList<ProviderRegistration> Providers, IReadOnlyList<string> Problems)
{
    /// <summary>The message if no provider is enabled: a gateway whose secrets are missing must not answer with the mock.</summary>
    public const string NoProvider =
        "No providers available. No provider is enabled: set a provider's key variable, or name a provider under 'providers' "
        + "(the built-in one is 'mock').";

    /// <summary>Whether the mock answers because nothing is configured.</summary>
    public bool IsMock => Providers is [{ Origin: ProviderOrigin.Fallback }];

    /// <summary>The names of the providers that the user disabled.</summary>
    public IReadOnlyList<string> Disabled { get; init; } = [];

    /// <summary>Settings without the intended effect, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The network policy of the providers; null if everything may be reached.</summary>
    public EgressGuard? Egress { get; init; }
}

/// <summary>
/// Decides which providers are enabled: those the user configured; the catalogue's with a set key variable, if the user named none or
/// enabled these too; and the mock if nothing is configured. It neither throws nor starts anything.
/// </summary>
/// <param name="catalog">The provider catalogue; null uses the built-in one.</param>
/// <param name="context">The environment, and the context of the providers; null uses the default.</param>
/// <param name="guards">Creates the guard of the network policy; null uses guards without an observer.</param>
internal sealed class ProviderActivator(ProviderCatalog? catalog = null, ProviderContext? context = null, EgressGuards? guards = null)
{
    // Cached, so that the same configuration yields equal descriptors, and an unchanged provider is not rebuilt.
    private readonly ConcurrentDictionary<string, ProviderDescriptor> _userDefined = new(StringComparer.Ordinal);
    private readonly ProviderCatalog _catalog = catalog ?? ProviderCatalog.Default;
    private readonly ProviderContext _context = context ?? ProviderContext.Default;
    private readonly EgressGuards _guards = guards ?? new EgressGuards();

    /// <summary>Decides which providers to load.</summary>
    public ProviderActivation Activate(SwitchyardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<string>();
        var registrations = new List<ProviderRegistration>();
        var disabled = new List<string>();
        // Disabled providers too, so that their key variable does not enable them again.
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        var connect = options.Timeouts.Connect;
        var egress = _guards.Of(options.Egress, _catalog.Hosts);
        var context = _context with { ConnectTimeout = connect > TimeSpan.Zero ? connect : _context.ConnectTimeout, Egress = egress };
        foreach (var (written, provider) in options.Providers)
        {
            if (NameOf(written, provider) is not { } name)
            {
                problems.Add($"'{written}' cannot be a provider's name: use letters, digits, '-', '_' and '.'.");
                continue;
            }

            if (!named.TryAdd(name, written))
            {
                problems.Add($"Provider '{name}' is configured twice: as '{named[name]}' and as '{written}'.");
                continue;
            }

            if (provider is null or { Enabled: true })
                registrations.Add(Configured(name, provider ?? new ProviderOptions(), context, problems));
            else
                disabled.Add(name);
        }

        if (options.AutoEnable ?? registrations.Count == 0)
        {
            registrations.AddRange(_catalog.All.Where(entry => !named.ContainsKey(entry.Name) && IsAutoEnabled(entry))
                .Select(entry => FromCatalogue(entry, context, ProviderOrigin.KeyVariable)));
        }

        if (registrations.Count == 0 && EmptyStart.Is(options) && _catalog.Find(KnownProviders.Mock) is { } mock)
            registrations.Add(FromCatalogue(mock, context, ProviderOrigin.Fallback));
        var (blocked, reported) = ProviderReach.Of(registrations, egress?.Policy, _context.Environment);
        return new ProviderActivation(
            [.. registrations.OrderByDescending(registration => registration.Descriptor.Priority)], [.. problems, .. blocked])
        {
            Disabled = disabled,
            Warnings = reported,
            Egress = egress,
        };
    }

    /// <summary>The environment variables for the key of a configured provider.</summary>
    public IReadOnlyList<string> KeyVariablesOf(string name, ProviderOptions? options) =>
        (_catalog.Find(options?.Type ?? name) ?? UserDefined(name)).KeyEnv;

    /// <summary>The catalogue's entries that only a key would enable with these options.</summary>
    public IEnumerable<ProviderDescriptor> EnabledByAKey(SwitchyardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.AutoEnable ?? options.Providers.Values.All(provider => provider is { Enabled: false })))
            return [];
        var named = options.Providers.Select(pair => NameOf(pair.Key, pair.Value)).ToHashSet(StringComparer.Ordinal);
        return _catalog.All.Where(entry => !named.Contains(entry.Name) && NeedsOnlyAKey(entry));
    }

    /// <summary>
    /// The name a provider is registered under; null if the name is invalid. An alias is replaced by the vendor's name, unless a type or a
    /// base_url makes it another provider.
    /// </summary>
    public string? NameOf(string written, ProviderOptions? provider)
    {
        var name = provider?.Type is null && provider?.BaseUrl is null ? _catalog.Normalize(written) : ProviderNames.Normalize(written);
        return ProviderNames.IsValid(name) ? name : null;
    }

    private ProviderRegistration Configured(string name, ProviderOptions options, ProviderContext context, List<string> problems)
    {
        var known = _catalog.Find(options.Type ?? name);
        var descriptor = known ?? _userDefined.GetOrAdd(name, UserDefined);
        descriptor = descriptor with { Priority = options.Priority ?? descriptor.Priority };
        var keys = options.Keys
            .Where(entry => KeyOf(entry.Key) is not null)
            .Select(entry => new ProviderKey(KeyOf(entry.Key)!, entry.Weight))
            .ToList();
        var settings = new ProviderSettings
        {
            Type = known?.Name ?? KnownProviders.Custom,
            ApiKey = keys is [var first, ..] ? first.Value : KeyOf(options.Key) ?? KeyFromEnvironment(descriptor),
            Keys = keys.Count > 1 ? keys : [],
            BaseUrl = options.BaseUrl,
            Dialect = options.Dialect,
            Timeout = options.Timeout,
            AttemptTimeout = options.AttemptTimeout,
            Drains = options.OnDisconnect is { } action ? action == "drain" : null,
            Priority = options.Priority,
            Weight = options.Weight,
            MaxRetries = options.MaxRetries,
            Concurrency = options.Concurrency,
            AdaptiveConcurrency = options.AdaptiveConcurrency,
            // Like a key, a value from a secrets file often ends in a line break.
            Headers = options.Headers.ToDictionary(pair => pair.Key, pair => pair.Value.Trim(), StringComparer.OrdinalIgnoreCase),
            Models = [.. options.Models],
            DefaultModel = options.DefaultModel?.Trim(),
            Proxy = options.Proxy,
            Tls = TlsOf(options.Tls),
            Replay = ReplayOf(options.Replay),
            Metadata = new Dictionary<string, string>(options.Settings, StringComparer.OrdinalIgnoreCase),
            Facts = FactsOf(options),
        };
        var found = new ProviderProblems(name, options, settings, _catalog, context.Environment).Find(known, descriptor);
        problems.AddRange(found);
        return found.Count > 0
            ? Broken(
                name, settings, descriptor, found[0],
                isKey: options.SecretProblem is not null || found[0] == ProviderMessages.MissingKey(name, descriptor))
            : new ProviderRegistration(name, settings, descriptor, Factory(name, descriptor, context, settings));
    }

    /// <summary>The configured facts of a provider; null if none.</summary>
    public static ProviderFacts? FactsOf(ProviderOptions? options)
    {
        var facts = new ProviderFacts
        {
            DisplayName = options?.DisplayName,
            Description = options?.Description,
            Version = options?.Version,
            Features = options is { Features.Count: > 0 } ? [.. options.Features] : null,
            MaxTokensPerRequest = options?.MaxRequestTokens,
        };
        return facts == new ProviderFacts() ? null : facts;
    }

    private static ProviderTls? TlsOf(ProviderTlsOptions options) =>
        options is { Ca: null, Certificate: null, Insecure: false } ? null
            : new ProviderTls { Ca = options.Ca, Certificate = options.Certificate, Key = options.Key, Insecure = options.Insecure };

    private static ReplaySettings? ReplayOf(ReplayOptions? options) => options is null ? null : new(options.Folder)
    {
        Provider = options.Provider,
        Speed = options.Speed,
        Strict = options.Strict,
        Ignore = [.. options.Ignore],
    };

    private ProviderRegistration FromCatalogue(ProviderDescriptor descriptor, ProviderContext context, ProviderOrigin origin)
    {
        var settings = new ProviderSettings { Type = descriptor.Name, ApiKey = KeyFromEnvironment(descriptor) };
        var factory = Factory(descriptor.Name, descriptor, context, settings);
        return new ProviderRegistration(descriptor.Name, settings, descriptor, factory) { Origin = origin };
    }

    /// <summary>A registration whose loading fails, so that a client that names the provider gets the problem, not "unknown".</summary>
    private static ProviderRegistration Broken(
        string name, ProviderSettings settings, ProviderDescriptor descriptor, string problem, bool isKey) =>
        new(name, settings, descriptor, () => throw new ProviderException(problem)
        {
            Code = isKey ? ProviderMessages.MissingCredentials : null,
        });

    private static Func<IProvider> Factory(
        string name, ProviderDescriptor descriptor, ProviderContext context, ProviderSettings settings) =>
        settings.Replay is not null
            ? () => new ReplayProvider(name, descriptor, context)
            : descriptor.Name == KnownProviders.Mock
            ? () => new MockProvider(name, null, context)
            : () => new HttpProvider(name, descriptor, context);

    private bool IsAutoEnabled(ProviderDescriptor descriptor) => KeyFromEnvironment(descriptor) is not null && NeedsOnlyAKey(descriptor);

    private bool NeedsOnlyAKey(ProviderDescriptor descriptor) =>
        descriptor is { Local: false, Unavailable: null, Auth.Scheme: not ProviderAuthScheme.None }
        && !EndpointAddress.Unfilled(descriptor, new ProviderSettings { Type = descriptor.Name }, _context.Environment).Any();

    private string? KeyFromEnvironment(ProviderDescriptor descriptor) =>
        descriptor.KeyEnv.Select(_context.Environment).Select(KeyOf).FirstOrDefault(key => key is not null);

    private static string? KeyOf(string? text) => PlaceholderKey.Matches(text) ? null : text!.Trim();

    // A server of the user's: it may need no key, hence Local; the key variable follows from the name (my-server: MY_SERVER_API_KEY).
    private static ProviderDescriptor UserDefined(string name) => new()
    {
        Name = name,
        Local = true,
        Priority = ProviderDescriptor.UserDefinedPriority,
        KeyEnv = [$"{name.ToUpperInvariant().Replace('-', '_').Replace('.', '_')}_API_KEY"],
        Operations = [.. Enum.GetValues<CallOperation>()],
        Features = [.. ProviderFeatures.All.Order(StringComparer.Ordinal)],
    };
}

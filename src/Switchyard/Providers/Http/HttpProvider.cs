using System.Diagnostics.CodeAnalysis;
using Switchyard.Canonical;

namespace Switchyard.Providers.Http;

/// <summary>A vendor reached over HTTP, described only by data.</summary>
internal sealed class HttpProvider : ProviderBase, IHttpProvider
{
    private static readonly Dictionary<string, string> s_noPaths = [];

    private readonly ModelMatcher _noModels = new([], []);
    private ModelMatcher? _matcher;
    private HttpEndpoint? _endpoint;
    private IReadOnlyList<ProviderModel> _knownModels = [];
    private string? _modelsPath;

    /// <summary>A provider that is not yet initialised.</summary>
    /// <param name="name">The name clients and routes use; it may differ from the descriptor's.</param>
    /// <param name="descriptor">The vendor's descriptor.</param>
    /// <param name="context">The clock, loggers, environment and connect timeout; null uses the default.</param>
    public HttpProvider(string name, ProviderDescriptor descriptor, ProviderContext? context = null)
        : base(name, context)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Descriptor = descriptor;
    }

    /// <summary>The vendor's descriptor.</summary>
    public ProviderDescriptor Descriptor { get; }

    /// <inheritdoc/>
    /// <exception cref="ProviderException">It is not initialised, or already disposed.</exception>
    public HttpEndpoint Endpoint
    {
        get
        {
            ThrowIfNotInitialized();
            return _endpoint!;
        }
    }

    /// <summary>The models known without a request: the catalogue's and the configured ones.</summary>
    public IReadOnlyList<ProviderModel> KnownModels => _knownModels;

    /// <inheritdoc/>
    protected override bool RequiresApiKey => Descriptor.RequiresApiKey;

    /// <inheritdoc/>
    public override bool ServesModel(string modelId) => (_matcher ?? _noModels).Matches(modelId);

    /// <inheritdoc/>
    /// <remarks>A model of <see cref="KnownModels"/> needs no request.</remarks>
    public override async ValueTask<ProviderModel> GetModelAsync(string modelId, CancellationToken cancellationToken)
    {
        ThrowIfNotInitialized();
        foreach (var model in _knownModels)
        {
            if (string.Equals(model.Id, modelId, StringComparison.Ordinal))
                return model;
        }

        return await base.GetModelAsync(modelId, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Without a list of models, any answer of the host below 500 counts as reachable.</remarks>
    public override ValueTask CheckReachableAsync(CancellationToken cancellationToken) => _modelsPath is { } path
        ? ModelListClient.CheckAsync(Name, Endpoint, path, cancellationToken)
        : ModelListClient.TouchAsync(Name, Endpoint, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (Descriptor.Unavailable is { } reason && string.IsNullOrWhiteSpace(settings.BaseUrl))
            throw new ProviderException($"{Descriptor.Label} cannot be used: {reason}");
        var baseUrl = EndpointAddress.Resolve(Name, Descriptor, settings, Context.Environment);
        var credentials = EndpointCredentials.Of(Name, Descriptor, settings, baseUrl, Context);
        var dialects = DialectsOf(settings);
        _modelsPath = ModelsPathOf(settings, baseUrl, credentials[0]);
        _knownModels =
        [
            .. settings.Models.Select(id => Describe(id, ListedBy.Configuration))
                .Concat(Descriptor.Models.Select(id => Describe(id, ListedBy.Catalogue)))
                .DistinctBy(model => model.Id, StringComparer.Ordinal),
        ];
        _matcher = new ModelMatcher(Descriptor.ModelPatterns, _knownModels.Select(model => model.Id));
        var query = Descriptor.Query is { } written ? EndpointAddress.Fill(written, Name, Descriptor, settings, Context.Environment) : null;
        var baseUrls = BaseUrlsOf(dialects, settings);
        _endpoint = new HttpEndpoint(baseUrl, query, baseUrls)
        {
            Invoker = CreateInvoker(settings, [baseUrl, .. baseUrls.Values]),
            FreshInvoker = Context.HandlerFactory is null ? CreateInvoker(settings, [baseUrl, .. baseUrls.Values], fresh: true) : null,
            Egress = Context.Egress,
            Paths = PathsOf(dialects[0]),
            Dialects = dialects,
            Quirks = Descriptor.Quirks,
            Credentials = credentials,
            // A server of the user's own is said to serve everything; its format may have no compaction.
            Operations = [.. Descriptor.Operations.Where(operation => CallOperations.IsIn(operation, dialects))],
            FirstTokenTimeout = settings.Timeout,
            // By the vendor's name: the user may have given the provider another.
            FactsOf = model => Context.Models.FactsOf(Descriptor.Name, model),
        };
        return default;
    }

    /// <summary>The path of the list; null if only the known models can be listed.</summary>
    private string? ModelsPathOf(ProviderSettings settings, Uri baseUrl, EndpointCredential credential)
    {
        // With a user's base_url the path may have no value for a placeholder.
        if (Descriptor.ModelsPath is not { } path
            || !EndpointAddress.Placeholders(path).All(name => Descriptor.ValueOf(name, settings, Context.Environment) is not null))
            return null;
        var filled = EndpointAddress.Fill(path, Name, Descriptor, settings, Context.Environment);
        // The key for a user's own address is not sent to the vendor's list elsewhere. A signature is no secret.
        var isElsewhere = Uri.TryCreate(filled, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https"
            && !IsOfSameDomain(whole, baseUrl);
        return isElsewhere && credential.Authorizer is null && !string.IsNullOrWhiteSpace(settings.BaseUrl) ? null : filled;
    }

    private static bool IsOfSameDomain(Uri one, Uri other) =>
        string.Equals(DomainOf(one), DomainOf(other), StringComparison.OrdinalIgnoreCase);

    private static string DomainOf(Uri url) => string.Join('.', url.Host.Split('.').TakeLast(2));

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
    {
        if (_modelsPath is not { } path)
            return _knownModels;
        var live = await ModelListClient.FetchAsync(Name, Endpoint, path, Context.TimeProvider, cancellationToken).ConfigureAwait(false);
        // The provider's own entry of a model wins over the configured one. A model that only the catalogue names does not exist at the
        // provider.
        var configured = _knownModels.Where(model => model.ListedBy == ListedBy.Configuration);
        return [.. live.Concat(configured).DistinctBy(model => model.Id, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync()
    {
        _endpoint?.Invoker.Dispose();
        _endpoint?.FreshInvoker?.Dispose();
        return default;
    }

    private IReadOnlyList<DialectId> DialectsOf(ProviderSettings settings)
    {
        if (!string.IsNullOrWhiteSpace(settings.Dialect))
            return [new DialectId(settings.Dialect.Trim())];
        // A user's base_url replaces the first address only: dialects with another address in the catalogue are not served there.
        var hasOwnAddress = !string.IsNullOrWhiteSpace(settings.BaseUrl);
        var spoken = Descriptor.Dialects.Where(name => !hasOwnAddress || !Descriptor.BaseUrls.ContainsKey(name));
        return [.. spoken.DefaultIfEmpty(DialectId.OpenAIChat.Value).Select(name => new DialectId(name))];
    }

    private Dictionary<string, Uri> BaseUrlsOf(IReadOnlyList<DialectId> dialects, ProviderSettings settings) =>
        !string.IsNullOrWhiteSpace(settings.BaseUrl) ? []
        : Descriptor.BaseUrls.Where(pair => dialects.Contains(new DialectId(pair.Key))).ToDictionary(
            pair => pair.Key,
            pair => EndpointAddress.Resolve(pair.Value, Name, Descriptor, settings, Context.Environment),
            StringComparer.Ordinal);

    /// <summary>The catalogue's paths are those of its first dialect; a dialect chosen by the user uses its own paths.</summary>
    private IReadOnlyDictionary<string, string> PathsOf(DialectId dialect) =>
        Descriptor.Dialects is [var first, ..] && dialect.Value.Equals(first, StringComparison.OrdinalIgnoreCase)
            ? Descriptor.Paths
            : s_noPaths;

    private ProviderModel Describe(string id, ListedBy listedBy) =>
        new() { Id = id, Name = id, Provider = Name, Capabilities = ModelGuess.Capabilities(id), ListedBy = listedBy };

    [SuppressMessage("Reliability", "CA2000", Justification = "The invoker owns the handler, and this provider the invoker.")]
    private HttpMessageInvoker CreateInvoker(ProviderSettings settings, IReadOnlyList<Uri> addresses, bool fresh = false) =>
        new(Context.HandlerFactory?.Invoke() ?? ProviderHandler.Create(Name, settings, Context, addresses, fresh));
}

using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Checking;
using Switchyard.Configuration;
using Switchyard.Health;
using Switchyard.Pipeline;
using Switchyard.Refinement;
using Switchyard.Server.Serving;
using Switchyard.Targets;

namespace Switchyard.Server.Composition;

/// <summary>The operations of engine and gateway that the verbs need.</summary>
internal interface ICommandServices
{
    /// <summary>Adds the names that the configuration is checked against to a request: known providers and plugins.</summary>
    ConfigurationRequest Complete(ConfigurationRequest request);

    /// <summary>The options with their secrets resolved from the stores; null, and the reason, if that fails.</summary>
    Task<(SwitchyardOptions? Options, string? Problem)> ResolveSecretsAsync(SwitchyardOptions options, CancellationToken cancellationToken);

    /// <summary>Opens the file of secrets on this machine.</summary>
    /// <param name="options">The configuration, which may name it.</param>
    /// <param name="isPlain">Whether it is opened without the passphrase.</param>
    OpenedSecrets OpenSecrets(SwitchyardOptions options, bool isPlain);

    /// <summary>The problems that keep configured providers from working, one sentence each: a missing key, for example.</summary>
    IReadOnlyList<string> FindProviderProblems(SwitchyardOptions options);

    /// <summary>The problems that keep the server from listening, one sentence each: a certificate that cannot be read.</summary>
    IReadOnlyList<string> FindServerProblems(SwitchyardOptions options);

    /// <summary>The problems that keep plugins from being loaded, one sentence each. Does not load their code.</summary>
    IReadOnlyList<string> FindPluginProblems(SwitchyardOptions options);

    /// <summary>Settings that may not work as meant, one sentence each: an address that <c>serve</c> refuses without a switch.</summary>
    IReadOnlyList<string> FindWarnings(SwitchyardOptions options);

    /// <summary>The enabled providers whose requests go through a proxy, one sentence each.</summary>
    IReadOnlyList<string> FindProxies(SwitchyardOptions options);

    /// <summary>Serves until the process gets a signal to stop.</summary>
    Task ServeAsync(ServeRequest request, CancellationToken cancellationToken);

    /// <summary>Serves recordings until the process gets a signal to stop.</summary>
    /// <exception cref="Recorded.CassetteException">The recordings cannot be read.</exception>
    Task ReplayAsync(ReplayRequest request, CancellationToken cancellationToken);

    /// <summary>Every provider of the catalogue and the configuration.</summary>
    IReadOnlyList<ProviderRow> ListProviders(SwitchyardOptions options);

    /// <summary>The aliases, then the models that the enabled providers list; on request also those that only the catalogue has.</summary>
    Task<IReadOnlyList<ModelRow>> ListModelsAsync(SwitchyardOptions options, bool includeCatalogue, CancellationToken cancellationToken);

    /// <summary>Where a call for a model would go, and why. No provider is called.</summary>
    /// <exception cref="CallException">There is no such model.</exception>
    Task<CallDecision> ExplainAsync(SwitchyardOptions options, string model, long? seed, CancellationToken cancellationToken);

    /// <summary>The providers that would be enabled, by name, and where each comes from.</summary>
    IReadOnlyList<EnabledProvider> FindEnabled(SwitchyardOptions options);

    /// <summary>Checks the health of the configured providers, or of the one named, all at once; sorted by name.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="provider">The provider; null for all.</param>
    /// <param name="level">The level of the check; null takes the configured one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<HealthResult>> CheckHealthAsync(
        SwitchyardOptions options, string? provider, HealthLevel? level, CancellationToken cancellationToken);

    /// <summary>Probes the enabled providers, or the one named, one after the other.</summary>
    /// <exception cref="Providers.ProviderException">The provider named is not enabled.</exception>
    Task<IReadOnlyList<ProviderCheckReport>> CheckLiveAsync(
        SwitchyardOptions options, LiveCheckRequest request, CancellationToken cancellationToken);

    /// <summary>The ledger that the configuration names. The caller disposes it.</summary>
    LedgerTools OpenLedger(SwitchyardOptions options);

    /// <summary>
    /// Brings the ledger's database to the schema that this version needs, or only lists the missing steps; reports what it waits for.
    /// </summary>
    /// <returns>The steps.</returns>
    Task<IReadOnlyList<string>> MigrateAsync(
        SwitchyardOptions options, bool onlyPlan, Action<string> say, CancellationToken cancellationToken);

    /// <summary>Keys and tenants in the database of <c>storage.ledger</c>. The caller disposes it.</summary>
    /// <exception cref="Identity.KeyChangeException">No database is configured, or it cannot be read.</exception>
    Task<IKeyDesk> OpenKeysAsync(SwitchyardOptions options, CancellationToken cancellationToken);

    /// <summary>Asks a running gateway whether it can serve calls.</summary>
    /// <returns>Why it cannot serve calls or does not answer; null if it can serve.</returns>
    /// <param name="gateway">Its address.</param>
    /// <param name="authorities">The file of the authorities that alone are trusted; null for those of the system.</param>
    /// <param name="patience">How long the answer may take.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<string?> PingAsync(Uri gateway, string? authorities, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>The admin API of a running gateway. The caller disposes it.</summary>
    /// <param name="gateway">Its address.</param>
    /// <param name="key">The admin key.</param>
    /// <param name="own">
    /// The certificate that the configuration gives a gateway on this machine: trusted by itself, because its name is not that of a
    /// loopback address. Null for none.
    /// </param>
    /// <param name="authorities">The file of the authorities that alone are trusted; null for those of the system.</param>
    AdminClient OpenGateway(Uri gateway, string key, ServerTlsOptions? own = null, string? authorities = null);

    /// <summary>Keys and tenants of a running gateway. The caller disposes it.</summary>
    IKeyDesk OpenKeys(Uri gateway, string key, string? authorities = null);

    /// <summary>The engine as a client in this process. The caller disposes it.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="calls">Receives each call at its end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IChatClient> CreateChatClientAsync(SwitchyardOptions options, ICallSink calls, CancellationToken cancellationToken);

    /// <summary>Schema refinement over an engine in this process.</summary>
    Task<SchemaRefinement> CreateRefinementAsync(SwitchyardOptions options, CancellationToken cancellationToken);
}

/// <summary>A provider that would be enabled.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Why">Where it comes from: the configuration, a key variable, or nothing else being enabled.</param>
internal sealed record EnabledProvider(string Name, string Why);

/// <summary>A provider as <c>switchyard providers</c> shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dialect">The wire format it speaks.</param>
/// <param name="BaseUrl">Its base URL; null if unknown.</param>
/// <param name="KeyVariable">The environment variable that usually holds its key; null if it needs none.</param>
/// <param name="KeySet">Whether it has a key, from the variable or the configuration.</param>
/// <param name="Enabled">Whether calls may go to it.</param>
/// <param name="Why">Why it is enabled, or what would enable it.</param>
internal sealed record ProviderRow(
    string Name, string Dialect, string? BaseUrl, string? KeyVariable, bool KeySet, bool Enabled, string Why)
{
    /// <summary>Its other names, for requests and for the configuration.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}

/// <summary>
/// A model as <c>switchyard models</c> shows it. Prices are US dollars for a million tokens; null is unknown, not free.
/// </summary>
/// <param name="Name">The name a client asks for.</param>
/// <param name="Kind"><c>alias</c> or <c>model</c>.</param>
/// <param name="Provider">The provider; for an alias that of its first target.</param>
/// <param name="Targets">Where calls go, in order: <c>provider/model</c>.</param>
internal sealed record ModelRow(string Name, string Kind, string Provider, IReadOnlyList<string> Targets)
{
    public int? ContextWindow { get; init; }

    public int? MaxOutputTokens { get; init; }

    public decimal? InputPrice { get; init; }

    public decimal? OutputPrice { get; init; }

    /// <summary>The source of the price; null if no price is known.</summary>
    public string? PriceSource { get; init; }

    public DateOnly? PriceDate { get; init; }

    public string? Status { get; init; }

    /// <summary>The source that lists the model: <c>provider</c>, <c>configuration</c> or <c>catalogue</c>.</summary>
    public required string ListedBy { get; init; }
}

/// <summary>The options of <c>switchyard check --live</c>.</summary>
/// <param name="Provider">The provider; null for all that are enabled.</param>
/// <param name="Model">The model to send requests to; null takes the cheapest known.</param>
/// <param name="Timeout">How long one request may take.</param>
/// <param name="Progress">Receives the name of each probe as it begins.</param>
internal sealed record LiveCheckRequest(string? Provider, string? Model, TimeSpan Timeout, IProgress<string> Progress);

using System.Diagnostics.CodeAnalysis;
using Switchyard.Canonical;
using Switchyard.Providers.Http;
using Switchyard.Recorded;

namespace Switchyard.Providers.Replay;

/// <summary>
/// A provider answered by recordings: it has the provider's formats, quirks and models, so that requests are encoded as they were recorded,
/// and nothing is sent. Thread-safe once initialised.
/// </summary>
/// <param name="name">The name clients and routes use.</param>
/// <param name="descriptor">The vendor's descriptor.</param>
/// <param name="context">The clock, loggers and environment.</param>
internal sealed class ReplayProvider(string name, ProviderDescriptor descriptor, ProviderContext context)
    : ProviderBase(name, context), IHttpProvider
{
    private ModelMatcher _matcher = new([], []);
    private IReadOnlyList<ProviderModel> _models = [];
    private HttpEndpoint? _endpoint;

    /// <inheritdoc/>
    public HttpEndpoint Endpoint
    {
        get
        {
            ThrowIfNotInitialized();
            return _endpoint!;
        }
    }

    /// <inheritdoc/>
    protected override bool RequiresApiKey => false;

    /// <inheritdoc/>
    public override bool ServesModel(string modelId) => _matcher.Matches(modelId);

    /// <inheritdoc/>
    protected override async ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        var replay = settings.Replay ?? throw new ProviderException($"Provider '{Name}' has no recordings: set replay.folder.");
        var cassettes = await ReadAsync(replay, cancellationToken).ConfigureAwait(false);
        var recorded = cassettes.Select(cassette => cassette.Model).Distinct(StringComparer.Ordinal);
        _models = [.. settings.Models.Concat(recorded).Distinct(StringComparer.Ordinal).Select(id => new ProviderModel
        {
            Id = id,
            Name = id,
            Provider = Name,
            Capabilities = ModelGuess.Capabilities(id),
            ListedBy = ListedBy.Configuration,
        })];
        _matcher = new ModelMatcher(descriptor.ModelPatterns, _models.Select(model => model.Id));
        var dialects = DialectsOf(settings, cassettes);
        _endpoint = new HttpEndpoint(new Uri(ReplayAddress.Root))
        {
            Invoker = InvokerOf(new CassetteSet(cassettes, replay.Ignore, replay.Strict), replay),
            Dialects = dialects,
            // The catalogue's paths are those of its first dialect.
            Paths = descriptor.Dialects is [var first, ..] && dialects[0] == new DialectId(first)
                ? descriptor.Paths
                : new Dictionary<string, string>(),
            Quirks = descriptor.Quirks,
            Credentials = [new EndpointCredential { Headers = [], Account = $"replay {Name}" }],
            Operations = descriptor.Operations,
            FirstTokenTimeout = settings.Timeout,
            FactsOf = model => Context.Models.FactsOf(descriptor.Name, model),
        };
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new(_models);

    /// <inheritdoc/>
    protected override ValueTask ReleaseAsync()
    {
        _endpoint?.Invoker.Dispose();
        return default;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The invoker owns the handler, and this provider the invoker.")]
    private HttpMessageInvoker InvokerOf(CassetteSet cassettes, ReplaySettings replay) =>
        new(new ReplayHandler(Name, cassettes, replay.Speed, Context.TimeProvider));

    private async Task<IReadOnlyList<Cassette>> ReadAsync(ReplaySettings replay, CancellationToken cancellationToken)
    {
        IReadOnlyList<Cassette> all;
        try
        {
            all = await CassetteFolder.ReadAsync(replay.Folder, cancellationToken).ConfigureAwait(false);
        }
        catch (CassetteException e)
        {
            throw new ProviderException(e.Message, e);
        }

        var whose = replay.Provider ?? Name;
        Cassette[] own = [.. all.Where(cassette => ProviderNames.Normalize(cassette.Provider) == ProviderNames.Normalize(whose))];
        return own.Length > 0 ? own : throw new ProviderException(
            $"The recordings in {replay.Folder} are from {string.Join(", ", all.Select(cassette => cassette.Provider).Distinct())}, and "
            + $"none is from '{whose}': name one of them in providers.{Name}.replay.provider.");
    }

    /// <summary>The recorded dialects, so that a client of any format is translated to one of them; the vendor's usual one first.</summary>
    private IReadOnlyList<DialectId> DialectsOf(ProviderSettings settings, IReadOnlyList<Cassette> cassettes)
    {
        if (!string.IsNullOrWhiteSpace(settings.Dialect))
            return [new DialectId(settings.Dialect.Trim())];
        DialectId[] recorded = [.. cassettes.Select(cassette => new DialectId(cassette.Format)).Distinct()];
        return [.. descriptor.Dialects.Select(name => new DialectId(name)).Where(recorded.Contains).Union(recorded)];
    }
}

using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Providers.Mock;

/// <summary>
/// A provider without a network: deterministic answers, streams, tool calls, structured output and embeddings, with delay and failures
/// on request. It answers on a machine without keys and in tests, and is the example of a complete provider.
/// </summary>
/// <remarks>Thread-safe.</remarks>
[Provider(KnownProviders.Mock)]
public sealed class MockProvider : ProviderBase, IChatClientProvider
{
    /// <summary>The model that only generates text: 4096 tokens of context.</summary>
    public const string TextModel = "mock-model-v1";

    /// <summary>The model with all features: 8192 tokens of context.</summary>
    public const string FullModel = "mock-model-v2";

    private readonly MockOptions _initial;
    private readonly Lock _randomGate = new();
    private Random? _seeded;
    private ModelMatcher _matcher = new([], []);
    private IReadOnlyList<ProviderModel> _models = [];
    private long _requestCount;

    /// <summary>A mock that is not yet initialised.</summary>
    /// <param name="name">The name clients and routes use.</param>
    /// <param name="options">Its behaviour; settings at initialisation override it. Null uses the defaults.</param>
    /// <param name="context">The clock and loggers; null uses the default.</param>
    public MockProvider(string name = KnownProviders.Mock, MockOptions? options = null, ProviderContext? context = null)
        : base(name, context) => Options = _initial = options ?? new MockOptions();

    /// <summary>Its behaviour.</summary>
    public MockOptions Options { get; private set; }

    /// <summary>The number of calls: chats, streams and embeddings, failed ones included.</summary>
    public long RequestCount => Interlocked.Read(ref _requestCount);

    /// <summary>Whether a health check passes: always, unless every call is set to fail.</summary>
    public bool IsHealthy => Options.SuccessRate > 0;

    /// <inheritdoc/>
    public bool CountsTokens => true;

    /// <inheritdoc/>
    protected override bool RequiresApiKey => false;

    internal TimeProvider Clock => Context.TimeProvider;

    /// <summary>Sets <see cref="RequestCount"/> to 0.</summary>
    public void ResetRequestCount() => Interlocked.Exchange(ref _requestCount, 0);

    /// <inheritdoc/>
    public IChatClient GetChatClient(string modelId)
    {
        ThrowIfNotInitialized();
        return new MockChatClient(this, modelId);
    }

    /// <inheritdoc/>
    public IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(string modelId)
    {
        ThrowIfNotInitialized();
        return new MockEmbeddingGenerator(this, modelId);
    }

    /// <inheritdoc/>
    public override bool ServesModel(string modelId) => _matcher.Matches(modelId);

    /// <inheritdoc/>
    /// <exception cref="ProviderException">Every call is set to fail.</exception>
    public override ValueTask CheckReachableAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotInitialized();
        return IsHealthy ? default : throw new ProviderException($"{Options.ErrorMessage} (success_rate is 0)");
    }

    /// <summary>Counts a call, waits for the configured delay, and fails at the configured rate.</summary>
    /// <returns>The number of this call, from 1.</returns>
    /// <exception cref="CallException">A simulated failure.</exception>
    internal async ValueTask<long> BeginCallAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotInitialized();
        cancellationToken.ThrowIfCancellationRequested();
        var number = Interlocked.Increment(ref _requestCount);
        var options = Options;
        var fails = options.SuccessRate < 1 && NextDouble() >= options.SuccessRate;
        var delay = options.Delay + (options.Jitter > TimeSpan.Zero ? options.Jitter * NextDouble() : TimeSpan.Zero);
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, Clock, cancellationToken).ConfigureAwait(false);
        return fails
            ? throw new CallException(new CallError(CallErrorKind.UpstreamUnavailable, options.ErrorMessage) { Provider = Name })
            : number;
    }

    /// <inheritdoc/>
    protected override ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Options = MockSettings.Read(_initial, settings.Metadata);
        _seeded = Options.Seed is { } seed ? new Random(seed) : null;
        _models =
        [
            new()
            {
                Id = TextModel,
                Name = "Mock model v1",
                Provider = Name,
                OwnedBy = Name,
                Capabilities = new ModelCapabilities { Streaming = Options.EnableStreaming, MaxContextTokens = 4096 },
            },
            new()
            {
                Id = FullModel,
                Name = "Mock model v2",
                Provider = Name,
                OwnedBy = Name,
                Capabilities = new ModelCapabilities
                {
                    Streaming = Options.EnableStreaming,
                    Embedding = true,
                    FunctionCalling = true,
                    ImageUnderstanding = true,
                    MaxContextTokens = 8192,
                },
            },
            .. settings.Models.Where(id => id is not (TextModel or FullModel)).Distinct(StringComparer.Ordinal)
                .Select(id => new ProviderModel
                {
                    Id = id,
                    Name = id,
                    Provider = Name,
                    Capabilities = ModelGuess.Capabilities(id),
                    ListedBy = ListedBy.Configuration,
                }),
        ];
        var patterns = ProviderCatalog.Default.Find(KnownProviders.Mock)?.ModelPatterns ?? ["mock-*"];
        _matcher = new ModelMatcher(patterns, _models.Select(model => model.Id));
        return default;
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new(_models);

    private double NextDouble()
    {
        if (_seeded is null)
            return Random.Shared.NextDouble();
        // A seeded Random is not thread-safe: used by two threads at once, its sequence would not repeat.
        lock (_randomGate)
            return _seeded.NextDouble();
    }
}

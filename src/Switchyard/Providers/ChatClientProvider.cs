using Microsoft.Extensions.AI;

namespace Switchyard.Providers;

/// <summary>A host-supplied <see cref="IChatClient"/> as a provider: a vendor's own client, a local model, a test double.</summary>
/// <remarks>As thread-safe as the client it wraps.</remarks>
public sealed class ChatClientProvider : ProviderBase, IChatClientProvider
{
    private readonly IChatClient _client;
    private readonly IEmbeddingGenerator<string, Embedding<float>>? _embeddings;
    private readonly bool _ownsClient;
    private ModelMatcher _matcher = new([], []);
    private IReadOnlyList<ProviderModel> _models = [];

    /// <summary>Wraps a client.</summary>
    /// <param name="name">The name clients and routes use.</param>
    /// <param name="client">Answers chats for every model.</param>
    /// <param name="embeddings">Generates embeddings; null if none.</param>
    /// <param name="ownsClient">Whether disposing the provider disposes the client and the generator.</param>
    /// <param name="context">The clock and loggers; null uses the default.</param>
    public ChatClientProvider(
        string name,
        IChatClient client,
        IEmbeddingGenerator<string, Embedding<float>>? embeddings = null,
        bool ownsClient = true,
        ProviderContext? context = null)
        : base(name, context)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _embeddings = embeddings;
        _ownsClient = ownsClient;
    }

    /// <inheritdoc/>
    /// <remarks>The client holds its own credential.</remarks>
    protected override bool RequiresApiKey => false;

    /// <summary>The model of a request that names only the provider: the first known one; null if none is known.</summary>
    internal string? DefaultModel => _models is [var first, ..] ? first.Id : null;

    /// <inheritdoc/>
    public bool CountsTokens => _client.GetService(typeof(ITokenCounter)) is not null;

    /// <inheritdoc/>
    public IChatClient GetChatClient(string modelId)
    {
        ThrowIfNotInitialized();
        return _client;
    }

    /// <inheritdoc/>
    public IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId)
    {
        ThrowIfNotInitialized();
        return _embeddings;
    }

    /// <inheritdoc/>
    public override bool ServesModel(string modelId) => _matcher.Matches(modelId);

    /// <inheritdoc/>
    protected override ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var chat = (_client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId;
        var embedding = (_embeddings?.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata)?.DefaultModelId;
        _models =
        [
            .. settings.Models.Append(chat).Append(embedding).OfType<string>().Distinct(StringComparer.Ordinal)
                .Select(id => new ProviderModel
                {
                    Id = id,
                    Name = id,
                    Provider = Name,
                    Capabilities = ModelGuess.Capabilities(id),
                    ListedBy = settings.Models.Contains(id, StringComparer.Ordinal) ? ListedBy.Configuration : ListedBy.Provider,
                }),
        ];
        _matcher = new ModelMatcher([], _models.Select(model => model.Id));
        return default;
    }

    /// <inheritdoc/>
    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) => new(_models);

    /// <inheritdoc/>
    protected override async ValueTask ReleaseAsync()
    {
        if (!_ownsClient)
            return;
        await DisposeAsync(_client).ConfigureAwait(false);
        if (_embeddings is not null)
            await DisposeAsync(_embeddings).ConfigureAwait(false);

        static ValueTask DisposeAsync(IDisposable owned)
        {
            if (owned is IAsyncDisposable asynchronous)
                return asynchronous.DisposeAsync();
            owned.Dispose();
            return default;
        }
    }
}

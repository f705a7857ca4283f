using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>A whole (not streamed) answer in the canonical form.</summary>
public abstract class CanonicalAnswer
{
    private protected CanonicalAnswer()
    {
    }

    /// <summary>The usage the provider reported.</summary>
    public abstract TokenUsage Usage { get; }
}

/// <summary>The answer to a chat.</summary>
/// <param name="response">
/// One message per choice, in choice order; the finish reason is the first choice's unless <see cref="CanonicalKeys.FinishReason"/>
/// is set.
/// </param>
public sealed class CanonicalChatAnswer(ChatResponse response) : CanonicalAnswer
{
    /// <summary>The answer.</summary>
    public ChatResponse Response { get; } = response;

    /// <inheritdoc/>
    public override TokenUsage Usage => TokenUsage.From(Response.Usage);
}

/// <summary>The answer to an embedding request.</summary>
/// <param name="embeddings">One embedding per input, in order.</param>
public sealed class CanonicalEmbeddingAnswer(GeneratedEmbeddings<Embedding<float>> embeddings) : CanonicalAnswer
{
    /// <summary>One embedding per input, in order.</summary>
    public GeneratedEmbeddings<Embedding<float>> Embeddings { get; } = embeddings;

    /// <inheritdoc/>
    public override TokenUsage Usage => TokenUsage.From(Embeddings.Usage);
}

/// <summary>The number of prompt tokens of a request that was not run.</summary>
/// <param name="inputTokens">The tokens, cached ones included.</param>
public sealed class CanonicalTokenCount(long inputTokens) : CanonicalAnswer
{
    /// <summary>The tokens, cached ones included.</summary>
    public long InputTokens { get; } = inputTokens;

    /// <inheritdoc/>
    /// <remarks>Empty: counting consumes none.</remarks>
    public override TokenUsage Usage => default;
}

/// <summary>The answer to a rerank request.</summary>
/// <param name="results">The results, most relevant first.</param>
/// <param name="usage">The usage the provider reported.</param>
public sealed class CanonicalRerankAnswer(IReadOnlyList<RerankResult> results, TokenUsage usage) : CanonicalAnswer
{
    /// <summary>The results, most relevant first.</summary>
    public IReadOnlyList<RerankResult> Results { get; } = results;

    /// <inheritdoc/>
    public override TokenUsage Usage { get; } = usage;

    /// <summary>The answer's id; null if the provider sent none.</summary>
    public string? Id { get; init; }

    /// <summary>The model that answered; null if the provider did not name it.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Billed searches (<c>search_units</c>), for providers that bill reranking by search; null for those that bill tokens.
    /// </summary>
    public long? SearchUnits { get; init; }

    /// <summary>The same ranking, with the documents of the request where the provider returned none.</summary>
    /// <param name="documents">The documents, each at the position that the results name.</param>
    internal CanonicalRerankAnswer WithDocuments(IReadOnlyList<RerankDocument> documents) =>
        new([.. Results.Select(result => result with { Document = result.Document ?? documents[result.Index].Text })], Usage)
        {
            Id = Id,
            Model = Model,
            SearchUnits = SearchUnits,
        };
}

/// <summary>One result of a rerank request.</summary>
/// <param name="Index">The document's position in the request, from 0.</param>
/// <param name="Score">Its relevance score. Scores of different models cannot be compared, only the order of results.</param>
public readonly record struct RerankResult(int Index, double Score)
{
    /// <summary>The document's text, if the provider returned it.</summary>
    public string? Document { get; init; }
}

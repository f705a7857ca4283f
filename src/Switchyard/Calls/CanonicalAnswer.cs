using Microsoft.Extensions.AI;

namespace Switchyard.Calls;

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
/// <param name="response">One message a choice, in choice order; the finish reason is the first choice's unless <see cref="CanonicalKeys.FinishReason"/> says otherwise.</param>
public sealed class CanonicalChatAnswer(ChatResponse response) : CanonicalAnswer
{
    /// <summary>The answer.</summary>
    public ChatResponse Response { get; } = response;

    /// <inheritdoc/>
    public override TokenUsage Usage => TokenUsage.From(Response.Usage);
}

/// <summary>The answer to an embedding request.</summary>
/// <param name="embeddings">One embedding an input, in order.</param>
public sealed class CanonicalEmbeddingAnswer(GeneratedEmbeddings<Embedding<float>> embeddings) : CanonicalAnswer
{
    /// <summary>One embedding an input, in order.</summary>
    public GeneratedEmbeddings<Embedding<float>> Embeddings { get; } = embeddings;

    /// <inheritdoc/>
    public override TokenUsage Usage => TokenUsage.From(Embeddings.Usage);
}

using Microsoft.Extensions.AI;

namespace Switchyard.Calls;

/// <summary>A request in the canonical form. What <c>ChatOptions</c> cannot say is kept under <see cref="CanonicalKeys"/>.</summary>
public abstract class CanonicalRequest
{
    private protected CanonicalRequest()
    {
    }

    /// <summary>The operation this request asks for.</summary>
    public abstract CallOperation Operation { get; }
}

/// <summary>A chat (or, for <see cref="CallOperation.Completion"/>, a single prompt as one user message) in the canonical form.</summary>
/// <param name="messages">The conversation, oldest first.</param>
/// <param name="options">Options; <c>ModelId</c> is ignored by encoders, which write the deployment's own model.</param>
/// <param name="operation"><see cref="CallOperation.Chat"/> or <see cref="CallOperation.Completion"/>.</param>
public sealed class CanonicalChatRequest(
    IReadOnlyList<ChatMessage> messages, ChatOptions options, CallOperation operation = CallOperation.Chat) : CanonicalRequest
{
    /// <inheritdoc/>
    public override CallOperation Operation { get; } = operation;

    /// <summary>The conversation, oldest first.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; } = messages;

    /// <summary>Options; never null.</summary>
    public ChatOptions Options { get; } = options;

    /// <summary>Whether the answer is wanted as a stream.</summary>
    public bool Stream { get; init; }
}

/// <summary>Texts to embed, in the canonical form.</summary>
/// <param name="inputs">What to embed, in order.</param>
/// <param name="options">Options; never null.</param>
public sealed class CanonicalEmbeddingRequest(IReadOnlyList<EmbeddingInput> inputs, EmbeddingGenerationOptions options) : CanonicalRequest
{
    /// <inheritdoc/>
    public override CallOperation Operation => CallOperation.Embedding;

    /// <summary>What to embed, in order.</summary>
    public IReadOnlyList<EmbeddingInput> Inputs { get; } = inputs;

    /// <summary>Options; never null.</summary>
    public EmbeddingGenerationOptions Options { get; } = options;

    /// <summary>Whether the client asked for base64 of little-endian floats instead of JSON numbers.</summary>
    public bool Base64 { get; init; }
}

/// <summary>One input of an embedding request: a text, or the token ids of one.</summary>
/// <param name="Text">The text; null when <paramref name="Tokens"/> is given.</param>
/// <param name="Tokens">Token ids of the target model's tokenizer; null when <paramref name="Text"/> is given.</param>
public readonly record struct EmbeddingInput(string? Text, IReadOnlyList<int>? Tokens = null);

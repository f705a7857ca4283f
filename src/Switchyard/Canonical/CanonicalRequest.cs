using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>A request in the canonical form. Values that <c>ChatOptions</c> cannot hold are kept by <see cref="CanonicalKeys"/>.</summary>
public abstract class CanonicalRequest
{
    private protected CanonicalRequest()
    {
    }

    /// <summary>The operation this request asks for.</summary>
    public abstract CallOperation Operation { get; }

    /// <summary>
    /// A copy that does not change when its caller reuses the lists and options of this one. Values that only the caller can produce
    /// (<c>RawRepresentationFactory</c>) are left out.
    /// </summary>
    internal abstract CanonicalRequest Copy();
}

/// <summary>
/// A chat (or, for <see cref="CallOperation.Completion"/>, a single prompt as one user message; for
/// <see cref="CallOperation.CountTokens"/>, the chat whose prompt is to be counted) in the canonical form.
/// </summary>
/// <param name="messages">The conversation, oldest first.</param>
/// <param name="options">Options; <c>ModelId</c> is ignored by encoders, which write the deployment's own model.</param>
/// <param name="operation">
/// <see cref="CallOperation.Chat"/>, <see cref="CallOperation.Completion"/> or <see cref="CallOperation.CountTokens"/>.
/// </param>
public sealed class CanonicalChatRequest(
    IReadOnlyList<ChatMessage> messages, ChatOptions options, CallOperation operation = CallOperation.Chat) : CanonicalRequest
{
    /// <inheritdoc/>
    public override CallOperation Operation { get; } = operation;

    /// <summary>The conversation, oldest first.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; } = messages;

    /// <summary>Options; never null.</summary>
    public ChatOptions Options { get; } = options;

    /// <summary>Whether the client requested a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Calls <c>Options.RawRepresentationFactory</c> with the client it was given to; null if there is no factory.</summary>
    internal Func<object?>? Raw { get; init; }

    /// <summary>This request with other messages or options; null keeps its own.</summary>
    internal CanonicalChatRequest With(IReadOnlyList<ChatMessage>? messages = null, ChatOptions? options = null) =>
        new(messages ?? Messages, options ?? Options, Operation) { Stream = Stream, Raw = Raw };

    internal override CanonicalRequest Copy()
    {
        var options = Options.Clone();
        options.RawRepresentationFactory = null;
        return new CanonicalChatRequest([.. Messages], options, Operation) { Stream = Stream };
    }
}

/// <summary>Texts to embed, in the canonical form.</summary>
/// <param name="inputs">The inputs to embed, in order.</param>
/// <param name="options">Options; never null.</param>
public sealed class CanonicalEmbeddingRequest(IReadOnlyList<EmbeddingInput> inputs, EmbeddingGenerationOptions options) : CanonicalRequest
{
    /// <inheritdoc/>
    public override CallOperation Operation => CallOperation.Embedding;

    /// <summary>The inputs to embed, in order.</summary>
    public IReadOnlyList<EmbeddingInput> Inputs { get; } = inputs;

    /// <summary>Options; never null.</summary>
    public EmbeddingGenerationOptions Options { get; } = options;

    /// <summary>Whether the client asked for base64 of little-endian floats instead of JSON numbers.</summary>
    public bool Base64 { get; init; }

    /// <summary>The position of the first input in the request that this one is a part of; 0 for a whole one.</summary>
    internal int First { get; private init; }

    /// <summary>Calls <c>Options.RawRepresentationFactory</c> with the generator it was given to; null if there is no factory.</summary>
    internal Func<object?>? Raw { get; init; }

    /// <summary>The request for a part of the inputs; fewer at the end.</summary>
    /// <param name="first">The position of its first input.</param>
    /// <param name="count">How many inputs.</param>
    internal CanonicalEmbeddingRequest Part(int first, int count) =>
        new([.. Inputs.Skip(first).Take(count)], Options) { Base64 = Base64, First = first, Raw = Raw };

    internal override CanonicalRequest Copy()
    {
        var options = Options.Clone();
        options.RawRepresentationFactory = null;
        return new CanonicalEmbeddingRequest([.. Inputs], options) { Base64 = Base64 };
    }
}

/// <summary>One input of an embedding request: a text, or the token ids of one.</summary>
/// <param name="Text">The text; null when <paramref name="Tokens"/> is given.</param>
/// <param name="Tokens">Token ids of the target model's tokenizer; null when <paramref name="Text"/> is given.</param>
public readonly record struct EmbeddingInput(string? Text, IReadOnlyList<int>? Tokens = null)
{
    /// <summary>
    /// The object it arrived in, where that holds more than the text: files, several parts, a title. Null otherwise. Only the format it
    /// came in writes it, with <see cref="Text"/> in place of its texts where that has changed.
    /// </summary>
    internal System.Text.Json.JsonElement? Wire { get; init; }
}

/// <summary>Documents to order by their relevance to a query, in the canonical form.</summary>
/// <param name="query">The search query.</param>
/// <param name="documents">The documents, in order.</param>
public sealed class CanonicalRerankRequest(string query, IReadOnlyList<RerankDocument> documents) : CanonicalRequest
{
    /// <inheritdoc/>
    public override CallOperation Operation => CallOperation.Rerank;

    /// <summary>The search query.</summary>
    public string Query { get; } = query;

    /// <summary>The documents, in order.</summary>
    public IReadOnlyList<RerankDocument> Documents { get; } = documents;

    /// <summary>The number of requested results; null for all.</summary>
    public int? TopN { get; init; }

    /// <summary>Whether each result shall contain its document; null leaves it to the provider.</summary>
    public bool? ReturnDocuments { get; init; }

    /// <summary>Further fields, kept by the rules of <see cref="CanonicalKeys"/>.</summary>
    public AdditionalPropertiesDictionary? AdditionalProperties { get; init; }

    /// <summary>
    /// Whether the client reads a list (<c>data</c>): it named the number of results as the servers do that answer with one (<c>top_k</c>).
    /// </summary>
    internal bool ReadsList { get; init; }

    internal override CanonicalRequest Copy() => new CanonicalRerankRequest(Query, [.. Documents])
    {
        TopN = TopN,
        ReadsList = ReadsList,
        ReturnDocuments = ReturnDocuments,
        AdditionalProperties = AdditionalProperties?.Clone(),
    };
}

/// <summary>One document of a rerank request.</summary>
/// <param name="Text">Its text.</param>
public readonly record struct RerankDocument(string Text)
{
    /// <summary>The object it arrived in, if it was one (<c>{"text":…}</c> with more members); null if it was a string.</summary>
    internal System.Text.Json.JsonElement? Wire { get; init; }
}

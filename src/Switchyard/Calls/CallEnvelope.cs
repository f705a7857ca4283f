using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>
/// The facts of a request that policies and routing need, read in one pass over its top-level properties without building an object
/// model. The ranges are the positions of values in the original bytes, so that forwarding can splice instead of rewriting.
/// </summary>
public sealed record CallEnvelope
{
    /// <summary>No headers.</summary>
    public static readonly IReadOnlyDictionary<string, string> NoHeaders = new Dictionary<string, string>();

    /// <summary>The operation: chat, embedding and so on.</summary>
    public required CallOperation Operation { get; init; }

    /// <summary>The model as the client named it: an alias, <c>provider/model</c> or a bare model name.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The provider, if the client names it separately from the model; <see cref="Model"/> contains it too. Null otherwise.
    /// </summary>
    public string? Provider { get; init; }

    /// <summary>Whether the client asked for a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>
    /// Whether the client recognises a request that is too long for the model (<c>context_length_exceeded</c>) only inside the stream it
    /// requested, even before the first byte of an answer.
    /// </summary>
    public bool LengthErrorInStream { get; init; }

    /// <summary>Whether the client asked for usage inside the stream.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The client's limit for generated tokens; null if it set none.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>The end user in the request; null if it has none.</summary>
    public string? EndUser { get; init; }

    /// <summary>
    /// The id of an earlier answer, or of a conversation, that the provider stores and the request continues; null for none.
    /// </summary>
    public string? ContinuedId { get; init; }

    /// <summary>The request's field with <see cref="ContinuedId"/>, for errors.</summary>
    internal string ContinuedField { get; init; } = "previous_response_id";

    /// <summary>Whether the client asked for an answer in the background, which its provider completes also if no client waits.</summary>
    internal bool IsBackground { get; init; }

    /// <summary>The requested service tier; null if the client left it to the provider.</summary>
    internal string? ServiceTier { get; init; }

    /// <summary>The position of the model's JSON value (quotes included) in the body; empty when the model is not in the body.</summary>
    public Range ModelRange { get; init; }

    /// <summary>The position of the value of <c>stream_options</c> in the body; empty when the client sent none.</summary>
    public Range StreamOptionsRange { get; init; }

    /// <summary>
    /// The shape of the answer, if the client's path chooses one: <c>array</c> (a stream as one JSON array) or <c>single</c> (one
    /// embedding), both of Gemini; null otherwise.
    /// </summary>
    public string? AnswerForm { get; init; }

    /// <summary>
    /// The format's version from the request header that carries it (<c>anthropic-version</c>); null without one. It is forwarded to
    /// providers of the same format, so that the answer is in the version the client expects.
    /// </summary>
    public string? FormatVersion { get; init; }

    /// <summary>
    /// The request headers that belong to the client's format (for example <c>anthropic-beta</c>), by lower-case name. They are treated as
    /// request fields: carried if the target supports them, reported as a loss if not.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NoHeaders;
}

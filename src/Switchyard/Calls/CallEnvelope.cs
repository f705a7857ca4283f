using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>
/// What every policy needs to know of a request, read in one pass over its top-level properties without building an object model.
/// The ranges say where those values stand in the original bytes, so that forwarding can splice instead of rewriting.
/// </summary>
public sealed record CallEnvelope
{
    /// <summary>No headers.</summary>
    public static readonly IReadOnlyDictionary<string, string> NoHeaders = new Dictionary<string, string>();

    /// <summary>What is asked for.</summary>
    public required CallOperation Operation { get; init; }

    /// <summary>The model as the client named it: an alias, <c>provider/model</c> or a bare model name.</summary>
    public required string Model { get; init; }

    /// <summary>Whether the answer is wanted as a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the client asked for usage inside the stream.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The client's ceiling for generated tokens; null when it named none.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>The end user the client named, if any.</summary>
    public string? EndUser { get; init; }

    /// <summary>Where the model's JSON value (quotes included) stands in the body; empty when the model is not in the body.</summary>
    public Range ModelRange { get; init; }

    /// <summary>Where the value of <c>stream_options</c> stands in the body; empty when the client sent none.</summary>
    public Range StreamOptionsRange { get; init; }

    /// <summary>The form the answer is wanted in, where the client's path chooses one, in its dialect's own word; null where there is no choice.</summary>
    public string? AnswerForm { get; init; }

    /// <summary>
    /// The version of the format the client asked for, where its format says that in a header. It goes with the request to providers of the
    /// same format, whose answer is then what the client expects.
    /// </summary>
    public string? FormatVersion { get; init; }

    /// <summary>
    /// The request headers that belong to the client's format (for example <c>anthropic-beta</c>), by lower-case name. They are request
    /// fields that happen to stand outside the body: carried where the target has them, reported where not.
    /// </summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NoHeaders;
}

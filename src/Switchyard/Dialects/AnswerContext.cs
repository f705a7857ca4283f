using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>What an ingress dialect needs to know of the call to write its answer.</summary>
public sealed record AnswerContext
{
    /// <summary>The operation of the call.</summary>
    public required CallOperation Operation { get; init; }

    /// <summary>The model to name where the provider named none.</summary>
    public required string Model { get; init; }

    /// <summary>When the call began; used where the provider gave no time.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the client asked for usage inside the stream.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>The id to use where the provider gave none.</summary>
    /// <value>The default is <c>chatcmpl-</c> and 29 hexadecimal digits, made when it is first read.</value>
    public string AnswerId
    {
        get => field ??= CallIds.NewChatCompletionId();
        init;
    }

    /// <summary>The provider that answers, for formats that name it.</summary>
    public string Provider { get; init; } = "";

    /// <summary>The call's id, for formats that carry it in the body.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The answer's form, <c>"array"</c> or <c>"single"</c>: see <see cref="IngressRequest.AnswerForm"/>.</summary>
    public string? AnswerForm { get; init; }

    /// <summary>The request in the canonical form, for formats whose answers repeat it; null if it is not known.</summary>
    public CanonicalRequest? Request { get; init; }

    /// <summary>What the format cannot hold of the answer; the encoder reports it here while it writes.</summary>
    /// <value>The default is a new report, created on first use.</value>
    public LossReport Losses
    {
        get => field ??= new();
        init;
    }

    /// <summary>The attempts that failed before this one answered, for formats that report them; usually none.</summary>
    public IReadOnlyList<FailedAttempt> FailedBefore { get; init; } = [];

    /// <summary>
    /// Whether the headers have been sent already, because heartbeats began the stream: the stream then reports what the request lost.
    /// </summary>
    public bool HeadersAreSent { get; init; }

    /// <summary>What is kept of the answer, for the format whose clients may continue from it; null keeps nothing.</summary>
    internal StoredTurn? Kept { get; init; }

    /// <summary>Whether vectors go out as base64 of little-endian floats.</summary>
    public bool Base64Embeddings { get; init; }
}

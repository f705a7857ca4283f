using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>What an ingress dialect needs to know of the call to write its answer.</summary>
/// <param name="Operation">The operation of the call.</param>
/// <param name="Model">The model to name where the provider named none.</param>
/// <param name="AnswerId">The id to use where the provider gave none: <c>chatcmpl-</c> and 29 hexadecimal digits.</param>
/// <param name="Created">When the call began; used where the provider gave no time.</param>
/// <param name="IncludeUsage">Whether the client asked for usage inside the stream.</param>
public sealed record AnswerContext(CallOperation Operation, string Model, string AnswerId, DateTimeOffset Created, bool IncludeUsage)
{
    /// <summary>The provider that answers, for formats that name it.</summary>
    public string Provider { get; init; } = "";

    /// <summary>The call's id, for formats that carry it in the body.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The answer's form, <c>"array"</c> or <c>"single"</c>: see <see cref="IngressRequest.AnswerForm"/>.</summary>
    public string? AnswerForm { get; init; }
    /// <summary>The request in the canonical form, for formats whose answers repeat it; null when it is not known.</summary>
    public CanonicalRequest? Request { get; init; }

    /// <summary>Whether vectors go out as base64 of little-endian floats.</summary>
    public bool Base64Embeddings { get; init; }
}

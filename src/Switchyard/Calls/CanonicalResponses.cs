using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>A whole answer in the canonical form.</summary>
public sealed class AnswerResponse : CallResponse
{
    /// <summary>A whole answer.</summary>
    public AnswerResponse(CanonicalAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Answer = answer;
        IsComplete = true;
    }

    /// <summary>The answer.</summary>
    public CanonicalAnswer Answer { get; }
}

/// <summary>A streamed answer in the canonical form.</summary>
public abstract class UpdatesResponse : CallResponse
{
    /// <summary>
    /// The next update; null at the end. When the stream breaks off, the end comes early and <see cref="CallResponse.Error"/> says why.
    /// </summary>
    public abstract ValueTask<ChatResponseUpdate?> ReadAsync();
}

using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>A whole answer in the canonical form.</summary>
public sealed class AnswerResponse : CallResponse
{
    /// <summary>Creates a whole answer.</summary>
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
    /// Reads the next update; null at the end. A stream that breaks off ends early, with <see cref="CallResponse.Error"/> set.
    /// </summary>
    public abstract ValueTask<ChatResponseUpdate?> ReadAsync();
}

using Switchyard.Common;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>A recording as it was heard, which is still to be redacted and written. Immutable.</summary>
/// <param name="Plan">Where to, and within which bounds.</param>
/// <param name="Name">The name under which it is recorded.</param>
/// <param name="Order">Orders those of one millisecond.</param>
/// <param name="Heard">The request and the answer, secrets included.</param>
internal sealed record Take(RecordingPlan Plan, string Name, long Order, Cassette Heard)
{
    /// <summary>Knows the host's secrets.</summary>
    public required SecretRedactor Secrets { get; init; }

    /// <summary>About how much memory it takes.</summary>
    public long Size => Heard.Answer.Length + (Heard.Request.Body?.Length ?? 0) + 4096;
}

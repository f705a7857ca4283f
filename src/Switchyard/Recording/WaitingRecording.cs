using Switchyard.Common;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>A recording that is still to be redacted and written. Immutable.</summary>
/// <param name="Plan">The folder and the bounds.</param>
/// <param name="Name">The name under which it is recorded.</param>
/// <param name="Order">Orders recordings of the same millisecond.</param>
/// <param name="Heard">The request and the answer, secrets included.</param>
internal sealed record WaitingRecording(RecordingPlan Plan, string Name, long Order, Cassette Heard)
{
    /// <summary>Knows the host's secrets.</summary>
    public required SecretRedactor Secrets { get; init; }

    /// <summary>Its approximate size in memory, in bytes.</summary>
    public long Size => Heard.Answer.Length + (Heard.Request.Body?.Length ?? 0) + 4096;
}

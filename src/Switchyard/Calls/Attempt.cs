using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>One try at one deployment within a call.</summary>
/// <param name="deployment">The target.</param>
/// <param name="startTimestamp">When it began, in ticks of the engine's <see cref="TimeProvider"/>.</param>
public sealed class Attempt(Deployment deployment, long startTimestamp)
{
    /// <summary>The target.</summary>
    public Deployment Deployment { get; } = deployment;

    /// <summary>When it began, in ticks of the engine's <see cref="TimeProvider"/>.</summary>
    public long StartTimestamp { get; } = startTimestamp;

    /// <summary>Whether the bytes were forwarded or the request translated.</summary>
    public EgressMode Mode { get; set; }

    /// <summary>
    /// How long the provider took until the answer was open: from the request's first byte going out to the answer's headers or, for a
    /// stream, its first content frame. Everything else between the client's request and our answer is overhead.
    /// </summary>
    public TimeSpan UpstreamTime { get; set; }

    /// <summary>The fields this target could not be given.</summary>
    public LossReport Losses { get; } = new();

    /// <summary>
    /// What the target reported before it failed and another was tried; empty for the last attempt, whose usage is the call's. A provider
    /// may bill it although nobody saw its answer.
    /// </summary>
    public TokenUsage Usage { get; set; }

    /// <summary>Why it failed; null when it opened.</summary>
    public CallError? Error { get; set; }
}

/// <summary>How a request reaches its provider.</summary>
public enum EgressMode
{
    /// <summary>The original bytes, spliced.</summary>
    Forward,

    /// <summary>A body built from the canonical form.</summary>
    Translate,
}

namespace Switchyard.Targets;

/// <summary>What the configuration allows a deployment. Immutable.</summary>
internal sealed record DeploymentPolicy
{
    /// <summary>One try, no circuit, no bound.</summary>
    public static readonly DeploymentPolicy None = new();

    /// <summary>The most tries at the deployment within one call, the first included.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>When its circuit opens; null when it never does.</summary>
    public CircuitPolicy? Circuit { get; init; }

    /// <summary>The most attempts that run at once; null for no bound.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Whether the bound is learnt from the deployment's latency, <see cref="Concurrency"/> being its maximum.</summary>
    public bool AdaptsConcurrency { get; init; }

    /// <summary>The most calls that wait for a place.</summary>
    public int Queue { get; init; }

    /// <summary>How long a call waits for a place.</summary>
    public TimeSpan QueueWait { get; init; }

    /// <summary>
    /// Whether an answer is read to its end when its client has left, because its provider bills all of it anyway.
    /// </summary>
    public bool Drains { get; init; }
}

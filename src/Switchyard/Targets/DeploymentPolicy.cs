namespace Switchyard.Targets;

/// <summary>The configured policy of a deployment. Immutable.</summary>
internal sealed record DeploymentPolicy
{
    /// <summary>One attempt, no circuit, no limit.</summary>
    public static readonly DeploymentPolicy None = new();

    /// <summary>The maximum number of attempts at the deployment within one call, including the first.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>When its circuit opens; null for never.</summary>
    public CircuitPolicy? Circuit { get; init; }

    /// <summary>The maximum number of concurrent attempts; null for no limit.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Whether the limit is learnt from the deployment's latency; <see cref="Concurrency"/> is then its maximum.</summary>
    public bool AdaptsConcurrency { get; init; }

    /// <summary>The maximum number of calls that wait for a place.</summary>
    public int Queue { get; init; }

    /// <summary>How long a call waits for a place.</summary>
    public TimeSpan QueueWait { get; init; }

    /// <summary>Whether an answer is read to its end after its client has left, because its provider bills all of it anyway.</summary>
    public bool Drains { get; init; }
}

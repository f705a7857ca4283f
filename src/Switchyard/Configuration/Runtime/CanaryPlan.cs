namespace Switchyard.Configuration.Runtime;

/// <summary>A candidate that a share of the calls runs on. Immutable.</summary>
/// <param name="Layer">The run-time settings after its promotion.</param>
/// <param name="Share">The share of the calls, from 0 to 1.</param>
/// <param name="Seed">Decides which calls: the same seed gives the same calls in the same order.</param>
internal sealed record CanaryPlan(RuntimeLayer Layer, double Share, long Seed)
{
    public bool IsSameAs(CanaryPlan? other) =>
        other is not null && Share.Equals(other.Share) && Seed == other.Seed && Layer.IsSameAs(other.Layer);
}

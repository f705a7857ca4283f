namespace Switchyard.Targets;

/// <summary>Deployments of equal rank inside a route, and the selector that ranks them. Immutable except for its turn counter.</summary>
public sealed class TargetGroup
{
    private readonly Deployment[] _deployments;
    private int _turn = -1;

    internal TargetGroup(IDeploymentSelector selector, params Deployment[] deployments)
    {
        Selector = selector;
        _deployments = deployments;
    }

    /// <summary>The deployments, at least one.</summary>
    public IReadOnlyList<Deployment> Deployments => _deployments;

    internal IDeploymentSelector Selector { get; }

    /// <summary>The index of the deployment whose turn it is. Unsigned: turns wrap around after 2^32 calls.</summary>
    internal static int PlaceOf(int turn, int count) => (int)((uint)turn % (uint)count);

    /// <summary>The turn of the next call, for selectors that take turns.</summary>
    internal int PeekTurn() => Volatile.Read(ref _turn) + 1;

    /// <summary>Takes the turn of one call.</summary>
    internal int TakeTurn() => Interlocked.Increment(ref _turn);

    /// <summary>Takes a turn that is not before the next one; false if another call has taken a turn meanwhile.</summary>
    /// <param name="next">The next turn, as <see cref="PeekTurn"/> returned it.</param>
    /// <param name="turn">The turn to take; those between fell on deployments that cannot be used now.</param>
    internal bool TryTakeTurn(int next, int turn) => Interlocked.CompareExchange(ref _turn, turn, next - 1) == next - 1;

    /// <summary>The group with only the selected targets; null if none is left.</summary>
    internal TargetGroup? Where(Func<Deployment, bool> isWanted)
    {
        Deployment[] left = [.. _deployments.Where(isWanted)];
        return left.Length == _deployments.Length ? this : left.Length == 0 ? null : new(Selector, left);
    }

    /// <summary>The group without the targets of another; null if none is left.</summary>
    internal TargetGroup? Without(TargetGroup other)
    {
        Deployment[] left = [.. _deployments.Where(own => !other._deployments.Any(theirs => IsSameTarget(own, theirs)))];
        return left.Length == _deployments.Length ? this : left.Length == 0 ? null : new(Selector, left);

        static bool IsSameTarget(Deployment left, Deployment right) =>
            string.Equals(left.Provider, right.Provider, StringComparison.OrdinalIgnoreCase) && left.Model == right.Model;
    }
}

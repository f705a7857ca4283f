using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Affinity;

/// <summary>
/// The target of each affinity hash: kept across reloads, bounded by memory, each entry until it expires. Thread-safe.
/// </summary>
internal sealed class AffinityStore(TimeProvider time)
{
    // About 50,000 conversations.
    private const long MaxBytes = 16 * 1024 * 1024;

    private const long EntryBytes = 320;

    private readonly BoundedStore<StickyTarget> _targets = new(MaxBytes, TimeSpan.FromDays(1), time);

    public StickyTarget? Find(string key) => _targets.TryGet(key, out var found) && found.Until > Now() ? found : null;

    public void Keep(string key, DeploymentState state, long tokens, TimeSpan ttl) =>
        _targets.Set(key, new(state, tokens, Now() + ttl), EntryBytes);

    private TimeSpan Now() => time.GetElapsedTime(0);
}

/// <summary>A target that calls stay with.</summary>
/// <param name="State">Its state, which outlives the routes that are rebuilt with a reload.</param>
/// <param name="Tokens">The tokens of its last prompt, which its cache may hold.</param>
/// <param name="Until">The time at which it expires.</param>
internal sealed record StickyTarget(DeploymentState State, long Tokens, TimeSpan Until);

using Switchyard.Configuration;

namespace Switchyard.Network;

/// <summary>Makes the guards of a configuration, which share who is told and how names are resolved. Thread-safe.</summary>
/// <param name="observer">Is told each decision; null tells nobody.</param>
/// <param name="resolver">Resolves names; null takes the system's.</param>
internal sealed class EgressGuards(IEgressObserver? observer = null, HostResolver? resolver = null)
{
    /// <summary>The entry of <c>egress.allow</c> that stands for the ready-made list.</summary>
    public const string ReadyMade = "default";

    private static readonly AllowEntry s_any = AllowEntry.Parse("*", out _)!;

    private EgressGuard? _last;

    /// <summary>The guard of a configuration; null where it has none. As long as the policy stays the same, so does the guard.</summary>
    /// <param name="options">The section; null where it is absent.</param>
    /// <param name="vendors">The hosts of the vendors that are known, for the ready-made list.</param>
    public EgressGuard? Of(EgressOptions? options, IEnumerable<string> vendors)
    {
        if (options is null || ModeOf(options) is not { } mode)
            return null;
        var policy = new EgressPolicy(mode, Entries(options.Allow, vendors));
        var last = Volatile.Read(ref _last);
        if (last?.Policy.IsSameAs(policy) != true)
            Volatile.Write(ref _last, last = new EgressGuard(policy, observer, resolver));
        return last;
    }

    /// <summary>
    /// The guard of downloads, whose URLs clients choose. It keeps them from every address that is not public, whatever the mode,
    /// unless <paramref name="allow"/> names it: the gateway may reach a model server of its own, its clients may not.
    /// </summary>
    /// <param name="egress">The guard of everything else; null where there is none.</param>
    /// <param name="allow">The hosts that downloads may come from, beside those of <paramref name="egress"/>.</param>
    public EgressGuard ForDownloads(EgressGuard? egress, IEnumerable<string> allow)
    {
        var listed = egress?.Policy.Mode == EgressEnforcement.Enforce ? ForClients(egress.Policy) : [s_any];
        return new(new EgressPolicy(EgressEnforcement.Enforce, [.. Parsed(allow), .. listed]), observer, resolver);
    }

    /// <summary>What would be kept from being downloaded if the policy were enforced; null where that is no question.</summary>
    public EgressGuard? TrialForDownloads(EgressGuard? egress, IEnumerable<string> allow) => egress?.Policy.Mode == EgressEnforcement.Report
        ? new(new EgressPolicy(EgressEnforcement.Report, [.. Parsed(allow), .. ForClients(egress.Policy)]), observer, resolver)
        : null;

    private static EgressEnforcement? ModeOf(EgressOptions options) => options.Mode.Trim().ToUpperInvariant() switch
    {
        "ENFORCE" => EgressEnforcement.Enforce,
        "REPORT" => EgressEnforcement.Report,
        _ => null,
    };

    private static IEnumerable<AllowEntry> Entries(List<string> written, IEnumerable<string> vendors)
    {
        if (written.Count == 0 || written.Exists(IsReadyMade))
        {
            // Nobody wrote the vendors' hosts, so nobody said that one of them may be in the own network.
            foreach (var entry in Parsed(vendors))
                yield return entry with { PublicOnly = true };
            foreach (var entry in Parsed(EgressPolicy.Loopback))
                yield return entry;
        }

        foreach (var entry in Parsed(written.Where(text => !IsReadyMade(text))))
            yield return entry;
    }

    private static IEnumerable<AllowEntry> ForClients(EgressPolicy policy) =>
        policy.Entries.Select(entry => entry with { PublicOnly = true });

    private static bool IsReadyMade(string text) => text.Trim().Equals(ReadyMade, StringComparison.OrdinalIgnoreCase);

    // What cannot be read was refused when the configuration was checked.
    private static IEnumerable<AllowEntry> Parsed(IEnumerable<string> texts) =>
        texts.Select(text => AllowEntry.Parse(text, out _)).OfType<AllowEntry>();
}

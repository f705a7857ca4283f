using Switchyard.Configuration;

namespace Switchyard.Network;

/// <summary>Creates the guards of a configuration, which share the observer and the resolver. Thread-safe.</summary>
/// <param name="observer">Receives each decision; null if none.</param>
/// <param name="resolver">Resolves names; null uses the system's resolver.</param>
internal sealed class EgressGuards(IEgressObserver? observer = null, HostResolver? resolver = null)
{
    /// <summary>The entry of <c>egress.allow</c> that means the built-in list.</summary>
    public const string ReadyMade = "default";

    private static readonly AllowEntry s_any = AllowEntry.Parse("*", out _)!;

    private EgressGuard? _last;

    /// <summary>The guard of a configuration; null if it has none. An unchanged policy keeps its guard.</summary>
    /// <param name="options">The section; null if absent.</param>
    /// <param name="vendors">The hosts of the known vendors, for the built-in list.</param>
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
    /// The guard of downloads, whose URLs clients choose. In every mode it blocks addresses that are not public unless
    /// <paramref name="allow"/> names them: the gateway may reach its own model servers, its clients may not.
    /// </summary>
    /// <param name="egress">The guard of all other requests; null if none.</param>
    /// <param name="allow">The hosts that downloads may come from, besides those of <paramref name="egress"/>.</param>
    public EgressGuard ForDownloads(EgressGuard? egress, IEnumerable<string> allow)
    {
        var listed = egress?.Policy.Mode == EgressEnforcement.Enforce ? ForClients(egress.Policy) : [s_any];
        return new(new EgressPolicy(EgressEnforcement.Enforce, [.. Parsed(allow), .. listed]), observer, resolver);
    }

    /// <summary>The guard that reports downloads an enforced policy would block; null if the policy is not in report mode.</summary>
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
            // The vendors' hosts are not configured by the user, so none of them may resolve to a private address.
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

    // Invalid entries were refused when the configuration was validated.
    private static IEnumerable<AllowEntry> Parsed(IEnumerable<string> texts) =>
        texts.Select(text => AllowEntry.Parse(text, out _)).OfType<AllowEntry>();
}

using System.Net;

namespace Switchyard.Network;

/// <summary>Whether a policy is enforced.</summary>
internal enum EgressEnforcement
{
    /// <summary>Requests that are not allowed are refused.</summary>
    Enforce,

    /// <summary>Requests that are not allowed are reported and sent.</summary>
    Report,
}

/// <summary>The reason why a request may not be sent.</summary>
internal enum EgressReason
{
    /// <summary>It may be sent.</summary>
    None,

    /// <summary>No entry names its host.</summary>
    NotListed,

    /// <summary>Its address is not public, and no entry names the host itself or that address.</summary>
    NotPublic,
}

/// <summary>
/// The allow list, with the rule for addresses that are not public. An entry that names a host admits its private addresses, a wildcard
/// does not; a network admits those of every allowed host; and special addresses (metadata, link-local) are admitted only by such a
/// network, or if the address is the literal host. Immutable.
/// </summary>
internal sealed class EgressPolicy
{
    /// <summary>The hosts of this machine.</summary>
    public static readonly IReadOnlyList<string> Loopback = ["localhost", "127.0.0.0/8", "::1/128"];

    private readonly AllowEntry[] _entries;
    private readonly Dictionary<string, AllowEntry[]> _hosts;
    private readonly AllowEntry[] _wildcards;
    private readonly AllowEntry[] _networks;

    public EgressPolicy(EgressEnforcement mode, IEnumerable<AllowEntry> entries)
    {
        Mode = mode;
        _entries = [.. entries];
        _hosts = _entries.Where(entry => entry.Kind == AllowKind.Host).GroupBy(entry => entry.Host, StringComparer.Ordinal)
            .ToDictionary(host => host.Key, host => host.ToArray(), StringComparer.Ordinal);
        _wildcards = Array.FindAll(_entries, entry => entry.Kind is AllowKind.Any or AllowKind.Suffix);
        _networks = Array.FindAll(_entries, entry => entry.Kind is AllowKind.Network or AllowKind.Address);
    }

    private enum Trust
    {
        None,
        PublicAddresses,
        OwnAddresses,
    }

    /// <summary>Whether requests that are not allowed are refused.</summary>
    public EgressEnforcement Mode { get; }

    /// <summary>The entries.</summary>
    public IReadOnlyList<AllowEntry> Entries => _entries;

    /// <summary>Whether another policy is equal.</summary>
    public bool IsSameAs(EgressPolicy other) => Mode == other.Mode && _entries.SequenceEqual(other._entries);

    /// <summary>Judges a URL by its literal host, before name resolution.</summary>
    public EgressReason Judge(Uri target) => Judge(target, isRoot: false);

    /// <summary>Judges a base URL: whether any URL below it may be reached.</summary>
    public EgressReason JudgeRoot(Uri root) => Judge(root, isRoot: true);

    /// <summary>Judges an address that a host was resolved to.</summary>
    public EgressReason Judge(string host, int port, IPAddress address)
    {
        var name = HostName.Normalize(host, out var literal) ?? host;
        return Judge(AddressKinds.Plain(address), TrustOf(name, new(port)), literal is not null, new(port));
    }

    private EgressReason Judge(Uri target, bool isRoot)
    {
        var host = HostName.Of(target, out var address);
        var place = new Place(target.Port, target, isRoot);
        var trust = TrustOf(host, place);
        return address is not null ? Judge(address, trust, isLiteral: true, place)
            : trust == Trust.None ? EgressReason.NotListed
            : EgressReason.None;
    }

    private EgressReason Judge(IPAddress address, Trust trust, bool isLiteral, in Place place)
    {
        if ((isLiteral || trust != Trust.None) && IsInNetwork(address, isLiteral, place))
            return EgressReason.None;
        return trust == Trust.None ? EgressReason.NotListed : AddressKinds.Of(address) switch
        {
            AddressKind.Public => EgressReason.None,
            AddressKind.Private when trust == Trust.OwnAddresses => EgressReason.None,
            _ => EgressReason.NotPublic,
        };
    }

    private Trust TrustOf(string host, in Place place)
    {
        var trust = Trust.None;
        foreach (var entry in _hosts.GetValueOrDefault(host) ?? [])
        {
            if (place.IsTakenBy(entry) && !entry.PublicOnly)
                return Trust.OwnAddresses;
            if (place.IsTakenBy(entry))
                trust = Trust.PublicAddresses;
        }

        foreach (var entry in _wildcards)
        {
            if (place.IsTakenBy(entry) && (entry.Kind == AllowKind.Any || host.EndsWith(entry.Host, StringComparison.Ordinal)))
                return Trust.PublicAddresses;
        }

        return trust;
    }

    private bool IsInNetwork(IPAddress address, bool isLiteral, in Place place)
    {
        foreach (var entry in _networks)
        {
            // An address is never in a network of the other family; the framework would compare their bits.
            var isIn = entry.Network.BaseAddress.AddressFamily == address.AddressFamily && entry.Network.Contains(address);
            if (isIn && (isLiteral || entry.Kind == AllowKind.Network) && place.IsTakenBy(entry)
                && (!entry.PublicOnly || AddressKinds.Of(address) == AddressKind.Public))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A place on a host: the port, and the URL if known.</summary>
    private readonly record struct Place(int Port, Uri? Url = null, bool IsRoot = false)
    {
        public bool IsTakenBy(AllowEntry entry) =>
            entry.TakesPort(Port) && (Url is null || (IsRoot ? entry.TakesUrlBelow(Url) : entry.TakesUrl(Url)));
    }
}

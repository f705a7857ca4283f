using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Affinity;

/// <summary>
/// The aliases with an affinity, in one configuration: finds the key that a call's affinity is by, and the target that served it before.
/// Thread-safe.
/// </summary>
public sealed class AffinityPlan
{
    /// <summary>The plan in a snapshot; null if no alias has an affinity.</summary>
    public static readonly SectionKey<AffinityPlan> Section = new();

    private static readonly SlotKey<Pin> s_pin = new();

    private readonly Dictionary<string, AffinityOptions> _aliases;
    private readonly AffinityStore _store;

    private AffinityPlan(Dictionary<string, AffinityOptions> aliases, AffinityStore store)
    {
        _aliases = aliases;
        _store = store;
        Headers =
        [
            .. aliases.Values.SelectMany(alias => alias.By).Where(IsHeader).Select(HeaderOf).Distinct(StringComparer.OrdinalIgnoreCase),
        ];
    }

    /// <summary>The request headers that an affinity reads.</summary>
    public IReadOnlyList<string> Headers { get; }

    /// <summary>Reads the plan of a configuration; null if no alias has an affinity.</summary>
    internal static AffinityPlan? From(SwitchyardOptions options, AffinityStore store)
    {
        var aliases = options.Models.Where(pair => pair.Value.Affinity is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value.Affinity!, StringComparer.OrdinalIgnoreCase);
        return aliases.Count == 0 ? null : new(aliases, store);
    }

    /// <summary>The target that a routed call should stay with; null for none. Stores the affinity's key on the call.</summary>
    internal StickyTarget? Find(ModelCall call)
    {
        var alias = call.Route!.Alias;
        if (!_aliases.TryGetValue(alias, out var affinity))
            return null;
        var pin = call.Get(s_pin);
        if (pin is null || !pin.IsOf(call))
        {
            if (HashOf(call, affinity) is not { } hash)
                return null;
            pin = new(alias, hash.ToString("x16", CultureInfo.InvariantCulture), affinity.Ttl, _store);
            call.Set(s_pin, pin);
        }

        return _store.Find(pin.Key);
    }

    /// <summary>Records the target of a call's last attempt for the call's affinity. Does nothing for a call without one.</summary>
    internal static void Keep(ModelCall call, long tokens)
    {
        if (call.Get(s_pin) is { } pin && pin.IsOf(call))
            pin.Store.Keep(pin.Key, call.Attempt!.Deployment.State, tokens, pin.Ttl);
    }

    /// <summary>A hash of the alias, the caller and the first of the affinity's keys that the call has; null if it has none.</summary>
    private static ulong? HashOf(ModelCall call, AffinityOptions affinity)
    {
        var seed = (long)Hash(call.Caller.Id, (long)Hash(call.Route!.Alias.ToUpperInvariant(), 0));
        if (affinity.By.Count == 0)
            return ConversationStart.HashOf(call.Body, seed);
        foreach (var by in affinity.By)
        {
            var hash = by switch
            {
                _ when by.Equals("conversation", StringComparison.OrdinalIgnoreCase) => ConversationStart.HashOf(call.Body, seed),
                _ when by.Equals("end_user", StringComparison.OrdinalIgnoreCase) => Named(by, call.Envelope.EndUser, seed),
                _ => Named(by, call.AffinityHeaders?.GetValueOrDefault(HeaderOf(by)), seed),
            };
            if (hash is not null)
                return hash;
        }

        return null;
    }

    private static ulong? Named(string by, string? value, long seed) =>
        string.IsNullOrEmpty(value) ? null : Hash(value, (long)Hash(by, seed));

    private static ulong Hash(string text, long seed) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()), seed);

    private static bool IsHeader(string by) => by.StartsWith(AffinityOptions.HeaderPrefix, StringComparison.OrdinalIgnoreCase);

    private static string HeaderOf(string by) => by[AffinityOptions.HeaderPrefix.Length..];

    private sealed record Pin(string Alias, string Key, TimeSpan Ttl, AffinityStore Store)
    {
        /// <summary>Whether the call still has the alias. A budget may have given it a cheaper one.</summary>
        public bool IsOf(ModelCall call) => string.Equals(Alias, call.Route?.Alias, StringComparison.OrdinalIgnoreCase);
    }
}

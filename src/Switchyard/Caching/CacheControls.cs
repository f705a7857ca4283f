using Switchyard.Calls;
using Switchyard.Configuration.Binding;

namespace Switchyard.Caching;

/// <summary>Reads what a client asks of the cache, and the key under which it may send a request again.</summary>
public static class CacheControls
{
    private const int LongestKey = 255;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    /// <summary>Whether a configuration has a cache that a client could ask something of.</summary>
    public static bool AreRead(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(CachePlan.Section) is not null;
    }

    /// <summary>Whether a key to send a request again under has an effect.</summary>
    public static bool KeysAreRead(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(IdempotencyPlan.Section) is not null;
    }

    /// <summary>What a client asks; null for nothing.</summary>
    /// <param name="mode">The value of <see cref="AnswerFacts.Cache"/>; null or empty without one.</param>
    /// <param name="ttl">The value of <see cref="AnswerFacts.CacheTtl"/>; null or empty without one.</param>
    /// <exception cref="CallException">A value is none that is known (<see cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static CacheControl? Read(string? mode, string? ttl)
    {
        if (string.IsNullOrWhiteSpace(mode) && string.IsNullOrWhiteSpace(ttl))
            return null;
        return new(ModeOf(mode), TtlOf(ttl));
    }

    /// <summary>A key to send a request again under, once it was checked.</summary>
    /// <exception cref="CallException">It is too long, or holds what no header may (<see
    /// cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static string? ReadKey(string? key)
    {
        if (string.IsNullOrWhiteSpace(key))
            return null;
        var text = key.Trim();
        return text.Length <= LongestKey && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? text
            : throw Invalid(AnswerFacts.IdempotencyKey, $"It is at most {LongestKey} printable ASCII characters, for example a UUID.");
    }

    private static CacheMode ModeOf(string? mode) => mode?.Trim().ToLowerInvariant() switch
    {
        null or "" or "on" => CacheMode.On,
        "off" => CacheMode.Off,
        "read-only" => CacheMode.ReadOnly,
        "refresh" => CacheMode.Refresh,
        _ => throw Invalid(
            AnswerFacts.Cache, "It is off (neither read nor written), read-only, refresh (ask anew and keep the answer) or on."),
    };

    private static TimeSpan? TtlOf(string? ttl)
    {
        if (string.IsNullOrWhiteSpace(ttl))
            return null;
        return DurationText.TryParse(ttl.Trim(), out var time) && time > TimeSpan.Zero && time <= s_longest
            ? time
            : throw Invalid(AnswerFacts.CacheTtl, "It is a duration such as 30s, 10m or 1h, and at most 30d.");
    }

    private static CallException Invalid(string name, string wayOut) =>
        new(new CallError(CallErrorKind.InvalidRequest, $"The value of {name} is none that is known. {wayOut}") { Param = name });
}

using Switchyard.Calls;
using Switchyard.Configuration.Binding;

namespace Switchyard.Caching;

/// <summary>Reads the cache headers of a client, and the key under which it may repeat a request.</summary>
public static class CacheControls
{
    private const int LongestKey = 255;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    /// <summary>Whether a configuration has a cache that a client can control.</summary>
    public static bool AreRead(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(CachePlan.Section) is not null;
    }

    /// <summary>Whether an idempotency key has an effect.</summary>
    public static bool KeysAreRead(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(IdempotencyPlan.Section) is not null;
    }

    /// <summary>The client's cache control; null if it sent none.</summary>
    /// <param name="mode">The value of <see cref="AnswerFacts.Cache"/>; null or empty if not sent.</param>
    /// <param name="ttl">The value of <see cref="AnswerFacts.CacheTtl"/>; null or empty if not sent.</param>
    /// <exception cref="CallException">A value is unknown (<see cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static CacheControl? Read(string? mode, string? ttl)
    {
        if (string.IsNullOrWhiteSpace(mode) && string.IsNullOrWhiteSpace(ttl))
            return null;
        return new() { Mode = ModeOf(mode), Ttl = TtlOf(ttl) };
    }

    /// <summary>The idempotency key of a request, after validation.</summary>
    /// <exception cref="CallException">The key is too long, or holds a character that no header may (<see
    /// cref="CallErrorKind.InvalidRequest"/>).</exception>
    public static string? ReadKey(string? key)
    {
        if (string.IsNullOrWhiteSpace(key))
            return null;
        var text = key.Trim();
        return text.Length <= LongestKey && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? text
            : throw Invalid(AnswerFacts.IdempotencyKey, $"Send at most {LongestKey} printable ASCII characters, for example a UUID.");
    }

    private static CacheMode ModeOf(string? mode) => mode?.Trim().ToLowerInvariant() switch
    {
        null or "" or "on" => CacheMode.On,
        "off" => CacheMode.Off,
        "read-only" => CacheMode.ReadOnly,
        "refresh" => CacheMode.Refresh,
        _ => throw Invalid(
            AnswerFacts.Cache, "Send off (neither read nor written), read-only, refresh (ask again and keep the answer) or on."),
    };

    private static TimeSpan? TtlOf(string? ttl)
    {
        if (string.IsNullOrWhiteSpace(ttl))
            return null;
        return DurationText.TryParse(ttl.Trim(), out var time) && time > TimeSpan.Zero && time <= s_longest
            ? time
            : throw Invalid(AnswerFacts.CacheTtl, "Send a duration such as 30s, 10m or 1h, of at most 30d.");
    }

    private static CallException Invalid(string name, string wayOut) =>
        new(new CallError(CallErrorKind.InvalidRequest, $"The value of {name} is not valid. {wayOut}") { Param = name });
}

using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The caches have bounds within range, and a second level that is configured.</summary>
internal sealed class CacheValidator : IConfigurationValidator
{
    private const int MostEntries = 10_000_000;
    private const long LeastBytes = 1024;

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var finding in Bounds(
            "idempotency", options.Idempotency.Ttl, options.Idempotency.MaxEntries, options.Idempotency.MaxBytes))
            yield return finding;
        foreach (var finding in Second("idempotency", options.Idempotency.Shared, options))
            yield return finding;
        foreach (var (alias, route) in options.Models)
        {
            if (route.Cache?.Ttl is { } ttl && (ttl < s_shortest || ttl > s_longest))
                yield return new(Combine("models", alias, "cache", "ttl"), "must be from 1ms to 30d");
        }

        if (options.Cache is not { } cache)
            yield break;
        foreach (var finding in Bounds("cache", cache.Ttl, cache.MaxEntries, cache.MaxBytes))
            yield return finding;
        foreach (var finding in Second("cache", cache.Shared, options))
            yield return finding;
        if (cache.MaxEntryBytes < LeastBytes || cache.MaxEntryBytes > cache.MaxBytes)
            yield return new(Combine("cache", "max_entry_bytes"), "must be at least 1KB and at most max_bytes");
    }

    private static IEnumerable<ValidationFinding> Bounds(string section, TimeSpan ttl, int entries, long bytes)
    {
        if (ttl < s_shortest || ttl > s_longest)
            yield return new(Combine(section, "ttl"), "must be from 1ms to 30d");
        if (entries is < 1 or > MostEntries)
            yield return new(Combine(section, "max_entries"), "must be from 1 to 10000000");
        if (bytes < LeastBytes)
            yield return new(Combine(section, "max_bytes"), "must be at least 1KB");
    }

    private static IEnumerable<ValidationFinding> Second(string section, string? shared, SwitchyardOptions options)
    {
        if (shared == "redis" && string.IsNullOrWhiteSpace(options.Storage.Redis))
            yield return new(Combine(section, "shared"), "names Redis, but storage.redis is not set");
    }
}

using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Tests;

/// <summary>Entries of a ledger.</summary>
internal static class SomeEntry
{
    /// <summary>Ten past noon on 28 November 2026.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 11, 28, 12, 10, 0, TimeSpan.Zero);

    /// <summary>A finished call to <c>openai/gpt-4o-mini</c> as <c>fast</c>: 1,000 tokens in, 500 out, 450,000 nano-dollars.</summary>
    public static LedgerEntry Finished(DateTimeOffset? at = null) => new()
    {
        Call = Guid.CreateVersion7(at ?? Noon),
        RequestId = "req-1",
        StartedAt = at ?? Noon,
        Duration = TimeSpan.FromMilliseconds(800),
        Outcome = LedgerOutcome.Finished,
        Key = "ci",
        Tenant = "acme/build",
        Alias = "fast",
        Provider = "openai",
        Model = "gpt-4o-mini",
        Operation = "chat",
        Usage = new TokenUsage { Input = 1000, Output = 500 },
        Cost = new TokenCost { Input = 150_000, Output = 300_000 },
        PriceVersion = "catalogue 2026-11-01",
    };

    /// <summary>Entries that differ in everything that can differ.</summary>
    public static LedgerEntry[] Many(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Any(random, i))];
    }

    private static LedgerEntry Any(Random random, int i)
    {
        var entry = Finished(Noon.AddSeconds(random.Next(-100_000, 100_000)).AddMilliseconds(random.Next(1000)));
        var reached = random.Next(10) > 0;
        return entry with
        {
            Attempt = random.Next(5) == 0 ? 1 : 0,
            RequestId = $"req-{i}",
            Outcome = (LedgerOutcome)random.Next(6),
            Key = Of("ci", "web", null),
            Tenant = Of("acme", "acme/build", null),
            EndUser = Of("u1", null, "u2"),
            Tag = Of("nightly", null, "it's"),
            Alias = reached ? Of("fast", "slow", "big")! : $"made-up-{i}",
            Provider = reached ? Of("openai", "anthropic", "local")! : "",
            Model = reached ? Of("a", "b", "c")! : "",
            IsEstimate = random.Next(3) == 0,
            Unpriced = (Unpriced)random.Next(5),
            Usage = new TokenUsage
            {
                Input = Count(), Output = Count(), CacheRead = Count(), CacheWrite = Count(), Reasoning = Count(), InputAudio = Count(),
                OutputAudio = Count(), WebSearches = i % 3 == 0 ? i % 5 : null, FileSearches = i % 4 == 0 ? i % 7 : null,
            },
            Cost = new TokenCost
            {
                Input = random.Next(9999), Output = random.Next(9999), CacheRead = random.Next(9999), CacheWrite = random.Next(9999),
                Reasoning = random.Next(9999), InputAudio = random.Next(9999), OutputAudio = random.Next(9999), Request = random.Next(9999),
            },
        };

        string? Of(params string?[] values) => values[random.Next(values.Length)];

        long? Count() => random.Next(3) == 0 ? null : random.Next(5000);
    }
}

using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// A figure that can be summed: what one entry adds to it, in this process and in SQL. Roll-ups, summaries and their tests all use this
/// one list.
/// </summary>
/// <param name="Name">The column of the roll-ups.</param>
/// <param name="Sql">What an entry adds, over the columns of <c>entries</c>.</param>
/// <param name="Of">What an entry adds.</param>
internal sealed record RollupFigure(string Name, string Sql, Func<LedgerEntry, long> Of)
{
    private static readonly string s_failedWithout =
        $"outcome = {(int)LedgerOutcome.Failed} and input_tokens is null and output_tokens is null";

    /// <summary>All measures, in the order in which they are read.</summary>
    public static readonly RollupFigure[] All =
    [
        new("lines", "1", _ => 1),
        Ended("finished", LedgerOutcome.Finished),
        Ended("failed", LedgerOutcome.Failed),
        Ended("abandoned", LedgerOutcome.Abandoned),
        Ended("cached", LedgerOutcome.Cached),
        Ended("unknown", LedgerOutcome.Unknown),
        Ended("resolved", LedgerOutcome.Resolved),
        new("estimates", "case when is_estimate then 1 else 0 end", entry => entry.IsEstimate ? 1 : 0),
        Without("no_price", Unpriced.NoPrice),
        Without("no_rate", Unpriced.NoRate),
        Without("no_usage", Unpriced.NoUsage),
        Without("other_unit", Unpriced.OtherUnit),
        Tokens("input_tokens", entry => entry.Usage.Input),
        Tokens("output_tokens", entry => entry.Usage.Output),
        Tokens("cache_read_tokens", entry => entry.Usage.CacheRead),
        Tokens("cache_write_tokens", entry => entry.Usage.CacheWrite),
        Tokens("reasoning_tokens", entry => entry.Usage.Reasoning),
        Tokens("input_audio_tokens", entry => entry.Usage.InputAudio),
        Tokens("output_audio_tokens", entry => entry.Usage.OutputAudio),
        new("input_cost", "input_cost", entry => entry.Cost.Input),
        new("output_cost", "output_cost", entry => entry.Cost.Output),
        new("cache_read_cost", "cache_read_cost", entry => entry.Cost.CacheRead),
        new("cache_write_cost", "cache_write_cost", entry => entry.Cost.CacheWrite),
        new("reasoning_cost", "reasoning_cost", entry => entry.Cost.Reasoning),
        new("input_audio_cost", "input_audio_cost", entry => entry.Cost.InputAudio),
        new("output_audio_cost", "output_audio_cost", entry => entry.Cost.OutputAudio),
        new("request_cost", "request_cost", entry => entry.Cost.Request),
        new("cost", "cost", entry => entry.Cost.Total),
    ];

    // The entries of attempts before the last are part of the same call.
    private static RollupFigure Ended(string name, LedgerOutcome outcome) => new(
        name,
        $"case when attempt = 0 and outcome = {(int)outcome} then 1 else 0 end",
        entry => entry.Attempt == 0 && entry.Outcome == outcome ? 1 : 0);

    // A call that failed without a token lacks no price: there was nothing to pay.
    private static RollupFigure Without(string name, Unpriced why) => new(
        name,
        $"case when unpriced = {(int)why} and not ({s_failedWithout}) then 1 else 0 end",
        entry => entry.Unpriced == why && !(entry.Outcome == LedgerOutcome.Failed && entry.Usage.Total is null) ? 1 : 0);

    private static RollupFigure Tokens(string name, Func<LedgerEntry, long?> count) =>
        new(name, $"coalesce({name}, 0)", entry => count(entry) ?? 0);
}

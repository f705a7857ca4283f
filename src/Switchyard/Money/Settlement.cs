using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>What a call's attempts used and cost, as entries of the ledger.</summary>
internal static class Settlement
{
    // The usual measure where a provider counts nothing: a token is about four characters of English.
    private const int CharactersPerToken = 4;

    private static readonly string[] s_operations =
        [.. Enum.GetValues<CallOperation>().Select(operation => operation.ToString().ToLowerInvariant())];

    /// <summary>What an attempt used: what its provider reported, else an estimate where it has answered.</summary>
    public static (TokenUsage Usage, bool IsEstimate) UsageOf(ModelCall call, Attempt attempt)
    {
        var usage = attempt.Usage;
        if (!attempt.IsOpen)
            return (usage, false);
        var said = OutputBound.Generates(call.Envelope.Operation) ? TokensOf(attempt.SaidCharacters) : 0;
        if (usage.Total is null)
            return (new TokenUsage { Input = TokensOf(call.Body.Length), Output = said }, true);
        // The count that a stream begins with (1 or so) is none of what came after it; one that is given along the way is near to it.
        return attempt.Outcome is AttemptOutcome.Abandoned or AttemptOutcome.BrokeOff && (usage.Output ?? 0) < said / 2
            ? (usage with { Output = said }, true)
            : (usage, false);

        static long TokensOf(long characters) => Math.Max(1, (characters + CharactersPerToken - 1) / CharactersPerToken);
    }

    /// <summary>What an attempt cost, in nano-dollars; 0 where that is not known.</summary>
    public static long CostOf(ModelCall call, Attempt attempt) =>
        attempt.Deployment.Price is { } price ? price.CostOf(UsageOf(call, attempt).Usage, out _).Total : 0;

    /// <summary>The entry that stands for a call until it has ended: it counts for all that is held so far.</summary>
    public static LedgerEntry IntentOf(ModelCall call, MoneyCall money) => EntryOf(call, money, LedgerOutcome.Unknown);

    /// <summary>The entry of a call that was given an answer of another call: it cost nothing.</summary>
    public static LedgerEntry CachedOf(ModelCall call, CacheFacts kept, DateTimeOffset startedAt) =>
        EntryOf(call, new MoneyCall(CallIds.NewLedgerId(startedAt), MoneyFacts.Of(call, null), startedAt), LedgerOutcome.Cached) with
        {
            Provider = kept.Source?.Provider ?? "",
            Model = kept.Source?.Model ?? "",
        };

    /// <summary>The entries of a call that has ended: one for its last attempt, one for each other that was counted.</summary>
    public static IReadOnlyList<LedgerEntry> EntriesOf(ModelCall call, MoneyCall money, LedgerOutcome outcome)
    {
        if (call.AttemptCount == 0)
            return [EntryOf(call, money, outcome)];
        if (call.AttemptCount == 1)
            return [EntryOf(call, money, outcome, call.Attempt)];
        var attempts = call.Attempts;
        List<LedgerEntry> entries = [EntryOf(call, money, outcome, attempts[^1])];
        for (var i = 0; i < attempts.Count - 1; i++)
        {
            if (!attempts[i].Usage.IsEmpty || attempts[i].IsOpen)
                entries.Add(EntryOf(call, money, LedgerOutcome.Failed, attempts[i]) with { Attempt = i + 1 });
        }

        return entries;
    }

    private static LedgerEntry EntryOf(ModelCall call, MoneyCall money, LedgerOutcome outcome, Attempt? attempt = null)
    {
        var (usage, isEstimate) = attempt is null ? default : UsageOf(call, attempt);
        var price = attempt?.Deployment.Price;
        // One that failed before it answered has used nothing, unless its provider says so: nothing has no price to be missing.
        var cost = default(TokenCost);
        var why = attempt is null || (!attempt.IsOpen && usage.IsEmpty) ? Unpriced.None : Unpriced.NoPrice;
        if (price is not null && why == Unpriced.NoPrice)
            cost = price.CostOf(usage, out why);
        // All of it at once: there are two entries for each call, and each copy of one is half a kilobyte.
        return new LedgerEntry
        {
            Call = money.Id,
            RequestId = call.Id,
            StartedAt = money.StartedAt,
            Duration = outcome == LedgerOutcome.Unknown ? default : call.Elapsed,
            Outcome = outcome,
            Key = money.Facts.Key,
            Tenant = call.Tenant,
            EndUser = money.Facts.EndUser,
            Session = money.Facts.Session,
            Tag = money.Facts.Tag,
            Alias = ModelNames.Shown(call.Envelope.Model),
            Provider = attempt?.Deployment.Provider ?? "",
            Model = attempt?.Deployment.Model ?? "",
            Operation = s_operations[(int)call.Envelope.Operation],
            Usage = usage,
            IsEstimate = isEstimate,
            Cost = cost,
            Unpriced = why,
            PriceVersion = price?.Version,
            WorstCase = outcome == LedgerOutcome.Unknown ? money.Reservation?.Most ?? 0 : 0,
            Budgets = (outcome == LedgerOutcome.Unknown ? money.Reservation?.AllIds : money.Reservation?.AccountIdsFor(attempt)) ?? [],
        };
    }
}

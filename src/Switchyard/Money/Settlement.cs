using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>What a call's attempts used and cost, as entries of the ledger.</summary>
internal static class Settlement
{
    // The usual measure where a provider counts nothing: a token is about four characters of English.
    private const int CharactersPerToken = 4;

    /// <summary>What an attempt used: what its provider reported, else an estimate where it has answered.</summary>
    public static (TokenUsage Usage, bool IsEstimate) UsageOf(ModelCall call, Attempt attempt)
    {
        if (attempt.Usage.Total is not null || !attempt.IsOpen)
            return (attempt.Usage, false);
        return (
            new TokenUsage
            {
                Input = AtLeastOne(call.Body.Length),
                Output = OutputBound.Generates(call.Envelope.Operation) ? AtLeastOne(attempt.SaidCharacters) : 0,
            },
            true);

        static long AtLeastOne(long characters) => Math.Max(1, (characters + CharactersPerToken - 1) / CharactersPerToken);
    }

    /// <summary>What an attempt cost, in nano-dollars; 0 where that is not known.</summary>
    public static long CostOf(ModelCall call, Attempt attempt) =>
        attempt.Deployment.Price is { } price ? price.CostOf(UsageOf(call, attempt).Usage, out _).Total : 0;

    /// <summary>The entry that stands for a call until it has ended.</summary>
    public static LedgerEntry IntentOf(ModelCall call, MoneyCall money) => Header(call, money) with
    {
        Outcome = LedgerOutcome.Unknown,
        WorstCase = money.Reservation?.Held ?? 0,
        Budgets = [.. money.Reservation?.Accounts.Select(account => account.Id) ?? []],
    };

    /// <summary>The entry of a call that was given an answer of another call: it cost nothing.</summary>
    public static LedgerEntry CachedOf(ModelCall call, CacheFacts kept, DateTimeOffset startedAt) =>
        Header(call, new MoneyCall(Guid.CreateVersion7(startedAt), MoneyFacts.Of(call, null), startedAt)) with
        {
            Outcome = LedgerOutcome.Cached,
            Duration = call.Elapsed,
            Provider = kept.Source?.Provider ?? "",
            Model = kept.Source?.Model ?? "",
        };

    /// <summary>The entries of a call that has ended: one for its last attempt, one for each other that was counted.</summary>
    public static IReadOnlyList<LedgerEntry> EntriesOf(ModelCall call, MoneyCall money, LedgerOutcome outcome)
    {
        var header = Header(call, money) with { Duration = call.Elapsed };
        if (call.AttemptCount == 0)
            return [header with { Outcome = outcome, Budgets = BudgetsOf(money, null) }];
        if (call.AttemptCount == 1)
            return [EntryOf(call, money, header, call.Attempt!, outcome)];
        var attempts = call.Attempts;
        List<LedgerEntry> entries = [EntryOf(call, money, header, attempts[^1], outcome)];
        for (var i = 0; i < attempts.Count - 1; i++)
        {
            if (!attempts[i].Usage.IsEmpty || attempts[i].IsOpen)
                entries.Add(EntryOf(call, money, header, attempts[i], LedgerOutcome.Failed) with { Attempt = i + 1 });
        }

        return entries;
    }

    private static LedgerEntry EntryOf(ModelCall call, MoneyCall money, LedgerEntry header, Attempt attempt, LedgerOutcome outcome)
    {
        var (usage, isEstimate) = UsageOf(call, attempt);
        var price = attempt.Deployment.Price;
        // One that failed before it answered has used nothing, unless its provider says so: nothing has no price to be missing.
        var cost = default(TokenCost);
        var why = !attempt.IsOpen && usage.IsEmpty ? Unpriced.None : Unpriced.NoPrice;
        if (price is not null && why == Unpriced.NoPrice)
            cost = price.CostOf(usage, out why);
        return header with
        {
            Outcome = outcome,
            Provider = attempt.Deployment.Provider,
            Model = attempt.Deployment.Model,
            Usage = usage,
            IsEstimate = isEstimate,
            Cost = cost,
            Unpriced = why,
            PriceVersion = price?.Version,
            Budgets = BudgetsOf(money, attempt),
        };
    }

    private static IReadOnlyList<string> BudgetsOf(MoneyCall money, Attempt? attempt) => money.Reservation is not { } held
        ? []
        : [.. held.Accounts.Concat(attempt is null ? [] : held.TargetsOf(attempt)).Select(account => account.Id)];

    private static LedgerEntry Header(ModelCall call, MoneyCall money) => new()
    {
        Call = money.Id,
        RequestId = call.Id,
        StartedAt = money.StartedAt,
        Outcome = LedgerOutcome.Unknown,
        Key = money.Facts.Key,
        Tenant = call.Tenant,
        EndUser = call.Envelope.EndUser,
        Session = money.Facts.Session,
        Tag = money.Facts.Tag,
        Alias = ModelNames.Shown(call.Envelope.Model),
        Provider = "",
        Model = "",
        Operation = call.Envelope.Operation.ToString().ToLowerInvariant(),
    };
}

using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Money.Bounds;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>The usage and cost of a call's attempts, as ledger entries.</summary>
internal static class Settlement
{
    // The usual estimate if a provider reports no counts: a token is about four characters of English.
    private const int CharactersPerToken = 4;

    // Four characters are spoken in 0.29 seconds (150 words a minute), and a minute of speech is 1,250 tokens (OpenAI, prices of
    // gpt-4o-mini-tts).
    private const int SpokenPerToken = 6;

    private static readonly string[] s_operations =
        [.. Enum.GetValues<CallOperation>().Select(operation => operation.ToString().ToLowerInvariant())];

    /// <summary>The operation of entries of calls that count a prompt's tokens, which cost nothing.</summary>
    public static string Counting { get; } = s_operations[(int)CallOperation.CountTokens];

    /// <summary>The usage of an attempt: as its provider reported, else an estimate if it has answered.</summary>
    public static (TokenUsage Usage, bool IsEstimate) UsageOf(ModelCall call, Attempt attempt)
    {
        var usage = attempt.Usage;
        if (!attempt.IsOpen)
            return (usage, false);
        // Counting a prompt's tokens uses none, and is not charged.
        if (IsFree(call))
            return (new TokenUsage { Input = 0, Output = 0 }, false);
        // The provider goes on with it: what it used is charged when it is read.
        if (attempt.UnfinishedAnswer is not null)
            return (default, false);
        var generates = OutputBound.Generates(call.Envelope.Operation);
        // An answer with text has tokens: a server that reports 0 does not count.
        if (usage.Total is null || (usage.Total == 0 && generates && attempt.OutputCharacters > 0))
        {
            return (new TokenUsage
            {
                Input = HeardOf(call, attempt),
                Output = generates ? SaidOf(call, attempt) : SpokenOf(call, attempt),
                WebSearches = usage.WebSearches,
                FileSearches = usage.FileSearches,
            }, true);
        }

        var isEarly = IsCountedEarly(attempt);
        if (!generates || (!isEarly && usage is { Input: not null, Output: not null }))
            return (usage, false);
        var said = SaidOf(call, attempt);
        // The counts at the start of a stream (0 or 1) do not include what follows; a count given during the stream is close. At the end a
        // missing count is not 0.
        var (hasInput, hasOutput) = isEarly
            ? (usage.Input is > 0, (usage.Output ?? 0) >= said / 2)
            : (usage.Input is not null, usage.Output is not null);
        return hasInput && hasOutput
            ? (usage, false)
            : (usage with { Input = hasInput ? usage.Input : HeardOf(call, attempt), Output = hasOutput ? usage.Output : said }, true);
    }

    /// <summary>Whether its counts may be those of the start of its answer, or of a part.</summary>
    private static bool IsCountedEarly(Attempt attempt) =>
        attempt.Outcome is AttemptOutcome.Abandoned or AttemptOutcome.BrokeOff ? !attempt.IsCountedToItsEnd : attempt.IsCountedAtItsStart;

    /// <summary>The cost of an attempt, in nano-dollars; 0 if unknown.</summary>
    public static long CostOf(ModelCall call, Attempt attempt) =>
        attempt.Price is { } price && !IsFree(call) ? price.CostOf(UsageOf(call, attempt).Usage, out _).Total : 0;

    /// <summary>The entry of a call that has not ended; it counts with the amounts held so far.</summary>
    public static LedgerEntry IntentOf(ModelCall call, MoneyCall money) => EntryOf(call, money, LedgerOutcome.Unknown);

    /// <summary>The entry of a call answered from the cache, which cost nothing.</summary>
    public static LedgerEntry CachedOf(ModelCall call, CacheFacts kept, DateTimeOffset startedAt) =>
        EntryOf(call, new MoneyCall(CallIds.NewLedgerId(startedAt), MoneyFacts.Of(call, null), startedAt), LedgerOutcome.Cached) with
        {
            Provider = kept.Source?.Provider ?? "",
            Model = kept.Source?.Model ?? "",
        };

    /// <summary>The entries of an ended call: one for its last attempt, and one for each other attempt with counts.</summary>
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

    /// <summary>
    /// The entry of an answer that its provider makes in the background, still without its usage: a further one of the call that asked for
    /// it.
    /// </summary>
    public static LedgerEntry UnfinishedOf(ModelCall call, MoneyCall money, int attempt) =>
        EntryOf(call, money, LedgerOutcome.Finished, call.Attempts[attempt]) with
        {
            // No other entry of the call has this number.
            Attempt = call.AttemptCount + attempt,
            Duration = default,
        };

    /// <summary>The estimated tokens of the request; never more than budgets reserve for it.</summary>
    private static long HeardOf(ModelCall call, Attempt attempt)
    {
        var bounds = BoundsOf(call);
        // A batch in which each text is an object of its own is mostly JSON, which is not embedded.
        var written = call.Body.CharactersToEmbed is > 0 and var texts
            ? TokensOf(attempt.RequestLength ?? texts) + bounds.Files
            : TokensOf(attempt.RequestLength ?? call.Body.Length);
        // Four bytes of an image are not a token.
        var sent = Math.Min(written, TokensOf(bounds.Input - bounds.Files) + bounds.Files);
        // A continued answer is read and charged again.
        return sent + (AnswerOwners.TokensBefore(call, attempt.Deployment.Model) ?? 0);
    }

    /// <summary>The estimated tokens of the answer; never more than its limit.</summary>
    private static long SaidOf(ModelCall call, Attempt attempt)
    {
        var said = TokensOf(attempt.OutputCharacters);
        return OutputBound.Known(call, attempt.Deployment, call.Get(MoneyCall.Slot)?.Cap) is { } most && said > most
            ? Math.Min(said, most * BoundsOf(call).Choices)
            : said;
    }

    /// <summary>The estimated tokens of the speech of a text, if billed as tokens: audio comes without a count.</summary>
    private static long SpokenOf(ModelCall call, Attempt attempt) =>
        call.Envelope.Operation == CallOperation.Speech && attempt.Price?.MostFor(0, 1) is > 0
            ? Math.Min(HeardOf(call, attempt) * SpokenPerToken, OutputBound.Of(call, attempt.Deployment, null))
            : 0;

    /// <summary>Whether a call costs nothing at any price, also at one for each call.</summary>
    private static bool IsFree(ModelCall call) => call.Envelope.Operation == CallOperation.CountTokens;

    private static TokenBounds BoundsOf(ModelCall call) => call.Get(MoneyCall.Slot)?.BoundsOf(call.Body) ?? TokenBounds.Of(call.Body);

    private static long TokensOf(long characters) => Math.Max(1, (characters + CharactersPerToken - 1) / CharactersPerToken);

    private static LedgerEntry EntryOf(ModelCall call, MoneyCall money, LedgerOutcome outcome, Attempt? attempt = null)
    {
        var (usage, isEstimate) = attempt is null ? default : UsageOf(call, attempt);
        var price = attempt?.Price;
        // An attempt that failed before its answer used nothing, unless its provider reports usage, so it needs no price.
        var cost = default(TokenCost);
        var why = attempt is null || IsFree(call) || (!attempt.IsOpen && usage.IsEmpty) ? Unpriced.None : Unpriced.NoPrice;
        if (price is not null && why == Unpriced.NoPrice)
            cost = price.CostOf(usage, out why);

        // Set in one expression: there are two entries for each call, and each copy of one is half a kilobyte.
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

using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Egress.Exchange;
using Switchyard.Money;
using Switchyard.Targets;

namespace Switchyard.Stored;

/// <summary>
/// Charges answers that providers make in the background, once for each, to the call that asked for them: when one is read, or cancelled,
/// and its provider says what it used. An ordinary answer that is read again is not charged. Thread-safe.
/// </summary>
/// <param name="desk">The ledger, the accounts, and the answers that are not charged yet.</param>
/// <param name="dialects">The dialects, for what an answer says.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what could not be recorded.</param>
internal sealed partial class BackgroundCharges(MoneyDesk desk, DialectSet dialects, TimeProvider time, ILogger logger)
{
    /// <summary>The largest answer that is read completely before its client gets it, 64 MiB: some contain images.</summary>
    private const int AnswerLimit = 64 * 1024 * 1024;

    /// <summary>The answer for a client that asks about an answer stored at its provider.</summary>
    /// <param name="call">The call.</param>
    /// <param name="request">The request.</param>
    /// <param name="provider">The provider, by the name under which it made the answer.</param>
    /// <param name="exchange">The exchange, which has been sent. It is taken over if nothing is thrown.</param>
    /// <exception cref="CallException">The answer is too long.</exception>
    public async ValueTask<StoredAnswer> AnswerAsync(ModelCall call, StoredRequest request, string provider, StoredExchange exchange)
    {
        if (request.Action is not (StoredAction.Get or StoredAction.Cancel)
            || await desk.Background.FindAsync(provider, request.Id!, exchange.Token).ConfigureAwait(false) is not { } answer)
            return new StoredAnswer(exchange);
        var dialect = dialects.Egress(DialectId.OpenAIResponses);
        var probe = dialect.CreateProbe(CallOperation.Chat);
        if (ContentTypes.IsEventStream(exchange.ContentType))
        {
            var output = new BackgroundOutput(answer, dialect.CreateFrameReader(), probe);
            return new StoredAnswer(exchange, new ChargedDownload(call, output, () =>
            {
                output.End();
                return ChargeAsync(call, answer, probe);
            }));
        }

        // Read to its end first: otherwise a client could leave before the last byte, which says what it used, and never be charged.
        var body = await exchange.ReadWholeAsync(AnswerLimit).ConfigureAwait(false);
        var whole = new StoredAnswer(exchange.Provider, exchange.Status, body);
        exchange.Dispose();
        if (probe.ObserveBody(body.Span))
        {
            var charging = ChargeAsync(call, answer, probe, isOver: IsOverWithoutUsage(answer, body.Span));
            if (!charging.IsCompleted)
                call.ShareWork(charging, CancellationToken.None);
        }

        return whole;
    }

    /// <summary>
    /// Reads an answer that is about to be deleted, if it is still to be charged: afterwards its usage is unknown. It is deleted even if it
    /// could not be read.
    /// </summary>
    public async ValueTask ReadBeforeAsync(ModelCall call, StoredRequest request, string provider, StoredExchange exchange)
    {
        if (await desk.Background.FindAsync(provider, request.Id!, exchange.Token).ConfigureAwait(false) is not { } answer)
            return;
        try
        {
            var read = request with { Action = StoredAction.Get };
            await exchange.SendAsync(read.Method, read.Path(), null).ConfigureAwait(false);
            var body = await exchange.ReadWholeAsync(AnswerLimit).ConfigureAwait(false);
            var probe = dialects.Egress(DialectId.OpenAIResponses).CreateProbe(CallOperation.Chat);
            if (probe.ObserveBody(body.Span))
                await ChargeAsync(call, answer, probe).ConfigureAwait(false);
        }
        catch (Exception e) when (!exchange.Token.IsCancellationRequested)
        {
            LogNotRead(answer.Entry.RequestId, e.GetType().Name);
        }
    }

    /// <summary>
    /// Whether the provider no longer goes on with an answer that does not say what it used, and has had the time to say it: a cancelled
    /// one never does. It is then recorded without usage, instead of being asked for again for 30 days.
    /// </summary>
    private bool IsOverWithoutUsage(BackgroundAnswer answer, ReadOnlySpan<byte> body)
    {
        if (time.GetUtcNow() - answer.Entry.StartedAt < BackgroundAnswers.FirstDue)
            return false;
        try
        {
            return StoredJson.Text(body, "status"u8) is "cancelled" or "failed" or "incomplete" or "completed";
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Charges an answer if its usage is known and it is not charged yet. Never throws.</summary>
    /// <param name="call">The call that read it.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="probe">Has read it.</param>
    /// <param name="isOver">Whether it is charged even if it does not say what it used.</param>
    private async Task ChargeAsync(ModelCall call, BackgroundAnswer answer, IAnswerProbe probe, bool isOver = false)
    {
        if (!(isOver || BackgroundOutput.Knows(probe)) || !answer.TryClaim())
            return;
        try
        {
            await WriteAsync(call, answer, probe).ConfigureAwait(false);
            // A process that ended between recording the answer and settling its call has left the call unknown: this line has its cost.
            if (answer.Record is not null)
                await desk.ResolveAsync(answer.Entry.Call, 0, CancellationToken.None).ConfigureAwait(false);
            await desk.Background.RemoveAsync(answer).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            answer.Unclaim();
            LogNotWritten(answer.Entry.RequestId, FailureWords.Of(e));
        }
    }

    private Task WriteAsync(ModelCall call, BackgroundAnswer answer, IAnswerProbe probe)
    {
        var now = time.GetUtcNow();
        var usage = probe.Usage;
        var price = TargetOf(call, answer)?.Price?.At(probe.ServiceTier ?? answer.ServiceTier);
        var (cost, why) = (default(TokenCost), Unpriced.NoPrice);
        if (price is not null)
            cost = price.CostOf(usage, out why);
        var accounts = AccountsOf(call, answer, now);
        var entry = answer.Entry with
        {
            // Like its budgets, which are those at the time of recording.
            StartedAt = now,
            Outcome = probe.Error is null ? LedgerOutcome.Finished : LedgerOutcome.Failed,
            Usage = usage,
            Cost = cost,
            Unpriced = why,
            PriceVersion = price?.Version,
            Budgets = [.. accounts.Select(account => account.Id)],
        };
        return desk.ChargeAsync(
            accounts.ToDictionary(account => account, _ => cost.Total),
            () => SettleAsync(answer, entry),
            now);
    }

    /// <summary>Writes the line; false if it was written before, by any process.</summary>
    private async ValueTask<bool> SettleAsync(BackgroundAnswer answer, LedgerEntry entry)
    {
        if (desk.Ledger is not { } ledger)
            return true;
        if (answer.Record is { } record)
            return await ledger.TrySettleOnceAsync(record.Claim, [entry], CancellationToken.None).ConfigureAwait(false);
        ledger.Settle([entry]);
        return true;
    }

    /// <summary>The target that makes an answer, for its price; null if the configuration no longer has it.</summary>
    private static Deployment? TargetOf(ModelCall call, BackgroundAnswer answer) => answer.Target
        ?? call.Snapshot.Routes.FindTarget($"{answer.Provider}/{answer.Entry.Model}")?.Groups[0].Deployments[0];

    /// <summary>The accounts, in their present period, of the budgets that the call counted for; without those that are gone.</summary>
    private List<BudgetAccount> AccountsOf(ModelCall call, BackgroundAnswer answer, DateTimeOffset now)
    {
        List<BudgetAccount> found = [];
        if (call.Snapshot.Section(MoneyPlan.Section) is not { } plan)
            return found;
        foreach (var (budget, scope) in answer.Accounts)
        {
            if (plan.Rules.FirstOrDefault(known => known.Name.Equals(budget, StringComparison.OrdinalIgnoreCase)) is { } rule
                && (rule.Per is null) == (scope is null))
                found.Add(desk.Book.AccountOf(rule, scope, now));
        }

        return found;
    }

    [LoggerMessage(1, LogLevel.Warning,
        "The usage of the background answer of call {RequestId} could not be recorded ({Reason}): the next try is when it is read again")]
    private partial void LogNotWritten(string requestId, string reason);

    [LoggerMessage(2, LogLevel.Warning,
        "The background answer of call {RequestId} could not be read before it was deleted ({Reason}): its usage stays unknown")]
    private partial void LogNotRead(string requestId, string reason);
}

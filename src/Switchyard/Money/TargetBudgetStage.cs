using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Money;

/// <summary>
/// Reserves the maximum cost of one attempt: in the budgets of its target, and again in the call's if an earlier attempt was counted or
/// still runs. A target without room is skipped. In the pipeline only if there is a budget. Thread-safe.
/// </summary>
internal sealed class TargetBudgetStage(MoneyDesk desk) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (call.Get(MoneyCall.Slot) is not { Reservation: { } reservation } money)
            return next(call);
        var plan = call.Snapshot.Section(MoneyPlan.Section)!;
        var accounts = plan.AccountsOf(call, money.Facts, call.Attempt!.Deployment, desk.Book, money.StartedAt);
        // The call's own reservation covers the first attempt.
        return accounts.Count == 0 && call.AttemptCount == 1 ? next(call) : HoldAsync(call, money, reservation, accounts, plan, next);
    }

    private async ValueTask<CallResponse> HoldAsync(
        ModelCall call, MoneyCall money, Reservation reservation, IReadOnlyList<BudgetAccount> accounts, MoneyPlan plan, CallHandler next)
    {
        var attempt = call.Attempt!;
        var target = attempt.Deployment;
        var most = money.MostOf(call, attempt);
        if (most is null && accounts.FirstOrDefault(account => account.IsStrict) is { } strict)
            return new FailedResponse(BudgetRefusal.Unpriced(strict, $"{target.Provider}/{target.Model}"));
        if (call.AttemptCount > 1)
            reservation.ReleaseEnded(call, call.Time.GetUtcNow());
        if (await desk.HoldAsync(reservation, attempt, accounts, most ?? 0).ConfigureAwait(false) is { } full)
            return Refused(full, most ?? 0);
        if (call.AttemptCount > 1)
        {
            var needed = most ?? 0;
            foreach (var other in call.Attempts)
            {
                if (other != attempt)
                    needed += other.Outcome == AttemptOutcome.Running ? money.MostOf(call, other) ?? 0 : Settlement.CostOf(call, other);
            }

            if (await desk.HoldAsync(reservation, needed - reservation.Held, attempt.Aborted).ConfigureAwait(false) is { } none)
                return Refused(none, needed);
        }

        // Written again, with the current reservation: if this process is killed, the next one must know the call's accounts.
        if (desk.Ledger is { } ledger)
            reservation.WhileOpen(() => ledger.Begin(Settlement.IntentOf(call, money)));
        return await next(call).ConfigureAwait(false);

        FailedResponse Refused(BudgetAccount account, long need) =>
            new(BudgetRefusal.Of(account, need, plan.RefusalStatus) with { Provider = target.Provider });
    }
}

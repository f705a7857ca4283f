using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Money;

/// <summary>
/// Holds what one attempt may cost: of the budgets of its target, and of the call's once more where an attempt before it was counted or
/// still runs. Without room the target is passed over. It is in the pipeline only where there is a budget. Thread-safe.
/// </summary>
internal sealed class TargetBudgetStage(MoneyDesk desk) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        call.Get(MoneyCall.Slot) is { Reservation: { } reservation } money ? HoldAsync(call, money, reservation, next) : next(call);

    private async ValueTask<CallResponse> HoldAsync(ModelCall call, MoneyCall money, Reservation reservation, CallHandler next)
    {
        var (plan, attempt) = (call.Snapshot.Section(MoneyPlan.Section)!, call.Attempt!);
        var target = attempt.Deployment;
        var most = MostOf(call, money, attempt);
        var accounts = plan.AccountsOf(call, money.Facts, target, desk.Book, money.StartedAt);
        if (most is null && accounts.FirstOrDefault(account => account.IsStrict) is { } strict)
            return new FailedResponse(BudgetRefusal.Unpriced(strict, $"{target.Provider}/{target.Model}"));
        if (await desk.HoldAsync(reservation, attempt, accounts, most ?? 0).ConfigureAwait(false) is { } full)
            return Refused(full, most ?? 0);
        // The first attempt is what the call's own reservation is for.
        if (call.AttemptCount > 1)
        {
            var needed = most ?? 0;
            foreach (var other in call.Attempts)
            {
                if (other != attempt)
                    needed += other.Outcome == AttemptOutcome.Running ? MostOf(call, money, other) ?? 0 : Settlement.CostOf(call, other);
            }

            if (await desk.HoldAsync(reservation, needed - reservation.Held, attempt.Aborted).ConfigureAwait(false) is { } none)
                return Refused(none, needed);
        }

        return await next(call).ConfigureAwait(false);

        FailedResponse Refused(BudgetAccount account, long need) =>
            new(BudgetRefusal.Of(account, need, plan.RefusalStatus) with { Provider = target.Provider });
    }

    private static long? MostOf(ModelCall call, MoneyCall money, Attempt attempt) =>
        attempt.Deployment.Price?.MostFor(money.Bounds.Input, money.MostOutput(call, attempt.Deployment));
}

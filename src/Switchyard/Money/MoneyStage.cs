using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Money.Bounds;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// Reserves the maximum cost of a call, and records its begin. In the pipeline only if there is a ledger or a budget. Thread-safe.
/// </summary>
/// <param name="desk">Reserves and settles.</param>
/// <param name="time">The clock.</param>
/// <param name="conversationOf">Returns the conversation of a call whose client names none; null if it has none.</param>
internal sealed class MoneyStage(MoneyDesk desk, TimeProvider time, Func<ModelCall, string?> conversationOf) : ICallMiddleware
{
    // An answer of fewer tokens is useless.
    private const long LeastAnswer = 16;

    private static readonly string[] s_limits =
    [
        "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens", "num_predict",
    ];

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (desk.IsBlocked)
            return new(new FailedResponse(NotSent()));
        var plan = call.Snapshot.Section(MoneyPlan.Section)!;
        var now = time.GetUtcNow();
        var money = new MoneyCall(CallIds.NewLedgerId(now), MoneyFacts.Of(call, plan.NeedsSession ? conversationOf : null), now);
        if (!plan.HasBudgets)
        {
            call.Set(MoneyCall.Slot, money);
            return BeginAsync(call, money, next);
        }

        // Nearly always there is room at once, and the call then needs no async frame here.
        var reserved = ReserveAsync(call, money, plan);
        return reserved.IsCompletedSuccessfully
            ? GoOnAsync(call, money, reserved.Result, next)
            : WaitAsync(call, money, reserved, next);
    }

    private static CallError NotSent() => new(
        CallErrorKind.Overloaded,
        "The ledger cannot be written, and storage.durability is strict: the call was not sent, and costs nothing.")
    {
        Code = "ledger_unavailable",
    };

    private async ValueTask<CallResponse> WaitAsync(
        ModelCall call, MoneyCall money, ValueTask<CallError?> reserved, CallHandler next) =>
        await GoOnAsync(call, money, await reserved.ConfigureAwait(false), next).ConfigureAwait(false);

    private ValueTask<CallResponse> GoOnAsync(ModelCall call, MoneyCall money, CallError? refusal, CallHandler next) =>
        refusal is null ? BeginAsync(call, money, next) : new(new FailedResponse(refusal));

    private ValueTask<CallResponse> BeginAsync(ModelCall call, MoneyCall money, CallHandler next)
    {
        desk.Ledger?.Begin(Settlement.IntentOf(call, money));
        return desk.IsStrict || (call.Envelope.IsBackground && desk.Background.Store is not null)
            ? SettledAsync(call, money, next)
            : next(call);
    }

    /// <summary>Reserves the maximum cost of the call; returns the error if its budgets have no room for it.</summary>
    private async ValueTask<CallError?> ReserveAsync(ModelCall call, MoneyCall money, MoneyPlan plan)
    {
        var accounts = plan.AccountsOf(call, money.Facts, desk.Book, money.StartedAt);
        money.Reservation = new Reservation(accounts);
        // Computed now: a limit, or a host's step, may change the body later.
        money.BoundsOf(call.Body);
        // Set before anything is reserved: whatever fails from here on, the end of the call releases it.
        call.Set(MoneyCall.Slot, money);
        if (accounts.Count == 0)
            return null;
        if (CheaperRoutes.FindNearEnd(accounts, money.StartedAt) is { } near)
            await CheaperRoutes.TakeAsync(call, near).ConfigureAwait(false);
        var refusal = await RefusalAsync(call, money, plan).ConfigureAwait(false);
        // A refused call holds nothing, and has no begin in the ledger.
        if (refusal is not null)
            call.Set(MoneyCall.Slot, null);
        return refusal;
    }

    /// <summary>Reserves the maximum cost of the call; returns the error if its budgets have no room for it.</summary>
    private async ValueTask<CallError?> RefusalAsync(ModelCall call, MoneyCall money, MoneyPlan plan)
    {
        var reservation = money.Reservation!;
        var (worst, unpriced, dearest) = Dearest(call, money);
        var strict = reservation.Accounts.FirstOrDefault(account => account.IsStrict);
        if (unpriced is not null && strict is not null)
            return BudgetRefusal.Unpriced(strict, $"{unpriced.Provider}/{unpriced.Model}");
        if (await desk.HoldAsync(reservation, worst, call.Aborted).ConfigureAwait(false) is not { } full)
            return null;
        // Prefer a complete answer of a cheaper model to a shortened one of this model.
        if (await CheaperRoutes.TakeAsync(call, full).ConfigureAwait(false))
            return await RefusalAsync(call, money, plan).ConfigureAwait(false);
        if (dearest is not null && full.Rule.Caps && CapFor(call, money, dearest) is { } cap)
        {
            money.Cap = cap;
            worst = Dearest(call, money).Worst;
            if (await desk.HoldAsync(reservation, worst, call.Aborted).ConfigureAwait(false) is not { } stillFull)
            {
                Limit(call, cap);
                return null;
            }

            full = stillFull;
        }

        return BudgetRefusal.Of(full, worst, plan.RefusalStatus);
    }

    /// <summary>The maximum cost of the call at its most expensive target; and a target whose price is unknown.</summary>
    private static (long Worst, Deployment? Unpriced, Deployment? Dearest) Dearest(ModelCall call, MoneyCall money)
    {
        (long Worst, Deployment? Unpriced, Deployment? Dearest) found = default;
        foreach (var group in call.Route!.Groups)
        {
            foreach (var target in group.Deployments)
            {
                if (money.MostAt(call, target) is not { } most)
                    found.Unpriced ??= target;
                else if (found.Dearest is null || most > found.Worst)
                    (found.Worst, found.Dearest) = (most, target);
            }
        }

        return found;
    }

    /// <summary>
    /// The longest answer that the budgets have room for; null if it would be too short, if the client has set a limit, or if the operation
    /// takes none.
    /// </summary>
    private static long? CapFor(ModelCall call, MoneyCall money, Deployment dearest)
    {
        if (call.Envelope.MaxOutputTokens is not null || !OutputBound.TakesLimit(call.Envelope.Operation))
            return null;
        var room = money.Reservation!.Accounts.Min(account => account.Room) - money.MostTools(call, dearest);
        var input = money.MostInput(call, dearest);
        var tier = call.Envelope.ServiceTier;
        var (prompt, withOne) = (dearest.Price!.MostFor(input, 0, tier), dearest.Price.MostFor(input, 1000, tier));
        if (prompt is null || withOne is null || withOne <= prompt)
            return null;
        var bounds = money.BoundsOf(call.Body);
        var tokens = (long)((room - prompt.Value) / ((withOne.Value - prompt.Value) / 1000.0));
        var cap = tokens / bounds.OfAllRequests(bounds.Choices);
        return cap < LeastAnswer ? null : cap;
    }

    /// <summary>
    /// Sets the limit on the request, which is then translated instead of forwarded. A limit that a caller in process sets by a field's
    /// name, or by a factory for the provider's own request object, would replace this one, so both are removed.
    /// </summary>
    private static void Limit(ModelCall call, long cap)
    {
        if (call.Body.GetCanonical() is not CanonicalChatRequest chat)
            return;
        var options = chat.Options.Clone();
        options.MaxOutputTokens = (int)Math.Min(cap, int.MaxValue);
        options.RawRepresentationFactory = null;
        foreach (var name in options.AdditionalProperties?.Keys.Where(IsLimit).ToList() ?? [])
            options.AdditionalProperties!.Remove(name);
        call.Body.Replace(new CanonicalChatRequest(chat.Messages, options, chat.Operation) { Stream = chat.Stream });
        call.Set(CallMarks.MaxOutput, cap.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Whether a field is a format's limit of the answer, also behind a dialect's name or within another field.</summary>
    private static bool IsLimit(string field) =>
        Array.Exists(s_limits, name => field.EndsWith(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Settles before the last byte is sent: with <c>storage.durability: strict</c>, and for an answer in the background, whose owner would
    /// otherwise be unknown if the process ended just after the client got its id.
    /// </summary>
    private async ValueTask<CallResponse> SettledAsync(ModelCall call, MoneyCall money, CallHandler next)
    {
        var response = await next(call).ConfigureAwait(false);
        // The record of an unfinished answer that is not a stream is written with the settlement.
        if (call.Envelope.IsBackground && desk.Background.Store is not null
            && (call.Envelope.Stream || call.Attempt?.UnfinishedAnswer is null))
            await desk.KeepOwnerAsync(call, money).ConfigureAwait(false);
        switch (response)
        {
            case AnswerResponse { Error: null }:
                await desk.SettleDurablyAsync(call, money).ConfigureAwait(false);
                return response;
            case ForwardedResponse forwarded:
                return new SettledForward(forwarded, () => desk.SettleDurablyAsync(call, money));
            case UpdatesResponse updates:
                return new SettledUpdates(updates, () => desk.SettleDurablyAsync(call, money));
            default:
                return response;
        }
    }
}

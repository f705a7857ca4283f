using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Money;

/// <summary>Sends calls to a cheaper model when a budget is nearly used up (<c>cheaper_model</c>), at most once per call.</summary>
internal static class CheaperRoutes
{
    /// <summary>The first account of which so much is spent or reserved that its calls go to the cheaper model; null if none.</summary>
    public static BudgetAccount? FindNearEnd(IReadOnlyList<BudgetAccount> accounts, DateTimeOffset now)
    {
        for (var i = 0; i < accounts.Count; i++)
        {
            var account = accounts[i];
            if (account.Rule is not { CheaperModel: not null } rule)
                continue;
            // The first call after a pause must not go there because of spending that a rolling budget no longer counts.
            account.Forget(now);
            if (account.Spent + account.Reserved >= rule.CheaperAfter * account.Limit)
                return account;
        }

        return null;
    }

    /// <summary>
    /// Sends a call to the cheaper model of an account's budget; false if it has none, the call is there already, that model cannot answer
    /// it, its caller may not use it, or another account holds the answer it continues.
    /// </summary>
    public static async ValueTask<bool> TakeAsync(ModelCall call, BudgetAccount account)
    {
        if (account.Rule.CheaperModel is not { } model || call.Cheaper is not null || call.Route!.Alias == model)
            return false;
        // A shadow call exists to show the shadow's answer; another model's answer would be paid for without use.
        if (call.ShadowOf is not null)
            return false;
        var operation = call.Envelope.Operation;
        var found = await call.Snapshot.Routes.ResolveAsync(model, operation, call.Aborted).ConfigureAwait(false);
        if (found.Route is not { } route || AccessRules.ApplyLists(call, route).Route is not { } allowed)
            return false;
        if (AnswerOwners.Of(call) is { } owner && !allowed.Groups.Any(group => AnswerOwners.IsAmong(group, owner)))
            return false;
        call.Route = allowed;
        call.Set(CallMarks.Cheaper, $"{model}; budget={account.Budget}");
        return true;
    }
}

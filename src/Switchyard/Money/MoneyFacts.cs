using Switchyard.Calls;

namespace Switchyard.Money;

/// <summary>What the ledger and budgets know a call by: read once for each call.</summary>
/// <param name="Key">The client key; null for none.</param>
/// <param name="Tag">The tag the client gave it; null for none.</param>
/// <param name="Session">The conversation; null where it is not known.</param>
/// <param name="EndUser">The end user the client named; null for none.</param>
internal sealed record MoneyFacts(string? Key, string? Tag, string? Session, string? EndUser)
{
    /// <summary>Reads them.</summary>
    /// <param name="call">The call.</param>
    /// <param name="conversationOf">The conversation of a call whose client names none; null where that does not matter.</param>
    public static MoneyFacts Of(ModelCall call, Func<ModelCall, string?>? conversationOf) => new(
        ReferenceEquals(call.Caller, Caller.Anonymous) ? null : call.Caller.Name,
        call.Tag,
        call.Session ?? conversationOf?.Invoke(call),
        EndUserNames.Shown(call.Envelope.EndUser));

    /// <summary>The owner of the account of a budget that has one for each; null where the call names none.</summary>
    public string? ScopeOf(ModelCall call, BudgetScope scope) => scope switch
    {
        BudgetScope.Key => Key,
        BudgetScope.Tenant => call.Tenant,
        BudgetScope.EndUser => EndUser,
        BudgetScope.Session => Session,
        _ => Tag,
    };
}

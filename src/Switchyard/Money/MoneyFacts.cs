using Switchyard.Calls;

namespace Switchyard.Money;

/// <summary>The facts by which ledger and budgets identify a call, read once for each call.</summary>
/// <param name="Key">The client key; null for none.</param>
/// <param name="Tag">The tag the client gave it; null for none.</param>
/// <param name="Session">The conversation; null if unknown.</param>
/// <param name="EndUser">The end user the client named; null for none.</param>
internal sealed record MoneyFacts(string? Key, string? Tag, string? Session, string? EndUser)
{
    /// <summary>Reads them.</summary>
    /// <param name="call">The call.</param>
    /// <param name="conversationOf">Returns the conversation of a call whose client names none; null if it is not needed.</param>
    public static MoneyFacts Of(ModelCall call, Func<ModelCall, string?>? conversationOf) => new(
        ReferenceEquals(call.Caller, Caller.Anonymous) ? null : call.Caller.Name,
        call.Tag,
        call.Session ?? conversationOf?.Invoke(call),
        EndUserNames.Shown(call.Envelope.EndUser));

    /// <summary>The owner of the account in a budget with one account per owner; null if the call names none.</summary>
    public string? ScopeOf(ModelCall call, BudgetScope scope) => scope switch
    {
        BudgetScope.Key => Key,
        BudgetScope.Tenant => call.Tenant,
        BudgetScope.EndUser => EndUser,
        BudgetScope.Session => Session,
        _ => Tag,
    };
}

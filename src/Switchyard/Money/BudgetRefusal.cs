using System.Globalization;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>The errors of a call that does not fit into its budget.</summary>
internal static class BudgetRefusal
{
    /// <summary>The budget has no room left.</summary>
    /// <param name="account">The account without room.</param>
    /// <param name="need">The amount the call would have to reserve, in nano-dollars; null for a batch, whose cost is not known.</param>
    /// <param name="status">The HTTP status of the answer.</param>
    public static CallError Of(BudgetAccount account, long? need, int status) => account.IsCutOff ? CutOff(account) : new(
        CallErrorKind.BudgetExceeded,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The budget '{account.Budget}'{Whose(account)} has no room for this request: {Dollars(account.Spent)} of "
            + $"{Dollars(account.Limit)} spent, {Dollars(account.Reserved)} reserved by running requests, and {Cost(need)}. "
            + $"{Renewal(account)} {Advice(need)}"))
    {
        RefusalStatus = status,
    };

    /// <summary>The budget may have room, but the database that shares it does not answer.</summary>
    private static CallError CutOff(BudgetAccount account) => new(
        CallErrorKind.Overloaded,
        $"What this gateway was given of the budget '{account.Budget}' is used up, and the database that shares it out does not answer. "
            + "Send the request again later.")
    {
        Code = "budget_unavailable",
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <summary>A strict budget needs a price.</summary>
    public static CallError Unpriced(BudgetAccount account, string target) => new(
        CallErrorKind.InvalidRequest,
        $"The price of {target} is not known, and this call may reach it, so the strict budget '{account.Budget}' cannot hold what the "
        + "call may cost. Set its price under 'prices', or leave targets without a price out with 'prices.unknown: refuse'.")
    {
        Code = "price_unknown",
    };

    private static string Cost(long? need) => need is { } most
        ? $"this one may cost up to {Dollars(most)}"
        : "what a batch costs is known only when it has ended";

    private static string Advice(long? need) =>
        need is null ? "Have the budget raised." : "Ask for a shorter answer, or have the budget raised.";

    private static string Whose(BudgetAccount account) => account.Scope is null ? "" : $" of '{account.Scope}'";

    private static string Renewal(BudgetAccount account) => account.End == DateTimeOffset.MaxValue
        ? account.Rule.Period.Kind == BudgetPeriodKind.Rolling
            ? $"What was spent longer than {account.Rule.Period.Length} ago counts no more."
            : "It does not start again."
        : string.Create(CultureInfo.InvariantCulture, $"It starts again at {account.End:yyyy-MM-dd'T'HH:mm:sszzz}.");

    // Six digits, as in prices; more if that would show 0.
    private static string Dollars(long nano) => string.Create(CultureInfo.InvariantCulture, $"${TokenCost.ToDollars(nano):0.######}");
}

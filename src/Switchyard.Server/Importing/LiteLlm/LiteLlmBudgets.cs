using System.Globalization;

namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>An amount and a period of LiteLLM become a budget.</summary>
internal sealed class LiteLlmBudgets(ImportJob job)
{
    private const string Another = "another deployment of the same model has another budget";

    /// <summary>Writes a budget; without a period it is for the lifetime of what it bounds, because LiteLLM then never resets it.</summary>
    /// <param name="amount">The amount in US dollars; null for no budget.</param>
    /// <param name="duration">Its period; null for none.</param>
    /// <param name="name">The name of the budget.</param>
    /// <param name="bounds">The setting that says which calls it is for, and its value; null for all calls.</param>
    public void Put(SourceNode? amount, SourceNode? duration, string name, (string Setting, string Value)? bounds = null)
    {
        if (amount is null || ImportJob.Number(amount) is not (> 0 and < 1_000_000_000))
        {
            ImportJob.Refuse(amount, "a budget must be above 0");
            ImportJob.Refuse(duration, "there is no budget for this period");
            return;
        }

        var usd = ImportJob.Number(amount)!.Value.ToString("0.######", CultureInfo.InvariantCulture);
        var budget = job.Draft.At("budgets", name);
        if (!budget.At("usd").Set(usd, amount))
        {
            ImportJob.Refuse(amount, Another);
            ImportJob.Refuse(duration, "there is no budget for this period");
            return;
        }

        job.Claim(amount);
        if (bounds is var (setting, value))
            budget.At(setting).Set(value);
        if (duration is null && !budget.At("period").Set("lifetime", amount))
            ImportJob.Refuse(amount, Another);
        else if (duration is not null && ImportJob.Text(duration) is { } text)
            Period(budget, duration, text);
    }

    private void Period(DraftNode budget, SourceNode duration, string text)
    {
        if (Periods.Budget(text, isAligned: true) is not var (period, isExact))
        {
            ImportJob.Refuse(duration, "a period such as 1d, 30d or 1mo is expected here");
            return;
        }

        job.Claim(duration);
        if (!budget.At("period").Set(period, duration))
            ImportJob.Refuse(duration, Another);
        else if (!isExact)
            job.Near(duration, "the period is a sliding window, not one with a fixed start");
    }
}

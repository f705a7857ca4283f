using System.Globalization;
using System.IO.Enumeration;
using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each budget has an amount and a period, and something that it can count.</summary>
internal sealed class BudgetValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (options.Budgets.Status is not (402 or 429))
            yield return new(Combine("budgets", "status"), "the status is 402 or 429");
        if (options.Budgets.UnknownAfter < TimeSpan.FromMinutes(1))
            yield return new(Combine("budgets", "unknown_after"), "it must be at least a minute");
        foreach (var (path, budget, isNamed) in Budgets(options))
        {
            ValidationFinding[] findings =
            [
                .. Amounts(path, budget), .. Cheaper(path, budget, options), .. Counted(path, budget, options, known),
            ];
            foreach (var finding in findings)
                yield return finding;
            if (!isNamed && budget.Per is "key")
                yield return new(Combine(path, "per"), "the budget is a key's or a tenant's own; write per: key under 'budgets'");
            if (options.Storage.Retention is { } retention && DurationText.TryParse(budget.Period, out var length) && length > retention)
            {
                yield return OfValue(
                    budget.Period, Combine(path, "period"),
                    $"'{ValuePlaceholder}' is longer than storage.retention: calls would be deleted that the budget still counts");
            }
        }
    }

    private static IEnumerable<(string Path, BudgetOptions Budget, bool IsNamed)> Budgets(SwitchyardOptions options) =>
        options.Budgets.Named.Select(pair => (Combine("budgets", pair.Key), pair.Value, true))
            .Concat(options.Keys.Where(pair => pair.Value.Budget is not null)
                .Select(pair => (Combine("keys", pair.Key, "budget"), pair.Value.Budget!, false)))
            .Concat(options.Tenants.Where(pair => pair.Value.Budget is not null)
                .Select(pair => (Combine("tenants", pair.Key, "budget"), pair.Value.Budget!, false)));

    private static IEnumerable<ValidationFinding> Amounts(string path, BudgetOptions budget)
    {
        if (budget.Usd is not > 0)
            yield return new(Combine(path, "usd"), "a budget needs an amount of US dollars above 0");
        if (!IsPeriod(budget.Period))
        {
            yield return OfValue(
                budget.Period, Combine(path, "period"),
                $"'{ValuePlaceholder}' is not day, week, month, lifetime or a duration such as 24h");
        }

        for (var i = 0; i < budget.Alert.Count; i++)
        {
            if (!IsPercent(budget.Alert[i]))
            {
                yield return OfValue(
                    budget.Alert[i], Combine(Combine(path, "alert"), $"{i}"), $"'{ValuePlaceholder}' is not a percentage such as 80%");
            }
        }

        if (!IsPercent(budget.CheaperAfter))
        {
            yield return OfValue(
                budget.CheaperAfter, Combine(path, "cheaper_after"), $"'{ValuePlaceholder}' is not a percentage such as 90%");
        }
    }

    /// <summary>What happens when a budget is nearly used up: a cheaper model, a message.</summary>
    private static IEnumerable<ValidationFinding> Cheaper(string path, BudgetOptions budget, SwitchyardOptions options)
    {
        if (budget.CheaperModel is not null && (budget.Provider ?? budget.Model) is not null)
        {
            yield return new(
                Combine(path, "cheaper_model"),
                "a budget of a provider or model is checked for each target, and calls fall back to the next: name a fallback there");
        }
        else if (budget.CheaperModel is { } cheaper && !options.Models.ContainsKey(cheaper)
            && !cheaper.Contains('/', StringComparison.Ordinal))
        {
            yield return OfValue(
                cheaper, Combine(path, "cheaper_model"),
                $"'{ValuePlaceholder}' is neither an alias nor provider/model{NearestName.Suggestion(cheaper, options.Models.Keys)}");
        }

        if (budget.Webhook is { } webhook
            && !(Uri.TryCreate(webhook, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"))
            yield return new(Combine(path, "webhook"), "the webhook must be an address such as https://hooks.example/budget");
    }

    /// <summary>The calls that a budget counts.</summary>
    private static IEnumerable<ValidationFinding> Counted(
        string path, BudgetOptions budget, SwitchyardOptions options, KnownNames known)
    {
        if (budget.Provider is { } provider && known.FindMissing(provider, Combine(path, "provider"), options) is { } missing)
            yield return missing;

        // A bare name may be any model of any provider; only a configured alias can be checked.
        if (budget.Model is { } model && model.Contains('*', StringComparison.Ordinal) && !model.Contains('/', StringComparison.Ordinal)
            && options.Models.Keys.All(alias => !FileSystemName.MatchesSimpleExpression(model, alias)))
        {
            yield return OfValue(
                model, Combine(path, "model"),
                $"the pattern '{ValuePlaceholder}' matches no alias; a model is written provider/model",
                ProblemSeverity.Warning);
        }

        foreach (var (name, text) in new[] { ("tag", budget.Tag), ("model", budget.Model) })
        {
            if (text is not null && string.IsNullOrWhiteSpace(text))
                yield return new(Combine(path, name), $"the {name} is empty, so that no call would count; leave it out to count all calls");
        }
    }

    private static bool IsPeriod(string text) =>
        text.ToLowerInvariant() is "day" or "week" or "month" or "lifetime"
        || (DurationText.TryParse(text, out var length) && length >= TimeSpan.FromMinutes(1));

    private static bool IsPercent(string text) => text.Trim() is [.. var number, '%']
        && decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
        && percent is > 0 and <= 1000;
}

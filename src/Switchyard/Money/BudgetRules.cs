using System.Globalization;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>Reads the budgets of a configuration: those of <c>budgets</c>, and those of its keys and tenants.</summary>
internal static class BudgetRules
{
    /// <summary>The rules, in configuration order.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under; null leaves names unchanged.</param>
    public static IReadOnlyList<BudgetRule> Of(SwitchyardOptions options, Func<string, string>? nameOf = null)
    {
        var registered = nameOf ?? (static written => written);
        return
        [
            .. options.Budgets.Named.Select(pair => Read(pair.Key, pair.Value, registered)),
            .. options.Keys.Where(pair => pair.Value.Budget is not null)
                .Select(pair => Read($"key:{pair.Key}", pair.Value.Budget!, registered, key: pair.Key)),
            .. options.Tenants.Where(pair => pair.Value.Budget is not null)
                .Select(pair => Read($"tenant:{pair.Key}", pair.Value.Budget!, registered, tenant: pair.Key)),
        ];
    }

    /// <summary>One budget.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">The configured budget; must be valid.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    /// <param name="key">The key that owns it; null for none.</param>
    /// <param name="tenant">The tenant that owns it; null for none.</param>
    private static BudgetRule Read(
        string name, BudgetOptions options, Func<string, string> nameOf, string? key = null, string? tenant = null) => new()
    {
        Name = name,
        Limit = TokenCost.ToNano(options.Usd ?? 0),
        Period = ReadPeriod(options.Period) ?? new(BudgetPeriodKind.Month),
        IsStrict = Is(options.Mode, "strict"),
        Caps = Is(options.WithoutLimit, "cap"),
        CheaperModel = options.CheaperModel,
        CheaperAfter = ReadThreshold(options.CheaperAfter) ?? 1,
        Thresholds = [.. options.Alert.Select(text => ReadThreshold(text) ?? 1).Order()],
        Webhook = options.Webhook,
        WebhookSecret = options.WebhookSecret,
        Key = key,
        Tenant = tenant,
        // In the form that calls carry.
        Tag = TenantNames.Clean(options.Tag) ?? options.Tag,
        Provider = options.Provider is { } provider ? nameOf(provider) : null,
        Model = options.Model,
        Target = options.Model is { } model ? TargetNames.Registered(model, nameOf) : null,
        Per = options.Per?.ToLowerInvariant() switch
        {
            "key" => BudgetScope.Key,
            "tenant" => BudgetScope.Tenant,
            "end_user" => BudgetScope.EndUser,
            "session" => BudgetScope.Session,
            "tag" => BudgetScope.Tag,
            _ => null,
        },
    };

    /// <summary>Reads a period; null if the text is not a period.</summary>
    public static BudgetPeriod? ReadPeriod(string text) =>
        BudgetPeriod.Parse(text, word => DurationText.TryParse(word, out var length) ? length : null);

    /// <summary>Reads <c>80%</c> as 0.8; null if the text is not a percentage above 0.</summary>
    public static double? ReadThreshold(string text) => text.Trim() is [.. var number, '%']
        && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
        && percent is > 0 and <= 1000
            ? percent / 100
            : null;

    private static bool Is(string text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);
}

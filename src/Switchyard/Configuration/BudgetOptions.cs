using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Limits of spending, by caller or by target.</summary>
public sealed class BudgetsOptions
{
    /// <summary>The status of an answer that a budget refuses: 402, or 429 for clients that do not support 402.</summary>
    /// <value>The default is 402.</value>
    [ConfigurationKeyName("status")]
    public int Status { get; set; } = 402;

    /// <summary>
    /// How long a call with an unknown end (the process ended first) reserves its highest possible cost. After that, this cost is booked.
    /// </summary>
    /// <value>The default is 24 hours.</value>
    [ConfigurationKeyName("unknown_after")]
    public TimeSpan UnknownAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Budgets by name.</summary>
    [OtherKeys("name")]
    public Dictionary<string, BudgetOptions> Named { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One budget. Without a scope it counts every call.</summary>
public sealed class BudgetOptions
{
    /// <summary>The amount in US dollars.</summary>
    [ConfigurationKeyName("usd")]
    public decimal? Usd { get; set; }

    /// <summary>
    /// The period of the amount: <c>day</c>, <c>week</c> (from Monday), <c>month</c>, <c>lifetime</c>, or a rolling duration
    /// such as <c>24h</c>.
    /// </summary>
    /// <value>The default is <c>month</c>.</value>
    [ConfigurationKeyName("period")]
    public string Period { get; set; } = "month";

    /// <summary>
    /// What happens when it is used up: <c>warn</c> logs it and lets calls pass; <c>strict</c> refuses them, and is never overspent.
    /// </summary>
    /// <value>The default is <c>strict</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("warn", "strict")]
    public string Mode { get; set; } = "strict";

    /// <summary>Only calls that this provider answers.</summary>
    [ConfigurationKeyName("provider")]
    public string? Provider { get; set; }

    /// <summary>Only calls of this alias, or that this <c>provider/model</c> answers; <c>*</c> matches any characters.</summary>
    [ConfigurationKeyName("model")]
    public string? Model { get; set; }

    /// <summary>Only calls with this tag.</summary>
    [ConfigurationKeyName("tag")]
    public string? Tag { get; set; }

    /// <summary>A separate account for each: <c>key</c>, <c>tenant</c>, <c>end_user</c>, <c>session</c> or <c>tag</c>.</summary>
    [ConfigurationKeyName("per"), KnownValues("key", "tenant", "end_user", "session", "tag")]
    public string? Per { get; set; }

    /// <summary>
    /// In the mode <c>strict</c>, the handling of a request without an output limit whose longest answer would not fit: it
    /// gets a limit (<c>cap</c>, shown in <c>x-switchyard-max-output</c>), or is refused (<c>reject</c>).
    /// </summary>
    /// <value>The default is <c>cap</c>.</value>
    [ConfigurationKeyName("without_limit"), KnownValues("cap", "reject")]
    public string WithoutLimit { get; set; } = "cap";

    /// <summary>
    /// The model for calls when the budget is nearly spent (<see cref="CheaperAfter"/>), or has no room for the requested model:
    /// an alias or <c>provider/model</c>. The answer names it in <c>x-switchyard-cheaper</c>. Null changes no call.
    /// </summary>
    [ConfigurationKeyName("cheaper_model")]
    public string? CheaperModel { get; set; }

    /// <summary>The share of the amount, spent or reserved, from which calls go to <see cref="CheaperModel"/>.</summary>
    /// <value>The default is 90 %.</value>
    [ConfigurationKeyName("cheaper_after")]
    public string CheaperAfter { get; set; } = "90%";

    /// <summary>
    /// The shares of the amount that raise an alert when spent, each once per period: in the log and by the webhook.
    /// </summary>
    /// <value>The default is 80 % and 100 %.</value>
    [ConfigurationKeyName("alert")]
    public List<string> Alert { get; set; } = ["80%", "100%"];

    /// <summary>The URL that receives alerts, as a POST of JSON; null sends none.</summary>
    [ConfigurationKeyName("webhook"), Secret]
    public string? Webhook { get; set; }

    /// <summary>The secret that signs them (<c>x-switchyard-signature</c>); null sends them unsigned.</summary>
    [ConfigurationKeyName("webhook_secret"), Secret]
    public string? WebhookSecret { get; set; }
}

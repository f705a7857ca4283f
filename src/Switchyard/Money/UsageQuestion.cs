using System.Globalization;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Money;

/// <summary>
/// Parses ledger queries in the syntax that the admin API and the command line share: <c>since=7d</c>, <c>by=model,day</c>.
/// </summary>
public static class UsageQuestion
{
    private static readonly (string Name, UsageGrouping Group)[] s_groups =
    [
        ("provider", UsageGrouping.Provider),
        ("model", UsageGrouping.Model),
        ("key", UsageGrouping.Key),
        ("tenant", UsageGrouping.Tenant),
        ("alias", UsageGrouping.Alias),
        ("tag", UsageGrouping.Tag),
        ("end_user", UsageGrouping.EndUser),
        ("day", UsageGrouping.Day),
        ("hour", UsageGrouping.Hour),
    ];

    /// <summary>The names of groupings.</summary>
    public static string Groups { get; } = string.Join(", ", s_groups.Select(entry => entry.Name));

    /// <summary>The names of filters.</summary>
    public static IReadOnlyList<string> Filters { get; } =
    [
        "since", "until", "provider", "model", "key", "tenant", "alias", "tag", "end_user", "session", "request_id", "outcome",
    ];

    /// <summary>The name of a grouping.</summary>
    public static string NameOf(UsageGrouping group) => s_groups.First(entry => entry.Group == group).Name;

    /// <summary>Reads a query.</summary>
    /// <param name="value">Returns the value of a name; null if none.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="LedgerException">A value is invalid.</exception>
    public static UsageQuery Read(Func<string, string?> value, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new()
        {
            Filter = new()
            {
                Since = TimeOf("since", Value("since"), now),
                Until = TimeOf("until", Value("until"), now),
                Provider = Value("provider")?.Trim(),
                Model = Value("model"),
                Key = Value("key")?.Trim(),
                Tenant = Value("tenant") is { } tenant ? TenantTable.Normalize(tenant) : null,
                Alias = Value("alias"),
                Tag = Written(Value("tag")),
                EndUser = EndUserNames.Shown(Value("end_user")),
                Session = Written(Value("session")),
                RequestId = Value("request_id"),
                Outcome = OutcomeOf(Value("outcome")),
            },
            By =
            [
                .. (Value("by") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(GroupOf),
            ],
            Limit = NumberOf("limit", Value("limit"), 100),
            Skip = NumberOf("skip", Value("skip"), 0),
        };

        string? Value(string name)
        {
            // PostgreSQL refuses to search for this character, which would look as if the ledger were unavailable.
            var text = value(name);
            return text?.Contains('\0', StringComparison.Ordinal) is true
                ? throw Invalid($"'{name}' must not contain the character U+0000.")
                : text;
        }
    }

    /// <summary>A name given by a client, in the form that calls and entries store.</summary>
    private static string? Written(string? name) => TenantNames.Clean(name) ?? name;

    /// <summary>
    /// Reads a time: <c>2026-11-28</c>, <c>2026-11-28T14:00Z</c> (UTC unless it says otherwise), <c>today</c>, <c>yesterday</c>,
    /// <c>month</c> (its first day), or how long ago: <c>90m</c>, <c>24h</c>, <c>7d</c>.
    /// </summary>
    /// <param name="name">The name of the parameter, for error messages.</param>
    /// <param name="text">The text; null for no time.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="LedgerException">It is not a time.</exception>
    public static DateTimeOffset? TimeOf(string name, string? text, DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        switch (text)
        {
            case null: return null;
            case "now": return now;
            case "today": return today;
            case "yesterday": return today.AddDays(-1);
            case "month": return today.AddDays(1 - today.Day);
        }

        if (text.Length > 1
            && double.TryParse(text.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            // -Infinity is parsed whatever styles are allowed.
            && amount is >= 0 and < 100_000)
        {
            switch (text[^1])
            {
                case 'm': return now.AddMinutes(-amount);
                case 'h': return now.AddHours(-amount);
                case 'd': return now.AddDays(-amount);
            }
        }

        return WrittenTime.TryRead(text, out var time)
            ? time
            : throw Invalid(
                $"'{name}' must be a day (2026-11-28) or a time (2026-11-28T14:00Z) in ISO 8601, today, yesterday, month, or how long ago "
                    + "(7d, 24h).");
    }

    private static UsageGrouping GroupOf(string name)
    {
        var wanted = name.Replace('-', '_');
        var found = Array.FindIndex(s_groups, entry => string.Equals(entry.Name, wanted, StringComparison.OrdinalIgnoreCase));
        return found >= 0 ? s_groups[found].Group : throw Invalid($"'by' takes one or several of {Groups}, joined by commas.");
    }

    // Only a single word: Enum.TryParse would also accept numbers and comma-separated words.
    private static LedgerOutcome? OutcomeOf(string? name) => name is null ? null
        : name.All(char.IsAsciiLetter) && Enum.TryParse<LedgerOutcome>(name, ignoreCase: true, out var outcome) ? outcome
        : throw Invalid($"'outcome' is one of {string.Join(", ", Enum.GetNames<LedgerOutcome>()).ToLowerInvariant()}.");

    private static int NumberOf(string name, string? text, int usual) => text is null ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw Invalid($"'{name}' must be a whole number.");

    private static LedgerException Invalid(string message) => new(LedgerFailure.Invalid, message);
}

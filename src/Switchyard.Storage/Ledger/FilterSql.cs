using System.Data.Common;
using System.Globalization;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>A filter as SQL. Values are parameters; names of columns are constants.</summary>
internal static class FilterSql
{
    /// <summary>
    /// The start of a statement over the roll-ups: the spellings of the filter's key there; empty without a key. An expression in place of
    /// them would read the lines of every other key in the period. It costs one seek per key that there is.
    /// </summary>
    public static string Spellings(UsageFilter filter) => filter.Key is { } key && DatabaseText.CanHold(key)
        ? """
            with recursive names (name) as (
              select min(key) from rollups
              union all
              select (select min(key) from rollups where key > names.name) from names where names.name is not null),
            spellings (name) as (select name from names where lower(name) = lower(@key))

            """
        : "";

    /// <summary>The conditions except the period, over the columns of <c>entries</c>, and their values.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="command">The command, which gets the values.</param>
    /// <param name="hasSpellings">Whether its statement starts with <see cref="Spellings"/>.</param>
    public static IReadOnlyList<string> Conditions(UsageFilter filter, DbCommand command, bool hasSpellings = false)
    {
        var found = new List<string>();
        // Names of providers, keys and tenants are the same in any case, as in requests; each database compares by its own rule.
        Add(
            "provider", filter.Provider,
            "(lower(provider) = lower(@provider) or substr(lower(provider), 1, length(@provider) + 1) = lower(@provider) || '@')");
        Add("model", filter.Model, "(model = @model or provider || '/' || model = @model)");
        Add("key", filter.Key, hasSpellings ? "key in (select name from spellings)" : "lower(key) = lower(@key)");
        Add(
            "tenant", filter.Tenant,
            "(lower(tenant) = lower(@tenant) or substr(lower(tenant), 1, length(@tenant) + 1) = lower(@tenant) || '/')");
        Add("alias", filter.Alias, "alias = @alias");
        Add("tag", filter.Tag, "tag = @tag");
        Add("end_user", filter.EndUser, "end_user = @end_user");
        Add("session", filter.Session, "session = @session");
        Add("request_id", filter.RequestId, "request_id = @request_id");
        // Literals and not parameters: they show the database which index contains the entries.
        if (filter.Outcome is { } outcome)
        {
            var rare = outcome == LedgerOutcome.Finished ? "" : " and outcome <> 1";
            found.Add(string.Create(CultureInfo.InvariantCulture, $"outcome = {(int)outcome}{rare}"));
        }

        return found;

        void Add(string name, object? value, string condition)
        {
            if (value is null)
                return;
            if (value is string text && !DatabaseText.CanHold(text))
            {
                found.Add("1 = 0");
                return;
            }

            command.Add(name, value);
            found.Add(condition);
        }
    }

    /// <summary>
    /// The index for a filter that names something which few entries have; null for any other. SQLite keeps no statistics of its columns,
    /// and would guess.
    /// </summary>
    public static string? IndexOf(UsageFilter filter) => filter switch
    {
        { RequestId: not null } => "entries_by_request",
        { Session: not null } => "entries_of_session",
        { EndUser: not null } => "entries_of_end_user",
        { Tag: not null } => "entries_of_tag",
        { Outcome: not (null or LedgerOutcome.Finished) } => "entries_of_outcome",
        _ => null,
    };

    /// <summary>Whether the roll-ups contain everything that the filter asks about.</summary>
    public static bool IsOfRollups(UsageFilter filter) =>
        filter is { Tag: null, EndUser: null, Session: null, RequestId: null, Outcome: null };

    /// <summary>Adds a parameter.</summary>
    public static void Add(this DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}

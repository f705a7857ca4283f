using System.Data.Common;
using System.Globalization;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>A filter as SQL. Values are parameters; names of columns are constants.</summary>
internal static class FilterSql
{
    /// <summary>The conditions except the period, over the columns of <c>entries</c>, and their values.</summary>
    public static IReadOnlyList<string> Conditions(UsageFilter filter, DbCommand command)
    {
        var found = new List<string>();
        Add(
            "provider", filter.Provider,
            "(provider = @provider or substr(provider, 1, length(@provider) + 1) = @provider || '@')");
        Add("model", filter.Model, "(model = @model or provider || '/' || model = @model)");
        Add("key", filter.Key, "key = @key");
        Add("tenant", filter.Tenant, "(tenant = @tenant or substr(tenant, 1, length(@tenant) + 1) = @tenant || '/')");
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

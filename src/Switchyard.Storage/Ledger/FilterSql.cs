using System.Data.Common;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>What a filter is in SQL. Values are parameters; names of columns stand here.</summary>
internal static class FilterSql
{
    /// <summary>The conditions but for the period, over the columns of <c>entries</c>, and their values.</summary>
    public static IReadOnlyList<string> Conditions(UsageFilter filter, DbCommand command)
    {
        var found = new List<string>();
        Add("provider", filter.Provider, "provider = @provider");
        Add("model", filter.Model, "(model = @model or provider || '/' || model = @model)");
        Add("key", filter.Key, "key = @key");
        Add("tenant", filter.Tenant, "(tenant = @tenant or substr(tenant, 1, length(@tenant) + 1) = @tenant || '/')");
        Add("alias", filter.Alias, "alias = @alias");
        Add("tag", filter.Tag, "tag = @tag");
        Add("end_user", filter.EndUser, "end_user = @end_user");
        Add("session", filter.Session, "session = @session");
        Add("request_id", filter.RequestId, "request_id = @request_id");
        Add("outcome", filter.Outcome is { } outcome ? (int)outcome : null, "outcome = @outcome");
        return found;

        void Add(string name, object? value, string condition)
        {
            if (value is null)
                return;
            command.Add(name, value);
            found.Add(condition);
        }
    }

    /// <summary>Whether the roll-ups know all that the filter asks about.</summary>
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

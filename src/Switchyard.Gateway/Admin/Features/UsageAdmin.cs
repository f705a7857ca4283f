using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// The cost of calls: <c>/admin/usage</c> (sums), <c>/admin/usage.csv</c> (every entry) and <c>/admin/calls</c> (pages of entries, and one
/// call with everything known about it); the same for the caller's own key below <c>/admin/me</c>.
/// </summary>
internal sealed class UsageAdmin(TimeProvider time, CallFinder calls, IUsageReader? ledger = null) : IAdminEndpoints
{
    private const string Time = "A day (2026-11-28), a time (2026-11-28T14:00Z), today, yesterday, month, or how long ago (7d).";

    private static readonly (string, string)[] s_filters =
    [
        ("since", Time), ("until", Time), ("provider", "Only this provider."), ("model", "Only this model."),
        ("key", "Only this client key."), ("tenant", "Only this tenant, and those within it."), ("alias", "Only calls to this name."),
        ("tag", "Only calls with this tag."), ("end_user", "Only calls for this end user."), ("session", "Only this conversation."),
        ("request_id", "Only the call with this id."),
        ("outcome", "Only calls with this outcome: finished, failed, abandoned, cached, unknown, resolved."),
    ];

    private static readonly AdminSchema s_usage = AdminSchema.Json(
        "Usage",
        """
        {"type":"object","properties":{"object":{"const":"usage"},"since":{"type":["string","null"]},"until":{"type":["string","null"]},
        "total_cost":{"type":"number"},"total_requests":{"type":"integer"},"total_input_tokens":{"type":"integer"},
        "total_output_tokens":{"type":"integer"},"average_cost_per_request":{"type":"number"},"total":{"type":"object"},
        "has_more":{"type":"boolean"}}}
        """);

    private static readonly AdminSchema s_call = AdminSchema.Json(
        "KnownCall",
        """
        {"type":"object","properties":{"object":{"const":"call"},"id":{"type":"string"},"record":{"type":["object","null"]},
        "lines":{"type":"array","items":{"type":"object"}},"problem":{"type":["string","null"]}}}
        """);

    public void Map(AdminRoutes routes)
    {
        routes.Get("/admin/usage", Usage(AdminRole.Viewer, "Sums up usage and costs of calls"), SumUpAsync);
        routes.Get("/admin/calls", Calls(AdminRole.Viewer, "Lists single calls, the newest first"), ListAsync);
        routes.Get(
            "/admin/calls/{id}",
            new(AdminRole.Viewer, "Shows everything about a call: attempts, decision, usage and cost") { Answer = () => s_call },
            ReadAsync);
        routes.Get("/admin/me/usage", Usage(AdminRole.Caller, "Sums up usage and costs of the calls of the caller's key"), SumUpAsync);
        routes.Get("/admin/me/calls", Calls(AdminRole.Caller, "Lists the single calls of the caller's key, the newest first"), ListAsync);
        routes.Get(
            "/admin/usage.csv",
            new(AdminRole.Viewer, "Every entry of the ledger as CSV")
            {
                Query = s_filters,
                Answer = () => AdminSchema.Json("Csv", """{"type":"string"}"""),
                AnswerType = "text/csv",
            },
            call => AnswerAsync(call, async (reader, query) =>
            {
                var response = call.Http.Response;
                response.ContentType = "text/csv; charset=utf-8";
                response.Headers.ContentDisposition = "attachment; filename=\"usage.csv\"";
                if (!HttpMethods.IsHead(call.Http.Request.Method))
                    await UsageCsv.WriteAsync(reader.ReadAsync(query.Filter, call.Aborted), response.Body, call.Aborted);
            }));
    }

    private static AdminOperation Usage(AdminRole role, string summary) => new(role, summary)
    {
        Query =
        [
            ("by", $"What to split by, joined by commas: {UsageQuestion.Groups}."), ("limit", "The most groups. Default: 100."),
            ("skip", "How many groups to skip."), .. s_filters,
        ],
        Answer = () => s_usage,
    };

    private static AdminOperation Calls(AdminRole role, string summary) => new(role, summary)
    {
        Query =
        [
            ("q", "A search as in the dashboard: provider:openai outcome:failed; a single word may be an id, a key or a model."),
            .. s_filters,
        ],
        Answer = () => AdminSchemas.ListOf(
            "Call", """{"type":"object","properties":{"call":{"type":"string"},"model":{"type":"string"}}}"""),
        IsList = true,
    };

    private Task SumUpAsync(AdminCall call) => AnswerAsync(call, async (reader, query) =>
    {
        var summary = await reader.SummarizeAsync(query, call.Aborted);
        await WriteAsync(call, json => UsageJson.Write(json, summary));
    });

    private Task ListAsync(AdminCall call) => AnswerAsync(call, async (reader, query) =>
    {
        var (limit, cursor) = call.Page();
        if (call.Query("q") is not { } search)
        {
            var page = await reader.ListAsync(query.Filter, limit, cursor, call.Aborted);
            await WriteAsync(call, json => UsageJson.Write(json, page));
            return;
        }

        var found = await calls.FindAsync(search, query.Filter, limit, cursor, call.Aborted);
        await WriteAsync(call, json => UsageJson.Write(json, found.Page, found.Guess));
    });

    private async Task ReadAsync(AdminCall call)
    {
        var known = await calls.ReadAsync(call.Part("id"), call.Aborted);
        if (known is { Record: null, Lines.Count: 0 })
        {
            throw AdminException.NotFound(
                "call_not_found",
                $"There is no record of a call with this id. {known.Problem
                    ?? "It is the x-request-id of the call's answer: request_id in GET /admin/calls."}");
        }

        await WriteAsync(call, json => CallJson.Write(json, known));
    }

    private async Task AnswerAsync(AdminCall call, Func<IUsageReader, UsageQuery, Task> answer)
    {
        // A request with a client's key sees that key's usage only, whatever else its query says.
        var own = call.User.Caller?.Name ?? (call.Http.Request.Path.StartsWithSegments(MeAdmin.Path) ? throw MeAdmin.NoKey() : null);
        try
        {
            await answer(
                ledger ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: this host registers no storage."),
                UsageQuestion.Read(name => name == "key" && own is not null ? own : call.Query(name), time.GetUtcNow()));
        }
        catch (LedgerException failure) when (!call.Http.Response.HasStarted)
        {
            throw ProblemOf(failure);
        }
    }

    /// <summary>The problem for a failure of the ledger.</summary>
    public static AdminException ProblemOf(LedgerException failure) => failure.Reason switch
    {
        LedgerFailure.Invalid => AdminException.BadRequest("invalid_query", failure.Message),
        LedgerFailure.None => AdminException.Unavailable("ledger_not_configured", failure.Message),
        LedgerFailure.TooSlow => AdminException.Unavailable("ledger_too_slow", failure.Message),
        _ => AdminException.Unavailable("ledger_unavailable", failure.Message),
    };

    private static async Task WriteAsync(AdminCall call, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
            write(json);
        var response = call.Http.Response;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(call.Http.Request.Method))
            await response.Body.WriteAsync(body.WrittenMemory, call.Aborted);
    }
}

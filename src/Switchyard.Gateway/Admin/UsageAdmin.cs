using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Money;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// What calls cost: <c>/admin/usage</c> (sums), <c>/admin/usage.csv</c> (every entry) and <c>/admin/calls</c> (pages of them).
/// </summary>
internal sealed class UsageAdmin(TimeProvider time, IUsageReader? ledger = null) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get("/admin/usage", call => AnswerAsync(call, async (reader, query) =>
        {
            var summary = await reader.SummarizeAsync(query, call.Aborted);
            await WriteAsync(call, json => UsageJson.Write(json, summary));
        }));
        routes.Get("/admin/calls", call => AnswerAsync(call, async (reader, query) =>
        {
            var (limit, after) = call.Page();
            var page = await reader.ListAsync(query.Filter, limit, after, call.Aborted);
            await WriteAsync(call, json => UsageJson.Write(json, page));
        }));
        routes.Get("/admin/usage.csv", call => AnswerAsync(call, async (reader, query) =>
        {
            var response = call.Http.Response;
            response.ContentType = "text/csv; charset=utf-8";
            response.Headers.ContentDisposition = "attachment; filename=\"usage.csv\"";
            if (!HttpMethods.IsHead(call.Http.Request.Method))
                await UsageCsv.WriteAsync(reader.ReadAsync(query.Filter, call.Aborted), response.Body, call.Aborted);
        }));
    }

    private async Task AnswerAsync(AdminCall call, Func<IUsageReader, UsageQuery, Task> answer)
    {
        try
        {
            await answer(
                ledger ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: this host registers no storage."),
                UsageQuestion.Read(call.Query, time.GetUtcNow()));
        }
        catch (LedgerException failure) when (!call.Http.Response.HasStarted)
        {
            throw failure.Reason switch
            {
                LedgerFailure.Invalid => AdminProblem.BadRequest("invalid_query", failure.Message),
                LedgerFailure.None => AdminProblem.Unavailable("ledger_not_configured", failure.Message),
                LedgerFailure.TooSlow => AdminProblem.Unavailable("ledger_too_slow", failure.Message),
                _ => AdminProblem.Unavailable("ledger_unavailable", failure.Message),
            };
        }
    }

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

using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>
/// The usage of answers that providers make in the background: recorded and charged once, to the call that asked for the answer, when the
/// answer is read.
/// </summary>
public sealed class BackgroundChargeTests : IAsyncLifetime
{
    private const string Message = """{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":["""
        + """{"type":"output_text","text":"Hi","annotations":[]}]}""";

    private const string Usage =
        """{"input_tokens":1000,"input_tokens_details":{"cached_tokens":0},"output_tokens":100,"total_tokens":1100}""";

    private const string Request = """{"model":"one/m","input":"Find it out.","background":true,"max_output_tokens":200}""";

    private const string StreamRequest =
        """{"model":"one/m","input":"Find it out.","background":true,"stream":true,"max_output_tokens":200}""";

    // 1,000 tokens at 1 dollar for a million, and 100 at 10.
    private const long Cost = 2_000_000;

    private static readonly string s_queued = Answer("queued", output: "", usage: "null");

    private static readonly string s_completed = Answer("completed");

    private static readonly string s_begin = Event("response.created", 0, $"\"response\":{s_queued}")
        + Event("response.output_text.delta", 1, "\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"");

    private static readonly string s_end = Event("response.completed", 2, $"\"response\":{s_completed}");

    private readonly ClaimedLedger _ledger = new();
    private readonly LeavingClient _leaving = new();
    private readonly Departures _departures = new();
    private FakeUpstream _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("completed", "/v1/responses", "")]
    [InlineData("incomplete", "/openai/v1/responses", "")]
    [InlineData("failed", "/openai/responses", "?api-version=2025-04-01-preview")]
    [InlineData("cancelled", "/v1/responses", "")]
    public async Task What_an_answer_used_is_charged_when_it_is_read_to_the_call_that_asked_for_it(string status, string path, string query)
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway, path + query);
        var begun = Assert.Single(_ledger.Entries);
        Assert.Equal((LedgerOutcome.Finished, Unpriced.NoUsage, 0L), (begun.Outcome, begun.Unpriced, begun.Cost.Total));
        Assert.True(begun is { Usage.IsEmpty: true, IsEstimate: false, Attempt: 0 });
        await ReadAsync(gateway, s_queued, "key-of-dev", path: path);
        await ReadAsync(gateway, Answer("in_progress", output: "", usage: "null"), "key-of-dev", path: path);
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Single(_ledger.Entries);
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal((0, 0), (account.Spent, account.Reserved)));

        await ReadAsync(gateway, Answer(status), "key-of-dev", query, path);
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        var entry = _ledger.Entries[1];
        Assert.Equal((begun.Call, 1, begun.RequestId), (entry.Call, entry.Attempt, entry.RequestId));
        Assert.Equal(("ci", "acme", "eu", "one/m"), (entry.Key, entry.Tenant, entry.Tag, entry.Alias));
        Assert.Equal(("one", "m", "chat", false), (entry.Provider, entry.Model, entry.Operation, entry.IsEstimate));
        Assert.Equal((1000L, 100L, Cost, Unpriced.None), (entry.Usage.Input, entry.Usage.Output, entry.Cost.Total, entry.Unpriced));
        Assert.Equal(status == "failed" ? LedgerOutcome.Failed : LedgerOutcome.Finished, entry.Outcome);
        string[] budgets = ["eu|lifetime", "key:ci|lifetime", "m|lifetime", "tenant:acme|lifetime", "total|lifetime"];
        Assert.Equal(budgets, entry.Budgets.Order(StringComparer.Ordinal));
        Assert.Equal(5, gateway.Engine.Budgets.List().Count);
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal((Cost, 0), (account.Spent, account.Reserved)));
    }

    [Fact]
    public async Task An_answer_is_charged_once_however_often_it_is_read()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReadAsync(gateway, s_completed, "key-of-ci")));
        await ReadAsync(gateway, s_completed, "key-of-dev");
        await ReadAsync(gateway, s_begin + s_end, "key-of-dev", "?stream=true");
        await AskAsync(gateway, "POST", "/v1/responses/resp_1/cancel", s_completed, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal([0L, Cost], _ledger.Entries.Select(entry => entry.Cost.Total));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task An_answer_is_charged_what_it_had_used_when_it_is_cancelled()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await AskAsync(gateway, "POST", "/v1/responses/resp_1/cancel", Answer("cancelled"), "key-of-ci");
        await ReadAsync(gateway, Answer("cancelled"), "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal([0L, Cost], _ledger.Entries.Select(entry => entry.Cost.Total));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task A_gateway_that_did_not_begin_it_does_not_charge_it_again()
    {
        await using var gateway = await StartAsync();
        await using var second = await StartAsync();
        await BeginAsync(gateway);
        _upstream.ThenJson(Answer("completed", id: "resp_2", isBackground: false));
        using (var next = await second.PostAsync(
            "/v1/responses", """{"model":"one/m","input":"Go on.","previous_response_id":"resp_1","max_output_tokens":200}""",
            ("Authorization", "Bearer key-of-dev")))
            await next.Content.ReadAsStringAsync();
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && second.Engine.RunningCount == 0);

        await ReadAsync(gateway, s_completed, "key-of-dev");
        await ReadAsync(second, s_completed, "key-of-dev");
        await Wait.ForAsync(() => (gateway.Engine.RunningCount, second.Engine.RunningCount) == (0, 0));

        Assert.Equal([("ci", 0L), ("dev", Cost), ("ci", Cost)], _ledger.Entries.Select(entry => (entry.Key!, entry.Cost.Total)));
        Assert.Equal((Cost, Cost), (SpentOf(gateway, "total"), SpentOf(second, "total")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_charged_with_the_request_is_not_charged_when_it_is_read(bool stream)
    {
        await using var gateway = await StartAsync();
        if (stream)
            _upstream.ThenStream(s_begin, s_end);
        else
            _upstream.ThenJson(s_completed);
        using (var answer = await PostAsync(gateway, stream ? StreamRequest : Request))
            Assert.Equal(stream ? s_begin + s_end : s_completed, await answer.Content.ReadAsStringAsync());
        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);

        await ReadAsync(gateway, s_completed, "key-of-ci");
        await ReadAsync(gateway, s_begin + s_end, "key-of-ci", "?stream=true");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, false), (Assert.Single(_ledger.Entries).Cost.Total, _ledger.Entries[0].IsEstimate));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task An_ordinary_answer_that_is_kept_is_not_charged_when_it_is_read()
    {
        await using var gateway = await StartAsync();
        var ordinary = Answer("completed", isBackground: false);
        _upstream.ThenJson(ordinary);
        using (var answer = await PostAsync(gateway, """{"model":"one/m","input":"Hi","store":true,"max_output_tokens":200}"""))
            await answer.Content.ReadAsStringAsync();
        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);

        await ReadAsync(gateway, ordinary, "key-of-ci");
        await ReadAsync(gateway, s_begin + s_end, "key-of-ci", "?stream=true");
        await AskAsync(gateway, "POST", "/v1/responses/resp_1/cancel", ordinary, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, Cost), (Assert.Single(_ledger.Entries).Cost.Total, SpentOf(gateway, "total")));
    }

    [Fact]
    public async Task A_stream_whose_client_leaves_is_read_to_its_end_and_charged_what_it_reports()
    {
        await using var gateway = await StartAsync();
        var left = new TaskCompletionSource();
        _upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(s_begin);
            await http.Response.Body.FlushAsync();
            await left.Task;
            await http.Response.WriteAsync(s_end);
        });
        (await PostAsync(gateway, StreamRequest)).Dispose();
        await Wait.ForAsync(() => _departures.Count == 1);
        left.SetResult();
        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        var entry = Assert.Single(_ledger.Entries);
        Assert.Equal((Cost, false, LedgerOutcome.Abandoned), (entry.Cost.Total, entry.IsEstimate, entry.Outcome));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_charged_when_its_answer_is_read()
    {
        await using var gateway = await StartAsync();
        _upstream.ThenStreamAndCut(s_begin);
        using (var answer = await PostAsync(gateway, StreamRequest))
            await answer.Content.ReadAsStringAsync();
        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);
        var begun = _ledger.Entries[0];
        Assert.Equal((true, false, 0L), (begun.Usage.IsEmpty, begun.IsEstimate, begun.Cost.Total));

        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal((begun.Call, Cost), (_ledger.Entries[1].Call, _ledger.Entries[1].Cost.Total));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Theory]
    [InlineData("\n\n")]
    [InlineData("")]
    public async Task A_stream_of_an_answer_is_passed_on_and_charged(string end)
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await ReadAsync(gateway, s_end.TrimEnd('\n') + end, "key-of-ci", "?stream=true&starting_after=1");
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, Cost), (_ledger.Entries[1].Cost.Total, SpentOf(gateway, "total")));
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_last_byte_of_a_stream_is_charged()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await LeaveAsync(gateway, s_begin + s_end, LeavingClient.Complete);
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, Cost), (_ledger.Entries[1].Cost.Total, SpentOf(gateway, "total")));
    }

    [Fact]
    public async Task After_the_event_that_says_what_it_used_nothing_is_waited_for()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await LeaveAsync(gateway, s_begin + s_end + ": waiting\n", (http, _) => _upstream.HangAsync(http));
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0 && _upstream.ClientLeft.IsCompleted);

        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_after_its_client_has_left_is_charged_when_the_answer_is_next_read()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);

        await LeaveAsync(gateway, s_begin + s_end, (http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Single(_ledger.Entries);
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task The_service_tier_of_the_answer_and_the_providers_tools_have_their_prices()
    {
        await using var gateway = await StartAsync(options => options.Prices.Models["one/m"] = new()
        {
            Input = 1,
            Output = 10,
            Tools = { WebSearch = 0.01m },
            ServiceTiers = new(StringComparer.OrdinalIgnoreCase) { ["priority"] = new() { Input = 2, Output = 20 } },
        });
        await BeginAsync(gateway);
        const string Search = """{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}},""";

        await ReadAsync(gateway, Answer("completed", output: Search + Message, members: "\"service_tier\":\"priority\","), "key-of-ci");
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        var entry = _ledger.Entries[1];
        Assert.Equal((1L, (2 * Cost) + 10_000_000), (entry.Usage.WebSearches, entry.Cost.Total));
        Assert.EndsWith(" priority", entry.PriceVersion, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_that_an_answer_has_used_up_refuses_the_next()
    {
        await using var gateway = await StartAsync(options => options.Keys["ci"].Budget!.Usd = 0.003m);
        await BeginAsync(gateway);
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => SpentOf(gateway, "key:ci") == Cost && gateway.Engine.RunningCount == 0);
        var sent = _upstream.Requests.Count;

        using var refused = await PostAsync(gateway, Request);

        Assert.Equal((HttpStatusCode.PaymentRequired, sent), (refused.StatusCode, _upstream.Requests.Count));
    }

    /// <summary>Its request is then translated, and its answer decoded.</summary>
    [Fact]
    public async Task An_answer_that_a_budget_has_shortened_is_charged_as_well()
    {
        await using var gateway = await StartAsync(options => options.Budgets.Named["total"].Usd = 0.01m);
        _upstream.ThenJson(s_queued);
        using (var begun = await PostAsync(gateway, """{"model":"one/m","input":"Find it out.","background":true}"""))
        {
            Assert.True(begun.Headers.Contains("x-switchyard-max-output"));
            Assert.Contains("\"status\":\"queued\"", await begun.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);
        Assert.Equal((true, 0L), (_ledger.Entries[0].Usage.IsEmpty, SpentOf(gateway, "total")));
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => _ledger.Entries.Count == 2 && gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, Cost), (_ledger.Entries[1].Cost.Total, SpentOf(gateway, "total")));
    }

    /// <summary>A budget that shortens the answer makes it a decoded one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_ends_with_a_failure_is_charged_what_the_failure_reports_once(bool isDecoded)
    {
        await using var gateway = await StartAsync(options => options.Budgets.Named["total"].Usd = isDecoded ? 0.01m : 1);
        _upstream.ThenStream(s_begin, Event("response.failed", 2, $"\"response\":{Answer("failed")}"));
        var request = isDecoded ? StreamRequest.Replace(",\"max_output_tokens\":200", "", StringComparison.Ordinal) : StreamRequest;
        using (var answer = await PostAsync(gateway, request))
        {
            Assert.Equal(isDecoded, answer.Headers.Contains("x-switchyard-max-output"));
            await answer.Content.ReadAsStringAsync();
        }

        await Wait.ForAsync(() => _ledger.Entries.Count == 1 && gateway.Engine.RunningCount == 0);
        await ReadAsync(gateway, Answer("failed"), "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, false), (Assert.Single(_ledger.Entries).Cost.Total, _ledger.Entries[0].IsEstimate));
        Assert.Equal(Cost, SpentOf(gateway, "total"));
    }

    [Fact]
    public async Task What_the_ledger_does_not_take_is_charged_when_the_answer_is_next_read()
    {
        await using var gateway = await StartAsync();
        await BeginAsync(gateway);
        _ledger.IsFull = true;
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Single(gateway.Log.GetSnapshot(), line => line.Message.StartsWith(
            "The usage of the background answer of call ", StringComparison.Ordinal));
        Assert.All(gateway.Engine.Budgets.List(), account => Assert.Equal((0, 0), (account.Spent, account.Reserved)));

        _ledger.IsFull = false;
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Equal((Cost, Cost), (_ledger.Entries[1].Cost.Total, SpentOf(gateway, "total")));
    }

    [Fact]
    public async Task Without_a_ledger_budgets_count_it_too()
    {
        await using var gateway = await StartAsync(options => options.Storage.Ledger = null);
        await BeginAsync(gateway, entries: 0);

        await ReadAsync(gateway, s_completed, "key-of-ci");
        await ReadAsync(gateway, s_completed, "key-of-ci");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        Assert.Empty(_ledger.Entries);
        Assert.Equal((Cost, Cost), (SpentOf(gateway, "total"), SpentOf(gateway, "key:ci")));
    }

    private static string Answer(
        string status, string output = Message, string usage = Usage, string id = "resp_1", string members = "", bool isBackground = true)
    {
        var error = status == "failed" ? """{"code":"server_error","message":"No."}""" : "null";
        return $"{{\"id\":\"{id}\",\"object\":\"response\",\"created_at\":1790000000,\"status\":\"{status}\","
            + $"\"background\":{(isBackground ? "true" : "false")},\"error\":{error},\"incomplete_details\":null,"
            + "\"model\":\"m-2026-01-01\","
            + $"\"output\":[{output}],{members}\"usage\":{usage}}}";
    }

    private static string Event(string type, int number, string members) =>
        $"event: {type}\ndata: {{\"type\":\"{type}\",\"sequence_number\":{number},{members}}}\n\n";

    private Task<GatewayHost> StartAsync(Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new()
            {
                BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m"], Dialect = "openai-responses",
            };
            options.Keys["ci"] = new() { Key = "key-of-ci", Tenant = "acme", Budget = new() { Usd = 1, Period = "lifetime" } };
            options.Keys["dev"] = new() { Key = "key-of-dev", Tenant = "acme" };
            options.Tenants["acme"] = new() { Budget = new() { Usd = 1, Period = "lifetime" } };
            options.Prices.Models["one/*"] = new() { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
            options.Budgets.Named["m"] = new() { Usd = 1, Period = "lifetime", Model = "one/m" };
            options.Budgets.Named["eu"] = new() { Usd = 1, Period = "lifetime", Tag = "eu" };
            options.Storage.Ledger = "sqlite:never-opened.db";
            configure?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddSingleton<ILedgerFactory>(_ledger);
            _departures.Watch(builder);
        },
        _leaving.Watch);

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string request, string path = "/v1/responses") =>
        gateway.PostAsync(path, request, ("Authorization", "Bearer key-of-ci"), ("x-switchyard-tag", "eu"));

    /// <summary>Asks for an answer in the background, which the provider has only begun.</summary>
    private async Task BeginAsync(GatewayHost gateway, string path = "/v1/responses", int entries = 1)
    {
        _upstream.ThenJson(s_queued);
        using var begun = await PostAsync(gateway, Request, path);
        Assert.Equal((HttpStatusCode.OK, s_queued), (begun.StatusCode, await begun.Content.ReadAsStringAsync()));
        await Wait.ForAsync(() => _ledger.Entries.Count == entries && gateway.Engine.RunningCount == 0);
    }

    private Task ReadAsync(GatewayHost gateway, string said, string key, string query = "", string path = "/v1/responses") =>
        AskAsync(gateway, "GET", $"{path}/resp_1{query}", said, key);

    /// <summary>Asks for something; the provider answers this, and so does the gateway.</summary>
    private async Task AskAsync(GatewayHost gateway, string method, string path, string said, string key)
    {
        if (said.StartsWith('{'))
            _upstream.ThenJson(said);
        else
            _upstream.ThenStream(said);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new("Bearer", key);
        using var answer = await gateway.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, said), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Reads all of a stream but its last byte, and leaves.</summary>
    private async Task LeaveAsync(GatewayHost gateway, string stream, Func<HttpContext, ReadOnlyMemory<byte>, Task> rest)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/responses/resp_1?stream=true");
        request.Headers.Authorization = new("Bearer", "key-of-ci");
        await _leaving.ReadAsync(gateway, _upstream, request, stream, rest, "text/event-stream");
    }

    private static long SpentOf(GatewayHost gateway, string budget) =>
        gateway.Engine.Budgets.List().Where(account => account.Budget == budget).Sum(account => account.Spent);
}

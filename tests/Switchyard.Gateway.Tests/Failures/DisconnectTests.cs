using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>
/// A call whose client has disconnected: it is cancelled, or read to its end if its provider bills all of it anyway.
/// </summary>
[Covers("B10")]
public sealed class DisconnectTests
{
    private readonly ConcurrentQueue<CallRecord> _records = new();
    private readonly Departures _departures = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("up", false, false)]
    [InlineData("up", true, false)]
    [InlineData("up", true, true)]
    [InlineData("other", false, false)]
    [InlineData("other", true, true)]
    public async Task A_provider_that_bills_all_of_it_is_read_to_its_end_and_paid_what_it_reports(string provider, bool stream, bool opened)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "drain");
        var go = new TaskCompletionSource();
        upstream.Then(http => AnswerAsync(http, provider, stream, opened, go.Task));

        await LeaveAsync(gateway, upstream, provider, stream, opened);
        Assert.True(gateway.Engine.Budgets.List().Single().Reserved > 0);
        Assert.False(upstream.ClientLeft.IsCompleted);
        go.SetResult();

        await Wait.ForAsync(() => !_records.IsEmpty);
        var record = Assert.Single(_records);
        Assert.Equal(CallOutcome.Abandoned, record.Outcome);
        Assert.Equal(AttemptOutcome.Finished, Assert.Single(record.Attempts).Outcome);
        // Ten tokens at $1 and five at $10 for a million.
        var account = gateway.Engine.Budgets.List().Single();
        Assert.Equal((10 * 1_000 + 5 * 10_000, 0), (account.Spent, account.Reserved));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("cut", true)]
    [InlineData("drain", false)]
    public async Task Any_other_is_closed_at_once_and_so_is_one_whose_bill_is_not_counted(string? action, bool counts)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, action, counts);
        upstream.ThenStreamAndHang(Some.ChatStream()[..2]);

        await LeaveAsync(gateway, upstream, "up", stream: true, opened: true);

        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await Wait.ForAsync(() => !_records.IsEmpty);
        Assert.Equal(AttemptOutcome.Abandoned, _records.Single().Attempts.Single().Outcome);
    }

    [Fact]
    public async Task So_is_a_provider_that_the_budget_has_sent_the_call_to()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "drain", configure: options =>
        {
            options.Providers["up"].OnDisconnect = "cut";
            options.Models["cheap"] = new ModelRouteOptions { Targets = [new() { Model = "other/some-model" }] };
            options.Budgets.Named["total"].CheaperModel = "cheap";
            // From the second call on.
            options.Budgets.Named["total"].CheaperAfter = "0.0000001%";
        });
        var go = new TaskCompletionSource();
        upstream.Then(http => AnswerAsync(http, "other", stream: false, opened: false, Task.CompletedTask));
        using (await gateway.ChatAsync(Some.ChatRequest("other/some-model", extra: ",\"max_tokens\":50")))
            await Wait.ForAsync(() => _records.Count == 1);
        upstream.Then(http => AnswerAsync(http, "other", stream: true, opened: true, go.Task));

        await LeaveAsync(gateway, upstream, "up", stream: true, opened: true);
        Assert.False(upstream.ClientLeft.IsCompleted);
        go.SetResult();

        await Wait.ForAsync(() => _records.Count == 2);
        Assert.Equal(("other", AttemptOutcome.Finished), (_records.Last().Attempts[0].Provider, _records.Last().Attempts[0].Outcome));
    }

    [Fact]
    public async Task What_fails_while_no_client_waits_is_not_tried_elsewhere()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "drain", configure: options =>
        {
            options.Retry.Attempts = 4;
            options.Models["fast"] = new ModelRouteOptions
            {
                Targets = [new() { Model = "up/some-model" }],
                Fallback = [new() { Model = "other/a-model" }],
            };
        });
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await go.Task.WaitAsync(Token);
            await FakeUpstream.WriteAsync(http, 503, "application/json", """{"error":{"message":"busy"}}""");
        });

        await LeaveAsync(gateway, upstream, "fast", stream: false, opened: false);
        go.SetResult();

        await Wait.ForAsync(() => !_records.IsEmpty);
        Assert.Single(upstream.Requests);
        Assert.Equal(0, gateway.Engine.Budgets.List().Single().Reserved);
    }

    [Fact]
    public async Task A_client_that_stays_gets_the_same_bytes_as_without_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "drain");
        upstream.ThenStream(Some.ChatStream());
        upstream.ThenJson(Some.ChatCompletion());

        using var stream = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        using var whole = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(string.Concat(Some.ChatStream()), await stream.Content.ReadAsStringAsync(Token));
        Assert.Equal(Some.ChatCompletion(), await whole.Content.ReadAsStringAsync(Token));
        Assert.Equal("up", whole.Headers.GetValues("x-switchyard-provider").Single());
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, string? action, bool counts = true, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["up"].OnDisconnect = action;
                options.Providers["other"] = new ProviderOptions
                {
                    BaseUrl = upstream.BaseUrl, Key = "sk-other", Dialect = "anthropic-messages", OnDisconnect = action,
                };
                foreach (var provider in options.Providers.Keys)
                    options.Prices.Models[$"{provider}/*"] = new PriceOptions { Input = 1, Output = 10 };
                if (counts)
                    options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
                configure?.Invoke(options);
            },
            builder =>
            {
                builder.AddSink(new EndedSink(_records.Enqueue));
                _departures.Watch(builder);
            });

    /// <summary>Sends a request, and disconnects when the provider has received it or when its answer has begun.</summary>
    private async Task LeaveAsync(GatewayHost gateway, FakeUpstream upstream, string provider, bool stream, bool opened)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var model = provider == "fast" ? provider : $"{provider}/some-model";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                Some.ChatRequest(model, stream: stream, extra: ",\"max_tokens\":50"), Encoding.UTF8, "application/json"),
        };
        var asking = gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        if (opened)
        {
            (await asking).Dispose();
        }
        else
        {
            await Wait.ForAsync(() => upstream.Requests.Count == 1);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }

        await Wait.ForAsync(() => _departures.Count == 1);
    }

    private static async Task AnswerAsync(HttpContext http, string provider, bool stream, bool opened, Task go)
    {
        var isAnthropic = provider == "other";
        if (!stream)
        {
            await go.WaitAsync(Token);
            await FakeUpstream.WriteAsync(http, 200, "application/json", isAnthropic
                ? """
                  {"id":"msg_1","type":"message","role":"assistant","model":"some-model","content":[{"type":"text","text":"Hi"}],
                  "stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}
                  """
                : Completion);
            return;
        }

        string[] pieces = isAnthropic ? MessageStream : ChatStream;
        http.Response.ContentType = "text/event-stream";
        if (!opened)
            await go.WaitAsync(Token);
        foreach (var (index, piece) in pieces.Index())
        {
            if (opened && index == 2)
                await go.WaitAsync(Token);
            await http.Response.WriteAsync(piece, Token);
            await http.Response.Body.FlushAsync(Token);
        }
    }

    private const string Completion =
        """
        {"id":"c-1","object":"chat.completion","created":1,"model":"some-model","choices":[{"index":0,"finish_reason":"stop",
        "message":{"role":"assistant","content":"Hi"}}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
        """;

    private static string[] ChatStream =>
    [
        Some.Chunk("""{"role":"assistant"}"""),
        Some.Chunk("""{"content":"Hi"}"""),
        Some.Chunk("{}", "\"stop\""),
        "data: " + """{"id":"c-1","object":"chat.completion.chunk","created":1,"model":"some-model","choices":[],"usage":"""
            + """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""" + "\n\n",
        Some.Done,
    ];

    private static string[] MessageStream =>
    [
        Event(
            "message_start",
            """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"some-model","content":[],"""
                + "\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}"),
        Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
            + Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"""),
        Event("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        Event("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}"""),
        Event("message_stop", """{"type":"message_stop"}"""),
    ];

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}

using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Caching;

/// <summary>Requests that a client repeats with the same key: sent and billed once.</summary>
[Covers("B20")]
public sealed class IdempotencyTests
{
    private const string Key = AnswerFacts.IdempotencyKey;

    private readonly ConcurrentQueue<CallRecord> _records = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_request_under_the_same_key_is_given_the_answer_of_the_first_time(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        if (stream)
            upstream.ThenStream(Some.ChatStream());

        using var first = await gateway.ChatAsync(Some.ChatRequest(stream: stream), (Key, "k-1"));
        var text = await first.Content.ReadAsStringAsync(Token);
        await Wait.ForAsync(() => _records.Count == 1);
        using var second = await gateway.ChatAsync(Some.ChatRequest(stream: stream), (Key, "k-1"));

        Assert.Equal(text, await second.Content.ReadAsStringAsync(Token));
        Assert.Equal(("off", "replay"), (Header(first, AnswerFacts.Cache), Header(second, AnswerFacts.Cache)));
        Assert.Equal("true", Header(second, "idempotent-replayed"));
        Assert.False(first.Headers.Contains("idempotent-replayed"));
        Assert.Single(upstream.Requests);
        await Wait.ForAsync(() => _records.Count == 2);
        Assert.Equal([1, 0], _records.Select(record => record.Attempts.Count));
        using var other = await gateway.ChatAsync(Some.ChatRequest(stream: stream), (Key, "k-2"));
        using var without = await gateway.ChatAsync(Some.ChatRequest(stream: stream));
        Assert.Equal(3, upstream.Requests.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_retry_after_a_dropped_connection_attaches_to_the_call_that_still_runs(bool opened)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (pieces, go) = (Some.ChatStream(usage: true), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            if (opened)
                await WriteAsync(http, pieces[..2]);
            await go.Task.WaitAsync(Token);
            await WriteAsync(http, opened ? pieces[2..] : pieces);
        });
        var request = Some.ChatRequest(stream: true, extra: ",\"stream_options\":{\"include_usage\":true}");

        await DropAsync(gateway, request, "k-1", opened, upstream);
        var retry = gateway.ChatAsync(request, (Key, "k-1"));
        if (opened)
            await retry;
        go.SetResult();

        using var answer = await retry;
        Assert.Equal(string.Concat(pieces), await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal("replay", Header(answer, AnswerFacts.Cache));
        Assert.Single(upstream.Requests);
        await Wait.ForAsync(() => _records.Count == 2);
        Assert.Equal(11, _records.Sum(record => record.Usage.Total ?? 0));
    }

    [Fact]
    public async Task A_call_with_a_key_goes_on_when_its_client_leaves_and_its_answer_is_there_for_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (pieces, go) = (Some.ChatStream(), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await WriteAsync(http, pieces[..2]);
            await go.Task.WaitAsync(Token);
            await WriteAsync(http, pieces[2..]);
        });

        await DropAsync(gateway, Some.ChatRequest(stream: true), "k-1", opened: true, upstream);
        go.SetResult();
        await Wait.ForAsync(() => _records.Count == 1);

        Assert.Equal(AttemptOutcome.Finished, _records.Single().Attempts.Single().Outcome);
        using var later = await gateway.ChatAsync(Some.ChatRequest(stream: true), (Key, "k-1"));
        Assert.Equal(string.Concat(pieces), await later.Content.ReadAsStringAsync(Token));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task The_same_key_with_another_request_is_refused_also_while_the_first_runs()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await go.Task.WaitAsync(Token);
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion());
        });
        var first = gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"));
        await Wait.ForAsync(() => upstream.Requests.Count == 1);

        using var running = await gateway.ChatAsync(Some.ChatRequest(text: "Another"), (Key, "k-1"));
        go.SetResult();
        (await first).Dispose();
        using var kept = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"user\":\"somebody\""), (Key, "k-1"));

        foreach (var refused in (HttpResponseMessage[])[running, kept])
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.Contains("idempotency_key_reuse", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task Keys_are_each_callers_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys.AddRange(["key-a", "key-b"]));

        foreach (var (caller, text) in ((string, string)[])[("key-a", "Mine"), ("key-b", "Yours")])
        {
            using var response = await gateway.ChatAsync(Some.ChatRequest(text: text), (Key, "k-1"), ("Authorization", $"Bearer {caller}"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_failure_is_not_kept_and_the_next_under_the_key_asks_again()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"down"}}""", 500).ThenJson(Some.ChatCompletion());

        using var failed = await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"));
        using var answered = await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"));

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.OK), (failed.StatusCode, answered.StatusCode));
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_time_and_has_no_effect_where_it_is_switched_off()
    {
        var clock = new TestClock();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, build: services => services.AddSingleton<TimeProvider>(clock));

        (await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"))).Dispose();
        // A call that still runs would end at its time limit, and its key be kept from then on.
        await Wait.ForAsync(() => _records.Count == 1);
        clock.Advance(TimeSpan.FromHours(24));
        (await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"))).Dispose();
        Assert.Single(upstream.Requests);
        await Wait.ForAsync(() => _records.Count == 2);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"))).Dispose();
        Assert.Equal(2, upstream.Requests.Count);

        await gateway.Engine.ApplyAsync(options => options.Idempotency.Enabled = false, Token);
        (await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"))).Dispose();
        (await gateway.ChatAsync(Some.ChatRequest(), (Key, new string('k', 300)))).Dispose();
        Assert.Equal(4, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused_with_the_way_out()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var refused = await gateway.ChatAsync(Some.ChatRequest(), (Key, new string('k', 256)));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("255", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_cache_too_the_first_under_a_key_may_be_answered_from_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Cache = new());

        using (var asked = await gateway.ChatAsync(Some.ChatRequest()))
            await asked.Content.LoadIntoBufferAsync(Token);
        using var first = await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"));
        using var again = await gateway.ChatAsync(Some.ChatRequest(), (Key, "k-1"), (AnswerFacts.Cache, "off"));

        Assert.Equal(("hit", "replay"), (Header(first, AnswerFacts.Cache), Header(again, AnswerFacts.Cache)));
        Assert.Equal("up", Header(again, AnswerFacts.Provider));
        Assert.Single(upstream.Requests);
    }

    /// <summary>Sends a request and drops the connection once the provider has the request or, if it must be open, the answer has
    /// begun.</summary>
    private static async Task DropAsync(GatewayHost gateway, string request, string key, bool opened, FakeUpstream upstream)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(request, System.Text.Encoding.UTF8, "application/json"),
            Headers = { { Key, key } },
        };
        var sending = gateway.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        await Wait.ForAsync(() => upstream.Requests.Count == 1);
        if (opened)
            (await sending).Dispose();
        await leaving.CancelAsync();
        await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, Action<IServiceCollection>? build = null) =>
        GatewayHost.StartAsync(upstream, configure, builder =>
        {
            builder.AddSink(new EndedSink(_records.Enqueue));
            build?.Invoke(builder.Services);
        });

    private static async Task WriteAsync(HttpContext http, params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            await http.Response.WriteAsync(piece, Token);
            await http.Response.Body.FlushAsync(Token);
        }
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}

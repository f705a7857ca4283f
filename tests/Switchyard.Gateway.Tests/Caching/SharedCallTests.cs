using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Caching;

/// <summary>Simultaneous equal calls: one is sent to the provider, the others get its answer while it arrives.</summary>
[Covers("B9")]
public sealed class SharedCallTests
{
    private readonly ConcurrentQueue<CallRecord> _records = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thousand_calls_for_the_same_are_one_call_of_the_provider_and_each_gets_all_of_it(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var open = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            if (!stream)
            {
                await open.Task.WaitAsync(Token);
                await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion());
                return;
            }

            http.Response.ContentType = "text/event-stream";
            var pieces = Some.ChatStream();
            await WriteAsync(http, pieces[..2]);
            await open.Task.WaitAsync(Token);
            await WriteAsync(http, pieces[2..]);
        });

        var calls = Enumerable.Range(0, 1000).Select(async _ =>
        {
            using var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));
            return (Said(response), await response.Content.ReadAsStringAsync(Token));
        }).ToList();
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        open.SetResult();
        var answers = await Task.WhenAll(calls);

        Assert.Single(upstream.Requests);
        Assert.Single(answers.Select(answer => answer.Item2).Distinct());
        Assert.Equal(stream ? string.Concat(Some.ChatStream()) : Some.ChatCompletion(), answers[0].Item2);
        Assert.Single(answers, answer => answer.Item1 == "miss");
        Assert.All(answers, answer => Assert.Contains(answer.Item1, (string[])["miss", "shared", "hit"]));
        await Wait.ForAsync(() => _records.Count == 1000);
        Assert.Equal(1, _records.Sum(record => record.Attempts.Count));
    }

    [Fact]
    public async Task A_client_that_comes_late_gets_a_stream_from_its_first_byte_and_then_follows()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (pieces, go) = (Some.ChatStream(), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await WriteAsync(http, pieces[..3]);
            await go.Task.WaitAsync(Token);
            await WriteAsync(http, pieces[3..]);
        });

        using var first = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        using var late = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        Assert.Equal(("miss", "shared"), (Said(first), Said(late)));
        Assert.Equal(("up", "0"), (Header(late, "x-switchyard-provider"), Header(late, "x-switchyard-attempts")));
        var beginning = string.Concat(pieces[..3]);
        var buffer = new byte[beginning.Length];
        await (await late.Content.ReadAsStreamAsync(Token)).ReadExactlyAsync(buffer, Token);

        Assert.Equal(beginning, System.Text.Encoding.UTF8.GetString(buffer));
        go.SetResult();
        Assert.Equal(string.Concat(pieces[3..]), await new StreamReader(await late.Content.ReadAsStreamAsync(Token)).ReadToEndAsync(Token));
        Assert.Equal(string.Concat(pieces), await first.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task That_the_first_client_leaves_ends_nothing_while_another_reads()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var departures = new Departures();
        await using var gateway = await StartAsync(upstream, build: departures.Watch);
        var (pieces, go) = (Some.ChatStream(), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await WriteAsync(http, pieces[..2]);
            await go.Task.WaitAsync(Token);
            await WriteAsync(http, pieces[2..]);
        });

        var first = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        using var other = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        first.Dispose();
        await Wait.ForAsync(() => departures.Count == 1);
        go.SetResult();

        Assert.Equal(string.Concat(pieces), await other.Content.ReadAsStringAsync(Token));
        await Wait.ForAsync(() => _records.Count == 2);
        var asked = _records.Single(record => record.Attempts.Count == 1);
        Assert.Equal((AttemptOutcome.Finished, CallOutcome.Abandoned), (asked.Attempts[0].Outcome, asked.Outcome));
        Assert.Equal(CallOutcome.Finished, _records.Single(record => record.Cache == CacheOutcome.Shared).Outcome);
        // The answer that the others read to its end is cached.
        using var later = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        Assert.Equal("hit", Said(later));
    }

    [Fact]
    public async Task That_the_first_client_leaves_before_there_is_an_answer_ends_nothing_while_another_waits()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var callers = new Callers();
        await using var gateway = await StartAsync(upstream, build: callers.Watch);
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await go.Task.WaitAsync(Token);
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion());
        });
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = gateway.Http.PostAsync("/v1/chat/completions", Json(Some.ChatRequest()), leaving.Token);
        await Wait.ForAsync(() => upstream.Requests.Count == 1);
        var other = gateway.ChatAsync(Some.ChatRequest());
        await Wait.ForAsync(() => callers.Joined >= 1);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Task.Yield();
        go.SetResult();

        using var answer = await other;
        Assert.Equal((HttpStatusCode.OK, "shared"), (answer.StatusCode, Said(answer)));
        Assert.Single(upstream.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_last_who_wants_it_has_left_the_provider_is_let_go(bool opened)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var callers = new Callers();
        await using var gateway = await StartAsync(upstream, build: callers.Watch);
        if (opened)
            upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        else
            upstream.ThenHang();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var clients = Enumerable.Range(0, 2).Select(async _ =>
        {
            using var request =
                new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = Json(Some.ChatRequest(stream: true)) };
            using var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            await response.Content.ReadAsStringAsync(leaving.Token);
        }).ToList();
        await Wait.ForAsync(() => upstream.Requests.Count == 1 && callers.Joined >= 1);

        await leaving.CancelAsync();

        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await Wait.ForAsync(() => _records.Count == 2);
        Assert.All(_records, record => Assert.Equal(CallOutcome.Abandoned, record.Outcome));
        Assert.Equal(0, gateway.Engine.Cache.Statistics.TotalEntries);
        upstream.ThenStream(Some.ChatStream());
        using var again = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        Assert.Equal(string.Concat(Some.ChatStream()), await again.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_failure_of_the_provider_is_everybodys()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var callers = new Callers();
        await using var gateway = await StartAsync(upstream, build: callers.Watch);
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await go.Task.WaitAsync(Token);
            await FakeUpstream.WriteAsync(http, 500, "application/json", """{"error":{"message":"down"}}""");
        });

        var calls = Enumerable.Range(0, 20).Select(_ => gateway.ChatAsync(Some.ChatRequest())).ToList();
        await Wait.ForAsync(() => callers.Joined >= 19);
        go.SetResult();

        foreach (var response in await Task.WhenAll(calls))
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_refusal_that_reached_no_provider_is_the_first_callers_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var (budget, callers) = (new SpentOnce(), new Callers());
        await using var gateway = await StartAsync(upstream, build: builder =>
        {
            callers.Watch(builder);
            builder.Services.AddSingleton(budget);
            builder.UseRouted<SpentOnce>();
        });

        var first = gateway.ChatAsync(Some.ChatRequest());
        await Wait.ForAsync(() => budget.Asked == 1);
        var others = Enumerable.Range(0, 5).Select(_ => gateway.ChatAsync(Some.ChatRequest())).ToList();
        await Wait.ForAsync(() => callers.Joined >= 5);
        budget.Refuse.SetResult();

        Assert.NotEqual(HttpStatusCode.OK, (await first).StatusCode);
        Assert.All(await Task.WhenAll(others), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_no_other_up()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Cache!.MaxEntryBytes = 512 * 1024);
        var (text, go) = (new string('x', 16 * 1024), new TaskCompletionSource());
        string[] pieces = [Some.Chunk("""{"role":"assistant"}"""), .. Enumerable.Repeat(Some.Chunk($$"""{"content":"{{text}}"}"""), 256),
            Some.Chunk("{}", "\"stop\""), Some.Done];
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await WriteAsync(http, pieces[..2]);
            await go.Task.WaitAsync(Token);
            await WriteAsync(http, pieces[2..]);
        });

        using var stuck = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        using var reader = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        Assert.Equal(("miss", "shared"), (Said(stuck), Said(reader)));
        go.SetResult();

        Assert.Equal(string.Concat(pieces), await reader.Content.ReadAsStringAsync(Token));
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, Action<Switchyard.Hosting.SwitchyardBuilder>? build = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Cache = new();
                configure?.Invoke(options);
            },
            builder =>
            {
                builder.AddSink(new EndedSink(_records.Enqueue));
                build?.Invoke(builder);
            });

    /// <summary>Knows which calls have joined another. Each is counted as a miss before.</summary>
    private sealed class Callers : ICallMiddleware
    {
        private readonly ConcurrentQueue<ModelCall> _calls = new();

        /// <summary>The number of calls that wait for the answer of another.</summary>
        public int Joined => _calls.Count(call => call.Get(CallMarks.Ending) is not null);

        public void Watch(Switchyard.Hosting.SwitchyardBuilder builder)
        {
            builder.Services.AddSingleton(this);
            builder.UseCall<Callers>();
        }

        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            _calls.Enqueue(call);
            return next(call);
        }
    }

    /// <summary>Refuses the first call when released by the test, and lets the others pass.</summary>
    private sealed class SpentOnce : ICallMiddleware
    {
        private int _asked;

        public int Asked => _asked;

        public TaskCompletionSource Refuse { get; } = new();

        public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            if (Interlocked.Increment(ref _asked) > 1)
                return await next(call);
            await Refuse.Task.WaitAsync(Token);
            return new FailedResponse(new CallError(CallErrorKind.BudgetExceeded, "Nothing left."));
        }
    }

    private static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    private static async Task WriteAsync(HttpContext http, params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            await http.Response.WriteAsync(piece, Token);
            await http.Response.Body.FlushAsync(Token);
        }
    }

    private static string Said(HttpResponseMessage response) => Header(response, AnswerFacts.Cache);

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}

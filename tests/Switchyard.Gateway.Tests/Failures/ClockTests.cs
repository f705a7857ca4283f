using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>The clocks of a call over HTTP, in virtual time: what each of them ends, and what it does not affect.</summary>
public sealed class ClockTests
{
    private readonly TestClock _clock = new();

    [Covers("Y5", "S003-37", "S004-32", "S004-64")]
    [Theory]
    [InlineData(null)]
    [InlineData(40)]
    public async Task A_target_that_hangs_is_given_up_after_its_attempt_and_the_next_answers(int? ofProvider)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, options =>
        {
            AddSecond(options, second);
            options.Timeouts.Attempt = TimeSpan.FromSeconds(ofProvider is null ? 40 : 400);
            options.Providers["up"].AttemptTimeout = ofProvider is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        });
        var asked = Hang(first);

        var answer = gateway.ChatAsync(Some.ChatRequest("both"));
        await asked;
        _clock.Advance(TimeSpan.FromSeconds(39));
        Assert.False(answer.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1.2));

        var response = await answer;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("second", response.Headers.GetValues("x-switchyard-provider").Single());
        await first.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Covers("Y5")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_that_hangs_leaves_the_next_half_of_the_time_that_is_left(bool stream)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, options =>
        {
            AddSecond(options, second);
            options.Timeouts.Total = TimeSpan.FromSeconds(30);
        });
        var asked = Hang(first);
        if (stream)
            second.ThenStream(Some.ChatStream());

        var answer = gateway.ChatAsync(Some.ChatRequest("both", stream: stream));
        await asked;
        _clock.Advance(TimeSpan.FromSeconds(15.2));

        Assert.Equal("second", (await answer).Headers.GetValues("x-switchyard-provider").Single());
    }

    [Covers("Y5")]
    [Fact]
    public async Task A_whole_answer_that_never_comes_is_a_504_that_names_the_setting()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, _ => { });
        var asked = Hang(upstream);

        var answer = gateway.ChatAsync(Some.ChatRequest());
        await asked;
        _clock.Advance(TimeSpan.FromMinutes(5.1));

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await answer).StatusCode);
        Assert.Contains("timeouts.attempt", await (await answer).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("Y8")]
    [Theory]
    [InlineData("some-model", 119)]
    [InlineData("gpt-5", 299)]
    public async Task A_first_token_may_take_two_minutes_and_five_where_the_model_reasons(string model, int seconds)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["up"].Type = "openai");
        var asked = Hang(upstream);

        var answer = gateway.ChatAsync(Some.ChatRequest("up/" + model, stream: true));
        await asked;
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.False(answer.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1.2));

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await answer).StatusCode);
    }

    [Covers("Y9", "H3")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_stops_reading_is_waited_for_as_long_as_its_own_clock_says(bool readsOn)
    {
        // 32 MB: more than the socket buffers on the path can hold.
        const int Pieces = 2000;
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Timeouts.Idle = TimeSpan.FromSeconds(10));
        var piece = Some.Chunk($$"""{"content":"{{new string('x', 16 * 1024)}}"}""");
        upstream.ThenStream([.. Enumerable.Repeat(piece, Pieces), Some.Chunk("{}", "\"stop\""), Some.Done]);

        using var client = await AskAsync(gateway, Some.ChatRequest(stream: true));
        // The clocks of the attempt, and the clock of the client that does not read.
        await _clock.WaitForTimersAsync(2);
        // Earlier writes also wait for a moment: a write is the last if its timer stays for a while.
        for (var still = 0; still < 100; still = _clock.TimerCount >= 2 ? still + 1 : 0)
            await Task.Delay(10);
        _clock.Advance(TimeSpan.FromSeconds(readsOn ? 60 : 121));
        var answer = await ReadAllAsync(client);

        if (readsOn)
        {
            Assert.EndsWith(Some.Done + "\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
            return;
        }

        Assert.DoesNotContain(Some.Done, answer, StringComparison.Ordinal);
        // Its line is written once the call has ended.
        await Wait.ForAsync(() => gateway.Log.GetSnapshot().Any(
            line => line.Message.Contains("left its answer unread for 120 s", StringComparison.Ordinal)));
    }

    [Covers("H3")]
    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_client_that_never_reads_ends_with_the_calls_time_and_frees_the_upstream(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Timeouts.Total = TimeSpan.FromSeconds(30));
        var piece = Some.Chunk($$"""{"content":"{{new string('x', 16 * 1024)}}"}""");
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(async http =>
        {
            http.RequestAborted.Register(() => left.TrySetResult());
            http.Response.ContentType = "text/event-stream";
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.WriteAsync(piece, http.RequestAborted);
        });

        using var client = await AskAsync(gateway, Some.ChatRequest(stream: true, extra: ",\"max_tokens\":10"), path);
        await _clock.WaitForTimersAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(31));

        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions> configure) =>
        GatewayHost.StartAsync(upstream, configure, builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static void AddSecond(SwitchyardOptions options, FakeUpstream second)
    {
        options.Providers["second"] = new ProviderOptions { BaseUrl = second.BaseUrl, Models = ["other-model"] };
        options.Models["both"] = new()
        {
            Targets = [new TargetOptions { Model = "up/some-model" }],
            Fallback = [new TargetOptions { Model = "second/other-model" }],
        };
    }

    /// <summary>Asks over a bare socket, which reads nothing unless the test does.</summary>
    private static async Task<TcpClient> AskAsync(GatewayHost gateway, string body, string path = "/v1/chat/completions")
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n"
            + "Connection: close\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + body));
        return client;
    }

    /// <summary>The remaining bytes, until the end or a reset.</summary>
    private static async Task<string> ReadAllAsync(TcpClient client)
    {
        using var all = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(all);
        }
        catch (IOException)
        {
            // The gateway closed the connection before all bytes were read.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>Lets the next request hang; completes when it has arrived.</summary>
    private static Task Hang(FakeUpstream upstream)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(http =>
        {
            asked.SetResult();
            return upstream.HangAsync(http);
        });
        return asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}

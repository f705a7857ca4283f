using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>Slow clients, slow providers, and a gateway that is asked to stop.</summary>
public sealed class PaceTests
{
    public static TheoryData<EgressMode> Modes => [EgressMode.Forward, EgressMode.Translate];

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stream_that_is_under_way_finishes_when_the_gateway_stops(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        var go = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[..2]));
            await http.Response.Body.FlushAsync();
            await go.Task;
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[2..]));
        });

        using var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        var stopping = gateway.StopAsync();
        Assert.False(stopping.IsCompleted);
        go.SetResult();
        var text = await response.Content.ReadAsStringAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Contains("Hi there", ChatFacts.OfStream(text), StringComparison.Ordinal);
        Assert.EndsWith(Some.Done, text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_client_that_does_not_read_holds_its_provider_back_and_no_other(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        var written = 0L;
        var frame = Encoding.UTF8.GetBytes(Some.Chunk($$"""{"content":"{{new string('x', 16_000)}}"}"""));
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(frame, http.RequestAborted);
                Interlocked.Add(ref written, frame.Length);
            }
        });
        using var lazy = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        await Wait.ForAsync(() => Interlocked.Read(ref written) > 0);

        upstream.ThenJson(Some.ChatCompletion("for the other"));
        var before = -1L;
        while (Interlocked.Read(ref written) is var now && now != before)
        {
            before = now;
            using var other = await gateway.ChatAsync(Some.ChatRequest());
            Assert.Contains("for the other", await other.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await Task.Delay(100);
        }

        // Only as much as fits into the socket buffers.
        Assert.InRange(before, 1, 48_000_000);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_stream_that_comes_byte_by_byte_arrives_whole(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        var whole = Some.Chunk("""{"role":"assistant","content":"Grüße, 世界 👋"}""") + ": a comment\n\n" + Some.Chunk("{}", "\"stop\"")
            + Some.Done;
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            foreach (var one in Encoding.UTF8.GetBytes(whole))
            {
                await http.Response.Body.WriteAsync(new[] { one });
                await http.Response.Body.FlushAsync();
            }
        });

        var text = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();

        if (mode == EgressMode.Forward)
            Assert.Equal(whole, text);
        Assert.Equal(ChatFacts.OfStream(whole), ChatFacts.OfStream(text));
    }

    [Covers("S003-118")]
    [Theory, MemberData(nameof(Modes))]
    public async Task Every_piece_is_shown_as_soon_as_it_comes(EgressMode mode)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, mode);
        using var next = new SemaphoreSlim(0);
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 10; i++)
            {
                await http.Response.WriteAsync(
                    Some.Chunk(i == 0 ? """{"role":"assistant","content":"piece-0."}""" : $$"""{"content":"piece-{{i}}."}"""));
                await http.Response.Body.FlushAsync();
                await next.WaitAsync(http.RequestAborted);
            }

            await http.Response.WriteAsync(Some.Chunk("{}", "\"stop\"") + Some.Done);
        });

        using var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 10; i++)
        {
            // The provider sends the next piece only when this one has been read.
            using var tooLong = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!(await reader.ReadLineAsync(tooLong.Token))!.Contains($"piece-{i}.", StringComparison.Ordinal))
                continue;
            next.Release();
        }

        Assert.Contains("[DONE]", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, EgressMode mode) => GatewayHost.StartAsync(upstream, build: build =>
    {
        if (mode == EgressMode.Translate)
            build.UseCall<AlwaysTranslate>();
    });
}

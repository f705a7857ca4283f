using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>The beginning of a stream is held back, so that an early failure can still fall back unnoticed.</summary>
public sealed class StreamBufferTests
{
    private static readonly string[] s_broken =
    [
        Some.Chunk("""{"role":"assistant","content":"Lost"}"""), Some.Chunk("""{"content":" words"}"""),
    ];

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_stream_that_dies_within_the_buffer_is_answered_by_the_next_target(string path)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good, new() { Chunks = 20 });
        bad.ThenStreamAndCut(s_broken);
        good.ThenStream(Some.ChatStream());

        var (response, text) = await AskAsync(gateway, path);

        Assert.DoesNotContain("Lost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("error", text, StringComparison.Ordinal);
        Assert.Contains(" there", text, StringComparison.Ordinal);
        Assert.Equal("good", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("2", response.Headers.GetValues("x-switchyard-attempts").Single());
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task An_error_event_within_the_buffer_leads_to_the_next_target_too(string path)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good, new() { Chunks = 20, Time = TimeSpan.FromSeconds(30) });
        bad.ThenStream(string.Concat(s_broken) + "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n");
        good.ThenStream(Some.ChatStream());

        var (_, text) = await AskAsync(gateway, path);

        Assert.DoesNotContain("overloaded", text, StringComparison.Ordinal);
        Assert.Contains(" there", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task After_the_buffer_a_stream_that_dies_ends_in_one_error_event(string path)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good, new() { Chunks = 1 });
        bad.ThenStreamAndCut(s_broken);

        var (_, text) = await AskAsync(gateway, path);

        Assert.Contains("Lost", text, StringComparison.Ordinal);
        Assert.Contains("error", text, StringComparison.Ordinal);
        Assert.Empty(good.Requests);
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task What_is_held_is_given_out_whole_when_the_time_is_up_although_nothing_follows(string path)
    {
        await using var up = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(up, good, new() { Time = TimeSpan.FromMilliseconds(50) });
        var goOn = new TaskCompletionSource();
        up.Then(async http =>
        {
            await http.Response.StartStreamAsync(s_broken);
            await goOn.Task;
            await http.Response.StartStreamAsync(Some.Chunk("{}", "\"stop\""), Some.Done);
        });

        using var response = await gateway.PostAsync(path, Request(path));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var text = "";
        while (!text.Contains("words", StringComparison.Ordinal))
            text += await reader.ReadLineAsync(TestContext.Current.CancellationToken) + "\n";
        goOn.SetResult();
        text += await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Contains("Lost", text, StringComparison.Ordinal);
        Assert.DoesNotContain("error", text, StringComparison.Ordinal);
        Assert.Contains(path.EndsWith("messages", StringComparison.Ordinal) ? "message_stop" : "[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_while_a_read_is_under_way_leaves_nothing_behind()
    {
        var records = new List<CallRecord>();
        await using var up = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(up, good, new() { Time = TimeSpan.FromMilliseconds(50) }, record => records.Add(record));
        up.ThenStreamAndHang(s_broken);

        using (var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true)))
        {
            var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.NotEqual(0, await body.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
        }

        await up.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await gateway.StopAsync();
        Assert.Equal(AttemptOutcome.Abandoned, Assert.Single(Assert.Single(records).Attempts).Outcome);
    }

    [Fact]
    public async Task A_whole_answer_is_not_held()
    {
        await using var up = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(up, good, new() { Chunks = 20 });

        var response = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Contains(
            "Hello there!", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<(HttpResponseMessage Response, string Text)> AskAsync(GatewayHost gateway, string path)
    {
        var response = await gateway.PostAsync(path, Request(path));
        return (response, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string Request(string path) => path.EndsWith("messages", StringComparison.Ordinal)
        ? """{"model":"fast","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hello"}]}"""
        : Some.ChatRequest("fast", stream: true);

    private static Task<GatewayHost> StartAsync(
        FakeUpstream first, FakeUpstream second, StreamBufferOptions buffer, Action<CallRecord>? note = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["bad"] = new() { BaseUrl = first.BaseUrl, Key = "k" };
            options.Providers["good"] = new() { BaseUrl = second.BaseUrl, Key = "k" };
            options.Models["fast"] = new()
            {
                Targets = [new() { Model = "bad/m" }, new() { Model = "good/m" }],
                Buffer = buffer,
            };
        },
        builder => builder.AddSink(new EndedSink(record => note?.Invoke(record))));
}

/// <summary>Writes pieces of a stream.</summary>
file static class StreamWriting
{
    public static async Task StartStreamAsync(this Microsoft.AspNetCore.Http.HttpResponse response, params string[] pieces)
    {
        if (!response.HasStarted)
            response.ContentType = "text/event-stream";
        foreach (var piece in pieces)
        {
            await response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(piece));
            await response.Body.FlushAsync();
        }
    }
}

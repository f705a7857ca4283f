using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Hosting;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>A chat stream that breaks off after its client has received some of it is continued by another target.</summary>
public sealed class ContinuationTests
{
    private static readonly string[] s_broken =
    [
        Some.Chunk("""{"role":"assistant","content":"The quick"}"""), Some.Chunk("""{"content":" brown fox"}"""),
    ];

    private readonly List<CallRecord> _records = [];

    [Theory]
    [InlineData(" jumps over")]
    [InlineData("brown fox jumps over")]
    [InlineData("The quick brown fox jumps over")]
    public async Task Another_target_goes_on_and_nothing_is_said_twice(string goesOn)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(s_broken);
        good.ThenStream(Answer(goesOn));

        var text = await AskAsync(gateway, "/v1/chat/completions", Some.ChatRequest("fast", stream: true));

        Assert.Equal("The quick brown fox jumps over", TextOf(text));
        Assert.DoesNotContain("error", text, StringComparison.Ordinal);
        Assert.Single(text.Split("[DONE]")[..^1]);
        Assert.Contains("\n: switchyard-continued good/m\n", text, StringComparison.Ordinal);
        using var asked = JsonDocument.Parse(good.LastRequest.Text);
        var messages = asked.RootElement.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(["user", "assistant", "user"], messages.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("The quick brown fox", messages[1].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Both_attempts_are_recorded_each_with_its_usage_and_the_line_says_so()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut([Some.UsageChunk, .. s_broken]);
        good.ThenStream([.. Answer(" jumps"), Some.UsageChunk]);

        await AskAsync(gateway, "/v1/chat/completions", Some.ChatRequest("fast", stream: true));
        await gateway.StopAsync();

        var record = Assert.Single(_records);
        Assert.Equal(CallOutcome.Finished, record.Outcome);
        Assert.Equal(
            [("bad", AttemptOutcome.BrokeOff, false), ("good", AttemptOutcome.Finished, true)],
            record.Attempts.Select(attempt => (attempt.Provider, attempt.Outcome, attempt.IsContinuation)));
        Assert.Equal(9, record.Attempts[0].Usage.Input);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.Contains("good/m continues it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_first_target_has_said_is_a_part_of_the_second_prompt_and_not_of_its_own()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        var ledger = new ClaimedLedger();
        await using var gateway = await StartAsync(
            bad, good, options => options.Storage.Ledger = "sqlite:never-opened.db",
            builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));
        bad.ThenStreamAndCut([.. s_broken, Some.Chunk($$"""{"content":"{{new string('x', 4_000)}}"}""")]);
        good.ThenStream([.. Answer(" jumps"), Some.UsageChunk]);

        await AskAsync(gateway, "/v1/chat/completions", Some.ChatRequest("fast", stream: true));
        await gateway.StopAsync();

        var first = Assert.Single(ledger.Entries, entry => entry.Provider == "bad");
        Assert.True(first.IsEstimate);
        Assert.InRange(first.Usage.Input!.Value, 1, 100);
        Assert.InRange(first.Usage.Output!.Value, 1_000, 1_010);
    }

    [Fact]
    public async Task The_stream_of_an_Anthropic_client_goes_on_in_one_message()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(s_broken);
        good.ThenStream(Answer(" jumps"));

        var text = await AskAsync(
            gateway, "/v1/messages",
            """{"model":"fast","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hello"}]}""");

        Assert.Single(text.Split("event: message_start")[1..]);
        Assert.Single(text.Split("event: content_block_start")[1..]);
        Assert.Single(text.Split("event: message_stop")[1..]);
        Assert.Equal(
            "The quick brown fox jumps",
            string.Concat(text.Split("\"text_delta\",\"text\":\"")[1..].Select(rest => rest.Split('"')[0])));
    }

    [Fact]
    public async Task When_no_target_can_go_on_the_one_error_event_stands()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(s_broken);
        good.ThenJson("{}", 500);

        var text = await AskAsync(gateway, "/v1/chat/completions", Some.ChatRequest("fast", stream: true));

        Assert.Equal("The quick brown fox", TextOf(text));
        Assert.Single(text.Split("\"error\"")[1..]);
        Assert.Contains("bad broke off", text, StringComparison.Ordinal);
        Assert.Single(good.Requests);
    }

    [Theory]
    [InlineData("", """{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a"}}]}""")]
    [InlineData("", """{"reasoning_content":"I think"}""")]
    [InlineData(",\"n\":2", """{"content":"Two"}""")]
    [InlineData(",\"response_format\":{\"type\":\"json_object\"}", """{"content":"{"}""")]
    public async Task What_another_model_cannot_complete_is_not_continued(string extra, string delta)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(Some.Chunk(delta), Some.Chunk("""{"content":"x"}"""));

        var text = await AskAsync(gateway, "/v1/chat/completions", Some.ChatRequest("fast", stream: true, extra: extra));

        Assert.Contains("error", text, StringComparison.Ordinal);
        Assert.Empty(good.Requests);
    }

    [Fact]
    public async Task In_process_the_update_that_goes_on_names_who_said_it()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenStreamAndCut(s_broken);
        good.ThenStream(Answer(" jumps"));
        var chat = (IChatClient)gateway.Services.GetService(typeof(IChatClient))!;

        var updates = await chat.GetStreamingResponseAsync("Hello", new() { ModelId = "fast" })
            .ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal("The quick brown fox jumps", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(
            "good/m", Assert.Single(updates, update => update.AdditionalProperties?.ContainsKey(AnswerFacts.Continued) is true)
                .AdditionalProperties![AnswerFacts.Continued]);
    }

    private static string[] Answer(string text) =>
    [
        Some.Chunk("""{"role":"assistant","content":""}"""),
        .. text.Chunk(3).Select(piece => Some.Chunk($$"""{"content":"{{new string(piece)}}"}""")),
        Some.Chunk("{}", "\"stop\""),
        Some.Done,
    ];

    private static string TextOf(string stream) => string.Concat(
        from line in stream.Split('\n')
        where line.StartsWith("data: {", StringComparison.Ordinal)
        let frame = JsonDocument.Parse(line[6..]).RootElement
        where frame.TryGetProperty("choices", out _)
        from choice in frame.GetProperty("choices").EnumerateArray()
        select choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : "");

    private static async Task<string> AskAsync(GatewayHost gateway, string path, string request)
    {
        using var response = await gateway.PostAsync(path, request);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private Task<GatewayHost> StartAsync(
        FakeUpstream first, FakeUpstream second, Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Providers["bad"] = new() { BaseUrl = first.BaseUrl, Key = "k" };
                options.Providers["good"] = new() { BaseUrl = second.BaseUrl, Key = "k" };
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "bad/m" }, new() { Model = "good/m" }],
                    Continuation = true,
                };
                configure?.Invoke(options);
            },
            builder =>
            {
                builder.AddSink(new EndedSink(_records.Add));
                build?.Invoke(builder);
            });
}

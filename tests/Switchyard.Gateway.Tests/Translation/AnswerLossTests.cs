using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Content that an answer loses in translation is reported: in a header, in a stream, and in strict mode as an error.</summary>
public sealed class AnswerLossTests
{
    /// <summary>A Gemini answer that no other client format can express completely: code that it ran.</summary>
    private const string Parts =
        """[{"text":"Hi there"},{"executableCode":{"language":"PYTHON","code":"1+1"}}]""";

    private const string Whole =
        $$$"""{"candidates":[{"content":{"parts":{{{Parts}}},"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":11},"modelVersion":"m","responseId":"r"}""";

    private const string Lost = "answer.content[1] (executableCode)";

    private const string Refusal = $"The answer holds {Lost}, which an answer in the format ";

    public static TheoryData<string> Clients => [.. ClientFormat.Names.Where(name => name != "gemini")];

    [Covers("X2")]
    [Theory, MemberData(nameof(Clients))]
    public async Task A_whole_answer_names_what_it_lost_in_the_header_beside_what_the_request_lost(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Whole);

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Lost, Assert.Single(response.Headers.GetValues("x-switchyard-dropped")));
        Assert.Equal("Hi there", ClientFormat.Of(client).ReadWhole(await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Losses_of_both_ways_stand_in_one_header()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Whole);

        using var response = await gateway.ChatAsync(
            """{"model":"up/some-model","messages":[{"role":"user","content":"hi"}],"logit_bias":{"5":1}}""");

        Assert.Equal($"logit_bias, {Lost}", Assert.Single(response.Headers.GetValues("x-switchyard-dropped")));
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Clients))]
    public async Task A_stream_names_what_it_lost_in_a_comment_before_its_end(string client)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream($"data: {Whole}\r\n\r\n");

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("Hi there", ClientFormat.Of(client).ReadStream(bytes, endsWithError: false, out var problems));
        Assert.Equal([], problems);
        Assert.Contains($"\n\n: x-switchyard-dropped: {Lost}\n\n", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Covers("X2")]
    [Theory]
    [InlineData("?alt=sse")]
    [InlineData("")]
    public async Task A_stream_of_Geminis_form_names_what_it_lost_beside_the_finish_reason(string form)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "anthropic-messages");
        string[] events =
        [
            """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}""",
            """{"type":"message_stop"}""",
        ];
        upstream.ThenStream([.. events.Select(data => $"event: {JsonElement.Parse(data).GetProperty("type")}\ndata: {data}\n\n")]);

        using var response = await gateway.PostAsync(
            "/v1beta/models/up/some-model:streamGenerateContent" + form, """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""");

        var text = await response.Content.ReadAsStringAsync();
        var last = form.Length == 0 ? JsonElement.Parse(text).EnumerateArray().Last() : JsonElement.Parse(text.Split("data: ")[^1]);
        Assert.Equal(
            "x-switchyard-dropped: answer.content[0] (server_tool_use)",
            last.GetProperty("candidates")[0].GetProperty("finishMessage").GetString());
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Clients))]
    public async Task In_strict_mode_a_whole_answer_is_refused_and_what_it_cost_is_known(string client)
    {
        var ended = new TaskCompletionSource<CallRecord>();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, strict: true, note: ended.SetResult);
        upstream.ThenJson(Whole);

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: false);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var message = ClientFormat.Of(client).ReadError(await response.Content.ReadAsStringAsync(), 400);
        Assert.StartsWith(Refusal + client, message, StringComparison.Ordinal);
        Assert.EndsWith("Turn strict off, or ask in a format that can hold it.", message, StringComparison.Ordinal);
        // The record may be made after the answer has been read.
        var call = await ended.Task;
        AssertBilled(call);
        Assert.Equal([Lost], call.Attempts[0].Dropped);
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Clients))]
    public async Task In_strict_mode_a_stream_ends_in_one_error_event_and_what_it_cost_is_known(string client)
    {
        var ended = new TaskCompletionSource<CallRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, strict: true, note: record => ended.TrySetResult(record));
        upstream.ThenStream($"data: {Whole}\r\n\r\n");

        using var response = await ClientFormat.Of(client).AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        ClientFormat.Of(client).ReadStream(bytes, endsWithError: true, out var problems);
        Assert.Equal([], problems);
        Assert.Contains(Refusal + client, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        AssertBilled(await ended.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Strict_mode_passes_an_answer_that_loses_nothing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, strict: true);
        upstream.ThenJson(ProviderFormat.Of("gemini").Whole);

        foreach (var client in ClientFormat.All)
        {
            using var response = await client.AskAsync(gateway, stream: false);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_forwarded_answer_is_not_looked_at()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, strict: true);
        upstream.ThenJson(Whole);

        using var response = await ClientFormat.Of("gemini").AskAsync(gateway, stream: false);

        Assert.Equal(Whole, await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Fact]
    public void Every_format_of_a_client_is_asked_here() => Assert.Equal(
        BuiltInDialects.Set.IngressIds.Select(id => id.Value).Where(id => id != "plain").Order(StringComparer.Ordinal),
        ClientFormat.Names.Order(StringComparer.Ordinal));

    private static void AssertBilled(CallRecord call)
    {
        Assert.Equal((CallOutcome.Failed, CallErrorKind.InvalidRequest), (call.Outcome, call.Error!.Kind));
        // The provider is not at fault, and its usage is counted.
        Assert.Equal((AttemptOutcome.Finished, 9, 2), (call.Attempts[0].Outcome, call.Usage.Input, call.Usage.Output));
        Assert.Null(call.Attempts[0].Error);
    }

    private static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, string dialect = "gemini", bool strict = false, Action<CallRecord>? note = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Strict = strict;
                options.Providers["up"] = new ProviderOptions
                {
                    BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = ["some-model"], Dialect = dialect,
                };
            },
            builder => builder.AddSink(new EndedSink(record => note?.Invoke(record))));
}

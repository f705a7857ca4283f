using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

public sealed class StreamTests
{
    private static readonly byte[] s_start = Wire.Event("messageStart", """{"role":"assistant","p":"abc"}""");
    private static readonly byte[] s_text = Wire.Event(
        "contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"hi"},"p":"abcdef"}""");
    private static readonly byte[] s_stop = Wire.Event("messageStop", """{"stopReason":"end_turn"}""");
    private static readonly byte[] s_metadata = Wire.Event(
        "metadata", """{"usage":{"inputTokens":3,"outputTokens":2,"cacheReadInputTokens":4},"metrics":{"latencyMs":1}}""");

    [Fact]
    public void Updates_come_in_order_with_the_usage_last()
    {
        var (updates, error) = Wire.DecodeStream(
            Wire.Stream(s_start, s_text, Wire.Event("contentBlockStop", """{"contentBlockIndex":0}"""), s_stop, s_metadata));
        Assert.Null(error);
        Assert.All(updates, update => Assert.Equal(ChatRole.Assistant, update.Role));
        Assert.Empty(updates[0].Contents);
        Assert.Equal("hi", updates[1].Text);
        Assert.Equal(ChatFinishReason.Stop, updates[2].FinishReason);
        var usage = Assert.IsType<UsageContent>(Assert.Single(updates[3].Contents));
        Assert.Equal(new TokenUsage { Input = 7, Output = 2, CacheRead = 4 }, TokenUsage.From(usage.Details));
        Assert.Equal(4, updates.Count);
    }

    [Covers("T4", "T5", "T7")]
    [Fact]
    public void Interleaved_calls_are_numbered_from_zero_and_not_mixed()
    {
        var (updates, error) = Wire.DecodeStream(Wire.Stream(
            s_start, s_text,
            Wire.Event("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"""),
            Wire.Event("contentBlockStart", """{"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"b","name":"g"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":""}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"x\":"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"y\":2}"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":"\"\\u00e9\"}"}}}"""),
            Wire.Event("contentBlockStart", """{"contentBlockIndex":4,"start":{"toolUse":{"toolUseId":"c","name":"h"}}}"""),
            Wire.Event("messageStop", """{"stopReason":"tool_use"}""")));
        Assert.Null(error);
        var fragments = updates.SelectMany(update => update.Contents).OfType<ToolCallFragment>().ToList();
        Assert.Equal(
            [(0, "f", ""), (1, "g", ""), (0, null, "{\"x\":"), (1, null, "{\"y\":2}"), (0, null, "\"\\u00e9\"}"), (2, "h", "")],
            fragments.Select(fragment => (fragment.Index, fragment.Name, fragment.Arguments)));
        var last = updates[^1];
        Assert.Equal(ChatFinishReason.ToolCalls, last.FinishReason);
        var calls = last.Contents.Cast<FunctionCallContent>().ToList();
        Assert.Equal(
            [("a", 0, "{\"x\":\"\\u00e9\"}"), ("b", 1, "{\"y\":2}"), ("c", 2, "{}")],
            calls.Select(call => (call.CallId, (int)call.AdditionalProperties![CanonicalKeys.ToolCallIndex]!, ToolArguments.ToText(call))));
    }

    [Fact]
    public void A_call_without_arguments_is_complete_before_the_next_one_begins()
    {
        var (updates, error) = Wire.DecodeStream(Wire.Stream(
            s_start,
            Wire.Event("contentBlockStart", """{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"toolUse":{"input":""}}}"""),
            Wire.Event("contentBlockStop", """{"contentBlockIndex":0}"""),
            Wire.Event("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"b","name":"g"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"x\":1}"}}}"""),
            Wire.Event("contentBlockStop", """{"contentBlockIndex":1}"""),
            Wire.Event("messageStop", """{"stopReason":"tool_use"}""")));
        Assert.Null(error);
        Assert.Equal(
            [(0, ""), (0, "{}"), (1, ""), (1, "{\"x\":1}")],
            updates.SelectMany(update => update.Contents).OfType<ToolCallFragment>()
                .Select(fragment => (fragment.Index, fragment.Arguments)));
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_off_anywhere_are_kept_as_they_are()
    {
        const string Whole = """{"city":"San Francisco","n":[1,2]}""";
        for (var length = 0; length <= Whole.Length; length++)
        {
            var piece = System.Text.Json.JsonSerializer.Serialize(Whole[..length]);
            var (updates, error) = Wire.DecodeStream(Wire.Stream(
                Wire.Event("contentBlockStart", """{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"""),
                Wire.Event("contentBlockDelta", $$$$$$"""{"contentBlockIndex":0,"delta":{"toolUse":{"input":{{{{{{piece}}}}}}}}}"""),
                Wire.Event("messageStop", """{"stopReason":"max_tokens"}""")));
            Assert.Null(error);
            Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
            Assert.Equal(length == 0 ? "{}" : Whole[..length], ToolArguments.ToText((FunctionCallContent)updates[^1].Contents[0]));
        }
    }

    [Covers("R4")]
    [Fact]
    public void A_signature_in_pieces_is_one_signature()
    {
        var (updates, _) = Wire.DecodeStream(Wire.Stream(
            s_start,
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"hm"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"AB"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"CD"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"=="}}}"""),
            Wire.Event("contentBlockStop", """{"contentBlockIndex":0}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"eA=="}}}"""),
            s_stop));
        var reasoning = updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>().ToList();
        Assert.Equal([("hm", null), ("", "ABCD=="), ("", "eA==")], reasoning.Select(content => (content.Text, content.ProtectedData)));
        Assert.Equal(true, reasoning[2].AdditionalProperties![CanonicalKeys.RedactedReasoning]);
    }

    [Covers("R4")]
    [Fact]
    public void Reasoning_joined_from_its_pieces_goes_back_with_its_signature()
    {
        var (updates, _) = Wire.DecodeStream(Wire.Stream(
            s_start,
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Let me "}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"see"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"ABCD"}}}"""),
            Wire.Event("contentBlockStop", """{"contentBlockIndex":0}"""),
            Wire.Event("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"""),
            Wire.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"x\":1}"}}}"""),
            Wire.Event("contentBlockStop", """{"contentBlockIndex":1}"""),
            Wire.Event("messageStop", """{"stopReason":"tool_use"}""")));
        List<ChatMessage> history =
        [
            new(ChatRole.User, "q"), .. updates.ToChatResponse().Messages, new(ChatRole.Tool, [new FunctionResultContent("a", "r")]),
        ];

        var written = Wire.Encode(
            history, new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low } }, out var losses);

        Wire.AssertJson(
            """
            [{"reasoningContent":{"reasoningText":{"text":"Let me see","signature":"ABCD"}}},
             {"toolUse":{"toolUseId":"a","name":"f","input":{"x":1}}}]
            """,
            written.GetProperty("messages")[1].GetProperty("content"));
        Assert.Equal(
            "enabled", written.GetProperty("additionalModelRequestFields").GetProperty("thinking").GetProperty("type").GetString());
        Assert.Empty(losses);
    }

    [Covers("E4")]
    [Theory]
    [InlineData("throttlingException", CallErrorKind.UpstreamRateLimited)]
    [InlineData("validationException", CallErrorKind.UpstreamRejected)]
    [InlineData("internalServerException", CallErrorKind.UpstreamUnavailable)]
    [InlineData("modelStreamErrorException", CallErrorKind.UpstreamUnavailable)]
    [InlineData("serviceUnavailableException", CallErrorKind.UpstreamUnavailable)]
    [InlineData("modelTimeoutException", CallErrorKind.UpstreamTimeout)]
    [InlineData("somethingNewException", CallErrorKind.UpstreamUnavailable)]
    public void An_exception_in_the_stream_is_an_error_first_or_later(string type, CallErrorKind kind)
    {
        var exception = Wire.Exception(type, """{"message":"it says why"}""");
        var (updates, error) = Wire.DecodeStream(exception);
        Assert.Empty(updates);
        Assert.Equal((kind, "it says why"), (error!.Kind, error.Message));
        (updates, error) = Wire.DecodeStream(Wire.Stream(s_start, s_text, exception));
        Assert.Equal("hi", updates[1].Text);
        Assert.Equal(kind, error!.Kind);
        var probe = Wire.Dialect.CreateProbe(CallOperation.Chat);
        Wire.ReadFrames(exception, [], frame => probe.Observe(frame) == FrameKind.Error);
        Assert.Equal(kind, probe.Error!.Kind);
    }

    [Covers("F3", "U3", "U6")]
    [Fact]
    public void A_stream_without_metadata_ends_well_and_one_without_its_stop_does_not()
    {
        var (updates, error) = Wire.DecodeStream(Wire.Stream(s_start, s_text, s_stop));
        Assert.Null(error);
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
        (_, error) = Wire.DecodeStream(Wire.Stream(s_start, s_text));
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
        (updates, error) = Wire.DecodeStream(Wire.Stream(s_start, s_text, s_metadata));
        Assert.Equal(CallErrorKind.StreamInterrupted, error!.Kind);
        // The usage is still known.
        Assert.IsType<UsageContent>(updates[^1].Contents[0]);
    }

    [Covers("U2", "U3")]
    [Fact]
    public void Usage_is_the_last_said_and_nothing_after_the_end_counts()
    {
        var decoder = Wire.Dialect.CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        Wire.ReadFrames(
            Wire.Stream(s_start, s_metadata, s_stop, s_metadata, Wire.Event("metadata", "{}")), [],
            frame => decoder.Decode(frame, updates) is null);
        Assert.True(decoder.IsTerminated);
        Assert.Null(decoder.Finish(updates));
        Assert.Equal(new TokenUsage { Input = 7, Output = 2, CacheRead = 4 }, decoder.Usage);
        Assert.Single(updates, update => update.Contents.Any(content => content is UsageContent));
    }

    [Fact]
    public void Unknown_events_and_deltas_of_other_kinds_are_passed_over()
    {
        var (updates, error) = Wire.DecodeStream(Wire.Stream(
            Wire.Event("somethingNew", "[1]"), Wire.Event("contentBlockDelta", """{"delta":{"citation":{}}}"""),
            Wire.Event("contentBlockDelta", """{"delta":7}"""),
            Wire.Event("contentBlockStart", """{"start":{"image":{}}}"""), s_text, s_stop));
        Assert.Null(error);
        Assert.Equal("hi", string.Concat(updates.Select(update => update.Text)));
    }

    [Fact]
    public void A_call_without_a_name_is_the_providers_error()
    {
        var (_, error) = Wire.DecodeStream(
            Wire.Stream(Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"""), s_stop));
        Assert.Equal(CallErrorKind.UpstreamUnavailable, error!.Kind);
    }
}

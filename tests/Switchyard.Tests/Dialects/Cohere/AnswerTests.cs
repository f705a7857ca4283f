using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Cohere;
using Switchyard.Dialects.Framing;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Cohere;

public sealed class AnswerTests
{
    private const string Start = """{"id":"a1","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}""";
    private const string Usage =
        """{"billed_units":{"input_tokens":7,"output_tokens":21},"tokens":{"input_tokens":502,"output_tokens":24},"cached_tokens":448}""";
    private static readonly EgressCodec s_codec = new(new CohereDialect());

    [Fact]
    public void A_whole_answer_is_read()
    {
        var response = s_codec.Answer($$$"""
            {"id":"a1","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"It is 15."}],
             "citations":[{"start":6,"end":8,"text":"15","content_index":1,"type":"TEXT_CONTENT","sources":[{"type":"document","id":"d1","document":{"title":"Weather","url":"https://example.com/w"}},{"type":"tool","id":"t:0","tool_output":{"content":"15"}}]},
                          {"start":0,"end":2,"text":"hm","content_index":0,"type":"THINKING_CONTENT","sources":[]}]},
             "usage":{{{Usage}}},"logprobs":[{"text":"It","token_ids":[1],"logprobs":[-0.5]}]}
            """);
        var choice = Codec.EncodeAnswer(response).GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        Assert.Equal(
            ("It is 15.", "hm"), (message.GetProperty("content").GetString(), message.GetProperty("reasoning_content").GetString()));
        Assert.Equal(
            """[{"type":"url_citation","url_citation":{"start_index":6,"end_index":8,"url":"https://example.com/w","title":"Weather"}}]""",
            message.GetProperty("annotations").GetRawText());
        Assert.Equal(
            """{"token":"It","logprob":-0.5,"bytes":null,"top_logprobs":[]}""",
            choice.GetProperty("logprobs").GetProperty("content")[0].GetRawText());
        var citations = response.Messages[0].Contents.OfType<TextContent>().Single().Annotations!.Cast<CitationAnnotation>().ToList();
        Assert.Equal(["d1", "t:0"], citations.Select(citation => citation.FileId));
        Assert.Equal("a1", response.ResponseId);
    }

    [Covers("X17")]
    [Theory]
    [InlineData(
        """{"billed_units":{"input_tokens":7,"output_tokens":21},"tokens":{"input_tokens":502,"output_tokens":24,"reasoning_tokens":9}}""",
        9)]
    [InlineData(
        """{"billed_units":{"input_tokens":7,"output_tokens":5},"tokens":{"input_tokens":502,"output_tokens":24,"reasoning_tokens":9}}""",
        5)]
    [InlineData("""{"tokens":{"input_tokens":502,"output_tokens":24,"reasoning_tokens":9}}""", 9)]
    public void Reasoning_is_counted_as_a_part_of_the_output(string usage, int reasoning) => Assert.Equal(
        reasoning,
        s_codec.Answer(
            $$"""{"id":"a","finish_reason":"COMPLETE","message":{"content":"x"},"usage":{{usage}} }""").Usage!.ReasoningTokenCount);

    [Fact]
    public void Usage_is_what_is_billed_and_the_rest_is_kept()
    {
        var response = s_codec.Answer($$"""{"id":"a","finish_reason":"COMPLETE","message":{"content":"x"},"usage":{{Usage}}}""");
        Assert.Equal(
            (7, 21, null), (response.Usage!.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.CachedInputTokenCount));
        Assert.Equal(448, ((JsonElement)response.AdditionalProperties!["cohere:usage"]!).GetProperty("cached_tokens").GetInt32());
        Assert.DoesNotContain("cached_tokens\":448", Codec.EncodeAnswer(response).GetRawText(), StringComparison.Ordinal);

        var unbilled = s_codec.Answer("""{"id":"a","finish_reason":"COMPLETE","message":{"content":"x"},"usage":{"tokens":{"input_tokens":502,"output_tokens":24},"cached_tokens":448}}""");
        Assert.Equal(
            (502, 24, 448), (unbilled.Usage!.InputTokenCount, unbilled.Usage.OutputTokenCount, unbilled.Usage.CachedInputTokenCount));
    }

    [Covers("F1")]
    [Theory]
    [InlineData("COMPLETE", false, "stop", false)]
    [InlineData("COMPLETE", true, "tool_calls", false)]
    [InlineData("STOP_SEQUENCE", false, "stop", true)]
    [InlineData("MAX_TOKENS", true, "length", false)]
    [InlineData("TOOL_CALL", true, "tool_calls", false)]
    [InlineData("ERROR_TOXIC", false, "content_filter", true)]
    [InlineData("ERROR_LIMIT", false, "length", true)]
    [InlineData("USER_CANCEL", false, "stop", true)]
    public void Every_ending_has_its_reason_whole_and_streamed(string word, bool calls, string expected, bool keepsWord)
    {
        var call = """{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}""";
        var whole = s_codec.Answer($$$$"""{"id":"a","finish_reason":"{{{{word}}}}","message":{"role":"assistant","content":[{"type":"text","text":"x"}]{{{{(calls ? $",\"tool_calls\":[{call}]" : "")}}}}}}""");
        Assert.Equal(expected, whole.FinishReason!.Value.Value);
        Assert.Equal(keepsWord, Codec.EncodeAnswer(whole).GetProperty("choices")[0].TryGetProperty("native_finish_reason", out _));

        string[] events = calls ? [Start, ToolStart(0, "c1", "f"), End(word)] : [Start, Text("x"), End(word)];
        var (updates, error, _) = s_codec.DecodeStream(Events(events));
        Assert.Null(error);
        Assert.Equal(expected, updates.Single(update => update.FinishReason is not null).FinishReason!.Value.Value);
    }

    [Covers("E10")]
    [Theory]
    [InlineData("ERROR", CallErrorKind.UpstreamUnavailable)]
    [InlineData("TIMEOUT", CallErrorKind.UpstreamTimeout)]
    public void An_ending_that_is_a_failure_is_one(string word, CallErrorKind kind)
    {
        Assert.Equal(
            kind,
            Assert.Throws<CallException>(
                () => s_codec.Answer($$$"""{"id":"a","finish_reason":"{{{word}}}","message":{"content":"x"}}""")).Error.Kind);
        var (updates, error, usage) = s_codec.DecodeStream(Events(
            Start, Text("x"),
            $$$"""{"type":"message-end","delta":{"finish_reason":"{{{word}}}","error":"it broke","usage":{{{Usage}}}}}"""));
        Assert.Equal((kind, "it broke"), (error!.Kind, error.Message));
        Assert.Equal((7, 21), (usage.Input, usage.Output));
        Assert.DoesNotContain(updates, update => update.FinishReason is not null);
    }

    [Covers("T5", "T7")]
    [Fact]
    public void Calls_count_from_zero_whatever_their_block()
    {
        var (updates, error, _) = s_codec.DecodeStream(Events(
            Start, """{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}""",
            ToolStart(3, "c1", "f"), ToolDelta(3, "{\\\"a\\\""), ToolDelta(3, ":1}"), """{"type":"tool-call-end","index":3}""",
            ToolStart(4, "c2", "g"), """{"type":"tool-call-end","index":4}""", End("TOOL_CALL")));
        Assert.Null(error);
        var contents = updates.SelectMany(update => update.Contents).ToList();
        Assert.Equal("I will", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal([0, 0, 0, 1], contents.OfType<ToolCallFragment>().Select(fragment => fragment.Index));
        Assert.Equal(
            ["""c1 f {"a":1}""", "c2 g "],
            contents.OfType<FunctionCallContent>().Select(
                call => $"{call.CallId} {call.Name} {call.AdditionalProperties![CanonicalKeys.RawArguments]}"));
        var written = Codec.EncodeStream(updates, Codec.Context(includeUsage: true));
        Codec.AssertGrammar(written, includeUsage: true);
        // A call without arguments becomes an empty object.
        Assert.Contains("\"arguments\":\"{}\"", written, StringComparison.Ordinal);
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_off_stay_as_they_came()
    {
        var (updates, _, _) = s_codec.DecodeStream(
            Events(Start, ToolStart(0, "c1", "f"), ToolDelta(0, "{\\\"q\\\":\\\"ti"), End("MAX_TOKENS")));
        var call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("{\"q\":\"ti", call.AdditionalProperties![CanonicalKeys.RawArguments]);
        Assert.Equal(ChatFinishReason.Length, updates.Single(update => update.FinishReason is not null).FinishReason);
    }

    [Covers("R7")]
    [Fact]
    public void Thinking_and_citations_are_there_in_a_stream()
    {
        var (updates, error, _) = s_codec.DecodeStream(Events(
            Start,
            """{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}""",
            """{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"hm"}}}}""",
            """{"type":"content-end","index":0}""", Text("15"),
            """{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"end":2,"text":"15","type":"TEXT_CONTENT","sources":[{"type":"document","id":"d1","document":{"title":"W"}}]}}}}""",
            """{"type":"citation-end","index":0}""", End("COMPLETE")));
        Assert.Null(error);
        var contents = updates.SelectMany(update => update.Contents).ToList();
        Assert.Equal("hm", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal(
            "W",
            Assert.IsType<CitationAnnotation>(contents.OfType<TextContent>().SelectMany(text => text.Annotations ?? []).Single()).Title);
        Codec.AssertGrammar(Codec.EncodeStream(updates));
    }

    [Covers("U3", "U5", "U7")]
    [Fact]
    public void Usage_is_last_once_and_without_nulls()
    {
        var (updates, _, usage) = s_codec.DecodeStream(
            Events(Start, Text("x"), End("COMPLETE"), """{"type":"message-end","delta":{}}""") + "data: [DONE]\n\n");
        Assert.Equal((7, 21), (usage.Input, usage.Output));
        Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents));
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>());
        var written = Codec.EncodeStream(updates, Codec.Context(includeUsage: true));
        Assert.Contains(
            "\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":21,\"total_tokens\":28", written,
            StringComparison.Ordinal);
        Assert.DoesNotContain("_tokens\":null", written, StringComparison.Ordinal);
    }

    [Covers("E11")]
    [Fact]
    public void The_terminator_is_read_and_its_absence_after_the_end_forgiven()
    {
        foreach (var done in new[] { "data: [DONE]\n\n", "" })
        {
            var (updates, error, _) = s_codec.DecodeStream(Events(Start, Text("x"), End("COMPLETE")) + done);
            Assert.Null(error);
            Assert.Equal(2, Codec.EncodeStream(updates).Split("[DONE]").Length);
        }

        Assert.Equal(CallErrorKind.StreamInterrupted, s_codec.DecodeStream(Events(Start, Text("x"))).Error!.Kind);
        Assert.Equal(CallErrorKind.StreamInterrupted, s_codec.DecodeStream(Events(Start, Text("x")) + "data: [DONE]\n\n").Error!.Kind);
    }

    [Covers("E10")]
    [Theory]
    [InlineData(
        400, """{"id":"e","message":"too many tokens: size limit exceeded by 11326 tokens","error_type":"TOO_MANY_TOKENS"}""",
        CallErrorKind.UpstreamRejected, "context_length_exceeded", 400)]
    [InlineData(400, """{"id":"e","message":"invalid request","error_type":"ODD"}""", CallErrorKind.UpstreamRejected, "ODD", 400)]
    [InlineData(
        404, """{"id":"e","message":"model 'x' not found, make sure the correct model ID was used"}""", CallErrorKind.UpstreamRejected,
        "model_not_found", 404)]
    [InlineData(402, """{"message":"billing"}""", CallErrorKind.UpstreamRejected, null, 402)]
    [InlineData(498, """{"message":"blocked"}""", CallErrorKind.InvalidRequest, "content_filter", 400)]
    [InlineData(429, """{"message":"slow down"}""", CallErrorKind.UpstreamRateLimited, null, 429)]
    [InlineData(503, "<html>", CallErrorKind.UpstreamUnavailable, null, 502)]
    [InlineData(504, "", CallErrorKind.UpstreamTimeout, null, 504)]
    public void Errors_keep_their_kind_and_message(int status, string body, CallErrorKind kind, string? code, int seen)
    {
        var error = s_codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), EgressCodec.Target);
        Assert.Equal((kind, code, seen), (error.Kind, error.Code, error.Status));
    }

    [Covers("E10")]
    [Fact]
    public void An_error_inside_a_stream_ends_it()
    {
        var (_, error, _) = s_codec.DecodeStream(Events(Start, """{"message":"internal server error"}"""));
        Assert.Equal((CallErrorKind.UpstreamUnavailable, "internal server error"), (error!.Kind, error.Message));
        Assert.Equal("internal", Assert.Throws<CallException>(() => s_codec.Answer("""{"message":"internal"}""")).Error.Message);
    }

    [Fact]
    public void The_probe_reads_what_the_decoder_reads()
    {
        var probe = s_codec.Dialect.CreateProbe(CallOperation.Chat);
        FrameKind[] kinds =
        [
            .. new[] { Start, Text("x"), End("COMPLETE"), "[DONE]" }.Select(
                data => probe.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(data)))),
        ];
        Assert.Equal([FrameKind.Other, FrameKind.Content, FrameKind.Content, FrameKind.Terminator], kinds);
        Assert.True(probe.SawEnd);
        Assert.Equal((7, 21), (probe.Usage.Input, probe.Usage.Output));
    }

    [Fact]
    public void The_list_of_models_is_read()
    {
        var body = """{"models":[{"name":"command-a-03-2025","endpoints":["chat"],"finetuned":false,"context_length":288000,"features":null},{"name":"rerank-v3.5","endpoints":["rerank"]}],"next_page_token":""}"""u8.ToArray();
        var models = ModelListReader.Read(new(body), "c");
        Assert.Equal(["command-a-03-2025", "rerank-v3.5"], models.Select(model => model.Id));
        Assert.Equal(288000, models[0].Capabilities.MaxContextTokens);
        var descriptor = ProviderCatalog.Default.Find("cohere")!;
        Assert.Equal("https://api.cohere.com/v1/models?page_size=1000", new Uri(descriptor.BaseUrl + descriptor.ModelsPath).AbsoluteUri);
    }

    private static string Events(params string[] events) =>
        string.Concat(events.Select(
            data => $"event: {(JsonElement.Parse(data).TryGetProperty("type", out var type) ? type : default)}\ndata: {data}\n\n"));

    private static string Text(string text) =>
        $$$$$"""{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"{{{{{text}}}}}"}}}}""";

    private static string End(string word) => $$$"""{"type":"message-end","delta":{"finish_reason":"{{{word}}}","usage":{{{Usage}}}}}""";

    private static string ToolStart(int index, string id, string name) =>
        $$$$$$"""{"type":"tool-call-start","index":{{{{{{index}}}}}},"delta":{"message":{"tool_calls":{"id":"{{{{{{id}}}}}}","type":"function","function":{"name":"{{{{{{name}}}}}}","arguments":""}}}}}""";

    private static string ToolDelta(int index, string piece) =>
        $$$$$$"""{"type":"tool-call-delta","index":{{{{{{index}}}}}},"delta":{"message":{"tool_calls":{"function":{"arguments":"{{{{{{piece}}}}}}"}}}}}""";
}

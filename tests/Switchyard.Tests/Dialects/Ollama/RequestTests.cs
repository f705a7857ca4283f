using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Ollama;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Ollama;

public sealed class RequestTests
{
    private const string Tool = """{"type":"function","function":{"name":"lookup","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}}""";
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private static readonly EgressCodec s_codec = new(new OllamaDialect());

    [Fact]
    public void A_whole_request_finds_its_places()
    {
        var body = s_codec.Translate(Codec.Chat(
            $$"""
            "temperature":0.5,"top_p":0.25,"top_k":40,"max_completion_tokens":256,"stop":["END"],"seed":7,"presence_penalty":0.5,
            "frequency_penalty":0.25,"min_p":0.125,"repetition_penalty":1.5,"logprobs":true,"top_logprobs":2,"n":1,
            "ollama:keep_alive":"5m","ollama:options":{"num_ctx":8192},"tools":[{{Tool}}],"tool_choice":"auto","reasoning_effort":"low"
            """));
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse($$"""
            {"model":"upstream-model","messages":[{"role":"user","content":"hi"}],"tools":[{{Tool}}],"stream":false,"think":"low",
             "options":{"temperature":0.5,"top_p":0.25,"top_k":40,"num_predict":256,"presence_penalty":0.5,"frequency_penalty":0.25,"seed":7,
                        "stop":["END"],"min_p":0.125,"repeat_penalty":1.5,"num_ctx":8192},
             "logprobs":true,"top_logprobs":2,"keep_alive":"5m"}
            """),
            body));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("\"stream\":true", true)]
    public void Whether_to_stream_is_always_said(string fields, bool stream) =>
        Assert.Equal(stream, s_codec.Translate(Codec.Chat(fields)).GetProperty("stream").GetBoolean());

    [Fact]
    public void What_the_client_wrote_for_this_server_wins_over_the_general_option()
    {
        var body = s_codec.Translate(Codec.Chat("""  "max_tokens":5,"ollama:options":{"num_predict":-1} """));
        Assert.Equal("""{"num_predict":-1}""", body.GetProperty("options").GetRawText());
    }

    [Fact]
    public void What_has_no_place_is_named()
    {
        s_codec.Translate(
            Codec.Chat($$"""
            "logit_bias":{"50256":-100},"user":"u","metadata":{"a":"b"},"parallel_tool_calls":false,"tools":[{{Tool}}],"service_tier":"flex",
            "cohere:safety_mode":"OFF","store":true
            """),
            out var losses);
        Assert.Equal(
            ["logit_bias", "metadata", "parallel_tool_calls", "safety_mode", "service_tier", "store", "user"], losses.Fields.Order());
    }

    [Fact]
    public void What_says_nothing_is_no_loss() => s_codec.Translate(Codec.Chat(
        """ "n":1,"logprobs":false,"store":false,"logit_bias":{},"user":null,"modalities":["text"],"service_tier":"auto","parallel_tool_calls":true,"stream_options":{"include_usage":true},"stream":true """));

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"audio\":{\"voice\":\"x\",\"format\":\"wav\"}", "audio")]
    public void What_would_change_the_shape_of_the_answer_is_refused(string fields, string param) =>
        Assert.Equal(param, s_codec.Refuse(Codec.Chat(fields)).Param);

    [Covers("T15")]
    [Theory]
    [InlineData("\"required\"")]
    [InlineData("{\"type\":\"function\",\"function\":{\"name\":\"lookup\"}}")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"lookup"}}]}}""")]
    public void A_call_cannot_be_forced_and_the_refusal_names_the_way_out(string choice)
    {
        var error = s_codec.Refuse(Codec.Chat($$"""  "tools":[{{Tool}}],"tool_choice":{{choice}} """));
        Assert.Equal("tool_choice", error.Param);
        Assert.Contains("Set tool_choice to auto", error.Message, StringComparison.Ordinal);
    }

    [Covers("T15")]
    [Fact]
    public void Auto_offers_the_tools_and_none_offers_none()
    {
        Assert.Equal(
            1, s_codec.Translate(Codec.Chat($$"""  "tools":[{{Tool}}],"tool_choice":"auto" """)).GetProperty("tools").GetArrayLength());
        Assert.False(s_codec.Translate(Codec.Chat($$"""  "tools":[{{Tool}}],"tool_choice":"none" """)).TryGetProperty("tools", out _));
    }

    [Covers("T15")]
    [Fact]
    public void An_allow_list_leaves_the_other_tools_out()
    {
        var other = Tool.Replace("lookup", "other", StringComparison.Ordinal);
        var body = s_codec.Translate(Codec.Chat(
            $$$"""  "tools":[{{{other}}},{{{Tool}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"lookup"}}]}} """));
        Assert.Equal(
            "lookup", Assert.Single(body.GetProperty("tools").EnumerateArray()).GetProperty("function").GetProperty("name").GetString());
    }

    [Covers("T16")]
    [Fact]
    public void Parallel_calls_that_cannot_be_turned_off_are_reported_only_where_there_are_tools()
    {
        s_codec.Translate(Codec.Chat($$"""  "tools":[{{Tool}}],"parallel_tool_calls":false """), out var losses);
        Assert.Equal(["parallel_tool_calls"], losses.Fields);
        s_codec.Translate(Codec.Chat("\"parallel_tool_calls\":false"));
    }

    [Covers("T22")]
    [Fact]
    public void A_tool_that_is_no_function_is_named()
    {
        var body = s_codec.Translate(Codec.Chat("""  "tools":[{"type":"web_search_preview"},""" + Tool + "]"), out var losses);
        Assert.Equal(["tools[0]"], losses.Fields);
        Assert.Equal(1, body.GetProperty("tools").GetArrayLength());
    }

    [Covers("S5")]
    [Fact]
    public void A_tool_without_a_schema_gets_one_of_no_arguments()
    {
        var body = s_codec.Translate(Codec.Chat("""  "tools":[{"type":"function","function":{"name":"now"}},{"type":"function","function":{"name":"then","parameters":{}}}] """));
        Assert.All(body.GetProperty("tools").EnumerateArray(), tool =>
            Assert.Equal("""{"type":"object","properties":{}}""", tool.GetProperty("function").GetProperty("parameters").GetRawText()));
    }

    [Covers("S7")]
    [Theory]
    [InlineData("""{"type":"text"}""", null)]
    [InlineData("""{"type":"json_object"}""", "\"json\"")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object","properties":{"a":{"type":"integer"}}}}}""", """{"type":"object","properties":{"a":{"type":"integer"}}}""")]
    [InlineData("""{"type":"json_object","schema":{"type":"object"}}""", """{"type":"object"}""")]
    public void Every_response_format_has_its_effect(string format, string? written)
    {
        var body = s_codec.Translate(Codec.Chat($"\"response_format\":{format}"));
        Assert.Equal(written, body.TryGetProperty("format", out var found) ? found.GetRawText() : null);
    }

    [Covers("R6")]
    [Theory]
    [InlineData("none", "false")]
    [InlineData("minimal", "\"low\"")]
    [InlineData("low", "\"low\"")]
    [InlineData("medium", "\"medium\"")]
    [InlineData("high", "\"high\"")]
    [InlineData("xhigh", "\"max\"")]
    [InlineData("max", "\"max\"")]
    public void Every_effort_has_its_level_and_no_budget_can_exceed_the_limit(string effort, string think)
    {
        foreach (var limit in new[] { 1, 1024, 100_000 })
        {
            var body = s_codec.Translate(Codec.Chat($"\"reasoning_effort\":\"{effort}\",\"max_tokens\":{limit}"));
            Assert.Equal(think, body.GetProperty("think").GetRawText());
            Assert.Equal(limit, body.GetProperty("options").GetProperty("num_predict").GetInt32());
        }
    }

    [Covers("R6")]
    [Fact]
    public void No_effort_says_nothing_about_thinking()
    {
        Assert.False(s_codec.Translate(Codec.Chat()).TryGetProperty("think", out _));
        Assert.False(s_codec.Translate(Codec.Chat("\"reasoning_effort\":null")).TryGetProperty("think", out _));
    }

    [Covers("R6")]
    [Fact]
    public void A_model_known_not_to_think_is_not_asked_to()
    {
        var target = EgressCodec.Target with { Facts = new ModelFacts { Reasoning = false } };
        var body = s_codec.Translate(Codec.Chat("\"reasoning_effort\":\"high\""), out var losses, target);
        Assert.False(body.TryGetProperty("think", out _));
        Assert.Equal(["reasoning_effort"], losses.Fields);
        Assert.False(s_codec.Translate(Codec.Chat("\"reasoning_effort\":\"none\""), target).TryGetProperty("think", out _));
    }

    [Covers("F5")]
    [Fact]
    public void Stops_are_a_list_however_many_and_however_sent()
    {
        Assert.Equal("""["a"]""", Stops("\"a\""));
        Assert.Equal("""["1","2","3","4","5"," "]""", Stops("""["1","2","3","4","5"," "]"""));
        // The empty stop is removed: it matches before every word, so the answer would be empty.
        Assert.Equal("""["a"]""", Stops("""["","a"]"""));
        Assert.False(s_codec.Translate(Codec.Chat("\"stop\":\"\"")).TryGetProperty("options", out _));

        static string Stops(string stop) =>
            s_codec.Translate(Codec.Chat($"\"stop\":{stop}")).GetProperty("options").GetProperty("stop").GetRawText();
    }

    [Fact]
    public void A_legacy_completion_is_a_generation_of_one_prompt()
    {
        Assert.Equal("/generate", s_codec.Dialect.GetPath(CallOperation.Completion, EgressCodec.Target, stream: false));
        var request = Codec.DecodeRequest(
            """{"model":"m","prompt":"def f(","suffix":"return 1","max_tokens":9,"echo":false}""", CallOperation.Completion);
        Assert.Equal(
            """{"model":"upstream-model","prompt":"def f(","suffix":"return 1","stream":false,"options":{"num_predict":9}}""",
            s_codec.EncodeText(request, out var losses));
        Assert.Empty(losses.Fields);
    }

    [Covers("M11", "S001-107")]
    [Fact]
    public void Embeddings_take_texts_one_or_many_and_only_what_was_sent()
    {
        Assert.Equal("""{"model":"upstream-model","input":["a"]}""", Embed("""{"model":"m","input":"a","encoding_format":"base64"}"""));
        Assert.Equal(
            """{"model":"upstream-model","input":["a","b"],"dimensions":64,"truncate":false}""",
            Embed("""{"model":"m","input":["a","b"],"dimensions":64,"ollama:truncate":false}"""));
        Assert.Equal("input[0]", Assert.Throws<CallException>(() => Embed("""{"model":"m","input":[1,2,3]}""")).Error.Param);

        static string Embed(string body) => s_codec.EncodeText(
            Codec.Dialect.DecodeRequest(
                new CallEnvelope { Operation = CallOperation.Embedding, Model = "" }, System.Text.Encoding.UTF8.GetBytes(body)), out _);
    }

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        var body = Codec.Chat($$"""  "tools":[{{Tool}},{{Tool.Replace("lookup", "other", StringComparison.Ordinal)}}],"temperature":0.1,"ollama:keep_alive":1,"ollama:options":{"num_ctx":1,"mirostat":2} """);
        var first = s_codec.EncodeText(Codec.DecodeRequest(body), out _);
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, s_codec.EncodeText(Codec.DecodeRequest(body), out _));
    }

    [Covers("C4")]
    [Fact]
    public void Nothing_of_another_targets_body_leaks_in()
    {
        var request = Codec.DecodeRequest(Codec.Chat("\"service_tier\":\"flex\",\"ollama:keep_alive\":\"1h\""));
        Codec.EncodeRequest(request, out _);
        var body = s_codec.Encode(request, out var losses);
        Assert.Equal(["service_tier"], losses.Fields);
        Assert.Equal(["model", "messages", "stream", "keep_alive"], body.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void Options_of_an_application_in_process_are_written_or_named()
    {
        var options = new ChatOptions
        {
            Instructions = "Be terse.",
            AllowBackgroundResponses = true,
            MaxOutputTokens = 3,
            Reasoning = new() { Effort = ReasoningEffort.High },
        };
        var body = s_codec.Encode(
            new CanonicalChatRequest([new(ChatRole.User, [new DataContent(Convert.FromBase64String(Pixel), "image/png")])], options),
            out var losses);
        Assert.Equal(["background"], losses.Fields);
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse($$$"""{"model":"upstream-model","messages":[{"role":"system","content":"Be terse."},{"role":"user","content":"","images":["{{{Pixel}}}"]}],"stream":false,"think":"high","options":{"num_predict":3}}"""),
            body));
    }
}

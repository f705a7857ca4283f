using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Cohere;
using Switchyard.Targets;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Cohere;

public sealed class RequestTests
{
    private const string Tool = """{"type":"function","function":{"name":"lookup","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}}""";
    private const string Other = """{"type":"function","function":{"name":"other","parameters":{"type":"object","properties":{}}}}""";
    private static readonly EgressCodec s_codec = new(new CohereDialect());

    [Fact]
    public void A_whole_request_finds_its_places()
    {
        var body = s_codec.Translate(Codec.Chat($$"""
            "temperature":0.5,"top_p":0.25,"top_k":40,"max_completion_tokens":4000,"stop":"END","seed":7,"presence_penalty":0.5,
            "frequency_penalty":0.25,"logprobs":true,"n":1,"cohere:safety_mode":"STRICT","cohere:documents":["a"],"tools":[{{Tool}}],
            "tool_choice":"required","reasoning_effort":"low","stream":true,"stream_options":{"include_usage":true}
            """));
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse($$"""
            {"model":"upstream-model","messages":[{"role":"user","content":"hi"}],"tools":[{{Tool}}],"tool_choice":"REQUIRED",
             "thinking":{"type":"enabled","token_budget":1024},"max_tokens":4000,"stop_sequences":["END"],"seed":7,"temperature":0.5,"p":0.25,
             "frequency_penalty":0.25,"presence_penalty":0.5,"k":40,"logprobs":true,"stream":true,"safety_mode":"STRICT","documents":["a"]}
            """),
            body));
    }

    [Fact]
    public void What_has_no_place_is_named()
    {
        s_codec.Translate(
            Codec.Chat($$"""  "logit_bias":{"1":1},"user":"u","metadata":{"a":"b"},"parallel_tool_calls":false,"tools":[{{Tool}}],"top_logprobs":2,"logprobs":true,"ollama:keep_alive":1 """),
            out var losses);
        Assert.Equal(["keep_alive", "logit_bias", "metadata", "parallel_tool_calls", "top_logprobs", "user"], losses.Fields.Order());
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"modalities\":[\"audio\"]", "modalities")]
    public void What_would_change_the_shape_of_the_answer_is_refused(string fields, string param) =>
        Assert.Equal(param, s_codec.Refuse(Codec.Chat(fields)).Param);

    [Theory]
    [InlineData("temperature", "2", "temperature", "1", true)]
    [InlineData("temperature", "0", "temperature", "0", false)]
    [InlineData("top_p", "1", "p", "0.99", false)]
    [InlineData("top_p", "0", "p", "0.01", false)]
    [InlineData("frequency_penalty", "-2", "frequency_penalty", "0", true)]
    [InlineData("presence_penalty", "1.5", "presence_penalty", "1", true)]
    [InlineData("top_k", "900", "k", "500", true)]
    public void A_number_out_of_range_is_brought_to_its_end_and_reported(
        string ours, string value, string theirs, string written, bool reported)
    {
        var body = s_codec.Translate(Codec.Chat($"\"{ours}\":{value}"), out var losses);
        Assert.Equal(written, body.GetProperty(theirs).GetRawText());
        Assert.Equal(reported ? [ours] : [], losses.Fields);
    }

    [Covers("F5")]
    [Fact]
    public void Five_stops_go_out_and_the_sixth_is_reported()
    {
        Assert.Equal(5, s_codec.Translate(Codec.Chat("""  "stop":["1","2","3","4","5"] """)).GetProperty("stop_sequences").GetArrayLength());
        var body = s_codec.Translate(Codec.Chat("""  "stop":["1","2","3","4","5","6"] """), out var losses);
        Assert.Equal("""["1","2","3","4","5"]""", body.GetProperty("stop_sequences").GetRawText());
        Assert.Equal(["stop[5]"], losses.Fields);
    }

    [Fact]
    public void An_empty_stop_is_none()
    {
        var body = s_codec.Translate(Codec.Chat("""  "stop":["","1","2","3","4","5","6"] """), out var losses);
        Assert.Equal("""["1","2","3","4","5"]""", body.GetProperty("stop_sequences").GetRawText());
        Assert.Equal(["stop[6]"], losses.Fields);
        Assert.False(s_codec.Translate(Codec.Chat("\"stop\":\"\"")).TryGetProperty("stop_sequences", out _));
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"", null, "lookup,other")]
    [InlineData("\"none\"", "NONE", "lookup,other")]
    [InlineData("\"required\"", "REQUIRED", "lookup,other")]
    [InlineData("""{"type":"function","function":{"name":"other"}}""", "REQUIRED", "other")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"other"}}]}}""", null,
        "other")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"lookup"}}]}}""",
        "REQUIRED", "lookup")]
    public void Every_choice_has_its_form(string choice, string? written, string offered)
    {
        var body = s_codec.Translate(Codec.Chat($$"""  "tools":[{{Tool}},{{Other}}],"tool_choice":{{choice}} """));
        Assert.Equal(written, body.TryGetProperty("tool_choice", out var found) ? found.GetString() : null);
        Assert.Equal(
            offered,
            string.Join(
                ',',
                body.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString())));
    }

    [Covers("T15")]
    [Fact]
    public void A_choice_that_is_not_among_the_tools_is_refused() => Assert.Equal(
        "tool_choice",
        s_codec.Refuse(Codec.Chat($$$"""  "tools":[{{{Tool}}}],"tool_choice":{"type":"function","function":{"name":"nobody"}} """)).Param);

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
        s_codec.Translate(Codec.Chat("""  "tools":[{"type":"web_search"}] """), out var losses);
        Assert.Equal(["tools[0]"], losses.Fields);
    }

    [Covers("S5")]
    [Fact]
    public void A_tool_without_a_schema_gets_one_of_no_arguments()
    {
        var body = s_codec.Translate(Codec.Chat("""  "tools":[{"type":"function","function":{"name":"now"}}] """));
        Assert.Equal(
            """{"type":"object","properties":{}}""",
            body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetRawText());
    }

    [Fact]
    public void Strictness_is_for_all_tools_or_reported()
    {
        const string strict = """{"type":"function","function":{"name":"s","strict":true,"parameters":{"type":"object","properties":{}}}}""";
        Assert.True(s_codec.Translate(Codec.Chat($"\"tools\":[{strict}]")).GetProperty("strict_tools").GetBoolean());
        Assert.False(s_codec.Translate(Codec.Chat($"\"tools\":[{strict},{Tool}]"), out var losses).TryGetProperty("strict_tools", out _));
        Assert.Equal(["tools[0].strict"], losses.Fields);
    }

    [Covers("S7")]
    [Theory]
    [InlineData("""{"type":"text"}""", null)]
    [InlineData("""{"type":"json_object"}""", """{"type":"json_object"}""")]
    [InlineData(
        """{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object"}}}""",
        """{"type":"json_object","json_schema":{"type":"object"}}""")]
    public void Every_response_format_has_its_effect(string format, string? written)
    {
        var body = s_codec.Translate(Codec.Chat($"\"response_format\":{format}"));
        Assert.Equal(written, body.TryGetProperty("response_format", out var found) ? found.GetRawText() : null);
    }

    [Covers("R6")]
    [Fact]
    public void A_thinking_budget_is_always_below_the_limit()
    {
        foreach (var effort in new[] { "minimal", "low", "medium", "high", "xhigh", "max" })
        {
            foreach (var limit in new[] { 1, 2, 1000, 1024, 8192, 100_000 })
            {
                var body = s_codec.Translate(Codec.Chat($"\"reasoning_effort\":\"{effort}\",\"max_tokens\":{limit}"), out var losses);
                var thinking = body.GetProperty("thinking");
                var enabled = thinking.GetProperty("type").GetString() == "enabled";
                Assert.Equal(enabled ? [] : ["reasoning_effort"], losses.Fields);
                if (enabled)
                    Assert.InRange(thinking.GetProperty("token_budget").GetInt32(), 1, limit - 1);
            }
        }
    }

    [Covers("R6")]
    [Fact]
    public void No_effort_says_nothing_and_none_turns_thinking_off()
    {
        Assert.False(s_codec.Translate(Codec.Chat()).TryGetProperty("thinking", out _));
        Assert.Equal(
            """{"type":"disabled"}""", s_codec.Translate(Codec.Chat("\"reasoning_effort\":\"none\"")).GetProperty("thinking").GetRawText());
        var cannot = EgressCodec.Target with { Facts = new ModelFacts { Reasoning = false } };
        Assert.False(s_codec.Translate(Codec.Chat("\"reasoning_effort\":\"none\""), cannot).TryGetProperty("thinking", out _));
        Assert.False(
            s_codec.Translate(Codec.Chat("\"reasoning_effort\":\"high\""), out var losses, cannot).TryGetProperty("thinking", out _));
        Assert.Equal(["reasoning_effort"], losses.Fields);
    }

    [Covers("M11")]
    [Fact]
    public void Embeddings_say_what_they_are_for()
    {
        Assert.Equal(
            """{"model":"upstream-model","input_type":"search_document","texts":["a"],"embedding_types":["float"]}""",
            Embed("""{"model":"m","input":"a","encoding_format":"base64"}"""));
        Assert.Equal(
            """{"model":"upstream-model","input_type":"search_query","texts":["a","b"],"embedding_types":["float"],"output_dimension":256}""",
            Embed("""{"model":"m","input":["a","b"],"dimensions":256,"input_type":"query"}"""));
        Assert.Equal(
            """{"model":"upstream-model","texts":["a"],"embedding_types":["float"],"input_type":"clustering","truncate":"NONE"}""",
            Embed("""{"model":"m","input":["a"],"cohere:input_type":"clustering","cohere:truncate":"NONE"}"""));
        Assert.Equal("input[0]", Assert.Throws<CallException>(() => Embed("""{"model":"m","input":[1,2]}""")).Error.Param);

        static string Embed(string body) => s_codec.EncodeText(
            Codec.Dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Embedding, Model = "" }, Encoding.UTF8.GetBytes(body)),
            out _);
    }

    [Covers("M11")]
    [Fact]
    public void Rerank_documents_are_texts_however_they_came()
    {
        var request = new CanonicalRerankRequest(
            "ruby", [new RerankDocument("one"), new RerankDocument("two") { Wire = JsonElement.Parse("""{"text":"two","id":7}"""u8) }])
        {
            TopN = 1,
            ReturnDocuments = true,
            AdditionalProperties =
                new() { ["max_tokens_per_doc"] = JsonElement.Parse("99"u8), ["rank_fields"] = JsonElement.Parse("""["title"]"""u8) },
        };
        Assert.Equal(
            """{"model":"upstream-model","query":"ruby","documents":["one","two"],"top_n":1,"max_tokens_per_doc":99}""",
            s_codec.EncodeText(request, out var losses));
        Assert.Equal(["documents[1].id", "rank_fields"], losses.Fields);
    }

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        var body = Codec.Chat($$"""  "tools":[{{Tool}},{{Other}}],"temperature":0.1,"cohere:priority":1,"cohere:safety_mode":"OFF" """);
        var first = s_codec.EncodeText(Codec.DecodeRequest(body), out _);
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, s_codec.EncodeText(Codec.DecodeRequest(body), out _));
    }

    [Covers("C4")]
    [Fact]
    public void Nothing_of_another_targets_body_leaks_in()
    {
        var request = Codec.DecodeRequest(Codec.Chat("\"service_tier\":\"flex\",\"cohere:priority\":1,\"ollama:keep_alive\":\"1h\""));
        Codec.EncodeRequest(request, out _);
        Assert.Equal(
            ["model", "messages", "stream", "priority"],
            s_codec.Encode(request, out var losses).EnumerateObject().Select(member => member.Name));
        Assert.Equal(["keep_alive", "service_tier"], losses.Fields.Order());
    }
}

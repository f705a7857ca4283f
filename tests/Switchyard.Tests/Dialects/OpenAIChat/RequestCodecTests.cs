using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class RequestCodecTests
{
    /// <summary>Every documented field and message shape of the API, and some that only vendors have.</summary>
    private const string Full = """
        {"model":"m","messages":[
          {"role":"developer","content":"Be brief.","name":"dev"},
          {"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]},
          {"role":"user","name":"ann","content":[
            {"type":"text","text":"look"},
            {"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"prompt_cache_breakpoint":{"mode":"explicit"}},
            {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}},
            {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"mp3"}},
            {"type":"file","file":{"file_id":"file-1"}},
            {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}},
            {"type":"file","file":{"filename":"a.png","file_data":"data:image/png;base64,iVBORw0KGgo="}},
            {"type":"video_url","video_url":{"url":"https://example.com/a.mp4"},"fps":2}]},
          {"role":"assistant","content":null,"reasoning_content":"hmm","tool_calls":[
            {"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":  1}"}},
            {"id":"call_2","type":"custom","custom":{"name":"run","input":"print(1)"}}]},
          {"role":"tool","tool_call_id":"call_1","content":"done"},
          {"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]},
          {"role":"assistant","content":"I will not.","refusal":"no","audio":{"id":"audio_1"}},
          {"role":"assistant","content":null,"function_call":{"name":"old","arguments":"{}"}},
          {"role":"function","name":"old","content":"7"},
          {"role":"user","content":"go on"}],
         "tools":[
          {"type":"function","function":{"name":"f","description":"","parameters":{"type":"object","properties":{"a":{"type":["integer","null"]}},"required":["a"],"additionalProperties":false},"strict":true}},
          {"type":"function","function":{"name":"g"},"cache_control":{"type":"ephemeral"}},
          {"type":"custom","custom":{"name":"run","format":{"type":"grammar","grammar":{"definition":"x","syntax":"lark"}}}},
          {"type":"web_search"}],
         "tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,
         "response_format":{"type":"json_schema","json_schema":{"name":"out","description":"d","schema":{"type":"object"},"strict":true}},
         "reasoning_effort":"high","max_tokens":100,"temperature":0.7,"top_p":0.9,"frequency_penalty":-0.5,"presence_penalty":1,"seed":12345678901,
         "stop":["a","b"],"n":2,"logprobs":true,"top_logprobs":3,"logit_bias":{"50256":-100},"user":"u","safety_identifier":"s",
         "metadata":{"k":"v"},"store":false,"service_tier":"flex","verbosity":"low","modalities":["text"],"top_k":40,"unknown":{"deep":[1,2.50,null]},"nothing":null}
        """;

    [Covers("S001-02", "S002-04", "S004-33")]
    [Fact]
    public void A_full_request_survives_decoding_and_encoding() =>
        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(Encoding.UTF8.GetBytes(Full)),
            Codec.Translate(Full, Codec.Reasoning with { Model = "m" })));

    [Fact]
    public void Forwarding_and_translating_a_full_request_say_the_same() =>
        Assert.Empty(JsonDiff.Compare(
            JsonDiff.Parse(Encoding.UTF8.GetBytes(Codec.Forward(Full, Codec.Reasoning)!)), Codec.Translate(Full, Codec.Reasoning)));

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        var first = Codec.Translate(Full, Codec.Reasoning).GetRawText();
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, Codec.Translate(Full, Codec.Reasoning).GetRawText());
    }

    [Fact]
    public void The_canonical_form_says_what_other_formats_need()
    {
        var request = Codec.DecodeRequest(Full);
        var options = request.Options;
        Assert.Equal(100, options.MaxOutputTokens);
        Assert.Equal(0.7f, options.Temperature);
        Assert.Equal(12345678901, options.Seed);
        Assert.Equal(["a", "b"], options.StopSequences);
        Assert.False(options.AllowMultipleToolCalls);
        Assert.Equal("f", Assert.IsType<RequiredChatToolMode>(options.ToolMode).RequiredFunctionName);
        Assert.Equal(ReasoningEffort.High, options.Reasoning!.Effort);
        Assert.Equal("out", Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat).SchemaName);
        Assert.Equal(40, options.TopK);
        Assert.Equal(2, ((JsonElement)options.AdditionalProperties!["n"]!).GetInt32());
        Assert.Equal(2, options.Tools!.OfType<AIFunctionDeclaration>().Count());

        var user = request.Messages[2];
        Assert.Equal("ann", user.AuthorName);
        Assert.Equal("low", user.Contents[1].AdditionalProperties![CanonicalKeys.ImageDetail]);
        Assert.Equal("audio/mpeg", Assert.IsType<DataContent>(user.Contents[4]).MediaType);
        Assert.Equal("file-1", Assert.IsType<HostedFileContent>(user.Contents[5]).FileId);
        var assistant = request.Messages[3];
        Assert.IsType<TextReasoningContent>(assistant.Contents[0]);
        Assert.Equal(1, ((JsonElement)Assert.IsType<FunctionCallContent>(assistant.Contents[1]).Arguments!["a"]!).GetInt32());
        var old = Assert.IsType<FunctionCallContent>(request.Messages[7].Contents[0]);
        Assert.Equal(old.CallId, Assert.IsType<FunctionResultContent>(request.Messages[8].Contents[0]).CallId);
        Assert.Equal(ChatRole.Tool, request.Messages[8].Role);
    }

    [Theory]
    [InlineData("""{"messages":[5]}""", "messages[0]")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"boss","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"role":"user","content":5}]}""", "messages[1].content")]
    [InlineData("""{"messages":[{"role":"user","content":[5]}]}""", "messages[0].content[0]")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":"x"}]}]}""", "messages[0].content[0].type")]
    [InlineData(
        """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages[0].tool_call_id")]
    [InlineData(
        """{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function"}]}]}""", "messages[0].tool_calls[0].function")]
    [InlineData(
        """{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":5}}]}]}""",
        "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":"hot"}""", "temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"seed":1.5}""", "seed")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"stop":[1]}""", "stop[0]")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":{}}""", "tools")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", "tools[0].function")]
    [InlineData(
        """{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":"x"}}]}""",
        "tools[0].function.parameters")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tool_choice":5}""", "tool_choice")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":"json"}""", "response_format")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}""", "response_format.json_schema")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":1,"max_completion_tokens":2}""", "max_tokens")]
    public void A_wrong_shape_is_named_by_its_path(string body, string param)
    {
        var error = Assert.Throws<CallException>(() => Codec.DecodeRequest(body)).Error;
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
    }

    [Covers("M4")]
    [Theory]
    [InlineData("user")]
    [InlineData("system")]
    [InlineData("developer")]
    [InlineData("assistant")]
    [InlineData("tool")]
    public void Empty_content_of_any_role_is_written_in_a_form_every_server_takes(string role)
    {
        foreach (var content in new[] { "null", "\"\"", "\" \"", "[]" })
        {
            var written = Codec.Translate(Codec.Messages($$"""{"role":"{{role}}","tool_call_id":"c","content":{{content}}}"""), out _);
            var message = written.GetProperty("messages")[0];
            Assert.Equal(content == "\" \"" ? " " : "", message.GetProperty("content").GetString());
        }
    }

    [Covers("T21")]
    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    public void Empty_content_beside_tool_calls_stays_empty(string content)
    {
        var written = Codec.Translate(Codec.Messages(
            $$$"""{"role":"assistant","content":{{{content}}},"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"""));
        Assert.Equal(JsonValueKind.Null, written.GetProperty("messages")[0].GetProperty("content").ValueKind);
    }

    [Covers("M5")]
    [Fact]
    public void Several_text_blocks_all_arrive() => Assert.Equal(
        ["a", "b", "c"],
        Codec.Translate(Codec.Messages(
            """{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}]}"""))
            .GetProperty("messages")[0].GetProperty("content").EnumerateArray().Select(part => part.GetProperty("text").GetString()!));

    [Covers("M8")]
    [Theory]
    [InlineData("data: x\\n\\ndata: [DONE]")]
    [InlineData("data:image/png;base64,AAAA")]
    [InlineData("🚂 grüße \\u0001 </script> \\\"q\\\" \\\\")]
    public void Text_arrives_as_it_was_whatever_it_looks_like(string text)
    {
        var body = Codec.Messages($$"""{"role":"user","content":"{{text}}"}""");
        var sent = JsonDiff.Parse(Encoding.UTF8.GetBytes(body)).GetProperty("messages")[0].GetProperty("content").GetString();
        Assert.Equal(sent, Codec.Translate(body).GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public void Text_of_any_script_is_written_unescaped()
    {
        var written = Codec.Translate(Codec.Messages("""{"role":"user","content":"\u00fc \ud83d\ude82 <b> & ' +"}""")).GetRawText();
        Assert.Contains("ü 🚂 <b> & ' +", written, StringComparison.Ordinal);
    }

    [Covers("T24")]
    [Theory]
    [InlineData("""{\"a\": \"\\u00fc 🚂\",  \"b\":1.50}""")]
    [InlineData("""{\"a\":\"tru""")]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    public void Tool_arguments_pass_byte_for_byte(string arguments)
    {
        var body = Codec.Messages($$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{{{arguments}}}"}}]}""");
        var sent = JsonDiff.Parse(Encoding.UTF8.GetBytes(body));
        var written = Codec.Translate(body);
        Assert.Equal(Arguments(sent), Arguments(written));
    }

    [Covers("T7", "T10")]
    [Theory]
    [InlineData("\"\"", "{}")]
    [InlineData("\" \"", "{}")]
    [InlineData("null", "{}")]
    [InlineData("""{"a":{"b":[1]}}""", """{"a":{"b":[1]}}""")]
    public void Empty_arguments_become_an_empty_object_and_objects_become_text(string arguments, string written) => Assert.Equal(
        written,
        Arguments(Codec.Translate(Codec.Messages(
            $$$"""{"role":"assistant","content":"x","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{{{arguments}}}}}]}"""))));

    [Covers("T16")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_switch_for_parallel_calls_is_carried_with_tools_and_left_out_without(bool parallel)
    {
        var value = parallel ? "true" : "false";
        const string tools = """ "tools":[{"type":"function","function":{"name":"f"}}],""";
        Assert.Equal(
            parallel,
            Codec.Translate(Codec.Chat($"{tools}\"parallel_tool_calls\":{value}")).GetProperty("parallel_tool_calls").GetBoolean());
        Assert.False(Codec.Translate(Codec.Chat($"\"parallel_tool_calls\":{value}")).TryGetProperty("parallel_tool_calls", out _));
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"")]
    [InlineData("\"none\"")]
    [InlineData("\"required\"")]
    [InlineData("\"any\"")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""")]
    [InlineData("""{"type":"custom","custom":{"name":"run"}}""")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""")]
    public void Every_form_of_tool_choice_is_carried(string choice)
    {
        var body = Codec.Chat($"\"tools\":[{{\"type\":\"function\",\"function\":{{\"name\":\"f\"}}}}],\"tool_choice\":{choice}");
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(Encoding.UTF8.GetBytes(choice)), Codec.Translate(body).GetProperty("tool_choice")));
    }

    [Covers("S7", "S9")]
    [Theory]
    [InlineData("""{"type":"text"}""")]
    [InlineData("""{"type":"json_object"}""")]
    [InlineData("""{"type":"json_object","schema":{"type":"object"}}""")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"x"}}""")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"]},"strict":false}}""")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"x","schema":{},"vendor":1}}""")]
    [InlineData("""{"type":"regex","regex":"a+"}""")]
    public void Every_response_format_is_carried_as_it_was(string format) => Assert.Empty(JsonDiff.Compare(
        JsonDiff.Parse(Encoding.UTF8.GetBytes(format)),
        Codec.Translate(Codec.Chat($"\"response_format\":{format}")).GetProperty("response_format")));

    [Covers("R6")]
    [Theory]
    [InlineData("none")]
    [InlineData("minimal")]
    [InlineData("low")]
    [InlineData("medium")]
    [InlineData("high")]
    [InlineData("xhigh")]
    [InlineData("max")]
    [InlineData("brand-new")]
    public void Every_reasoning_effort_is_carried_word_for_word(string effort) => Assert.Equal(
        effort, Codec.Translate(Codec.Chat($"\"reasoning_effort\":\"{effort}\"")).GetProperty("reasoning_effort").GetString());

    [Covers("R7")]
    [Fact]
    public void Reasoning_of_the_history_goes_where_the_provider_reads_it_and_is_reported_where_it_has_no_place()
    {
        foreach (var field in new[] { "reasoning", "reasoning_content" })
        {
            var body = Codec.Messages($$"""{"role":"user","content":"q"},{"role":"assistant","content":"a","{{field}}":"thought"}""");
            Assert.Equal(
                "thought", Codec.Translate(body, Codec.Reasoning).GetProperty("messages")[1].GetProperty("reasoning_content").GetString());
            Codec.Translate(body, out var losses);
            Assert.Equal(["messages[1].reasoning_content"], losses.Fields);
        }
    }

    [Fact]
    public void A_stream_asks_for_usage_and_keeps_the_other_stream_options()
    {
        var written = Codec.Translate(Codec.Chat("\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}"));
        Assert.Equal("""{"include_usage":true,"include_obfuscation":false}""", written.GetProperty("stream_options").GetRawText());
        Assert.False(Codec.Translate(Codec.Chat("\"stream\":false")).TryGetProperty("stream_options", out _));
        Assert.False(
            Codec.Translate(Codec.Chat("\"stream\":true"), Codec.With(new ProviderQuirks { StreamOptions = false }))
                .TryGetProperty("stream_options", out _));
    }

    [Covers("M11")]
    [Fact]
    public void What_is_absent_stays_absent_and_what_is_null_but_unknown_stays_null()
    {
        var written = Codec.Translate(Codec.Chat("\"temperature\":null,\"stop\":null,\"tools\":null,\"unknown\":null"));
        Assert.Equal(["model", "messages", "unknown"], written.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void A_half_surrogate_pair_is_replaced_rather_than_fatal()
    {
        var written = Codec.Translate(Codec.Messages("""{"role":"user","content":"a\ud83d b \\ud83d \ud83d\ude82 \udE82"}"""));
        Assert.Equal("a\uFFFD b \\ud83d 🚂 \uFFFD", written.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("\"n\":\"2\"", "n")]
    [InlineData("\"n\":1.5", "n")]
    [InlineData("\"n\":[1]", "n")]
    [InlineData("\"modalities\":\"audio\"", "modalities")]
    [InlineData("\"modalities\":[\"text\",5]", "modalities[1]")]
    [InlineData("\"service_tier\":5", "service_tier")]
    public void A_kept_field_of_a_wrong_type_is_refused_by_its_name(string field, string name)
    {
        var refused = Assert.Throws<CallException>(() => Codec.DecodeRequest(Codec.Chat(field)));
        Assert.Equal((CallErrorKind.InvalidRequest, name), (refused.Error.Kind, refused.Error.Param));
    }

    private static string Arguments(JsonElement request) =>
        request.GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()!;
}

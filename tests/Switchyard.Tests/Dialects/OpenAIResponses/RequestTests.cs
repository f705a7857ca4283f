using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>Requests of a client of this format, for a provider of this format and for one of chat.</summary>
public sealed class RequestTests
{
    [Covers("M9")]
    [Theory]
    [InlineData("\"hi\"")]
    [InlineData("""{"role":"user","content":"hi"}""")]
    [InlineData("""["hi"]""")]
    [InlineData("""[{"role":"user","content":"hi"}]""")]
    [InlineData("""[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]""")]
    public void Every_form_of_input_is_the_same_message(string input)
    {
        var body = $$"""{"model":"m","input":{{input}}}""";
        Assert.Equal("m", Codec.Envelope(body).Model);
        var chat = Codec.ToChat(body, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal("""[{"role":"user","content":"hi"}]""", chat.GetProperty("messages").GetRawText());
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    [InlineData("{\"background\":true}", false)]
    public void A_request_says_whether_its_answer_is_made_in_the_background(string background, bool expected)
    {
        var body = $$"""{"model":"m","input":"hi","background":{{background}},"stream":true}""";

        Assert.Equal((expected, true), (Codec.Envelope(body).IsBackground, Codec.Envelope(body).Stream));
    }

    [Covers("M9")]
    [Theory]
    [InlineData("user")]
    [InlineData("system")]
    [InlineData("developer")]
    [InlineData("assistant")]
    public void Every_role_keeps_its_place(string role)
    {
        var chat = Codec.ToChat(
            $$"""{"model":"m","instructions":"be kind","input":[{"role":"{{role}}","content":"a"},{"role":"user","content":"b"}]}""",
            out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal(
            ["system", role, "user"],
            chat.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("a", chat.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Covers("M9")]
    [Fact]
    public void A_role_on_a_call_and_a_missing_type_do_no_harm()
    {
        var chat = Codec.ToChat(
            """{"model":"m","input":[{"role":"assistant","type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"call_id":"c1","output":"done"}]}""", out _);
        Assert.Equal("c1", chat.GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("id").GetString());
        Assert.Equal("done", chat.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Fact]
    public void Parallel_calls_are_one_message_for_chat_and_separate_items_here()
    {
        const string body = """
            {"model":"m","input":[{"role":"user","content":"q"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E"},
            {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"both"}]},
            {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},
            {"type":"function_call","id":"fc_2","call_id":"c2","name":"g","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"1"},{"type":"function_call_output","call_id":"c2","output":"2"}]}
            """;
        var chat = Codec.ToChat(body, out var losses);
        Assert.Equal(["messages[1].reasoning_content"], losses.Fields.DefaultIfEmpty("messages[1].reasoning_content"));
        var messages = chat.GetProperty("messages");
        Assert.Equal(4, messages.GetArrayLength());
        Assert.Equal("both", messages[1].GetProperty("content").GetString());
        Assert.Equal(2, messages[1].GetProperty("tool_calls").GetArrayLength());

        var again = Codec.Again(body, out losses);
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(body).GetProperty("input"), again.GetProperty("input")));
    }

    [Covers("R1", "R3")]
    [Fact]
    public void Reasoning_goes_back_byte_for_byte_and_in_its_place()
    {
        const string reasoning = """{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"\u00fc x"}],"encrypted_content":"gAA\u002f+==","x_new":1.50}""";
        const string body = """{"model":"m","input":[{"role":"user","content":"q"},""" + reasoning
            + """,{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"1"}]}""";
        var written = Codec.EncodeText(Codec.Decode(body), out var losses);
        Assert.Empty(losses.Fields);
        Assert.Contains(reasoning + ",{\"type\":\"function_call\"", written, StringComparison.Ordinal);
    }

    [Covers("R8")]
    [Fact]
    public void A_fallback_from_another_provider_gets_no_encrypted_reasoning_and_no_ids()
    {
        const string body = """
            {"model":"m","input":[{"role":"user","content":"q"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"secret"},
            {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"1"}]}
            """;
        var fallback = Codec.Target with { IsFallbackFromAnotherProvider = true };
        var bytes = System.Text.Encoding.UTF8.GetBytes(body);
        Assert.NotNull(Codec.Dialect.PlanForward(Codec.Envelope(body), bytes, Codec.Target));
        Assert.Null(Codec.Dialect.PlanForward(Codec.Envelope(body), bytes, fallback));
        var written = Codec.EncodeText(Codec.Decode(body), out var losses, fallback);
        Assert.Equal(["messages[1].reasoning"], losses.Fields);
        Assert.DoesNotContain("secret", written, StringComparison.Ordinal);
        Assert.DoesNotContain("fc_1", written, StringComparison.Ordinal);
        Assert.Contains("\"call_id\":\"c1\"", written, StringComparison.Ordinal);
    }

    [Covers("R8", "R9")]
    [Fact]
    public void Encrypted_reasoning_never_reaches_another_format()
    {
        var chat = Codec.ToChat(
            """{"model":"m","input":[{"role":"user","content":"q"},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"why"}],"encrypted_content":"secret"},{"role":"assistant","content":[{"type":"output_text","text":"a"}]}]}""",
            out var losses);
        Assert.DoesNotContain("secret", chat.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(losses.Fields, field => field.StartsWith("messages[1].reasoning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"", "previous_response_id", "whole conversation")]
    [InlineData("\"conversation\":{\"id\":\"conv_1\"}", "conversation", "whole conversation")]
    [InlineData("\"background\":true", "background", "background")]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt", "stored prompts")]
    public void What_only_its_keeper_knows_is_refused_elsewhere_and_kept_here(string field, string param, string says)
    {
        var body = $$"""{"model":"m","input":"hi",{{field}}}""";
        var error = Assert.Throws<CallException>(() => Codec.ToChat(body, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, param), (error.Kind, error.Param));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);

        var again = Codec.Again(body, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal(JsonElement.Parse(body).GetProperty(param).GetRawText(), again.GetProperty(param).GetRawText());
    }

    [Fact]
    public void A_reference_to_a_stored_item_is_refused_elsewhere()
    {
        const string body = """{"model":"m","input":[{"type":"item_reference","id":"msg_1"},{"role":"user","content":"and?"}]}""";
        Assert.Equal(CallErrorKind.InvalidRequest, Assert.Throws<CallException>(() => Codec.ToChat(body, out _)).Error.Kind);
        Assert.Equal("item_reference", Codec.Again(body, out _).GetProperty("input")[0].GetProperty("type").GetString());
    }

    [Fact]
    public void The_refusal_of_a_reference_to_a_stored_item_names_every_way_out()
    {
        const string body = """{"model":"m","input":[{"type":"item_reference","id":"msg_1"},{"role":"user","content":"and?"}]}""";
        var error = Assert.Throws<CallException>(() => Codec.ToChat(body, out _)).Error;
        Assert.Equal("input.item_reference", error.Param);
        foreach (var way in new[] { "store: false in the client", "responses.store: true in the gateway", "serves the Responses API" })
            Assert.Contains(way, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Input_may_be_missing_only_where_something_stands_for_it()
    {
        Assert.Equal("input", Assert.Throws<CallException>(() => Codec.Envelope("""{"model":"m"}""")).Error.Param);
        Assert.Equal("m", Codec.Envelope("""{"model":"m","previous_response_id":"resp_1"}""").Model);
        Assert.False(Codec.Again("""{"model":"m","previous_response_id":"resp_1"}""", out _).TryGetProperty("input", out _));
    }

    [Theory]
    [InlineData("""{"model":"a","model":"b","input":"x"}""", "model")]
    [InlineData("""{"model":"a","mod\u0065l":"b","input":"x"}""", "model")]
    [InlineData("""{"model":"a","stream":true,"stream":false,"input":"x"}""", "stream")]
    [InlineData("""{"model":5,"input":"x"}""", "model")]
    [InlineData("""{"model":" ","input":"x"}""", "model")]
    [InlineData("""{"input":"x"}""", "model")]
    [InlineData("""{"model":"a","stream":"yes","input":"x"}""", "stream")]
    [InlineData("""{"model":"a","max_output_tokens":"9","input":"x"}""", "max_output_tokens")]
    public void An_envelope_that_can_be_read_two_ways_is_refused(string body, string param)
    {
        var error = Assert.Throws<CallException>(() => Codec.Envelope(body)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, param), (error.Kind, error.Param));
    }

    [Fact]
    public void The_envelope_holds_what_policies_need()
    {
        var envelope = Codec.Envelope(
            """{"input":"x","model":"a","stream":true,"max_output_tokens":99,"user":"u","safety_identifier":"s"}""");
        Assert.Equal(("a", true, 99L, "s"), (envelope.Model, envelope.Stream, envelope.MaxOutputTokens, envelope.EndUser));
    }

    [Fact]
    public void Options_reach_chat_under_its_names()
    {
        var chat = Codec.ToChat("""
            {"model":"m","input":"x","max_output_tokens":100,"temperature":0.5,"top_p":0.9,"reasoning":{"effort":"high"},"metadata":{"a":"b"},"store":false,
            "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object","$defs":{"d":{"type":["string","null"]}},"properties":{"p":{"$ref":"#/$defs/d"}},"required":["p"]},"strict":true}},
            "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,"user":"u","stream":true}
            """, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal(100, chat.GetProperty("max_tokens").GetInt32());
        Assert.Equal("high", chat.GetProperty("reasoning_effort").GetString());
        Assert.Equal("low", chat.GetProperty("verbosity").GetString());
        Assert.True(chat.GetProperty("response_format").GetProperty("json_schema").GetProperty("strict").GetBoolean());
        Assert.Contains("\"$defs\"", chat.GetProperty("response_format").GetRawText(), StringComparison.Ordinal);
        Assert.Equal("f", chat.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
        Assert.False(chat.GetProperty("parallel_tool_calls").GetBoolean());
        Assert.Equal(
            """{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}""",
            chat.GetProperty("tools")[0].GetRawText());
        Assert.True(chat.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Covers("T22")]
    [Fact]
    public void What_chat_has_no_place_for_is_named()
    {
        Codec.ToChat("""
            {"model":"m","input":[{"role":"user","content":"x"},{"type":"web_search_call","id":"ws_1","status":"completed"},{"role":"assistant","content":[{"type":"output_text","text":"y"}]}],
            "tools":[{"type":"web_search"},{"type":"mcp","server_label":"s"},{"type":"function","name":"f","parameters":{},"defer_loading":true}],
            "truncation":"auto","max_tool_calls":3,"include":["x"],"reasoning":{"context":"auto"},"context_management":[{"type":"compaction"}]}
            """, out var losses);
        Assert.Equal(
            [
                "context_management", "include", "max_tool_calls", "messages[1].content[0]", "reasoning.context", "tools[0]", "tools[1]",
                "tools[2].defer_loading", "truncation",
            ],
            losses.Fields.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_of_this_format_goes_back_to_it()
    {
        const string body = """
            {"model":"upstream-model","input":[{"role":"user","content":[{"type":"input_text","text":"x"},{"type":"input_image","image_url":"https://e.org/a.png","detail":"original"},
            {"type":"input_image","file_id":"file_1"},{"type":"input_file","file_id":"file_2"},{"type":"input_file","file_url":"https://e.org/a.pdf"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"},{"type":"input_new","x":1}]},
            {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search"}},{"type":"message","id":"msg_1","status":"completed","phase":"commentary","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"https://e.org/","title":"t","start_index":0,"end_index":1}]},{"type":"refusal","refusal":"no"}]},
            {"type":"message","id":"msg_2","status":"completed","phase":"final_answer","role":"assistant","content":[{"type":"output_text","text":"b"}]},
            {"type":"custom_tool_call","id":"ctc_1","call_id":"c9","name":"patch","input":"*** x"},{"type":"custom_tool_call_output","call_id":"c9","output":"ok"},
            {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"t\":\"\u00fc \ud83d\ude00\"}"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]},
            {"type":"computer_call_output","call_id":"c2","output":{"type":"computer_screenshot"}}],
            "instructions":"i","max_output_tokens":50,"max_tool_calls":2,"temperature":0.5,"top_logprobs":3,"include":["message.output_text.logprobs"],"truncation":"auto","service_tier":"flex","prompt_cache_key":"k",
            "tools":[{"type":"web_search","filters":{}},{"type":"custom","name":"patch","format":{"type":"grammar","syntax":"lark","definition":"s"}},{"type":"function","name":"f","parameters":{"type":"object"},"defer_loading":true}],
            "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]},"parallel_tool_calls":true,"reasoning":{"effort":"minimal","summary":"concise","context":"auto"},
            "text":{"format":{"type":"json_object"},"verbosity":"high"},"store":true,"stream":true,"stream_options":{"include_obfuscation":false},"x_unknown":{"a":1}}
            """;
        var again = Codec.Again(body, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(body), again));
    }

    [Fact]
    public void Custom_tools_and_choices_keep_their_meaning_in_chat()
    {
        var chat = Codec.ToChat("""
            {"model":"m","input":"x","tools":[{"type":"custom","name":"patch","format":{"type":"grammar","syntax":"lark","definition":"s"}}],"tool_choice":{"type":"custom","name":"patch"}}
            """, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse(
                """{"type":"custom","custom":{"name":"patch","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"s"}}}}"""),
            chat.GetProperty("tools")[0]));
        Assert.Equal("""{"type":"custom","custom":{"name":"patch"}}""", chat.GetProperty("tool_choice").GetRawText());
        Assert.Equal("""{"type":"custom","name":"patch"}""", Codec.FromChat(
            $$"""{"model":"m","messages":[{"role":"user","content":"x"}],"tools":{{chat.GetProperty("tools").GetRawText()}},"tool_choice":{{chat.GetProperty("tool_choice").GetRawText()}}}""", out _)
            .GetProperty("tool_choice").GetRawText());
    }

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        const string body = """{"model":"m","input":"x","metadata":{"b":1,"a":2},"tools":[{"type":"function","name":"b"},{"type":"function","name":"a"}],"x_b":1,"x_a":2}""";
        var first = Codec.EncodeText(Codec.Decode(body), out _);
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, Codec.EncodeText(Codec.Decode(body), out _));
    }

    [Fact]
    public void A_compaction_takes_all_that_its_client_sent_and_is_neither_streamed_nor_limited()
    {
        const string body = """{"model":"m","input":[{"type":"compaction","id":"cmp_1","encrypted_content":"E"},{"role":"user","content":"x"}],"instructions":"i","previous_response_id":"resp_1","prompt_cache_key":"k","prompt_cache_retention":"24h","stream":true,"max_output_tokens":50}""";
        var envelope = Codec.Dialect.ReadEnvelope(
            new IngressRequest(CallOperation.Compaction), System.Text.Encoding.UTF8.GetBytes(body));
        Assert.Equal((false, (long?)null, "resp_1"), (envelope.Stream, envelope.MaxOutputTokens, envelope.ContinuedId));
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse(body.Replace("\"m\"", "\"upstream-model\"", StringComparison.Ordinal)),
            Codec.Encode(Codec.Decode(body, CallOperation.Compaction), out var losses)));
        Assert.Empty(losses.Fields);
        Assert.Equal("/responses/compact", Codec.Dialect.GetPath(CallOperation.Compaction, Codec.Target, false));
    }

    [Fact]
    public void A_count_of_tokens_takes_only_what_it_depends_on()
    {
        var request = Codec.Decode("""{"model":"m","input":"x","instructions":"i","tools":[{"type":"function","name":"f","parameters":{}}],"temperature":1,"max_output_tokens":5,"truncation":"auto"}""", CallOperation.CountTokens);
        var written = Codec.Encode(request, out _);
        Assert.Equal(
            ["input", "instructions", "model", "tools", "truncation"], written.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("/responses/input_tokens", Codec.Dialect.GetPath(CallOperation.CountTokens, Codec.Target, false));
        var answer = (CanonicalTokenCount)Codec.Dialect.DecodeAnswer(
            CallOperation.CountTokens, """{"object":"response.input_tokens","input_tokens":11}"""u8.ToArray());
        Assert.Equal(11, answer.InputTokens);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(), output);
        Assert.Equal("""{"object":"response.input_tokens","input_tokens":11}""", System.Text.Encoding.UTF8.GetString(output.WrittenSpan));
    }
}

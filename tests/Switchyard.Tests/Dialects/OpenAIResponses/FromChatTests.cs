using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>Requests of clients of other formats, for a provider of this one.</summary>
public sealed class FromChatTests
{
    [Fact]
    public void A_conversation_becomes_items_and_nothing_is_stored()
    {
        var written = Codec.FromChatMessages("""
            {"role":"system","content":"s"},{"role":"user","content":"q"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},
            {"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":"2"}
            """, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal("""
            [{"role":"system","content":"s"},{"role":"user","content":"q"},{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\": 1}"},{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":"1"},{"type":"function_call_output","call_id":"c2","output":"2"}]
            """, written.GetProperty("input").GetRawText());
        Assert.False(written.GetProperty("store").GetBoolean());
        Assert.False(written.TryGetProperty("include", out _));
    }

    [Covers("R1")]
    [Fact]
    public void A_model_that_reasons_is_asked_for_what_the_caller_can_bring_back()
    {
        var facts = Codec.Target with { Facts = new ModelFacts { Reasoning = true } };
        Assert.Equal(
            """["reasoning.encrypted_content"]""",
            Codec.FromChat("""{"model":"m","messages":[{"role":"user","content":"x"}]}""", out _, facts).GetProperty("include")
                .GetRawText());
        Assert.True(
            Codec.FromChat("""{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"low"}""", out _)
                .TryGetProperty("include", out _));
        var unstored = Codec.FromChat("""{"model":"m","messages":[{"role":"user","content":"x"}],"store":false}""", out _, facts);
        Assert.Equal(
            ("false", """["reasoning.encrypted_content"]"""),
            (unstored.GetProperty("store").GetRawText(), unstored.GetProperty("include").GetRawText()));
        Assert.False(
            Codec.FromChat("""{"model":"m","messages":[{"role":"user","content":"x"}],"store":true}""", out _, facts)
                .TryGetProperty("include", out _));
        var never = Codec.Target with { Facts = new ModelFacts { Reasoning = false } };
        Assert.False(
            Codec.FromChat("""{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"low"}""", out _, never)
                .TryGetProperty("include", out _));
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"", "\"auto\"")]
    [InlineData("\"none\"", "\"none\"")]
    [InlineData("\"required\"", "\"required\"")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", """{"type":"function","name":"f"}""")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}""",
        """{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}""")]
    public void A_choice_of_tools_means_the_same(string chat, string here)
    {
        var written = Codec.FromChatMessages(
            """{"role":"user","content":"x"}""", out var losses,
            $$""","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"} } }],"tool_choice":{{chat}}""");
        Assert.Empty(losses.Fields);
        Assert.Equal(here, written.GetProperty("tool_choice").GetRawText());
        var back = Codec.ToChat(
            "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{}}],\"tool_choice\":" + here
                + "}",
            out _);
        Assert.Equal(chat, back.GetProperty("tool_choice").GetRawText());
    }

    [Covers("T15")]
    [Fact]
    public void A_demand_to_call_a_tool_without_tools_is_named()
    {
        Codec.FromChatMessages("""{"role":"user","content":"x"}""", out var losses, ""","tool_choice":"required" """);
        Assert.Equal(["tool_choice"], losses.Fields);
    }

    [Covers("T16")]
    [Fact]
    public void Parallel_calls_are_forbidden_only_where_there_are_tools()
    {
        const string tools = ""","tools":[{"type":"function","function":{"name":"f"}}]""";
        Assert.False(
            Codec.FromChatMessages("""{"role":"user","content":"x"}""", out _, tools + ""","parallel_tool_calls":false""")
                .GetProperty("parallel_tool_calls").GetBoolean());
        Assert.False(Codec.FromChatMessages("""{"role":"user","content":"x"}""", out _, ""","parallel_tool_calls":false""").TryGetProperty(
            "parallel_tool_calls", out _));
    }

    [Covers("S2", "S9")]
    [Fact]
    public void A_schema_passes_as_it_is_and_strict_is_said_because_the_default_differs()
    {
        const string schema = """{"type":"object","$defs":{"a":{"type":"string"}},"properties":{"x":{"$ref":"#/$defs/a"},"y":{"type":["string","null"]}},"required":["x","y"]}""";
        var written = Codec.FromChatMessages("""{"role":"user","content":"x"}""", out var losses,
            $$""","tools":[{"type":"function","function":{"name":"f","parameters":{{schema}} } },{"type":"function","function":{"name":"g","strict":true} }]""");
        Assert.Empty(losses.Fields);
        Assert.Equal(
            $$"""{"type":"function","name":"f","parameters":{{schema}},"strict":false}""", written.GetProperty("tools")[0].GetRawText());
        Assert.Equal(
            """{"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":true}""",
            written.GetProperty("tools")[1].GetRawText());
    }

    [Covers("S6", "S7")]
    [Theory]
    [InlineData("""{"type":"text"}""", """{"format":{"type":"text"}}""")]
    [InlineData("""{"type":"json_object"}""", """{"format":{"type":"json_object"}}""")]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object","additionalProperties":false},"strict":true}}""",
        """{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object","additionalProperties":false},"strict":true}}""")]
    public void A_format_of_the_answer_is_asked_for(string chat, string here)
    {
        var written = Codec.FromChatMessages("""{"role":"user","content":"x"}""", out var losses, ",\"response_format\":" + chat);
        Assert.Empty(losses.Fields);
        Assert.Equal(here, written.GetProperty("text").GetRawText());
    }

    [Covers("R6")]
    [Theory]
    [InlineData("none")]
    [InlineData("minimal")]
    [InlineData("low")]
    [InlineData("medium")]
    [InlineData("high")]
    [InlineData("xhigh")]
    [InlineData("max")]
    public void Every_grade_of_reasoning_keeps_its_word(string effort)
    {
        var written = Codec.FromChatMessages(
            """{"role":"user","content":"x"}""", out var losses, $$""","reasoning_effort":"{{effort}}","max_tokens":100""");
        Assert.Empty(losses.Fields);
        Assert.Equal(effort, written.GetProperty("reasoning").GetProperty("effort").GetString());
        Assert.Equal(100, written.GetProperty("max_output_tokens").GetInt32());
    }

    [Covers("R6")]
    [Fact]
    public void A_grade_the_model_does_not_take_becomes_the_nearest_and_is_named()
    {
        var target = Codec.Target with { Facts = new ModelFacts { ReasoningEfforts = ["low", "high"] } };
        var written = Codec.FromChat(
            """{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"minimal"}""", out var losses, target);
        Assert.Equal("low", written.GetProperty("reasoning").GetProperty("effort").GetString());
        Assert.Equal(["reasoning_effort"], losses.Fields);
    }

    [Covers("C4")]
    [Fact]
    public void What_has_no_place_here_is_named_and_nothing_of_it_is_sent()
    {
        var written = Codec.FromChatMessages("""{"role":"user","content":"x","name":"bob"}""", out var losses,
            ""","stop":["a"],"seed":1,"frequency_penalty":0.5,"presence_penalty":0,"logit_bias":{"1":1},"top_k":5,"prediction":{"type":"content","content":"x"},"n":1,"x_vendor":true,"user":"u" """);
        Assert.Equal(
            ["frequency_penalty", "logit_bias", "messages[0].name", "prediction", "seed", "stop", "top_k", "x_vendor"],
            losses.Fields.Order(StringComparer.Ordinal));
        Assert.Equal(["input", "model", "store", "user"], written.EnumerateObject().Select(member => member.Name).Order());
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"modalities\":[\"text\",\"audio\"],\"audio\":{}", "modalities")]
    public void What_would_change_the_shape_of_the_answer_is_refused(string field, string param) =>
        Assert.Equal(param, Assert.Throws<CallException>(() => Codec.FromChatMessages("""{"role":"user","content":"x"}""", out _, "," + field)).Error.Param);

    [Covers("M5", "M6")]
    [Fact]
    public void Every_part_of_a_message_arrives()
    {
        var written = Codec.FromChatMessages("""
            {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"https://e.org/a.png","detail":"low"}},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"file","file":{"file_id":"file_1"}},
            {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}
            """, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal("""
            [{"type":"input_text","text":"a"},{"type":"input_text","text":"b"},{"type":"input_image","image_url":"https://e.org/a.png","detail":"low"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"},{"type":"input_file","file_id":"file_1"},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]
            """, written.GetProperty("input")[0].GetProperty("content").GetRawText());
    }

    [Covers("T25")]
    [Fact]
    public void An_image_in_a_tools_result_stays_in_it()
    {
        var image = new DataContent("data:image/png;base64,AAAA");
        var request = new CanonicalChatRequest(
            [
                new(ChatRole.User, "q"), new(ChatRole.Assistant, [new FunctionCallContent("c1", "f")]),
                new(ChatRole.Tool, [new FunctionResultContent("c1", new List<AIContent> { new TextContent("see"), image })]),
            ],
            new ChatOptions());
        var written = Codec.Encode(request, out var losses);
        Assert.Empty(losses.Fields);
        Assert.Equal(
            """[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]""",
            written.GetProperty("input")[2].GetProperty("output").GetRawText());

        var chat = Codec.ToChat("""
            {"model":"m","input":[{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]}
            """, out losses);
        Assert.Empty(losses.Fields);
        Assert.Equal("image_url", chat.GetProperty("messages")[2].GetProperty("content")[0].GetProperty("type").GetString());
    }

    [Fact]
    public void A_tool_that_failed_says_so()
    {
        var failed = new FunctionResultContent("c1", "no such file") { AdditionalProperties = new() { [CanonicalKeys.IsError] = true } };
        var written = Codec.Encode(
            new CanonicalChatRequest(
                [new(ChatRole.Assistant, [new FunctionCallContent("c1", "f")]), new(ChatRole.Tool, [failed])], new ChatOptions()),
            out _);
        Assert.Equal("Error: no such file", written.GetProperty("input")[1].GetProperty("output").GetString());
    }

    [Covers("T7", "T9", "T24")]
    [Theory]
    [InlineData("")]
    [InlineData("{\"a\":")]
    [InlineData("[]")]
    [InlineData("{\"t\":\"\\u00fc \U0001F600 \\\" \"}")]
    public void Arguments_pass_as_the_text_they_are(string arguments)
    {
        var json = JsonSerializer.Serialize(arguments);
        var written = Codec.FromChatMessages($$"""{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{{json}} } }]},{"role":"tool","tool_call_id":"c1","content":"x"}""", out _);
        Assert.Equal(arguments.Length == 0 ? "{}" : arguments, written.GetProperty("input")[0].GetProperty("arguments").GetString());
        var chat = Codec.ToChat(
            $$"""{"model":"m","input":[{"type":"function_call","call_id":"c1","name":"f","arguments":{{json}}}]}""", out _);
        Assert.Equal(
            arguments.Length == 0 ? "{}" : arguments,
            chat.GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Covers("T10")]
    [Fact]
    public void Arguments_sent_as_an_object_become_text()
    {
        var chat = Codec.ToChat("""{"model":"m","input":[{"type":"function_call","call_id":"c1","name":"f","arguments":{"a":1}}]}""", out _);
        Assert.Equal(
            """{"a":1}""",
            chat.GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
    }

    [Fact]
    public void A_tool_call_id_that_is_too_long_is_shortened_and_stays_a_pair()
    {
        var id = new string('x', 200);
        var input = Codec.FromChatMessages($$"""{"role":"assistant","tool_calls":[{"id":"{{id}}","type":"function","function":{"name":"f","arguments":"{}"} }]},{"role":"tool","tool_call_id":"{{id}}","content":"x"}""", out _).GetProperty("input");
        Assert.Equal(input[0].GetProperty("call_id").GetString(), input[1].GetProperty("call_id").GetString());
        Assert.InRange(input[0].GetProperty("call_id").GetString()!.Length, 1, 64);
    }

    [Covers("R9")]
    [Fact]
    public void Reasoning_of_another_format_is_not_sent_as_reasoning()
    {
        var foreign = new TextReasoningContent("hm")
        {
            ProtectedData = "sig",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "anthropic-messages" },
        };
        var written = Codec.EncodeText(
            new CanonicalChatRequest(
                [new(ChatRole.User, "q"), new(ChatRole.Assistant, [foreign, new TextContent("a")])], new ChatOptions()),
            out var losses);
        Assert.Equal(["messages[1].reasoning"], losses.Fields);
        Assert.DoesNotContain("sig", written, StringComparison.Ordinal);
        Assert.DoesNotContain("hm", written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_caller_in_process_names_the_stored_conversation()
    {
        var messages = new List<ChatMessage> { new(ChatRole.User, "q") };
        Assert.Equal(
            "resp_1",
            Codec.Encode(new CanonicalChatRequest(messages, new ChatOptions { ConversationId = "resp_1" }), out _)
                .GetProperty("previous_response_id").GetString());
        var conversation = Codec.Encode(new CanonicalChatRequest(messages, new ChatOptions { ConversationId = "conv_1" }), out _);
        Assert.Equal("conv_1", conversation.GetProperty("conversation").GetString());
        Assert.False(conversation.TryGetProperty("store", out _));
    }

    /// <summary>It would get an answer that is not finished, and has no way to fetch it later.</summary>
    [Fact]
    public void A_caller_in_process_that_allows_an_answer_in_the_background_is_answered_at_once()
    {
        var messages = new List<ChatMessage> { new(ChatRole.User, "q") };
        var written = Codec.Encode(
            new CanonicalChatRequest(messages, new ChatOptions { AllowBackgroundResponses = true }), out var losses);
        Assert.False(written.TryGetProperty("background", out _));
        Assert.Equal(["background"], losses.Fields);

        var native = Codec.Again("""{"model":"m","input":"x","background":true}""", out losses);
        Assert.True(native.GetProperty("background").GetBoolean());
        Assert.Empty(losses.Fields);
    }

    [Fact]
    public void A_field_the_provider_refuses_is_left_out_and_named()
    {
        var target = Codec.Target with
        {
            Quirks = new ProviderQuirks
            {
                UnsupportedParams = ["user"],
                RenamedParams = new Dictionary<string, string> { ["temperature"] = "temp" },
            },
        };
        var written = Codec.FromChat(
            """{"model":"m","messages":[{"role":"user","content":"x"}],"user":"u","temperature":1}""", out var losses, target);
        Assert.Equal(["user"], losses.Fields);
        Assert.Equal(1, written.GetProperty("temp").GetInt32());

        const string body = """{"model":"m","input":"x","temperature":1}""";
        var edits = Codec.Dialect.PlanForward(Codec.Envelope(body), System.Text.Encoding.UTF8.GetBytes(body), target)!;
        Assert.Equal(2, edits.Edits.Count);
        const string refused = """{"model":"m","input":"x","user":"u"}""";
        Assert.Null(Codec.Dialect.PlanForward(Codec.Envelope(refused), System.Text.Encoding.UTF8.GetBytes(refused), target));
    }
}

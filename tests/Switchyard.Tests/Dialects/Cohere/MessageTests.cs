using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Cohere;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Cohere;

public sealed class MessageTests
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private static readonly EgressCodec s_codec = new(new CohereDialect());

    [Covers("M3")]
    [Fact]
    public void Roles_keep_their_order_and_developers_speak_as_the_system() => AssertMessages(
        """{"role":"developer","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"},{"role":"system","content":"d"},{"role":"assistant","content":"e"}""",
        """[{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"},{"role":"system","content":"d"},{"role":"assistant","content":"e"}]""");

    [Covers("M4")]
    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("[]")]
    public void A_message_that_says_nothing_is_left_out(string content)
    {
        AssertMessages(
            $$"""{"role":"system","content":{{content}}},{"role":"user","content":{{content}}},{"role":"assistant","content":{{content}}},{"role":"user","content":"hi"}""",
            """[{"role":"user","content":"hi"}]""");
        Assert.Equal("messages", s_codec.Refuse(Codec.Messages($$"""{"role":"user","content":{{content}}}""")).Param);
    }

    [Covers("T21")]
    [Fact]
    public void A_message_that_only_calls_gets_no_filler_text() => AssertMessages(
        """{"role":"assistant","content":null,"reasoning_content":"I will look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"q\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"one"}""",
        """[{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"q\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"one"}]""");

    [Covers("T7", "T8", "T9", "T24")]
    [Theory]
    [InlineData("", "{}", false)]
    [InlineData("{}", "{}", false)]
    [InlineData("[]", "{\"_raw\":\"[]\"}", true)]
    [InlineData("1", "{\"_raw\":\"1\"}", true)]
    [InlineData("{\"q\":\"ti", "{\"_raw\":\"{\\\"q\\\":\\\"ti\"}", true)]
    [InlineData("{\"a\":\"👋 \\u00e9\",\"n\":1.0}", "{\"a\":\"👋 \\u00e9\",\"n\":1.0}", false)]
    public void Arguments_are_an_objects_text_byte_for_byte(string sent, string written, bool reported)
    {
        var body = s_codec.Translate(
            Codec.Messages($$$$"""{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{{{{JsonSerializer.Serialize(sent)}}}}}}]}"""),
            out var losses);
        Assert.Equal(
            written,
            body.GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal(reported ? ["messages[0].tool_calls[0].function.arguments"] : [], losses.Fields);
    }

    [Theory]
    [InlineData("text/x-python")]
    [InlineData("application/json")]
    [InlineData("application/yaml")]
    public void A_text_file_goes_as_text(string type) => AssertMessages(
        $$$"""{"role":"user","content":[{"type":"text","text":"read"},{"type":"file","file":{"file_data":"data:{{{type}}};base64,aGVsbG8="}}]}""",
        """[{"role":"user","content":[{"type":"text","text":"read"},{"type":"text","text":"hello"}]}]""");

    [Covers("T25")]
    [Fact]
    public void An_image_in_a_result_follows_once_all_results_are_there()
    {
        FunctionResultContent Result(string id) =>
            new(id, new AIContent[] { new TextContent("see " + id), new DataContent(Convert.FromBase64String(Pixel), "image/png") });
        var request = new CanonicalChatRequest(
            [new(ChatRole.Tool, [Result("c1")]), new(ChatRole.Tool, [Result("c2")]), new(ChatRole.User, "and?")], new());
        var messages = s_codec.Encode(request, out var losses).GetProperty("messages");
        Assert.Empty(losses.Fields);
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse($$$"""
            [{"role":"tool","tool_call_id":"c1","content":"see c1"},{"role":"tool","tool_call_id":"c2","content":"see c2"},
             {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}"}}]},
             {"role":"user","content":"and?"}]
            """),
            messages));
    }

    [Covers("M6")]
    [Fact]
    public void Images_go_by_address_or_inside_and_other_media_is_refused()
    {
        AssertMessages(
            $$$"""{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":" "},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}"}}]}""",
            $$$"""[{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}"}}]}]""");
        foreach (var part in new[]
        {
            """{"type":"file","file":{"file_id":"f"}}""", """{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}""",
        })
            Assert.Equal(
                "messages[0].content[1]",
                s_codec.Refuse(Codec.Messages($$"""{"role":"user","content":[{"type":"text","text":"x"},{{part}}]}""")).Param);
    }

    [Covers("R9")]
    [Fact]
    public void Thinking_in_a_history_is_not_taken_back()
    {
        var body = s_codec.Translate(
            Codec.Messages("""{"role":"assistant","content":"144","reasoning_content":"12 times 12"},{"role":"user","content":"hi"}"""),
            out var losses);
        Assert.Equal("""{"role":"assistant","content":"144"}""", body.GetProperty("messages")[0].GetRawText());
        Assert.Equal(["messages[0].reasoning"], losses.Fields);

        var signed = new TextReasoningContent("secret") { ProtectedData = "c2ln" };
        var request = new CanonicalChatRequest([new ChatMessage(ChatRole.Assistant, [signed, new FunctionCallContent("c1", "f")])], new());
        Assert.False(s_codec.Encode(request, out losses).GetProperty("messages")[0].TryGetProperty("tool_plan", out _));
        Assert.Equal(["messages[0].reasoning"], losses.Fields);
    }

    [Fact]
    public void What_a_message_holds_besides_is_named()
    {
        s_codec.Translate(
            Codec.Messages("""{"role":"user","name":"ann","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"mystery"}]},{"role":"assistant","content":"y","refusal":null,"annotations":[]}"""),
            out var losses);
        Assert.Equal(["messages[0].content[0].cache_control", "messages[0].content[1]", "messages[0].name"], losses.Fields.Order());
    }

    private static void AssertMessages(string sent, string written) =>
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(written), s_codec.Translate(Codec.Messages(sent)).GetProperty("messages")));
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Ollama;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects.Ollama;

public sealed class MessageTests
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private static readonly EgressCodec s_codec = new(new OllamaDialect());

    [Covers("M3")]
    [Fact]
    public void Roles_keep_their_order_and_developers_speak_as_the_system() => AssertMessages(
        """{"role":"developer","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"},{"role":"system","content":"d"},{"role":"user","content":[{"type":"text","text":"e"},{"type":"text","text":"f"}]}""",
        """[{"role":"system","content":"a"},{"role":"user","content":"b"},{"role":"user","content":"c"},{"role":"system","content":"d"},{"role":"user","content":"e\nf"}]""");

    [Covers("M4")]
    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("[]")]
    public void Content_that_says_nothing_is_a_text_that_says_nothing(string content)
    {
        var messages = Messages(
            $$$"""{"role":"system","content":{{{content}}}},{"role":"user","content":{{{content}}}},{"role":"assistant","content":{{{content}}},"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":{{{content}}}},{"role":"assistant","content":{{{content}}}}""");
        Assert.Equal(
            ["user", "assistant", "tool", "assistant"],
            messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.All(messages.EnumerateArray(), message => Assert.Equal("", message.GetProperty("content").GetString()!.Trim()));
    }

    [Fact]
    public void A_call_and_its_result_find_each_other_by_name_and_id() => AssertMessages(
        """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"lookup","arguments":"{\"q\":\"tide\"}"}},{"id":"c2","type":"function","function":{"name":"other","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c2","content":"two"},{"role":"tool","tool_call_id":"c1","content":"one"}""",
        """
        [{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"lookup","arguments":{"q":"tide"}}},{"id":"c2","function":{"name":"other","arguments":{}}}]},
         {"role":"tool","content":"two","tool_name":"other","tool_call_id":"c2"},{"role":"tool","content":"one","tool_name":"lookup","tool_call_id":"c1"}]
        """);

    [Covers("T21")]
    [Fact]
    public void A_message_that_only_calls_gets_no_filler_text()
    {
        var message = Messages("""{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""")[0];
        Assert.Equal("", message.GetProperty("content").GetString());
    }

    [Covers("T7")]
    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("{}")]
    public void Empty_arguments_are_an_empty_object(string arguments) =>
        Assert.Equal("{}", Arguments(arguments, out _));

    [Covers("T8")]
    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    public void Arguments_that_are_no_object_are_wrapped_and_reported(string arguments)
    {
        Assert.Equal(
            arguments,
            Assert.Single(
                JsonElement.Parse(Arguments(arguments, out var losses)).EnumerateObject(),
                member => member.Name == "_raw").Value.GetString());
        Assert.Equal(["messages[0].tool_calls[0].function.arguments"], losses.Fields);
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_anywhere_are_never_an_invalid_body()
    {
        const string whole = """{"q":"tide","n":[1,2]}""";
        for (var cut = 1; cut < whole.Length; cut++)
        {
            var written = JsonElement.Parse(Arguments(whole[..cut], out var losses));
            Assert.Equal(whole[..cut], written.GetProperty("_raw").GetString());
            Assert.Single(losses.Fields);
        }
    }

    [Covers("T24")]
    [Theory]
    [InlineData("""{"a":"👋 \u00e9 \ud83d\ude00 é","n":1.0,"b":1e2}""")]
    [InlineData("""{ "spaced" : [ 1, 2 ] }""")]
    public void Arguments_pass_byte_for_byte(string arguments) => Assert.Equal(arguments, Arguments(arguments, out _));

    [Covers("T25")]
    [Fact]
    public void An_image_in_a_result_stands_on_the_tools_message()
    {
        var message = new ChatMessage(ChatRole.Tool,
            [
                new FunctionResultContent(
                    "c1", new AIContent[] { new TextContent("see"), new DataContent(Convert.FromBase64String(Pixel), "image/png") }),
            ]);
        var written = s_codec.Encode(new CanonicalChatRequest([message], new()), out var losses).GetProperty("messages")[0];
        Assert.Empty(losses.Fields);
        Assert.Equal($$"""{"role":"tool","content":"see","images":["{{Pixel}}"],"tool_call_id":"c1"}""", written.GetRawText());
    }

    [Fact]
    public void A_failed_result_says_so_in_its_text()
    {
        var failed = new FunctionResultContent("c1", "boom") { AdditionalProperties = new() { [CanonicalKeys.IsError] = true } };
        var written = s_codec.Encode(new CanonicalChatRequest([new ChatMessage(ChatRole.Tool, [failed])], new()), out _)
            .GetProperty("messages")[0];
        Assert.Equal("Error: boom", written.GetProperty("content").GetString());
    }

    [Covers("M6")]
    [Fact]
    public void An_image_goes_as_bare_base64() => AssertMessages(
        $$$"""{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}"}}]}""",
        $$"""[{"role":"user","content":"what?","images":["{{Pixel}}"]}]""");

    [Covers("M6")]
    [Theory]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}""", "data: URL")]
    [InlineData("""{"type":"file","file":{"file_id":"file-1"}}""", "Send the content itself")]
    [InlineData(
        """{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}""", "Send the document's text")]
    [InlineData("""{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}""", "takes text and images")]
    public void Media_it_cannot_be_given_is_refused_with_the_way_out(string part, string wayOut)
    {
        var error = s_codec.Refuse(Codec.Messages($$"""{"role":"user","content":[{"type":"text","text":"x"},{{part}}]}"""));
        Assert.Equal("messages[0].content[1]", error.Param);
        Assert.Contains(wayOut, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/x-python")]
    [InlineData("application/json")]
    [InlineData("application/xml")]
    [InlineData("application/yaml")]
    public void A_text_file_goes_as_text(string type) => AssertMessages(
        $$$"""{"role":"user","content":[{"type":"text","text":"read"},{"type":"file","file":{"file_data":"data:{{{type}}};base64,aGVsbG8="}}]}""",
        """[{"role":"user","content":"read\nhello"}]""");

    [Fact]
    public void What_a_message_holds_besides_is_named()
    {
        s_codec.Translate(
            Codec.Messages($$$"""{"role":"user","name":"ann","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Pixel}}}","detail":"high"}},{"type":"mystery"}]}"""),
            out var losses);
        Assert.Equal(
            ["messages[0].content[0].cache_control", "messages[0].content[1].detail", "messages[0].content[2]", "messages[0].name"],
            losses.Fields.Order());
    }

    [Covers("R7")]
    [Fact]
    public void Thinking_goes_back_as_thinking() => AssertMessages(
        """{"role":"assistant","content":"144","reasoning_content":"12 times 12"}""",
        """[{"role":"assistant","content":"144","thinking":"12 times 12"}]""");

    [Covers("R9")]
    [Fact]
    public void Thinking_signed_by_another_provider_stays_there()
    {
        var signed = new TextReasoningContent("secret")
        {
            ProtectedData = "c2ln",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "anthropic-messages" },
        };
        var request = new CanonicalChatRequest([new ChatMessage(ChatRole.Assistant, [signed, new TextContent("hi")])], new());
        Assert.Equal(
            """{"role":"assistant","content":"hi"}""", s_codec.Encode(request, out var losses).GetProperty("messages")[0].GetRawText());
        Assert.Equal(["messages[0].reasoning"], losses.Fields);
    }

    private static JsonElement Messages(string messages) => s_codec.Translate(Codec.Messages(messages)).GetProperty("messages");

    private static void AssertMessages(string sent, string written) =>
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(written), Messages(sent)));

    private static string Arguments(string arguments, out LossReport losses) => s_codec.Translate(
        Codec.Messages($$$$"""{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{{{{JsonSerializer.Serialize(arguments)}}}}}}]}"""),
        out losses).GetProperty("messages")[0].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetRawText();
}

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>The old <c>functions</c> and <c>function_call</c>, which old clients still send.</summary>
public sealed class LegacyFunctionTests
{
    private const string Functions = """[{"name":"look","description":"looks","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}]""";

    private static string Request(string choice = "", string more = "") =>
        $$"""{"model":"m","messages":[{"role":"user","content":"x"}{{more}}],"functions":{{Functions}}{{choice}}}""";

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("openai-responses")]
    [InlineData("gemini")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("ollama")]
    public void For_other_formats_they_are_tools(string format)
    {
        var request = Codec.DecodeRequest(
            Request(more: """,{"role":"assistant","content":null,"function_call":{"name":"look","arguments":"{}"}},{"role":"function","name":"look","content":"7"}"""));
        var losses = new LossReport();
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(format)).EncodeRequest(
            request, new EgressTarget("acme", "m", ProviderQuirks.None), losses, output);

        var written = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Contains("\"looks\"", written, StringComparison.Ordinal);
        Assert.DoesNotContain(losses.Fields, field =>
            field.StartsWith("function", StringComparison.Ordinal) || field.EndsWith(".name", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"none\"", null)]
    [InlineData("\"auto\"", null)]
    [InlineData("""{"name":"look"}""", "look")]
    public void The_choice_among_them_is_the_choice_among_tools(string choice, string? forced)
    {
        var mode = Codec.DecodeRequest(Request($",\"function_call\":{choice}")).Options.ToolMode;
        Assert.Equal(forced, (mode as RequiredChatToolMode)?.RequiredFunctionName);
        Assert.Equal(choice == "\"none\"", mode is NoneChatToolMode);
    }

    [Fact]
    public void To_this_format_they_go_as_they_came_or_as_tools_where_the_provider_takes_none()
    {
        var body = Request(",\"function_call\":{\"name\":\"look\"}");
        var same = Codec.Translate(body);
        Assert.Equal(Functions, same.GetProperty("functions").GetRawText());
        Assert.Equal("look", same.GetProperty("function_call").GetProperty("name").GetString());
        Assert.False(same.TryGetProperty("tools", out _) || same.TryGetProperty("tool_choice", out _));

        var newer = Codec.Translate(body, Codec.With(new ProviderQuirks { UnsupportedParams = ["functions", "function_call"] }));
        Assert.False(newer.TryGetProperty("functions", out _));
        Assert.Equal("look", newer.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("look", newer.GetProperty("tool_choice").GetProperty("function").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_is_said_in_the_old_way_and_a_further_one_is_named(bool streamed)
    {
        var context = Codec.Context() with { Request = Codec.DecodeRequest(Request()) };
        List<AIContent> contents =
        [
            new FunctionCallContent("a", "look", new Dictionary<string, object?> { ["at"] = "sea" }), new FunctionCallContent("b", "look"),
        ];
        JsonElement choice, message;
        if (streamed)
        {
            var written = Codec.EncodeStream(
                [new ChatResponseUpdate(ChatRole.Assistant, contents) { FinishReason = ChatFinishReason.ToolCalls }], context);
            Assert.DoesNotContain("tool_calls", written, StringComparison.Ordinal);
            var chunks = SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(written)).Where(frame => frame.Data.StartsWith('{'))
                .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0]).ToList();
            (choice, message) = (chunks[^1], chunks[0].GetProperty("delta"));
        }
        else
        {
            var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, contents)) { FinishReason = ChatFinishReason.ToolCalls };
            choice = Codec.EncodeAnswer(response, context).GetProperty("choices")[0];
            message = choice.GetProperty("message");
        }

        Assert.Equal("function_call", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("look", message.GetProperty("function_call").GetProperty("name").GetString());
        Assert.Equal("""{"at":"sea"}""", message.GetProperty("function_call").GetProperty("arguments").GetString());
        Assert.Equal(["answer.content[1] (call of look)"], context.Losses.Fields);
    }

    [Fact]
    public void Pieces_of_a_call_are_said_in_the_old_way()
    {
        var context = Codec.Context() with { Request = Codec.DecodeRequest(Request()) };
        var written = Codec.EncodeStream(
            [
                new ChatResponseUpdate(ChatRole.Assistant, [new ToolCallFragment { Index = 0, CallId = "a", Name = "look" }]),
                new ChatResponseUpdate(ChatRole.Assistant, [new ToolCallFragment { Index = 0, Arguments = "{}" }]),
                new ChatResponseUpdate(
                    ChatRole.Assistant, [new ToolCallFragment { Index = 1, CallId = "b", Name = "hear", Arguments = "{}" }]),
            ],
            context);
        Assert.Contains("\"function_call\":{\"name\":\"look\",\"arguments\":\"\"}", written, StringComparison.Ordinal);
        Assert.Contains("\"function_call\":{\"arguments\":\"{}\"}", written, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"function_call\"", written, StringComparison.Ordinal);
        Assert.DoesNotContain("hear", written, StringComparison.Ordinal);
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>
/// In this format a message may stand between a call and its result, as agents write it whose user goes on while the tool runs. Every other
/// format wants the result right behind the turn of its call.
/// </summary>
public sealed class ResultOrderTests
{
    private const string User = """{"role":"user","content":"x"}""";

    [Theory]
    [InlineData("developer")]
    [InlineData("user")]
    public void A_message_between_a_call_and_its_result_follows_the_result(string role)
    {
        var items = $$"""{{User}},{{Call("a")}},{{Call("b")}},{"role":"{{role}}","content":"wait"},{{Result("b")}},{{Result("a")}},{"role":"user","content":"y"}""";

        var messages = Encode("openai-chat", items).GetProperty("messages").EnumerateArray().ToList();

        Assert.Equal(
            ["user", "assistant", "tool", "tool", role, "user"], messages.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(["b", "a"], messages.Skip(2).Take(2).Select(message => message.GetProperty("tool_call_id").GetString()));
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("gemini")]
    [InlineData("cohere")]
    public void No_format_refuses_it(string format) => Encode(
        format, $"{User},{Call("a")},{User},{Result("a")},{User}");

    [Fact]
    public void An_id_used_again_has_its_result_behind_the_call_before_it()
    {
        var messages = Encode("openai-chat", $"{User},{Call("a")},{Result("a")},{Call("a")},{User},{Result("a")}").GetProperty("messages");

        Assert.Equal(
            ["user", "assistant", "tool", "assistant", "tool", "user"],
            messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
    }

    [Fact]
    public void Words_of_the_model_between_them_follow_the_result()
    {
        var messages = Encode(
            "openai-chat", $$"""{{User}},{{Call("a")}},{{User}},{"role":"assistant","content":"soon"},{{Result("a")}},{{User}}""").GetProperty("messages");

        Assert.Equal(
            ["user", "assistant", "tool", "user", "assistant", "user"],
            messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
    }

    [Fact]
    public void A_result_among_those_of_a_later_turn_goes_to_its_own()
    {
        var messages = Encode("openai-chat", $"{User},{Call("a")},{User},{Call("b")},{Result("b")},{Result("a")}")
            .GetProperty("messages").EnumerateArray().ToList();

        Assert.Equal(
            ["user", "assistant", "tool", "user", "assistant", "tool"],
            messages.Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("a", messages[2].GetProperty("tool_call_id").GetString());
    }

    private static string Call(string id) => $$"""{"type":"function_call","call_id":"{{id}}","name":"f","arguments":"{}"}""";

    private static string Result(string id) => $$"""{"type":"function_call_output","call_id":"{{id}}","output":"r"}""";

    private static JsonElement Encode(string format, string items)
    {
        var request = BuiltInDialects.Set.Ingress(DialectId.OpenAIResponses).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "m" },
            Encoding.UTF8.GetBytes($$$"""{"model":"m","input":[{{{items}}}],"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]}"""));
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new(format)).EncodeRequest(
            request, new EgressTarget("acme", "m", ProviderQuirks.None), new LossReport(), output);
        return JsonElement.Parse(output.WrittenSpan);
    }
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class EnvelopeReaderTests
{
    [Fact]
    public void It_holds_what_policies_need()
    {
        const string body = """{"max_tokens": 12, "metadata":{"user_id":"u-1"}, "model" : "cl\u0061ude", "messages":[{"role":"user","content":"hi"}], "stream":true}""";
        var headers = new Dictionary<string, string> { ["anthropic-beta"] = "x" };
        var envelope = Codec.Dialect.ReadEnvelope(
            new IngressRequest(CallOperation.Chat) { Headers = headers }, Encoding.UTF8.GetBytes(body));
        Assert.Equal(
            ("claude", true, 12L, "u-1", true),
            (envelope.Model, envelope.Stream, envelope.MaxOutputTokens, envelope.EndUser, envelope.IncludeUsage));
        Assert.Same(headers, envelope.Headers);
        Assert.Equal("\"cl\\u0061ude\"", body[envelope.ModelRange]);
        Assert.Equal(["anthropic-beta", "anthropic-version", "anthropic-user-profile-id"], Codec.Dialect.RequestHeaders);
    }

    [Theory]
    [InlineData("""{"max_tokens":1,"messages":[{}]}""", "model")]
    [InlineData("""{"model":"m","messages":[{}]}""", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":null,"messages":[{}]}""", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":"1","messages":[{}]}""", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":-1,"messages":[{}]}""", "max_tokens")]
    [InlineData("""{"model":"m","max_tokens":1}""", "messages")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[]}""", "messages")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":{}}""", "messages")]
    [InlineData("""{"model":5,"max_tokens":1,"messages":[{}]}""", "model")]
    [InlineData("""{"model":" ","max_tokens":1,"messages":[{}]}""", "model")]
    [InlineData("""{"model":"m","mod\u0065l":"n","max_tokens":1,"messages":[{}]}""", "model")]
    [InlineData("""{"model":"m","stream":true,"stream":false,"max_tokens":1,"messages":[{}]}""", "stream")]
    [InlineData("""{"model":"m","stream":1,"max_tokens":1,"messages":[{}]}""", "stream")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{}]} x""", null)]
    [InlineData("[]", null)]
    [InlineData("", null)]
    public void What_is_wrong_is_refused_by_name(string body, string? param)
    {
        var error = Codec.Refusal(() => Codec.Envelope(body));
        Assert.Equal((CallErrorKind.InvalidRequest, param), (error.Kind, error.Param));
    }

    [Fact]
    public void A_count_needs_no_bound_and_is_no_stream()
    {
        var envelope = Codec.Envelope(
            """{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}""", CallOperation.CountTokens);
        Assert.False(envelope.Stream);
        Assert.Null(envelope.MaxOutputTokens);
    }

    [Theory]
    [InlineData("\"system\":5", "system")]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"tools\":[{\"description\":\"x\"}]", "tools[0].name")]
    [InlineData("\"tool_choice\":{\"type\":\"some\"}", "tool_choice.type")]
    [InlineData("\"thinking\":{\"type\":\"enabled\"}", "thinking.budget_tokens")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"stop_sequences\":[1]", "stop_sequences[0]")]
    public void A_field_of_the_wrong_type_is_refused_by_name(string field, string param) =>
        Assert.Equal(param, Codec.Refusal(() => Codec.Decode(Codec.Chat(field))).Param);

    [Theory]
    [InlineData("""{"role":"tool","content":"x"}""", "messages[0].role")]
    [InlineData("""{"role":"user"}""", "messages[0].content")]
    [InlineData("""{"role":"user","content":[{"type":"text"}]}""", "messages[0].content[0].text")]
    [InlineData("""{"role":"user","content":[{"type":"tool_result"}]}""", "messages[0].content[0].tool_use_id")]
    [InlineData("""{"role":"user","content":["x"]}""", "messages[0].content[0]")]
    public void A_message_of_the_wrong_shape_is_refused_by_its_place(string message, string param) =>
        Assert.Equal(param, Codec.Refusal(() => Codec.Decode(Codec.Chat(messages: message))).Param);
}

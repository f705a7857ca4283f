using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class EnvelopeReaderTests
{
    [Fact]
    public void Everything_a_policy_needs_is_read_in_one_pass()
    {
        const string body = """
            {"messages":[{"role":"user","content":"hi {\"model\":\"no\"}"}], "stream":true, "model" : "fast",
             "stream_options":{"include_obfuscation":false,"include_usage":true},"max_tokens":5,"max_completion_tokens":70,
             "user":"u1","safety_identifier":"s1","unknown":{"model":"nested","stream":[1]}}
            """;
        var envelope = Codec.Envelope(body);
        Assert.Equal(CallOperation.Chat, envelope.Operation);
        Assert.Equal("fast", envelope.Model);
        Assert.True(envelope.Stream);
        Assert.True(envelope.IncludeUsage);
        Assert.Equal(70, envelope.MaxOutputTokens);
        Assert.Equal("s1", envelope.EndUser);
        Assert.Equal("\"fast\"", body[envelope.ModelRange]);
        Assert.Equal("""{"include_obfuscation":false,"include_usage":true}""", body[envelope.StreamOptionsRange]);
    }

    [Fact]
    public void What_the_client_did_not_send_is_not_there()
    {
        var envelope = Codec.Envelope(Codec.Chat());
        Assert.False(envelope.Stream);
        Assert.False(envelope.IncludeUsage);
        Assert.Null(envelope.MaxOutputTokens);
        Assert.Null(envelope.EndUser);
        Assert.Equal(default, envelope.StreamOptionsRange);
    }

    [Theory]
    [InlineData("""{"messages":[{}]}""", "model", "missing_required_parameter")]
    [InlineData("""{"model":"","messages":[{}]}""", "model", "empty_string")]
    [InlineData("""{"model":"  ","messages":[{}]}""", "model", "empty_string")]
    [InlineData("""{"model":5,"messages":[{}]}""", "model", "invalid_type")]
    [InlineData("""{"model":null,"messages":[{}]}""", "model", "invalid_type")]
    [InlineData("""{"model":"a","messages":[{}],"model":"b"}""", "model", "duplicate_parameter")]
    [InlineData("""{"model":"a","messages":[{}],"mod\u0065l":"b"}""", "model", "duplicate_parameter")]
    [InlineData("""{"model":"a","messages":[{}],"stream":false,"stream":true}""", "stream", "duplicate_parameter")]
    [InlineData("""{"model":"a","messages":[{}],"stream":null,"str\u0065am":true}""", "stream", "duplicate_parameter")]
    [InlineData("""{"model":"a","messages":[{}],"stream":"true"}""", "stream", "invalid_type")]
    [InlineData("""{"model":"a","messages":[{}],"stream":1}""", "stream", "invalid_type")]
    [InlineData("""{"model":"a","messages":[{}],"stream_options":true}""", "stream_options", "invalid_type")]
    [InlineData("""{"model":"a"}""", "messages", "missing_required_parameter")]
    [InlineData("""{"model":"a","messages":null}""", "messages", "missing_required_parameter")]
    [InlineData("""{"model":"a","messages":[]}""", "messages", "empty_array")]
    [InlineData("""{"model":"a","messages":{}}""", "messages", "invalid_type")]
    [InlineData("""{"model":"a","messages":"hi"}""", "messages", "invalid_type")]
    [InlineData("""{"model":"a","messages":[{}],"max_tokens":"5"}""", "max_tokens", "invalid_type")]
    [InlineData("""{"model":"a","messages":[{}],"user":5}""", "user", "invalid_type")]
    public void A_wrong_field_is_named(string body, string param, string code)
    {
        var error = Assert.Throws<CallException>(() => Codec.Envelope(body)).Error;
        Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
        Assert.Equal(param, error.Param);
        Assert.Equal(code, error.WireCode);
        Assert.Contains($"'{param}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"model":"a","messages":[{}]}x""")]
    [InlineData("""{"model":"a","messages":[{}]}{}""")]
    [InlineData("""{"model":"a","messages":[{}],}""")]
    [InlineData("""{"model":"a","messages":[{}]""")]
    [InlineData("""{"model":"a","messages":[{]}}""")]
    [InlineData("""{"model":"a",/* hm */"messages":[{}]}""")]
    [InlineData("""{"model":"\ud800","messages":[{}]}""")]
    public void What_is_not_one_JSON_object_is_refused(string body) =>
        Assert.Equal(CallErrorKind.InvalidRequest, Assert.Throws<CallException>(() => Codec.Envelope(body)).Error.Kind);

    [Fact]
    public void Invalid_utf8_is_refused_even_where_no_one_would_look()
    {
        byte[] body = [.. """{"model":"a","messages":[{"x":" """u8, 0xC3, 0x28, .. "\"}]}"u8];
        var error = Assert.Throws<CallException>(() => Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body)).Error;
        Assert.Contains("UTF-8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(61, true)]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(5000, false)]
    public void Nesting_is_bounded_and_says_so(int depth, bool accepted)
    {
        var body = $$"""{"model":"a","messages":[{}],"x":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        if (accepted)
        {
            Assert.Equal("a", Codec.Envelope(body).Model);
            return;
        }

        var error = Assert.Throws<CallException>(() => Codec.Envelope(body)).Error;
        Assert.Contains("64 levels", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("null")]
    [InlineData("10.5")]
    public void A_limit_that_limits_nothing_is_none(string limit) =>
        Assert.Null(Codec.Envelope(Codec.Chat($"\"max_tokens\":{limit}")).MaxOutputTokens);

    [Theory]
    [InlineData(CallOperation.Completion, "prompt")]
    [InlineData(CallOperation.Embedding, "input")]
    [InlineData(CallOperation.Moderation, "input")]
    public void Each_operation_requires_its_own_content(CallOperation operation, string field)
    {
        Assert.Equal("m", Codec.Envelope($$"""{"model":"m","{{field}}":"text"}""", operation).Model);
        Assert.Equal("m", Codec.Envelope($$"""{"model":"m","{{field}}":["a","b"]}""", operation).Model);
        var error = Assert.Throws<CallException>(() => Codec.Envelope("""{"model":"m"}""", operation)).Error;
        Assert.Equal(field, error.Param);
    }

    /// <summary>A server that embeds images takes them so; only a server of this format can be asked.</summary>
    [Fact]
    public void A_conversation_to_be_embedded_is_forwarded_and_never_translated()
    {
        const string body = """{"model":"upstream-model","messages":[{"role":"user","content":"a"}],"input":null}""";

        Assert.Equal(body, Codec.Forward(body, operation: CallOperation.Embedding));
        Assert.Equal("input", Assert.Throws<CallException>(() => Codec.Translate(body, operation: CallOperation.Embedding)).Error.Param);
    }

    [Fact]
    public void A_moderation_may_leave_the_model_out() =>
        Assert.Equal("omni-moderation-latest", Codec.Envelope("""{"input":"x"}""", CallOperation.Moderation).Model);

    [Fact]
    public void A_large_request_costs_the_envelope_and_its_strings_only()
    {
        var body = Encoding.UTF8.GetBytes(Codec.Messages($$"""{"role":"user","content":"{{new string('x', 100_000)}}"}"""));
        Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body);
        var allocated = Allocations.Fewest(() => Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body));
        Assert.InRange(allocated, 0, 300);
    }
}

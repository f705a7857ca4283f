using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Plain;

public sealed class EnvelopeReaderTests
{
    [Covers("S001-02", "S003-31")]
    [Theory]
    [InlineData("""{"provider":"acme","model":"fast","messages":[{}]}""", "acme/fast")]
    [InlineData("""{"provider":"acme","messages":[{}]}""", "acme")]
    [InlineData("""{"model":"fast","messages":[{}]}""", "fast")]
    [InlineData("""{"provider":null,"model":"fast","messages":[{}]}""", "fast")]
    [InlineData("""{"provider":"acme","model":null,"messages":[{}]}""", "acme")]
    public void Provider_and_model_together_name_what_is_asked_for(string body, string model) =>
        Assert.Equal(model, Read(body).Model);

    [Theory]
    [InlineData("", null, null)]
    [InlineData(",\"max_tokens\":7,\"user\":\"ann\"", 7L, "ann")]
    [InlineData(",\"max_tokens\":null,\"user\":null", null, null)]
    [InlineData(
        ",\"max_completion_tokens\":9,\"max_tokens\":7,\"safety_identifier\":\"hash\",\"user\":\"ann\"", 9L, "hash")]
    public void The_limit_and_the_end_user_are_known_before_the_request_is_decoded(string fields, long? limit, string? user)
    {
        var envelope = Read($$"""{"model":"fast","messages":[{}]{{fields}}}""");
        Assert.Equal((limit, user), (envelope.MaxOutputTokens, envelope.EndUser));
    }

    [Theory]
    [InlineData("""{"model":"fast","messages":[{}],"max_tokens":"7"}""")]
    [InlineData("""{"model":"fast","messages":[{}],"user":7}""")]
    [InlineData("""{"model":"fast","messages":[{}],"\ud83d":1}""")]
    [InlineData("""{"model":"\ud83d","messages":[{}]}""")]
    [InlineData("""{"model":"fast","messages":[{}]""")]
    [InlineData("""{"model":"fast","messages":[{}]} {}""")]
    [InlineData("""{"model":"fast","model":"slow","messages":[{}]}""")]
    [InlineData("""{"model":"fast","messages":[{}],"stream":true,"stream":false}""")]
    [InlineData("""{"provider":null,"provider":"acme","messages":[{}]}""")]
    [InlineData("""{"provider":null,"model":null,"messages":[{}]}""")]
    [InlineData("""{"provider":"","messages":[{}]}""")]
    [InlineData("""{"model":"fast","messages":[]}""")]
    [InlineData("""{"messages":[{}]}""")]
    [InlineData("""[]""")]
    public void Whatever_comes_in_nothing_but_a_refusal_comes_out(string body) =>
        Assert.Equal(CallErrorKind.InvalidRequest, Assert.Throws<CallException>(() => Read(body)).Error.Kind);

    [Fact]
    public void A_body_that_is_not_JSON_is_refused_with_the_place_of_the_fault()
    {
        var error = Assert.Throws<CallException>(() => Read("""{"model":"fast",}""")).Error;
        Assert.Equal(("invalid_json", "The request body is not valid JSON: see line 1, byte 17."), (error.Code, error.Message));
    }

    private static CallEnvelope Read(string body) =>
        BuiltInDialects.Set.Ingress(DialectId.Plain).ReadEnvelope(new IngressRequest(CallOperation.Chat), Encoding.UTF8.GetBytes(body));
}

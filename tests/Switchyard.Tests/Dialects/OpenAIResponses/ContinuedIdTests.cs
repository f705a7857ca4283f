using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>
/// What a request continues is looked up by one id, so that it can belong to the caller alone: a second one would go to the provider
/// unseen.
/// </summary>
public sealed class ContinuedIdTests
{
    [Theory]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_a","conversation":"conv_b"}""", "conversation", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","conversation":{"id":"conv_b"},"previous_response_id":""}""", "conversation", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_a","previous_response_id":"resp_b"}""", "previous_response_id", "duplicate_parameter")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_a","previous_respons\u0065_id":null}""", "previous_response_id", "duplicate_parameter")]
    [InlineData("""{"model":"m","input":"x","conversation":"conv_a","conversation":"conv_b"}""", "conversation", "duplicate_parameter")]
    [InlineData("""{"model":"m","input":"x","conversation":{"id":"conv_a","id":"conv_b"}}""", "conversation.id", "duplicate_parameter")]
    public void A_request_that_names_two_is_refused(string body, string param, string code)
    {
        var error = Assert.Throws<CallException>(() => Read(body)).Error;

        Assert.Equal((CallErrorKind.InvalidRequest, param, code), (error.Kind, error.Param, error.WireCode));
    }

    [Theory]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_a","conversation":null}""", "resp_a")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":null,"conversation":{"id":"conv_b","object":"conversation"}}""", "conv_b")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":null}""", null)]
    public void Null_names_none(string body, string? id) => Assert.Equal(id, Read(body).ContinuedId);

    private static CallEnvelope Read(string body) => BuiltInDialects.Set.Ingress(DialectId.OpenAIResponses)
        .ReadEnvelope(new IngressRequest(CallOperation.Chat), Encoding.UTF8.GetBytes(body));
}

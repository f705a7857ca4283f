using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.OpenAIChat;
using Xunit;

namespace Switchyard.Tests.Dialects;

public sealed class EmbeddingVectorTests
{
    [Covers("M11")]
    [Theory]
    [InlineData("[1,0.5]")]
    [InlineData("\"AACAPwAAAD8=\"")]
    public void A_vector_is_read_as_numbers_or_as_base64(string vector) =>
        Assert.Equal([1f, 0.5f], EmbeddingVector.Read(JsonElement.Parse(Encoding.UTF8.GetBytes(vector))));

    [Theory]
    [InlineData("[1e400]")]
    [InlineData("[\"1\"]")]
    [InlineData("\"AADAfw==\"")]
    [InlineData("\"AAA\"")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_vector_is_no_answer(string vector)
    {
        // NaN in base64 and numbers beyond a float's range could not be written to the client.
        var body = Encoding.UTF8.GetBytes($"{{\"data\":[{{\"index\":0,\"embedding\":{vector}}}]}}");
        var error = Assert.Throws<CallException>(() => Codec.Dialect.DecodeAnswer(CallOperation.Embedding, body)).Error;
        Assert.Equal(CallErrorKind.UpstreamUnavailable, error.Kind);
    }
}

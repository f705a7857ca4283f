using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Egress.Fitting;
using Xunit;

namespace Switchyard.Tests.Egress.Fitting;

/// <summary>A number that no provider accepts is refused under the name that the client wrote.</summary>
public sealed class RefusedNumbersTests
{
    private const string Chat = """{"model":"any","messages":[{"role":"user","content":"?"}],FIELD}""";
    private const string Responses = """{"model":"any","input":"?",FIELD}""";
    private const string Gemini = """{"contents":[{"parts":[{"text":"?"}]}],"generationConfig":{FIELD}}""";

    [Theory]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "0")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "-7")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "-9000000000")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "1.5")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "\"9\"")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "1e30")]
    [InlineData("openai-chat", Chat, "max_tokens", "0")]
    [InlineData("openai-chat", Chat, "max_tokens", "-7")]
    [InlineData("openai-chat", Chat, "max_tokens", "[]")]
    [InlineData("openai-responses", Responses, "max_output_tokens", "0")]
    [InlineData("openai-responses", Responses, "max_output_tokens", "-7")]
    [InlineData("openai-responses", Responses, "max_output_tokens", "1.5")]
    [InlineData("openai-responses", Responses, "max_output_tokens", "{}")]
    [InlineData("gemini", Gemini, "maxOutputTokens", "0", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", Gemini, "maxOutputTokens", "-7", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", Gemini, "maxOutputTokens", "1.5", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", Gemini, "maxOutputTokens", "true", "generationConfig.maxOutputTokens")]
    public void A_bad_limit_is_refused_under_the_name_that_the_client_wrote(
        string client, string request, string field, string value, string? named = null)
    {
        var error = Assert.Throws<CallException>(() => Check(client, request, $"\"{field}\":{value}")).Error;

        Assert.Equal((CallErrorKind.InvalidRequest, named ?? field), (error.Kind, error.Param));
        Assert.Contains($"'{named ?? field}'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'max_tokens'", field == "max_tokens" ? "" : error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_names_for_one_limit_the_newer_is_named()
    {
        var error = Assert.Throws<CallException>(
            () => Check("openai-chat", Chat, "\"max_tokens\":0,\"max_completion_tokens\":0")).Error;
        Assert.Equal("max_completion_tokens", error.Param);
    }

    [Theory]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "99999999999")]
    [InlineData("openai-chat", Chat, "max_completion_tokens", "-1")]
    [InlineData("openai-responses", Responses, "max_output_tokens", "99999999999")]
    [InlineData("gemini", Gemini, "maxOutputTokens", "99999999999")]
    public void A_limit_that_no_model_reaches_and_one_that_is_none_are_not_refused(
        string client, string request, string field, string value) =>
        Check(client, request, $"\"{field}\":{value}");

    private static void Check(string client, string request, string field)
    {
        var dialect = BuiltInDialects.Set.Ingress(new DialectId(client));
        var bytes = Encoding.UTF8.GetBytes(request.Replace("FIELD", field, StringComparison.Ordinal));
        var envelope = dialect.ReadEnvelope(
            new IngressRequest(CallOperation.Chat) { Model = client == "gemini" ? "any" : null }, bytes);
        RefusedNumbers.Check((CanonicalChatRequest)dialect.DecodeRequest(envelope, bytes), new DialectId(client));
    }
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>A request that limits its answer twice could be counted by one limit and be answered by the other.</summary>
public sealed class RepeatedLimitTests
{
    [Theory]
    [InlineData("openai-chat", """{"model":"m","max_tokens":4000,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("openai-chat", """{"model":"m","max_tokens":4000,"messages":[{}],"max_t\u006fkens":5}""", "max_tokens")]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":5,"messages":[{}],"max_completion_tokens":4000}""", "max_completion_tokens")]
    [InlineData("openai-responses", """{"model":"m","max_output_tokens":4000,"input":"x","max_output_tokens":5}""", "max_output_tokens")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":4000,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":4000,"max_output_tokens":5}}""", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":4000},"generation_config":{"maxOutputTokens":5}}""", "generationConfig.maxOutputTokens")]
    [InlineData("openai-chat", """{"model":"m","max_tokens":null,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("openai-chat", """{"model":"m","max_tokens":-1,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("openai-responses", """{"model":"m","max_output_tokens":null,"input":"x","max_output_tokens":5}""", "max_output_tokens")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":null,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":5,"maxOutputTokens":"4000"}}""", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":-1,"maxOutputTokens":5}}""", "generationConfig.maxOutputTokens")]
    [InlineData("plain", """{"model":"m","max_tokens":null,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    [InlineData("plain", """{"model":"m","max_tokens":4000,"messages":[{}],"max_tokens":5}""", "max_tokens")]
    public void It_is_refused_in_every_format(string format, string body, string param)
    {
        var request = new IngressRequest(CallOperation.Chat) { Model = format == "gemini" ? "m" : null };

        var error = Assert.Throws<CallException>(
            () => BuiltInDialects.Set.Ingress(new DialectId(format)).ReadEnvelope(request, Encoding.UTF8.GetBytes(body))).Error;

        Assert.Equal((CallErrorKind.InvalidRequest, param, "duplicate_parameter"), (error.Kind, error.Param, error.WireCode));
    }

    [Theory]
    [InlineData("openai-chat", """{"model":"m","max_tokens":5,"messages":[{}],"max_completion_tokens":4000}""", 4000)]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":5,"messages":[{}],"max_tokens":4000}""", 4000)]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":null,"messages":[{}],"max_tokens":5}""", 5)]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":5,"messages":[{}],"max_tokens":null}""", 5)]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":null,"messages":[{}],"max_tokens":null}""", null)]
    [InlineData("openai-chat", """{"model":"m","max_completion_tokens":-1,"messages":[{}],"max_tokens":5}""", null)]
    [InlineData("openai-responses", """{"model":"m","max_output_tokens":null,"input":"x"}""", null)]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":"5"}}""", 5)]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":null}}""", null)]
    [InlineData("gemini", """{"contents":[{}],"generationConfig":{"maxOutputTokens":5},"generation_config":{"temperature":1}}""", 5)]
    public void Two_names_of_which_the_format_says_what_counts_are_none(string format, string body, int? limit)
    {
        var request = new IngressRequest(CallOperation.Chat) { Model = format == "gemini" ? "m" : null };

        var envelope = BuiltInDialects.Set.Ingress(new DialectId(format)).ReadEnvelope(request, Encoding.UTF8.GetBytes(body));

        Assert.Equal(limit, envelope.MaxOutputTokens);
    }
}

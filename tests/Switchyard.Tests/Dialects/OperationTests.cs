using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects;

/// <summary>Which format has which operation.</summary>
public sealed class OperationTests
{
    public static TheoryData<string> Formats =>
    [
        "openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse", "cohere", "ollama",
    ];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_provider_is_said_to_serve_what_its_format_has_a_path_for(string format)
    {
        var dialect = BuiltInDialects.Set.Egress(new DialectId(format));
        var target = new EgressTarget("acme", "some-model", ProviderQuirks.None);

        foreach (var operation in Enum.GetValues<CallOperation>())
        {
            // What a provider stores is asked for by address.
            var has = CallOperations.IsOfStored(operation) || dialect.GetPath(operation, target, stream: false) is not null;
            Assert.Equal((operation, has), (operation, CallOperations.IsIn(operation, [dialect.Id])));
        }
    }

    [Fact]
    public void Of_several_formats_one_is_enough_and_a_hosts_own_may_have_all()
    {
        Assert.True(CallOperations.IsIn(CallOperation.Speech, [DialectId.AnthropicMessages, DialectId.OpenAIChat]));
        Assert.False(CallOperations.IsIn(CallOperation.Speech, [DialectId.AnthropicMessages, DialectId.Gemini]));
        Assert.True(CallOperations.IsIn(CallOperation.Speech, [new DialectId("acme")]));
        Assert.False(CallOperations.IsIn(CallOperation.Compaction, [new DialectId("acme")]));
        Assert.True(CallOperations.IsIn(CallOperation.CountTokens, [new DialectId("GEMINI")]));
    }
}

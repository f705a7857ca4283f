using System.Text;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>The end of a stream that is not JSON: its dialect knows it, and the engine asks the dialect.</summary>
public sealed class TerminatorTests
{
    private static readonly string[] s_others = ["", "[]", "[DONE", "DONE", "{\"a\":\"[DONE]\"}", "{}[DONE]", "null"];

    [Theory]
    [InlineData("openai-chat", CallOperation.Chat, true)]
    [InlineData("openai-chat", CallOperation.Speech, true)]
    [InlineData("openai-responses", CallOperation.Chat, true)]
    [InlineData("anthropic-messages", CallOperation.Chat, true)]
    [InlineData("gemini", CallOperation.Chat, false)]
    public void A_probe_knows_the_terminator_of_its_format(string dialect, CallOperation operation, bool ends)
    {
        var probe = BuiltInDialects.Set.Egress(new(dialect)).CreateProbe(operation);

        Assert.Equal(ends, probe.IsTerminator("[DONE]"u8));
        Assert.Equal(ends, probe.IsTerminator(" [DONE]\r\n"u8));
        Assert.All(s_others, other => Assert.False(probe.IsTerminator(Encoding.UTF8.GetBytes(other))));
    }
}

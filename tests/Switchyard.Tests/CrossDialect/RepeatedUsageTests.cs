using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Usage that a stream reports more than once: the last report counts, except one of zeros, with which the call would cost nothing.
/// </summary>
public sealed class RepeatedUsageTests
{
    private const string Text = """{"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}""";
    private const string End = """{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData(9, 5, 3, 2, 3, 2)]
    [InlineData(3, 2, 0, 0, 3, 2)]
    [InlineData(3, 2, 4, 0, 4, 0)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    public void The_last_report_of_a_stream_counts_unless_it_has_nothing(
        int firstInput, int firstOutput, int lastInput, int lastOutput, long input, long output) =>
        AssertUsage(Usage(firstInput, firstOutput), Usage(lastInput, lastOutput), input, output);

    [Theory]
    [InlineData("""{"total_tokens":0}""")]
    [InlineData("""{"prompt_tokens":0,"completion_tokens":null}""")]
    public void A_last_report_of_zeros_may_lack_a_count(string last) =>
        AssertUsage(Usage(3, 2), $$"""{"id":"x","choices":[],"usage":{{last}}}""", 3, 2);

    private static void AssertUsage(string first, string last, long input, long output)
    {
        var dialect = BuiltInDialects.Set.Egress(DialectId.OpenAIChat);
        var decoder = dialect.CreateStreamDecoder(CallOperation.Chat);
        var probe = dialect.CreateProbe(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var data in new[] { Text, End, first, last, "[DONE]" })
        {
            var frame = Encoding.UTF8.GetBytes(data);
            Assert.Null(decoder.Decode(new StreamFrame(default, frame), updates));
            probe.Observe(new StreamFrame(default, frame));
        }

        Assert.Null(decoder.Finish(updates));
        Assert.Equal((input, output), (decoder.Usage.Input, decoder.Usage.Output));
        Assert.Equal((input, output), (probe.Usage.Input, probe.Usage.Output));
    }

    private static string Usage(int input, int output) =>
        $$$"""{"id":"x","choices":[],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}},"total_tokens":{{{input + output}}}}}""";
}

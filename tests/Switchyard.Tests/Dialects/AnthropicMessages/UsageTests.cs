using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>The counts of an answer that do not come as they usually do.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("""{"input_tokens":10,"output_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}""")]
    [InlineData(
        """
        {"input_tokens":10,"output_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":4,"ephemeral_5m_input_tokens":3},
        "cache_creation_input_tokens":7}
        """)]
    [InlineData(
        """
        {"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":4},"input_tokens":10,"output_tokens":5}
        """)]
    public void Tokens_written_to_the_cache_count_with_their_sum_or_without(string usage) => Assert.Equal(
        new TokenUsage { Input = 17, Output = 5, CacheWrite = 7, CacheWriteHour = 4 },
        Codec.Dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(
            $$$"""{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"usage":{{{usage}}}}""")).Usage);

    [Theory]
    [InlineData("{}", true)]
    [InlineData("null", true)]
    [InlineData("""{"output_tokens":null}""", true)]
    [InlineData("""{"output_tokens":1}""", false)]
    [InlineData("""{"output_tokens":0}""", false)]
    [InlineData("""{"input_tokens":10,"output_tokens":50}""", false)]
    public void A_stream_whose_end_has_no_count_was_counted_only_at_its_start(string usage, bool onlyAtStart)
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        var decoder = Codec.Dialect.CreateStreamDecoder(CallOperation.Chat);
        foreach (var data in new[]
        {
            Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "Hello"), Codec.Stop(0), Codec.End(usage: usage), Codec.Last,
        })
        {
            var name = JsonElement.Parse(data).GetProperty("type").GetString()!;
            var frame = new StreamFrame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));
            probe.Observe(frame);
            decoder.Decode(frame, []);
        }

        Assert.Equal((onlyAtStart, onlyAtStart), (probe.IsCountedAtStart, decoder.IsCountedAtStart));
    }
}

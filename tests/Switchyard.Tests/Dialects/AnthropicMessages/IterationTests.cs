using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Models;
using Switchyard.Money;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>Requests to a model that are billed but not part of an answer's counts: to shorten a conversation, and to an advisor.</summary>
public sealed class IterationTests
{
    private const string Compacted = """
        {"input_tokens":20000,"cache_creation_input_tokens":0,"cache_read_input_tokens":3000,"output_tokens":1000,
         "service_tier":"standard","cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"iterations":[
          {"type":"compaction","input_tokens":30000,"cache_creation_input_tokens":2000,"cache_read_input_tokens":150000,
           "cache_creation":{"ephemeral_5m_input_tokens":500,"ephemeral_1h_input_tokens":1500},"output_tokens":3500},
          {"type":"message","input_tokens":20000,"cache_creation_input_tokens":0,"cache_read_input_tokens":3000,"output_tokens":1000}]}
        """;

    // 20,000 + 3,000, and 30,000 + 2,000 + 150,000.
    private static readonly TokenUsage s_compacted =
        new() { Input = 205_000, Output = 4_500, CacheRead = 153_000, CacheWrite = 2_000, CacheWriteHour = 1_500 };

    [Fact]
    public void The_tokens_with_which_a_conversation_was_shortened_count() =>
        Assert.All(Usages(Compacted), usage => Assert.Equal(s_compacted, usage));

    [Fact]
    public void They_count_before_the_other_counts_too() => Assert.All(
        Usages("""{"iterations":[{"output_tokens":7,"input_tokens":5,"type":"compaction"}],"input_tokens":0,"output_tokens":0}"""),
        usage => Assert.Equal(new TokenUsage { Input = 5, Output = 7 }, usage));

    [Fact]
    public void Each_of_several_counts_and_so_does_an_advisor() => Assert.All(
        Usages(
            """
            {"input_tokens":1760,"output_tokens":531,"iterations":[
             {"type":"compaction","input_tokens":100,"output_tokens":10},
             {"type":"message","input_tokens":412,"output_tokens":89},
             {"type":"advisor_message","model":"claude-opus-5","input_tokens":823,"cache_read_input_tokens":7,"output_tokens":1612},
             {"type":"compaction","input_tokens":200,"output_tokens":20},
             {"type":"message","input_tokens":1348,"output_tokens":442}]}
            """),
        // 1,760 + 100 + 823 + 7 + 200 and 531 + 10 + 1,612 + 20.
        usage => Assert.Equal(new TokenUsage { Input = 2_890, Output = 2_173, CacheRead = 7 }, usage));

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""[{"type":"message","input_tokens":5,"output_tokens":9}]""")]
    [InlineData("""[{"type":"fallback_message","model":"m","input_tokens":5,"output_tokens":9}]""")]
    [InlineData("""[{"input_tokens":5,"output_tokens":9},null,3,"compaction",[{"type":"compaction","input_tokens":5}]]""")]
    [InlineData("""[{"type":7,"input_tokens":5},{"type":["compaction"],"input_tokens":5},{"type":"compaction"}]""")]
    [InlineData("""[{"type":"compaction","input_tokens":-5,"output_tokens":"many"}]""")]
    public void Nothing_else_in_the_list_counts(string iterations) => Assert.All(
        Usages($$"""{"input_tokens":5,"iterations":{{iterations}},"output_tokens":9}"""),
        usage => Assert.Equal(new TokenUsage { Input = 5, Output = 9 }, usage));

    [Fact]
    public void A_list_that_comes_again_in_a_stream_counts_once()
    {
        var usages = Streamed(
            Codec.Start(
                """{"input_tokens":5,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":50,"output_tokens":3}]}"""),
            Codec.End(usage: """{"output_tokens":9,"iterations":[{"type":"compaction","input_tokens":50,"output_tokens":4}]}"""),
            Codec.End(usage: """{"output_tokens":9,"iterations":[]}"""));

        Assert.All(usages, usage => Assert.Equal(new TokenUsage { Input = 55, Output = 13 }, usage));
    }

    [Fact]
    public void They_cost_what_their_tokens_cost()
    {
        var price = new ModelPrice(new ModelPricing
        {
            Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
            Rates = new() { Input = 2, Output = 8, CacheRead = 0.2m, CacheWrite = 2.5m, CacheWriteHour = 4 },
        });

        // 50,000 tokens at 2 dollars for a million, 153,000 at 0.2, 500 at 2.5, 1,500 at 4, and 4,500 at 8.
        Assert.All(
            Usages(Compacted),
            usage => Assert.Equal(100_000_000 + 30_600_000 + 1_250_000 + 6_000_000 + 36_000_000, price.CostOf(usage, out _).Total));
    }

    [Fact]
    public void A_client_of_another_format_gets_the_sum()
    {
        var whole = Codec.EncodeAnswer(Codec.DecodeAnswer(Answer(Compacted)), Codec.OpenAI).GetProperty("usage");
        var streamed = Codec.DecodeGood(Stream(Compacted))
            .SelectMany(update => update.Contents).OfType<UsageContent>().Single();

        Assert.Equal(
            (205_000, 4_500, 209_500),
            (
                whole.GetProperty("prompt_tokens").GetInt32(), whole.GetProperty("completion_tokens").GetInt32(),
                whole.GetProperty("total_tokens").GetInt32()));
        Assert.Equal(s_compacted, TokenUsage.From(streamed.Details));
    }

    [Fact]
    public void A_client_of_this_format_gets_the_list_and_the_counts_beside_it_as_they_came()
    {
        var whole = Codec.EncodeAnswer(Codec.DecodeAnswer(Answer(Compacted))).GetProperty("usage");
        var streamed = Codec.Emit(Codec.DecodeGood(Stream(Compacted))).Usage;

        Codec.AssertJson(Compacted, whole);
        Codec.AssertJson(Compacted, streamed);
    }

    /// <summary>As a probe, which watches a forwarded answer, and a decoder read it, whole and streamed.</summary>
    private static TokenUsage[] Usages(string usage)
    {
        var bytes = Encoding.UTF8.GetBytes(Answer(usage));
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(bytes));
        return
        [
            probe.Usage, Codec.Dialect.DecodeAnswer(CallOperation.Chat, bytes).Usage,
            .. Streamed(Codec.Start("""{"input_tokens":0,"output_tokens":0}"""), Codec.End(usage: OneLine(usage))),
        ];
    }

    private static TokenUsage[] Streamed(params string[] events)
    {
        var (probe, decoder) = (Codec.Dialect.CreateProbe(CallOperation.Chat), Codec.Dialect.CreateStreamDecoder(CallOperation.Chat));
        foreach (var data in events)
        {
            var name = JsonElement.Parse(data).GetProperty("type").GetString()!;
            var frame = new StreamFrame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));
            probe.Observe(frame);
            decoder.Decode(frame, []);
        }

        return [probe.Usage, decoder.Usage];
    }

    private static string Answer(string usage) =>
        $$"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn",
         "stop_sequence":null,"usage":{{usage}}}
        """;

    private static string Stream(string usage) => Codec.Stream(
        Codec.Start(), Codec.Open(0, Codec.TextBlock), Codec.Text(0, "a"), Codec.Stop(0), Codec.End(usage: OneLine(usage)), Codec.Last);

    private static string OneLine(string json) => json.ReplaceLineEndings("");
}

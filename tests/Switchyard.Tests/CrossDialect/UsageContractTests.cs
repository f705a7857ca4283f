using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// The single convention of counting, checked on every recorded answer: input includes tokens read from and written to the cache,
/// output includes reasoning, and decoder and probe count the same.
/// </summary>
public sealed class UsageContractTests
{
    public static TheoryData<string> Providers =>
    [
        "anthropic", "azure", "bedrock", "cerebras", "cohere", "deepseek", "gemini", "groq", "huggingface", "mistral", "ollama", "openai",
        "openrouter", "perplexity", "together", "vertex", "vllm", "xai", "zai",
    ];

    [Covers("U1")]
    [Theory, MemberData(nameof(Providers))]
    public void Every_recorded_answer_is_counted_in_one_convention(string provider)
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var counted = 0;
        var faults = new List<string>();
        foreach (var exchange in Cassettes.Read(provider))
        {
            if (exchange.Status != 200 || exchange.Answer is [(byte)'[', ..] || DialectOf(exchange) is not { } dialect)
                continue;
            TokenUsage decoded, probed;
            try
            {
                (decoded, probed) = IsWhole(exchange) ? Whole(dialect, exchange) : Streamed(dialect, exchange);
            }
            catch (CallException)
            {
                // An error with status 200 is not an answer.
                continue;
            }

            if (decoded != probed)
                faults.Add($"{exchange}: decoded {decoded}, watched {probed}");
            if (decoded.IsEmpty)
                continue;
            counted++;
            if (decoded.Input < (decoded.CacheRead ?? 0) + (decoded.CacheWrite ?? 0) || decoded.Output < (decoded.Reasoning ?? 0)
                || decoded.Input < (decoded.InputAudio ?? 0) || decoded.Output < (decoded.OutputAudio ?? 0))
            {
                faults.Add($"{exchange}: {decoded}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(counted > 0, "no recorded answer of this provider was counted");
    }

    [Covers("U1")]
    [Fact]
    public void Reasoning_is_never_more_than_the_output_it_is_a_part_of()
    {
        var probe = BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(
            """{"usage":{"prompt_tokens":43,"completion_tokens":10,"total_tokens":53,"completion_tokens_details":{"reasoning_tokens":11}}}"""u8));
        Assert.Equal((43, 10, 10), (probe.Usage.Input, probe.Usage.Output, probe.Usage.Reasoning));
    }

    private static (TokenUsage Decoded, TokenUsage Probed) Whole(IEgressDialect dialect, Exchange exchange)
    {
        var probe = dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(exchange.Answer), exchange.ToString());
        return (dialect.DecodeAnswer(CallOperation.Chat, exchange.Answer).Usage, probe.Usage);
    }

    private static (TokenUsage Decoded, TokenUsage Probed) Streamed(IEgressDialect dialect, Exchange exchange)
    {
        var decoder = dialect.CreateStreamDecoder(CallOperation.Chat);
        var probe = dialect.CreateProbe(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        var reader = dialect.CreateFrameReader();
        reader.Feed(exchange.Answer);
        while (reader.TryRead(out var frame))
            Take(frame);
        if (reader.Finish(out var last))
            Take(last);
        decoder.Finish(updates);
        // The usage among the contents equals the decoder's own.
        var told = updates.SelectMany(update => update.Contents).OfType<UsageContent>()
            .Select(usage => TokenUsage.From(usage.Details)).ToList();
        Assert.True(told.Count == (decoder.Usage.IsEmpty ? 0 : 1), $"{exchange}: usage came {told.Count} times");
        Assert.All(told, usage => Assert.Equal(decoder.Usage, usage));
        return (decoder.Usage, probe.Usage);

        void Take(StreamFrame frame)
        {
            decoder.Decode(frame, updates);
            probe.Observe(frame);
        }
    }

    private static bool IsWhole(Exchange exchange) =>
        JsonDocumentOf(exchange.Answer) && !exchange.Url.AbsolutePath.EndsWith("-stream", StringComparison.Ordinal);

    private static bool JsonDocumentOf(byte[] body)
    {
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(body);
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private static IEgressDialect? DialectOf(Exchange exchange)
    {
        var path = exchange.Url.AbsolutePath;
        DialectId? id = path switch
        {
            _ when path.EndsWith("/chat/completions", StringComparison.Ordinal) => DialectId.OpenAIChat,
            _ when path.EndsWith("/responses", StringComparison.Ordinal) => DialectId.OpenAIResponses,
            _ when path.EndsWith("/messages", StringComparison.Ordinal) => DialectId.AnthropicMessages,
            _ when path.Contains("enerateContent", StringComparison.Ordinal) => DialectId.Gemini,
            _ when path.EndsWith("/converse", StringComparison.Ordinal) || path.EndsWith("/converse-stream", StringComparison.Ordinal) =>
                DialectId.BedrockConverse,
            _ when path.EndsWith("/v2/chat", StringComparison.Ordinal) => DialectId.Cohere,
            _ when path.EndsWith("/api/chat", StringComparison.Ordinal) => DialectId.Ollama,
            _ => null,
        };
        return id is { } known ? BuiltInDialects.Set.Egress(known) : null;
    }
}

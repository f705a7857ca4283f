using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>
/// The cost of each recorded answer, compared with its own numbers added up as in the vendor's price list: from the raw
/// JSON, without any of our code.
/// </summary>
public sealed class RecordedCostTests
{
    private const decimal Input = 3, CacheRead = 0.3m, CacheWrite = 3.75m, CacheWriteHour = 6, Output = 15;

    private static readonly ModelPrice s_price = new(new ModelPricing
    {
        Source = new ModelSource { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
        Rates = new()
        {
            Input = Input, CacheRead = CacheRead, CacheWrite = CacheWrite, CacheWriteHour = CacheWriteHour, Output = Output,
        },
    });

    [Covers("S002-86")]
    [Theory]
    [InlineData("openai", "/v1/chat/completions", 5)]
    [InlineData("openai", "/v1/responses", 3)]
    [InlineData("groq", "/chat/completions", 1)]
    [InlineData("mistral", "/chat/completions", 1)]
    [InlineData("cerebras", "/chat/completions", 1)]
    [InlineData("together", "/chat/completions", 1)]
    [InlineData("anthropic", "/v1/messages", 8)]
    [InlineData("gemini", ":generateContent", 4)]
    public void Each_whole_answer_costs_what_its_own_numbers_say(string provider, string path, int atLeast)
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var counted = 0;
        foreach (var exchange in Cassettes.Read(provider))
        {
            if (exchange.Status != 200 || !exchange.Url.AbsolutePath.EndsWith(path, StringComparison.Ordinal)
                || Parse(exchange.Answer) is not { } answer || ByHand(path, answer) is not { } dollarsPerMillion)
                continue;
            var probe = BuiltInDialects.Set.Egress(DialectOf(path)).CreateProbe(CallOperation.Chat);
            probe.ObserveBody(exchange.Answer);

            var cost = s_price.CostOf(probe.Usage, out var why);

            Assert.True(why == Unpriced.None, $"{exchange}: {why}");
            var byHand = (long)(dollarsPerMillion * 1000);
            Assert.True(byHand == cost.Total, $"{exchange}: {byHand} by hand, not {cost.Total}");
            counted++;
        }

        Assert.True(counted >= atLeast, $"Only {counted} answers were counted.");
    }

    [Theory]
    [InlineData(0, 100, 375_000)]
    [InlineData(100, 100, 600_000)]
    [InlineData(60, 100, (60 * 6_000) + (40 * 3_750))]
    public void What_is_kept_in_the_cache_for_an_hour_costs_more(long hour, long written, long nano)
    {
        var probe = BuiltInDialects.Set.Egress(DialectId.AnthropicMessages).CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(JsonSerializer.SerializeToUtf8Bytes(new
        {
            usage = new
            {
                input_tokens = 0,
                cache_creation_input_tokens = written,
                cache_creation = new { ephemeral_5m_input_tokens = written - hour, ephemeral_1h_input_tokens = hour },
                output_tokens = 0,
            },
        })));

        Assert.Equal(nano, s_price.CostOf(probe.Usage, out _).Total);
    }

    private static decimal? ByHand(string path, JsonElement answer) => path switch
    {
        "/v1/messages" => answer.TryGetProperty("usage", out var usage) ? Anthropic(usage) : null,
        ":generateContent" => answer.TryGetProperty("usageMetadata", out var usage) ? Gemini(usage) : null,
        _ => answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? OpenAI(usage) : null,
    };

    private static decimal OpenAI(JsonElement usage)
    {
        var (input, output) = (Number(usage, "prompt_tokens") + Number(usage, "input_tokens"),
            Number(usage, "completion_tokens") + Number(usage, "output_tokens"));
        var cached = Number(usage, "prompt_tokens_details", "cached_tokens") + Number(usage, "input_tokens_details", "cached_tokens");
        return ((input - cached) * Input) + (cached * CacheRead) + (output * Output);
    }

    private static decimal Anthropic(JsonElement usage)
    {
        var written = Number(usage, "cache_creation_input_tokens");
        var hour = Number(usage, "cache_creation", "ephemeral_1h_input_tokens");
        return (Number(usage, "input_tokens") * Input) + (Number(usage, "cache_read_input_tokens") * CacheRead)
            + ((written - hour) * CacheWrite) + (hour * CacheWriteHour) + (Number(usage, "output_tokens") * Output);
    }

    private static decimal Gemini(JsonElement usage)
    {
        var cached = Number(usage, "cachedContentTokenCount");
        return ((Number(usage, "promptTokenCount") + Number(usage, "toolUsePromptTokenCount") - cached) * Input) + (cached * CacheRead)
            + ((Number(usage, "candidatesTokenCount") + Number(usage, "thoughtsTokenCount")) * Output);
    }

    private static decimal Number(JsonElement from, params string[] path)
    {
        foreach (var name in path)
        {
            if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out from))
                return 0;
        }

        return from.ValueKind == JsonValueKind.Number ? from.GetDecimal() : 0;
    }

    private static DialectId DialectOf(string path) => path switch
    {
        "/v1/messages" => DialectId.AnthropicMessages,
        "/v1/responses" => DialectId.OpenAIResponses,
        ":generateContent" => DialectId.Gemini,
        _ => DialectId.OpenAIChat,
    };

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            return JsonElement.Parse(body) is { ValueKind: JsonValueKind.Object } found ? found : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

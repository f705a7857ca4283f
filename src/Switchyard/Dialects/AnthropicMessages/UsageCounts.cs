using System.Runtime.InteropServices;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The counts of a usage object in this format, whose input excludes tokens read from and written to the cache. A stream sends some at its
/// beginning and some at its end, so they are collected here and only then added up.
/// </summary>
internal struct UsageCounts
{
    private long? _input;
    private long? _cacheRead;
    private long? _cacheWrite;
    private long? _cacheWriteHour;
    private long? _output;
    private long? _thinking;
    private int _webSearches;

    // Few answers have any, and every probe and decoder holds these counts: an object takes the least room where there are none.
    private IterationUsage? _iterations;

    /// <summary>The service tier, or the mode with its own price, that the answer reports; null if it names none.</summary>
    public string? ServiceTier { get; private set; }

    /// <summary>
    /// Whether only the beginning of a stream has counted the answer's tokens: it does so before there are any, most often with 1.
    /// </summary>
    public bool IsOutputOfStart { get; private set; }

    /// <summary>The counts as <see cref="TokenUsage"/> defines them, with those of <see cref="IterationsOf"/>.</summary>
    public readonly TokenUsage Usage => _iterations is null ? Plain : Plain.Plus(_iterations.Usage);

    private readonly TokenUsage Plain => new()
    {
        Input = TokenUsage.Sum(_input, _cacheRead, _cacheWrite),
        Output = _output,
        CacheRead = _cacheRead,
        CacheWrite = _cacheWrite,
        CacheWriteHour = _cacheWriteHour,
        Reasoning = _thinking,
        WebSearches = _webSearches > 0 ? _webSearches : null,
    };

    /// <summary>
    /// The counts in a usage object's <c>iterations</c> that are billed but not part of its other counts: of requests in which the provider
    /// shortened the conversation (<c>compaction</c>) or asked an advisor (<c>advisor_message</c>). All other iterations are part of them.
    /// </summary>
    public static TokenUsage IterationsOf(JsonElement? usage)
    {
        if (usage?.Member("iterations") is not { ValueKind: JsonValueKind.Array })
            return default;
        var counts = default(UsageCounts);
        counts.Take(usage);
        return counts._iterations?.Usage ?? default;
    }

    /// <summary>Takes the counts of a usage object; anything else changes nothing.</summary>
    public void Take(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } counts)
            return;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(counts));
        reader.Read();
        Take(ref reader);
    }

    /// <summary>The counts so far are those of the beginning of a stream.</summary>
    public void EndStart() => IsOutputOfStart = _output is not null;

    /// <summary>Takes the value at the reader's position and leaves the reader on the value's last token.</summary>
    public void Take(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("iterations"u8))
                TakeIterations(ref reader);
            else
                TakeMember(ref reader);
        }
    }

    private void TakeMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("input_tokens"u8))
            Update(ref _input, ref reader);
        else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
            Update(ref _cacheRead, ref reader);
        else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
            Update(ref _cacheWrite, ref reader);
        else if (reader.ValueTextEquals("cache_creation"u8))
            TakeCacheWrites(ref reader);
        else if (reader.ValueTextEquals("output_tokens"u8))
            IsOutputOfStart &= !Update(ref _output, ref reader);
        else if (reader.ValueTextEquals("output_tokens_details"u8))
            TakePart("thinking_tokens"u8, ref _thinking, ref reader);
        else if (reader.ValueTextEquals("server_tool_use"u8))
            TakeToolUses(ref reader);
        else if (reader.ValueTextEquals("service_tier"u8))
            TakeServiceTier(ref reader);
        else if (reader.ValueTextEquals("inference_geo"u8) || reader.ValueTextEquals("speed"u8))
            TakeMode(ref reader);
        else
            Skip(ref reader);
    }

    /// <summary>Takes a list of iterations. A later one in a stream replaces an earlier one, because it has the same and more.</summary>
    private void TakeIterations(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var sum = default(TokenUsage);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                sum = sum.Plus(BilledApart(ref reader));
            else
                reader.Skip();
        }

        if (!sum.IsEmpty)
            _iterations = new IterationUsage(sum);
    }

    private static TokenUsage BilledApart(ref Utf8JsonReader reader)
    {
        var counts = default(UsageCounts);
        var isApart = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("type"u8))
            {
                counts.TakeMember(ref reader);
                continue;
            }

            reader.Read();
            isApart = reader.TokenType == JsonTokenType.String
                && (reader.ValueTextEquals("compaction"u8) || reader.ValueTextEquals("advisor_message"u8));
            reader.Skip();
        }

        return isApart ? counts.Plain : default;
    }

    private void TakeServiceTier(ref Utf8JsonReader reader)
    {
        reader.Read();
        ServiceTier = PricedModes.Over(ServiceTier, ServiceTiers.Read(ref reader));
    }

    private void TakeMode(ref Utf8JsonReader reader)
    {
        reader.Read();
        ServiceTier = PricedModes.Read(ref reader, ServiceTier);
    }

    /// <summary>Takes how often tools were used: most answers report 0, which is left out.</summary>
    private void TakeToolUses(ref Utf8JsonReader reader)
    {
        long? searches = null;
        TakePart("web_search_requests"u8, ref searches, ref reader);
        if (searches is > 0 and var count)
            _webSearches = (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Takes the tokens written to the cache, by lifetime. Their sum is used where it is not reported as well.</summary>
    private void TakeCacheWrites(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        long? minutes = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("ephemeral_5m_input_tokens"u8))
                Update(ref minutes, ref reader);
            else if (reader.ValueTextEquals("ephemeral_1h_input_tokens"u8))
                Update(ref _cacheWriteHour, ref reader);
            else
                Skip(ref reader);
        }

        if (_cacheWrite is null or 0 && TokenUsage.Sum(minutes, _cacheWriteHour) is > 0 and var sum)
            _cacheWrite = sum;
    }

    /// <summary>Takes one count of an object within the usage.</summary>
    private static void TakePart(ReadOnlySpan<byte> name, ref long? count, ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
                Update(ref count, ref reader);
            else
                Skip(ref reader);
        }
    }

    /// <summary>The last value wins, except for a 0 after a count: some servers repeat a field with its default.</summary>
    /// <returns>Whether the value is a count.</returns>
    private static bool Update(ref long? count, ref Utf8JsonReader reader)
    {
        var value = CountReader.Next(ref reader);
        if (value is > 0 || (value is 0 && count is null))
            count = value;
        return value is not null;
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    /// <summary>The counts of the iterations that are not part of the others.</summary>
    private sealed record IterationUsage(TokenUsage Usage);
}

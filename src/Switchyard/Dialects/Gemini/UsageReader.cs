using System.Runtime.InteropServices;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// The one place that reads <c>usageMetadata</c>, and the queries in <c>groundingMetadata</c>. The prompt's count includes cached tokens
/// and excludes those of tool results; the candidates' count excludes thoughts; counts of zero are left out.
/// </summary>
internal static class UsageReader
{
    /// <summary>Reads an element; anything but an object gives an empty usage.</summary>
    public static TokenUsage Read(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } wire)
            return default;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(wire));
        reader.Read();
        return Read(ref reader, out _);
    }

    /// <summary>Reads the usage of an answer or a chunk, and how often the web was searched for it.</summary>
    public static TokenUsage Of(JsonElement answer)
    {
        var usage = Read(answer.Field("usageMetadata"));
        if (answer.Field("candidates") is not { ValueKind: JsonValueKind.Array } candidates)
            return usage;
        var searches = 0L;
        foreach (var candidate in candidates.EnumerateArray())
        {
            if (candidate.Field("groundingMetadata")?.Field("webSearchQueries") is { ValueKind: JsonValueKind.Array } queries)
                searches += queries.EnumerateArray().Count(query => query.ValueKind == JsonValueKind.String && !query.ValueEquals(""u8));
        }

        return searches > 0 ? usage with { WebSearches = searches } : usage;
    }

    /// <summary>
    /// Reads <c>groundingMetadata</c> at the reader's position, leaves the reader on its last token, and returns the number of queries.
    /// Empty ones are listed as well, and cost nothing.
    /// </summary>
    public static long Searches(ref Utf8JsonReader reader)
    {
        var searches = 0L;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return searches;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isQueries = reader.ValueTextEquals("webSearchQueries"u8) || reader.ValueTextEquals("web_search_queries"u8);
            reader.Read();
            if (!isQueries || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                searches += reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals(""u8) ? 1 : 0;
                reader.Skip();
            }
        }

        return searches;
    }

    /// <summary>Reads the value at the reader's position and leaves the reader on the value's last token.</summary>
    /// <param name="reader">The reader, on the value.</param>
    /// <param name="serviceTier">The service tier that the answer reports; null if it names none.</param>
    public static TokenUsage Read(ref Utf8JsonReader reader, out string? serviceTier)
    {
        serviceTier = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        var counts = default(Counts);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            counts.TakeMember(ref reader);
        serviceTier = counts.ServiceTier;
        return counts.ToUsage();
    }

    private struct Counts
    {
        private long? _prompt;
        private long? _toolPrompt;
        private long? _candidates;
        private long? _thoughts;
        private long? _cached;
        private long? _total;
        private long? _inputAudio;
        private long? _cachedAudio;
        private long? _outputAudio;

        public string? ServiceTier { get; private set; }

        public void TakeMember(ref Utf8JsonReader reader)
        {
            if (Is(ref reader, "promptTokenCount"u8, "prompt_token_count"u8))
                _prompt = CountReader.Next(ref reader);
            else if (Is(ref reader, "toolUsePromptTokenCount"u8, "tool_use_prompt_token_count"u8))
                _toolPrompt = CountReader.Next(ref reader);
            else if (Is(ref reader, "candidatesTokenCount"u8, "candidates_token_count"u8))
                _candidates = CountReader.Next(ref reader);
            else if (Is(ref reader, "thoughtsTokenCount"u8, "thoughts_token_count"u8))
                _thoughts = CountReader.Next(ref reader);
            else if (Is(ref reader, "cachedContentTokenCount"u8, "cached_content_token_count"u8))
                _cached = CountReader.Next(ref reader);
            else if (Is(ref reader, "totalTokenCount"u8, "total_token_count"u8))
                _total = CountReader.Next(ref reader);
            else if (Is(ref reader, "promptTokensDetails"u8, "prompt_tokens_details"u8))
                _inputAudio = Audio(ref reader);
            else if (Is(ref reader, "cacheTokensDetails"u8, "cache_tokens_details"u8))
                _cachedAudio = Audio(ref reader);
            else if (Is(ref reader, "candidatesTokensDetails"u8, "candidates_tokens_details"u8))
                _outputAudio = Audio(ref reader);
            else if (Is(ref reader, "serviceTier"u8, "service_tier"u8))
            {
                reader.Read();
                ServiceTier = ServiceTiers.Read(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        public readonly TokenUsage ToUsage()
        {
            var input = TokenUsage.Sum(_prompt, _toolPrompt);
            var output = TokenUsage.Sum(_candidates, _thoughts);
            // A count of 0 is left out on the wire; a total without it shows that it is 0 and not unknown.
            if (_total is { } total)
            {
                output ??= input is { } prompt ? Math.Max(0, total - prompt) : null;
                input ??= output is { } generated ? Math.Max(0, total - generated) : null;
            }

            return new TokenUsage
            {
                Input = input,
                Output = output,
                // A part is never more than the whole, which is what is charged.
                CacheRead = _cached > input ? input : _cached,
                Reasoning = _thoughts,
                // Cached audio is charged as cached, and not once more as audio.
                InputAudio = _inputAudio is { } heard ? Math.Max(0, heard - (_cachedAudio ?? 0)) : null,
                OutputAudio = _outputAudio,
            };
        }

        private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) =>
            reader.ValueTextEquals(camel) || reader.ValueTextEquals(snake);

        /// <summary>The audio among <c>[{"modality":"AUDIO","tokenCount":3}]</c>.</summary>
        private static long? Audio(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                return null;
            }

            long? audio = null;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                var isAudio = false;
                long? count = null;
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isModality = reader.ValueTextEquals("modality"u8);
                    var isCount = Is(ref reader, "tokenCount"u8, "token_count"u8);
                    reader.Read();
                    if (isModality && reader.TokenType == JsonTokenType.String)
                        isAudio = reader.ValueTextEquals("AUDIO"u8);
                    else if (isCount)
                        count = CountReader.Read(ref reader);
                    else
                        reader.Skip();
                }

                if (isAudio)
                    audio = count ?? audio;
            }

            return audio;
        }
    }
}

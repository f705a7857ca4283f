using System.Runtime.InteropServices;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// The one place that reads a usage object of this format, in the variants of its vendors: cached tokens are in the details, beside them,
/// or under DeepSeek's name; details may be null; a count may be written as a decimal.
/// </summary>
internal static class UsageReader
{
    /// <summary>Reads an element; anything but an object gives an empty usage.</summary>
    public static TokenUsage Read(JsonElement usage)
    {
        if (usage.ValueKind != JsonValueKind.Object)
            return default;
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(usage));
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>Reads the value at the reader's position and leaves the reader on the value's last token.</summary>
    public static TokenUsage Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return default;
        }

        var counts = default(Counts);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            counts.TakeMember(ref reader);
        return counts.ToUsage();
    }

    private struct Counts
    {
        private long? _prompt;
        private long? _completion;
        private long? _total;
        private long? _cachedInDetails;
        private long? _cachedBeside;
        private long? _cacheWrite;
        private long? _reasoning;
        private long? _inputAudio;
        private long? _outputAudio;
        private long? _webSearches;

        public void TakeMember(ref Utf8JsonReader reader)
        {
            if (Is(ref reader, "prompt_tokens"u8) || Is(ref reader, "input_tokens"u8))
                _prompt = CountReader.Next(ref reader) ?? _prompt;
            else if (Is(ref reader, "completion_tokens"u8) || Is(ref reader, "output_tokens"u8))
                _completion = CountReader.Next(ref reader) ?? _completion;
            else if (Is(ref reader, "total_tokens"u8))
                _total = CountReader.Next(ref reader);
            else if (Is(ref reader, "prompt_tokens_details"u8) || Is(ref reader, "input_tokens_details"u8)
                || Is(ref reader, "input_token_details"u8))
                TakePromptDetails(ref reader);
            else if (Is(ref reader, "completion_tokens_details"u8) || Is(ref reader, "output_tokens_details"u8)
                || Is(ref reader, "output_token_details"u8))
                TakeCompletionDetails(ref reader);
            else if (Is(ref reader, "cached_tokens"u8) || Is(ref reader, "prompt_cache_hit_tokens"u8))
                _cachedBeside = CountReader.Next(ref reader) ?? _cachedBeside;
            else if (Is(ref reader, "reasoning_tokens"u8))
                _reasoning ??= CountReader.Next(ref reader);
            else if (Is(ref reader, "num_search_queries"u8))
                TakeSearches(ref reader);
            else if (Is(ref reader, "server_tool_use"u8))
                TakeToolUses(ref reader);
            else
                Skip(ref reader);
        }

        public readonly TokenUsage ToUsage()
        {
            var input = _prompt;
            var output = _completion;

            // Embeddings of some vendors report the total alone; all of it is input.
            if (input is null && output is null)
                input = _total;

            // Where the three parts add up to the total, reasoning is counted beside the completion rather than inside it (xAI).
            if (_reasoning is > 0 && _total is not null && _total == TokenUsage.Sum(input, output, _reasoning))
                output = TokenUsage.Sum(output, _reasoning);
            var cached = _cachedInDetails ?? _cachedBeside;
            return new TokenUsage
            {
                Input = input,
                Output = output,
                // A part is never more than the whole, which is what is charged.
                CacheRead = cached > input ? input : cached,
                CacheWrite = _cacheWrite,
                // Some routers count reasoning with another tokenizer and report more of it than of the whole output, which is what is
                // charged.
                Reasoning = _reasoning > output ? output : _reasoning,
                InputAudio = _inputAudio,
                OutputAudio = _outputAudio,
                WebSearches = _webSearches,
            };
        }

        private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name);

        private static void Skip(ref Utf8JsonReader reader)
        {
            reader.Read();
            reader.Skip();
        }

        /// <summary>Reads what OpenRouter, like Anthropic, reports about its own tools.</summary>
        private void TakeToolUses(ref Utf8JsonReader reader)
        {
            if (!EnterObject(ref reader))
                return;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "web_search_requests"u8))
                    TakeSearches(ref reader);
                else
                    Skip(ref reader);
            }
        }

        /// <summary>Reads how often the web was searched; 0 is left out.</summary>
        private void TakeSearches(ref Utf8JsonReader reader)
        {
            if (CountReader.Next(ref reader) is > 0 and var count)
                _webSearches = count;
        }

        private void TakePromptDetails(ref Utf8JsonReader reader)
        {
            if (!EnterObject(ref reader))
                return;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "cached_tokens"u8))
                    _cachedInDetails = CountReader.Next(ref reader);
                else if (Is(ref reader, "cache_write_tokens"u8) || Is(ref reader, "cache_creation_tokens"u8))
                    _cacheWrite = CountReader.Next(ref reader) ?? _cacheWrite;
                else if (Is(ref reader, "audio_tokens"u8))
                    _inputAudio = CountReader.Next(ref reader);
                else
                    Skip(ref reader);
            }
        }

        private void TakeCompletionDetails(ref Utf8JsonReader reader)
        {
            if (!EnterObject(ref reader))
                return;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "reasoning_tokens"u8))
                    _reasoning = CountReader.Next(ref reader) ?? _reasoning;
                else if (Is(ref reader, "audio_tokens"u8))
                    _outputAudio = CountReader.Next(ref reader);
                else
                    Skip(ref reader);
            }
        }

        private static bool EnterObject(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
                return true;
            reader.Skip();
            return false;
        }
    }
}

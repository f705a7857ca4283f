using System.Runtime.InteropServices;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The one place that reads a usage object of this format. Input includes cached tokens, output includes reasoning. Only xAI reports uses
/// of its tools in it; elsewhere <see cref="HostedCalls"/> counts them.
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
        var usage = default(TokenUsage);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return usage;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("input_tokens"u8))
                usage = usage with { Input = CountReader.Next(ref reader) };
            else if (reader.ValueTextEquals("output_tokens"u8))
                usage = usage with { Output = CountReader.Next(ref reader) };
            else if (reader.ValueTextEquals("input_tokens_details"u8))
                usage = ReadDetails(ref reader, usage, isInput: true);
            else if (reader.ValueTextEquals("output_tokens_details"u8))
                usage = ReadDetails(ref reader, usage, isInput: false);
            else if (reader.ValueTextEquals("server_side_tool_usage_details"u8))
                usage = ReadTools(ref reader, usage);
            else
                CountReader.Next(ref reader);
        }

        // A part is never more than the whole, which is what is charged.
        if (usage.CacheRead > usage.Input)
            usage = usage with { CacheRead = usage.Input };
        return usage.Reasoning > usage.Output ? usage with { Reasoning = usage.Output } : usage;
    }

    /// <summary>Reads how often tools were used. A search of X costs as much as one of the web.</summary>
    private static TokenUsage ReadTools(ref Utf8JsonReader reader, TokenUsage usage)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return usage;
        }

        long? web = null, files = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("web_search_calls"u8) || reader.ValueTextEquals("x_search_calls"u8))
                web = TokenUsage.Sum(web, CountReader.Next(ref reader));
            else if (reader.ValueTextEquals("file_search_calls"u8))
                files = CountReader.Next(ref reader);
            else
                CountReader.Next(ref reader);
        }

        return usage with { WebSearches = web, FileSearches = files };
    }

    private static TokenUsage ReadDetails(ref Utf8JsonReader reader, TokenUsage usage, bool isInput)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return usage;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (isInput && reader.ValueTextEquals("cached_tokens"u8))
                usage = usage with { CacheRead = CountReader.Next(ref reader) };
            else if (isInput && reader.ValueTextEquals("cache_write_tokens"u8))
                usage = usage with { CacheWrite = CountReader.Next(ref reader) };
            else if (!isInput && reader.ValueTextEquals("reasoning_tokens"u8))
                usage = usage with { Reasoning = CountReader.Next(ref reader) };
            else if (isInput && reader.ValueTextEquals("audio_tokens"u8))
                usage = usage with { InputAudio = CountReader.Next(ref reader) };
            else if (reader.ValueTextEquals("audio_tokens"u8))
                usage = usage with { OutputAudio = CountReader.Next(ref reader) };
            else
                CountReader.Next(ref reader);
        }

        return usage;
    }
}

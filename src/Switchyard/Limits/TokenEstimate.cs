using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Limits;

/// <summary>
/// How many tokens a call may come to, told before anybody is asked: four characters are one, and a picture or a sound is 1,000, however
/// many bytes it has.
/// </summary>
internal static class TokenEstimate
{
    private const int CharactersEach = 4;

    // Of what is no text: an upload, an in-process embedding, a picture.
    private const long Unknown = 1000;

    // All of a shorter request is 2,000 tokens at most.
    private const int ShortestWithMedia = 8 * 1024;

    // A string this long without a blank is data, not text.
    private const int LongestWord = 1000;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxForwardedDepth };

    // With what some write before each slash.
    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"u8);

    /// <summary>The tokens of the prompt, and of an answer as they are of late, or of what the client allows if that is less.</summary>
    public static long Of(ModelCall call, long usualOutput) => CallOperations.IsOfStored(call.Envelope.Operation)
        ? 0
        : InputOf(call) + Math.Min(call.Envelope.MaxOutputTokens ?? usualOutput, usualOutput);

    private static long InputOf(ModelCall call)
    {
        if (call.Body.Wire is { } wire)
            return OfJson(wire.Memory.Span);
        if (call.Body.Streamed is not null || call.Body.GetCanonical() is not CanonicalChatRequest chat)
            return Unknown;
        var (characters, media) = (0L, 0L);
        foreach (var message in chat.Messages)
        {
            foreach (var content in message.Contents)
            {
                characters += (content as TextContent)?.Text.Length ?? 0;
                media += content is DataContent file && IsMedia(file) ? 1 : 0;
            }
        }

        return Math.Max(1, (characters / CharactersEach) + (media * Unknown));
    }

    private static bool IsMedia(DataContent file) => file.HasTopLevelMediaType("image") || file.HasTopLevelMediaType("audio");

    private static long OfJson(ReadOnlySpan<byte> body)
    {
        var (bytes, media) = ((long)body.Length, 0L);
        if (body.Length >= ShortestWithMedia)
        {
            try
            {
                var reader = new Utf8JsonReader(body, s_options);
                while (reader.Read())
                {
                    if (reader.TokenType != JsonTokenType.String || !IsMedia(reader.ValueSpan))
                        continue;
                    bytes -= reader.ValueSpan.Length;
                    media++;
                }
            }
            catch (JsonException)
            {
                // The dialect will say what is wrong.
            }
        }

        return (bytes / CharactersEach) + (media * Unknown);
    }

    /// <summary>Whether a string is a picture or a sound in base64, alone or in a <c>data:</c> address.</summary>
    private static bool IsMedia(ReadOnlySpan<byte> text)
    {
        if (text.Length <= LongestWord)
            return false;
        if (text.StartsWith("data:"u8))
            return text.StartsWith("data:image"u8) || text.StartsWith("data:audio"u8);
        // How PNG and JPEG begin, GIF, WebP and WAV, and MP3.
        return (text.StartsWith("iVBORw"u8) || text.StartsWith("/9j"u8) || text.StartsWith("\\/9j"u8) || text.StartsWith("R0lGOD"u8)
                || text.StartsWith("UklGR"u8) || text.StartsWith("SUQz"u8))
            && !text.ContainsAnyExcept(s_base64);
    }
}

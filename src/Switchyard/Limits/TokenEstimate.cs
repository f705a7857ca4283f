using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Limits;

/// <summary>
/// Estimates the tokens of a call before it is sent: four characters are one token; an image or a sound is 1,000 tokens, whatever its size.
/// </summary>
internal static class TokenEstimate
{
    private const int CharactersEach = 4;

    // The estimate for content other than text: an upload, an in-process embedding, an image.
    private const long Unknown = 1000;

    // A shorter request counts as at most 2,048 tokens, so it is not searched for media.
    private const int ShortestWithMedia = 8 * 1024;

    // A string this long without a blank is data, not text.
    private const int LongestWord = 1000;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxForwardedDepth };

    // Includes the backslash that some serialisers write before each slash.
    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\\"u8);

    /// <summary>The tokens of the prompt plus those of a recent average answer, or of the client's limit if that is lower.</summary>
    public static long Of(ModelCall call, long usualOutput) => CallOperations.IsOfStored(call.Envelope.Operation)
        ? 0
        : InputOf(call) + Math.Min(call.Envelope.MaxOutputTokens ?? usualOutput, usualOutput);

    private static long InputOf(ModelCall call)
    {
        if (call.Body.Wire is { } wire)
            return OfJson(wire.Memory.Span);
        if (call.Body.Streamed is not null || call.Body.GetCanonical() is not CanonicalChatRequest chat)
            return Unknown;
        var (files, media) = (0L, 0L);
        foreach (var message in chat.Messages)
            CountFiles(message.Contents, ref files, ref media);
        return Math.Max(1, ((call.Body.Length - files) / CharactersEach) + (media * Unknown));
    }

    /// <summary>Counts the bytes of files, and how many are images or sounds, also in results of tools.</summary>
    private static void CountFiles(IEnumerable<AIContent> contents, ref long bytes, ref long media)
    {
        foreach (var content in contents)
        {
            switch (content)
            {
                case DataContent file:
                    bytes += file.Data.Length;
                    media += IsMedia(file) ? 1 : 0;
                    break;
                case FunctionResultContent { Result: AIContent part }:
                    CountFiles([part], ref bytes, ref media);
                    break;
                case FunctionResultContent { Result: IEnumerable<AIContent> parts }:
                    CountFiles(parts, ref bytes, ref media);
                    break;
            }
        }
    }

    private static bool IsMedia(DataContent file) => file.HasTopLevelMediaType("image") || file.HasTopLevelMediaType("audio");

    private static long OfJson(ReadOnlySpan<byte> body)
    {
        var (bytes, media) = ((long)body.Length, 0L);
        if (body.Length >= ShortestWithMedia && MayHaveMedia(body))
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
                // The dialect reports the error.
            }
        }

        return (bytes / CharactersEach) + (media * Unknown);
    }

    /// <summary>
    /// Whether a string in the body can be an image or a sound. Searching for their first characters is much faster than reading the JSON,
    /// and most requests have neither.
    /// </summary>
    private static bool MayHaveMedia(ReadOnlySpan<byte> body) =>
        body.IndexOf("data:image"u8) >= 0 || body.IndexOf("data:audio"u8) >= 0 || body.IndexOf("iVBORw"u8) >= 0
        || body.IndexOf("/9j"u8) >= 0 || body.IndexOf("R0lGOD"u8) >= 0 || body.IndexOf("UklGR"u8) >= 0 || body.IndexOf("SUQz"u8) >= 0;

    /// <summary>Whether a string is an image or a sound in base64, alone or in a <c>data:</c> address.</summary>
    private static bool IsMedia(ReadOnlySpan<byte> text)
    {
        if (text.Length <= LongestWord)
            return false;
        if (text.StartsWith("data:"u8))
            return text.StartsWith("data:image"u8) || text.StartsWith("data:audio"u8);
        // The first characters of PNG and JPEG, GIF, WebP and WAV, and MP3.
        return (text.StartsWith("iVBORw"u8) || text.StartsWith("/9j"u8) || text.StartsWith("\\/9j"u8) || text.StartsWith("R0lGOD"u8)
                || text.StartsWith("UklGR"u8) || text.StartsWith("SUQz"u8))
            && !text.ContainsAnyExcept(s_base64);
    }
}

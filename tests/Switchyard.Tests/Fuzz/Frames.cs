using System.Text;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.TestKit;

namespace Switchyard.Tests.Fuzz;

/// <summary>Makes the bytes of a stream from lines, in the framing of its format, some of them corrupted.</summary>
internal static class Frames
{
    /// <summary>Corrupts frames before framing, leaves out, doubles or swaps some, or corrupts the framed bytes.</summary>
    public static byte[] Spoil(Mutations random, DialectId dialect, string[] lines)
    {
        var frames = lines.ToList();
        for (var times = random.Next(3); times > 0; times--)
        {
            var at = random.Next(frames.Count);
            switch (random.Next(5))
            {
                case 0:
                    frames.RemoveAt(at);
                    break;
                case 1:
                    frames.InsertRange(at, Enumerable.Repeat(frames[at], random.Pick((int[])[1, 2, 500])));
                    break;
                case 2:
                    (frames[at], frames[^1]) = (frames[^1], frames[at]);
                    break;
                default:
                    if (frames[at].StartsWith('{'))
                        frames[at] = Encoding.UTF8.GetString(random.Spoil(frames[at])).ReplaceLineEndings(" ");
                    break;
            }

            if (frames.Count == 0)
                break;
        }

        byte[] bytes = [.. frames.SelectMany(frame => Frame(dialect, frame))];
        return random.Next(4) == 0 ? random.SpoilBytes(bytes) : bytes;
    }

    private static byte[] Frame(DialectId dialect, string line) => dialect.Value switch
    {
        "ollama" => Encoding.UTF8.GetBytes(line + "\n"),
        "bedrock-converse" => EventStream(line),
        "openai-chat" or "gemini" => Encoding.UTF8.GetBytes($"data: {line}\n\n"),
        _ => Encoding.UTF8.GetBytes($"event: {TypeOf(line)}\ndata: {line}\n\n"),
    };

    private static byte[] EventStream(string line)
    {
        var member = Member(line);
        return ProviderFormat.Message("event", member?.Name ?? "metadata", member?.Value.GetRawText() ?? line);
    }

    private static JsonProperty? Member(string line)
    {
        if (Parse(line) is not { ValueKind: JsonValueKind.Object } root)
            return null;
        foreach (var first in root.EnumerateObject())
            return first.Name.Length is > 0 and < 60 ? first : null;
        return null;
    }

    private static string TypeOf(string line) =>
        Parse(line) is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String
            ? Text(type)
            : "";

    private static string Text(JsonElement text)
    {
        try
        {
            return text.GetString()!.ReplaceLineEndings(" ");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return "";
        }
    }

    private static JsonElement? Parse(string line)
    {
        try
        {
            return JsonElement.Parse(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

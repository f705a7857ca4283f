using System.Text.Json;

namespace Switchyard.Common;

/// <summary>
/// What JSON may hold that a reader finds only when it comes to it: a member twice, of which nobody knows which was meant, and text that is
/// no text: half a surrogate pair, bytes that are no UTF-8. Found beforehand, it is the sender's mistake and no failure of ours.
/// </summary>
public static class JsonText
{
    /// <summary>What is wrong with a text of JSON, to follow "The body"; null for nothing, and for what is no JSON at all.</summary>
    public static string? ProblemOf(ReadOnlySpan<byte> json)
    {
        var names = new Stack<HashSet<string>>();
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject:
                        names.Push(new HashSet<string>(StringComparer.Ordinal));
                        break;
                    case JsonTokenType.EndObject:
                        names.Pop();
                        break;
                    case JsonTokenType.PropertyName when reader.GetString()! is var name && !names.Peek().Add(name):
                        return $"has '{(name.Length <= 40 ? name : name[..40] + "…")}' twice in one object.";
                    case JsonTokenType.String:
                        reader.GetString();
                        break;
                }
            }
        }
        catch (InvalidOperationException)
        {
            return "holds text that is no valid Unicode.";
        }
        catch (JsonException)
        {
            // Said by the one that reads it, with its place.
        }

        return null;
    }
}

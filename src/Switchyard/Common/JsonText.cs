using System.Text.Json;

namespace Switchyard.Common;

/// <summary>
/// Defects of JSON that a reader finds only at their position: a duplicate member, of which it is unclear which was meant, and invalid
/// text: half a surrogate pair, bytes that are not UTF-8. Found beforehand, they are the sender's mistake and not a failure of the gateway.
/// </summary>
public static class JsonText
{
    /// <summary>The problem of a JSON text, to follow "The body"; null for none, and for text that is not JSON.</summary>
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
            // The reader of the JSON reports it, with its position.
        }

        return null;
    }
}

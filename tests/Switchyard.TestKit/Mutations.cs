using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.TestKit;

/// <summary>Corrupts bytes and JSON in the ways that networks, clients and providers do. The same seed gives the same corruption.</summary>
public sealed class Mutations(int seed)
{
    private static readonly string[] s_oddValues =
    [
        "null", "true", "0", "-1", "1e400", "123456789012345678901234567890", "0.1e-400", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}",
        "[[]]", "[null]", "{\"a\":{}}",
        "-9223372036854775809", "\"NaN\"", "[{\"type\":\"text\"}]", "[{\"type\":7}]", "2147483648",
    ];

    private readonly Random _random = new(seed);

    public int Next(int limit) => _random.Next(limit);

    public T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    /// <summary>Corrupts a JSON body: half the time its structure, half the time its bytes.</summary>
    public byte[] Spoil(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(_random.Next(2) == 0 ? SpoilStructure(json) : json);
        return _random.Next(2) == 0 ? SpoilBytes(bytes) : bytes;
    }

    /// <summary>Flips, cuts, repeats, removes or inserts bytes.</summary>
    public byte[] SpoilBytes(byte[] bytes)
    {
        var copy = bytes.ToList();
        for (var times = _random.Next(1, 4); times > 0 && copy.Count > 1; times--)
        {
            var at = _random.Next(copy.Count);
            var length = Math.Min(_random.Next(1, 40), copy.Count - at);
            switch (_random.Next(6))
            {
                case 0:
                    copy[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    copy.RemoveRange(at, copy.Count - at);
                    break;
                case 2:
                    copy.RemoveRange(at, length);
                    break;
                case 3:
                    copy.InsertRange(at, copy.GetRange(at, length));
                    break;
                case 4:
                    copy.InsertRange(at, Enumerable.Repeat((byte)_random.Next(256), length));
                    break;
                default:
                    copy.InsertRange(
                        at,
                        Encoding.UTF8.GetBytes(
                            Pick((string[])["{", "}", "[", "]", "\"", ",", ":", "\\", "\n\n", "\r", "data:", "\0", "\u2028"])));
                    break;
            }
        }

        return [.. copy];
    }

    private string SpoilStructure(string json)
    {
        // Corrupted JSON may not be an object any more, or contain half a surrogate pair, which a node tree reads but cannot write.
        if (Parse(json) is not JsonObject root || json.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
            return json;
        var places = Places(root).ToList();
        if (places.Count == 0)
            return json;
        var (parent, key) = Pick(places);
        switch (_random.Next(5))
        {
            case 0:
                if (parent is JsonObject removed)
                    removed.Remove(key);
                else
                    parent.AsArray().RemoveAt(int.Parse(key, CultureInfo.InvariantCulture));
                return root.ToJsonString();
            case 1 when root.Count > 0:
                // A node tree cannot contain a key twice; the text can.
                var text = root.ToJsonString();
                var name = JsonSerializer.Serialize(Pick(root.Select(member => member.Key).ToList()));
                return text[..^1] + $",{name}:{Pick(s_oddValues)}}}";
            case 2:
                Set(parent, key, "\u0001deep");
                var depth = _random.Next(2, 3000);
                return root.ToJsonString().Replace(
                    "\"\\u0001deep\"", new string('[', depth) + new string(']', depth), StringComparison.Ordinal);
            default:
                Set(parent, key, "\u0001odd");
                return root.ToJsonString().Replace("\"\\u0001odd\"", Pick(s_oddValues), StringComparison.Ordinal);
        }
    }

    private static JsonNode? Parse(string json)
    {
        try
        {
            var root = JsonNode.Parse(json);
            // A node tree is filled at the first read and throws for a duplicate name.
            return root is null || Places(root).ToList().Count > 0 ? root : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static void Set(JsonNode parent, string key, string value)
    {
        if (parent is JsonObject owner)
            owner[key] = value;
        else
            parent.AsArray()[int.Parse(key, CultureInfo.InvariantCulture)] = value;
    }

    private static IEnumerable<(JsonNode Parent, string Key)> Places(JsonNode node)
    {
        var children = node switch
        {
            JsonObject members => members.Select(member => (member.Key, member.Value)),
            JsonArray items => items.Select((item, index) => (index.ToString(CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach (var (key, child) in children)
        {
            yield return (node, key);
            foreach (var deeper in child is null ? [] : Places(child))
                yield return deeper;
        }
    }
}

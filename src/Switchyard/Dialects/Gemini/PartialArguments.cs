using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// The arguments of a function call that arrive value by value, each with the path it belongs to. A text may itself come in pieces, which
/// are joined.
/// </summary>
internal sealed class PartialArguments
{
    private const int MostItems = 10_000;
    private readonly JsonObject _root = [];

    // Texts that come in pieces, by the place they belong to; joining them one by one would take the square of their length.
    private readonly Dictionary<(JsonNode Owner, object Step), StringBuilder> _texts = [];

    /// <summary>The whole arguments of one list, and of those that came whole beside it.</summary>
    public static string Join(JsonElement? args, JsonElement partialArgs)
    {
        var arguments = new PartialArguments();
        if (args is { } whole)
            arguments.TakeWhole(whole);
        arguments.Take(partialArgs);
        return arguments.ToJson();
    }

    /// <summary>Takes a list of <c>{"jsonPath":"$.city","stringValue":"Ber"}</c>. Invalid entries are skipped.</summary>
    public void Take(JsonElement partialArgs)
    {
        foreach (var item in partialArgs.EnumerateArray())
        {
            if (item.FieldText("jsonPath") is { } path && Steps(path) is { Count: > 0 } steps)
                Set(steps, item);
        }
    }

    /// <summary>Takes arguments that came whole, beside the pieces or before them.</summary>
    public void TakeWhole(JsonElement args)
    {
        foreach (var member in args.EnumerateObject())
        {
            // The pieces of a text that came before would otherwise be written over it.
            _texts.Remove((_root, member.Name));
            Put(_root, member.Name, NodeOf(member.Value));
        }
    }

    /// <summary>The arguments so far, as JSON.</summary>
    public string ToJson()
    {
        foreach (var ((owner, step), text) in _texts)
            Put(owner, step, JsonValue.Create(text.ToString()));
        return WireJson.ToJson(JsonElement.Parse(_root.ToJsonString()));
    }

    private void Set(List<object> steps, JsonElement item)
    {
        JsonNode owner = _root;
        for (var i = 0; i < steps.Count - 1; i++)
        {
            var next = Get(owner, steps[i]);
            if (next is not (JsonObject or JsonArray))
            {
                next = steps[i + 1] is int ? new JsonArray() : new JsonObject();
                if (!Put(owner, steps[i], next))
                    return;
            }

            owner = next;
        }

        var last = steps[^1];
        if (item.FieldText("stringValue") is { } piece)
        {
            if (_texts.TryGetValue((owner, last), out var text))
                text.Append(piece);
            else if (Put(owner, last, JsonValue.Create("")))
                _texts[(owner, last)] = new StringBuilder(piece);
            return;
        }

        _texts.Remove((owner, last));
        if (item.Field("numberValue") is { ValueKind: JsonValueKind.Number } number)
        {
            Put(owner, last, JsonNode.Parse(number.GetRawText()));
        }
        else if (item.Field("boolValue") is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag)
        {
            Put(owner, last, JsonValue.Create(flag.GetBoolean()));
        }
        else if (item.ValueKind == JsonValueKind.Object
            && (item.TryGetProperty("nullValue", out _) || item.TryGetProperty("null_value", out _)))
        {
            Put(owner, last, null);
        }
    }

    private static JsonNode? Get(JsonNode owner, object step) => (owner, step) switch
    {
        (JsonObject map, string name) => map.TryGetPropertyValue(name, out var value) ? value : null,
        (JsonArray list, int at) when at < list.Count => list[at],
        _ => null,
    };

    // Built member by member: a node made of the element as it is refuses to be changed if a name is repeated in it.
    private static JsonNode? NodeOf(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var map = new JsonObject();
                foreach (var member in value.EnumerateObject())
                    map[member.Name] = NodeOf(member.Value);
                return map;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(NodeOf)]);
            default:
                return JsonNode.Parse(value.GetRawText());
        }
    }

    private static bool Put(JsonNode owner, object step, JsonNode? value)
    {
        switch (owner, step)
        {
            case (JsonObject map, string name):
                map[name] = value;
                return true;
            case (JsonArray list, int at) when at < MostItems:
                while (list.Count <= at)
                    list.Add(null);
                list[at] = value;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The steps of <c>$.a.b[0]['c d']</c>; null if the path is invalid.</summary>
    private static List<object>? Steps(string path)
    {
        var steps = new List<object>();
        var rest = path.AsSpan();
        if (rest is not ['$', ..])
            return null;
        rest = rest[1..];
        while (!rest.IsEmpty && steps.Count < WireJson.MaxDepth)
        {
            if (rest[0] == '.')
            {
                rest = rest[1..];
                var end = rest.IndexOfAny('.', '[');
                end = end < 0 ? rest.Length : end;
                steps.Add(rest[..end].ToString());
                rest = rest[end..];
                continue;
            }

            var close = rest[0] == '[' ? rest.IndexOf(']') : -1;
            if (close < 0)
                return null;
            var inner = rest[1..close].Trim();
            if (inner is ['\'', .., '\''] or ['"', .., '"'])
                steps.Add(inner[1..^1].ToString());
            else if (int.TryParse(inner, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                steps.Add(index);
            else
                return null;
            rest = rest[(close + 1)..];
        }

        return rest.IsEmpty ? steps : null;
    }
}

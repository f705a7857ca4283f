using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Recorded;

/// <summary>
/// A JSON value in the form for comparison: members sorted, white space and spellings of numbers and strings normalised, ignored members
/// left out. Immutable.
/// </summary>
internal sealed class JsonShape
{
    private const int MaxDepth = 512;

    private readonly SortedDictionary<string, JsonShape>? _members;
    private readonly List<JsonShape>? _items;
    private readonly string? _text;
    private readonly bool _isString;
    private readonly bool _isMasked;

    private JsonShape(SortedDictionary<string, JsonShape> members) => _members = members;

    private JsonShape(List<JsonShape> items) => _items = items;

    private JsonShape(string text, bool isString, bool mayBeMasked = false) =>
        (_text, _isString, _isMasked) = (text, isString, mayBeMasked && text.Contains(Masks.Mask, StringComparison.Ordinal));

    /// <summary>Whether a text in it was masked, so that it matches other texts.</summary>
    public bool IsMasked => _members?.Values.Any(member => member.IsMasked) ?? _items?.Exists(item => item.IsMasked) ?? _isMasked;

    /// <summary>Reads a body; null if it is not JSON.</summary>
    /// <param name="body">The body.</param>
    /// <param name="ignored">The paths of the members to leave out, without list indexes.</param>
    /// <param name="mayBeMasked">Whether a text like a mask is one; else it is the client's text.</param>
    public static JsonShape? Read(ReadOnlySpan<byte> body, IReadOnlySet<string> ignored, bool mayBeMasked)
    {
        try
        {
            var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            json.Read();
            var shape = Read(ref json, "", ignored, mayBeMasked);
            return json.Read() ? null : shape;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A text that two values share if, and only if, they are equal for the comparison.</summary>
    public string ToKey()
    {
        var key = new StringBuilder();
        AppendTo(key);
        return key.ToString();
    }

    /// <summary>The first difference of a value from this recorded one; null if there is none.</summary>
    public Difference? FirstFrom(JsonShape asked) => Compare(asked, "").FirstOrDefault();

    /// <summary>The number of differences.</summary>
    public int CountFrom(JsonShape asked) => Compare(asked, "").Count();

    private static JsonShape Read(ref Utf8JsonReader json, string path, IReadOnlySet<string> ignored, bool mayBeMasked)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new SortedDictionary<string, JsonShape>(StringComparer.Ordinal);
                while (json.Read() && json.TokenType != JsonTokenType.EndObject)
                {
                    var name = json.GetString()!;
                    json.Read();
                    var place = path.Length == 0 ? name : $"{path}.{name}";
                    var value = Read(ref json, place, ignored, mayBeMasked);
                    if (!ignored.Contains(place))
                        members[name] = value;
                }

                return new JsonShape(members);
            case JsonTokenType.StartArray:
                var items = new List<JsonShape>();
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref json, path, ignored, mayBeMasked));
                return new JsonShape(items);
            case JsonTokenType.String:
                return new JsonShape(json.GetString()!, isString: true, mayBeMasked);
            case JsonTokenType.Number:
                return new JsonShape(NumberOf(ref json), isString: false);
            default:
                return new JsonShape(Encoding.UTF8.GetString(json.ValueSpan), isString: false);
        }
    }

    /// <summary>0.7, 0.70 and 7e-1 are one number. A number out of a decimal's range is compared as written.</summary>
    private static string NumberOf(ref Utf8JsonReader json)
    {
        var written = Encoding.UTF8.GetString(json.ValueSpan);
        return written.Length <= 28 && decimal.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number.ToString("0.############################", CultureInfo.InvariantCulture)
            : written;
    }

    private void AppendTo(StringBuilder key)
    {
        if (_members is not null)
        {
            key.Append('{');
            foreach (var (name, value) in _members)
            {
                Append(key, name);
                value.AppendTo(key);
            }

            key.Append('}');
        }
        else if (_items is not null)
        {
            key.Append('[');
            foreach (var item in _items)
                item.AppendTo(key);
            key.Append(']');
        }
        else if (_isString)
        {
            Append(key, _text!);
        }
        else
        {
            key.Append('#').Append(_text).Append(';');
        }
    }

    // Prefixed with its length, so that no text can look like structure.
    private static void Append(StringBuilder key, string text) =>
        key.Append('"').Append(text.Length.ToString(CultureInfo.InvariantCulture)).Append(':').Append(text);

    private IEnumerable<Difference> Compare(JsonShape asked, string path)
    {
        if (_members is not null && asked._members is not null)
        {
            return _members.Keys.Union(asked._members.Keys, StringComparer.Ordinal).SelectMany(name =>
            {
                var place = path.Length == 0 ? name : $"{path}.{name}";
                return (_members.GetValueOrDefault(name), asked._members.GetValueOrDefault(name)) switch
                {
                    ({ } mine, { } other) => mine.Compare(other, place),
                    ({ } mine, null) => [new Difference(place, mine.Show(), null)],
                    (null, { } other) => [new Difference(place, null, other.Show())],
                    _ => [],
                };
            });
        }

        if (_items is not null && asked._items is not null)
        {
            var both = _items.Zip(asked._items).SelectMany(
                (pair, at) => pair.First.Compare(pair.Second, string.Create(CultureInfo.InvariantCulture, $"{path}[{at}]")));
            return _items.Count == asked._items.Count ? both
                : both.Append(new Difference($"the length of {path}", Count(_items), Count(asked._items)));
        }

        return IsSameText(asked) ? [] : [new Difference(path.Length == 0 ? "the body" : path, Show(), asked.Show())];
    }

    private bool IsSameText(JsonShape asked) => _text is not null && asked._text is not null && _isString == asked._isString
        && (_text == asked._text || (_isMasked && Masks.Matches(_text, asked._text)));

    private string Show() => _members is not null ? "an object" : _items is not null ? "a list" : _isString ? Shown(_text!) : _text!;

    private static string Count(List<JsonShape> items) => items.Count.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string text)
    {
        const int Longest = 60;
        var line = text.ReplaceLineEndings(" ");
        return line.Length > Longest ? $"\"{line[..Longest]}…\"" : $"\"{line}\"";
    }
}

/// <summary>A difference between a request and a recorded one.</summary>
/// <param name="Place">The path, as <c>messages[0].content</c>.</param>
/// <param name="Recorded">The recorded value, shortened; null if there was none.</param>
/// <param name="Asked">The value of the request, likewise.</param>
internal sealed record Difference(string Place, string? Recorded, string? Asked)
{
    /// <summary>The difference as the end of a sentence.</summary>
    public override string ToString() => (Recorded, Asked) switch
    {
        (null, _) => $"{Place} is {Asked}, and was not there",
        (_, null) => $"{Place} is missing, and was {Recorded}",
        _ => $"{Place} is {Asked} and was {Recorded}",
    };
}

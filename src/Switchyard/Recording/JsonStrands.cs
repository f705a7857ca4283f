using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Recording;

/// <summary>
/// The strings of a JSON body, or of a stream of JSON events, without escapes. The strings at one path of successive events are joined
/// into one text, as a client joins them.
/// </summary>
internal sealed class JsonStrands
{
    private const int MaxDepth = 128;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth, AllowMultipleValues = true };

    private readonly Dictionary<string, Strand> _strands = new(StringComparer.Ordinal);
    private readonly byte[] _body;

    private JsonStrands(byte[] body) => _body = body;

    /// <summary>The texts of a body; empty if it has no JSON.</summary>
    public static IReadOnlyCollection<Strand> Read(byte[] body)
    {
        var strands = new JsonStrands(body);
        if (body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..])
            strands.ReadJson(0, body.Length);
        else
            strands.ReadEvents();
        return strands._strands.Values;
    }

    /// <summary>The texts of a binary body that contains JSON, such as the frames of a binary stream.</summary>
    public static IReadOnlyCollection<Strand> ReadWithin(byte[] body)
    {
        var strands = new JsonStrands(body);
        strands.ReadObjects();
        return strands._strands.Values;
    }

    private void ReadObjects()
    {
        for (var at = 0; _body.AsSpan(at).IndexOf("{\""u8) is var next && next >= 0;)
        {
            at += next;
            var json = new Utf8JsonReader(_body.AsSpan(at), s_options);
            try
            {
                json.Read();
                Walk(ref json, "", "", at);
                at += (int)json.BytesConsumed;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // These bytes only look like the start of an object.
                at++;
            }
        }
    }

    private void ReadEvents()
    {
        for (var start = 0; start < _body.Length;)
        {
            var length = _body.AsSpan(start).IndexOf((byte)'\n');
            var end = length < 0 ? _body.Length : start + length;
            if (_body.AsSpan(start..end).StartsWith("data:"u8))
                ReadJson(start + "data:".Length, end);
            start = end + 1;
        }
    }

    private void ReadJson(int start, int end)
    {
        var json = new Utf8JsonReader(_body.AsSpan(start..end), s_options);
        try
        {
            while (json.Read())
                Walk(ref json, "", "", start);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON: it is only searched as plain text.
        }
    }

    private void Walk(ref Utf8JsonReader json, string path, string name, int offset)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                WalkObject(ref json, path, offset);
                break;
            case JsonTokenType.StartArray:
                for (var i = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; i++)
                    Walk(ref json, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), name, offset);
                break;
            case JsonTokenType.String:
                if (!_strands.TryGetValue(path, out var strand))
                    _strands[path] = strand = new Strand(_body, SecretShapes.IsSecretName(name));
                strand.Add(offset + (int)json.TokenStartIndex + 1, json.ValueSpan.Length, json.GetString()!);
                break;
        }
    }

    /// <summary>In streams of several answers, the number in an index member tells which answer an event continues.</summary>
    private void WalkObject(ref Utf8JsonReader json, string path, int offset)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType == JsonTokenType.Number && name.EndsWith("index", StringComparison.OrdinalIgnoreCase))
                path += "#" + Encoding.UTF8.GetString(json.ValueSpan);
            else
                Walk(ref json, $"{path}.{name}", name, offset);
        }
    }
}

/// <summary>One text of a body, which may consist of several parts of it.</summary>
/// <param name="body">The body.</param>
/// <param name="isSecret">Whether all of it is a secret, by the name of its member.</param>
internal sealed class Strand(byte[] body, bool isSecret)
{
    private readonly List<Part> _parts = [];
    private readonly StringBuilder _text = new();

    /// <summary>The text.</summary>
    public string Text => _text.ToString();

    /// <summary>Whether all of it is a secret.</summary>
    public bool IsSecret => isSecret;

    /// <summary>The range of the whole text.</summary>
    public IEnumerable<(int Start, int End)> All => [(0, _text.Length)];

    /// <summary>Adds a part.</summary>
    /// <param name="start">Where it begins in the body, after the quote.</param>
    /// <param name="length">Its length in bytes there, including escapes.</param>
    /// <param name="text">Its text without escapes.</param>
    public void Add(int start, int length, string text)
    {
        _parts.Add(new(start, length, _text.Length, text.Length));
        _text.Append(text);
    }

    /// <summary>The ranges of the body that ranges of the text cover: one for each part that a range touches.</summary>
    public IEnumerable<(int Start, int End)> Cover(IEnumerable<(int Start, int End)> spans)
    {
        foreach (var (start, end) in spans)
        {
            foreach (var part in _parts.Where(part => part.At < end && part.At + part.Letters > start))
            {
                yield return (
                    part.Start + ByteAt(part, Math.Max(start - part.At, 0)),
                    part.Start + ByteAt(part, Math.Min(end - part.At, part.Letters)));
            }
        }
    }

    /// <summary>The number of bytes that the first letters of a part take.</summary>
    private int ByteAt(in Part part, int letters)
    {
        var raw = body.AsSpan(part.Start, part.Length);
        var at = 0;
        while (letters > 0 && at < raw.Length)
        {
            if (raw[at] == (byte)'\\')
            {
                at += raw[at + 1] == (byte)'u' ? 6 : 2;
                letters--;
                continue;
            }

            Rune.DecodeFromUtf8(raw[at..], out var rune, out var bytes);
            at += bytes;
            letters -= rune.Utf16SequenceLength;
        }

        return at;
    }

    /// <summary>A part: its range of bytes in the body, and of letters in the text.</summary>
    private readonly record struct Part(int Start, int Length, int At, int Letters);
}

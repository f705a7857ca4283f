using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Recording;

/// <summary>
/// The texts of a body of JSON, or of a stream of it, without their escapes; those that stand at one place of successive events are one
/// text, as a client puts them together.
/// </summary>
internal sealed class JsonStrands
{
    private const int MaxDepth = 128;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth, AllowMultipleValues = true };

    private readonly Dictionary<string, Strand> _strands = new(StringComparer.Ordinal);
    private readonly byte[] _body;

    private JsonStrands(byte[] body) => _body = body;

    /// <summary>The texts of a body; none where it has no JSON.</summary>
    public static IReadOnlyCollection<Strand> Read(byte[] body)
    {
        var strands = new JsonStrands(body);
        if (body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..])
            strands.ReadJson(0, body.Length);
        else
            strands.ReadEvents();
        return strands._strands.Values;
    }

    /// <summary>The texts of what is no text but has JSON in it, as the frames of a binary stream have.</summary>
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
                // Bytes that only look like the beginning of an object.
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
            // What is no JSON is searched as the text it is.
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

    /// <summary>Streams of several answers at once say by a number which one an event goes on with.</summary>
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

/// <summary>One text of a body, which may stand in it in several parts.</summary>
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

    /// <summary>All of it.</summary>
    public IEnumerable<(int Start, int End)> All => [(0, _text.Length)];

    /// <summary>Adds a part.</summary>
    /// <param name="start">Where it begins in the body, behind the quote.</param>
    /// <param name="length">How many bytes it takes there, escapes included.</param>
    /// <param name="text">What it says.</param>
    public void Add(int start, int length, string text)
    {
        _parts.Add(new(start, length, _text.Length, text.Length));
        _text.Append(text);
    }

    /// <summary>Where stretches of the text stand in the body: each in as many pieces as the text has there.</summary>
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

    /// <summary>How many bytes of a part its first letters take.</summary>
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

    /// <summary>A part: its bytes in the body, and its letters in the text.</summary>
    private readonly record struct Part(int Start, int Length, int At, int Letters);
}

using System.Text.Json;

namespace Switchyard.Server.Importing;

/// <summary>Reads JSON, comments and trailing commas allowed, into nodes with their lines.</summary>
/// <param name="utf8">The text.</param>
/// <param name="fold">Converts a key to its name in the tables.</param>
/// <param name="count">Receives the line of each node.</param>
internal sealed class JsonSource(byte[] utf8, Func<string, string> fold, Action<int> count)
{
    private static readonly JsonReaderOptions s_options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 64,
    };

    private int _line = 1;
    private int _counted;

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public SourceNode Read()
    {
        var reader = new Utf8JsonReader(utf8, s_options);
        reader.Read();
        var root = SourceNode.Root(KindOf(reader.TokenType), LineOf(ref reader));
        Fill(ref reader, root);
        reader.Read();
        return root;
    }

    private void Fill(ref Utf8JsonReader reader, SourceNode node)
    {
        if (node.Kind is not SourceKind.Map and not SourceKind.List)
            return;
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject and not JsonTokenType.EndArray)
        {
            string? key = null;
            if (node.Kind == SourceKind.Map)
            {
                key = Text(ref reader);
                reader.Read();
            }

            var line = LineOf(ref reader);
            count(line);
            var kind = KindOf(reader.TokenType);
            var text = kind is SourceKind.Map or SourceKind.List or SourceKind.Nothing ? "" : Text(ref reader);
            Fill(ref reader, key is null ? node.Append(kind, text, line) : node.Add(key, fold(key), kind, text, line));
        }
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.String and not JsonTokenType.PropertyName)
            return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: valid in JSON, invalid as text.
            return "\ufffd";
        }
    }

    private int LineOf(ref Utf8JsonReader reader)
    {
        var at = (int)reader.TokenStartIndex;
        _line += utf8.AsSpan(_counted, at - _counted).Count((byte)'\n');
        _counted = at;
        return _line;
    }

    private static SourceKind KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => SourceKind.Map,
        JsonTokenType.StartArray => SourceKind.List,
        JsonTokenType.String => SourceKind.Text,
        JsonTokenType.Number => SourceKind.Number,
        JsonTokenType.True or JsonTokenType.False => SourceKind.Flag,
        _ => SourceKind.Nothing,
    };
}

using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.JsonSchemas;

/// <summary>JSON Schema: keywords are added to the text, or their values replaced; the layout around them stays.</summary>
internal sealed class JsonSchemaLanguage : ISchemaLanguage
{
    public SchemaFormat Format => SchemaFormat.JsonSchema;

    /// <remarks>A JSON Schema is one type: the name is not used for lookup.</remarks>
    public SchemaModel Read(string text, string typeName) => JsonSchemaReader.Read(text, typeName);

    public string? Write(SchemaModel model, SchemaNode node, SchemaField? field, SchemaChange change)
    {
        var text = Encoding.UTF8.GetBytes(model.Text);
        if (change.Kind is ChangeKind.Required or ChangeKind.Optional)
        {
            var parent = model.Fields.First(each => ReferenceEquals(each.Field, field)).Parent;
            return WriteRequired(text, (JsonPiece)parent.Layout!, field!.Name, change.Kind == ChangeKind.Required);
        }

        var piece = (JsonPiece)node.Layout!;
        if (piece.Type != JsonTokenType.StartObject)
            return null;
        return change.Kind switch
        {
            ChangeKind.NotNull => WriteType(text, piece, types => types.Where(type => type != "null")),
            ChangeKind.Nullable => WriteType(text, piece, types => types.Append("null")),
            ChangeKind.Integer => WriteType(text, piece, types => types.Select(type => type == "number" ? "integer" : type)),
            ChangeKind.Minimum => Set(text, piece, "minimum", Number(change)),
            ChangeKind.Maximum => Set(text, piece, "maximum", Number(change)),
            ChangeKind.MinLength => Set(text, piece, "minLength", Number(change)),
            ChangeKind.MaxLength => Set(text, piece, "maxLength", Number(change)),
            ChangeKind.MinItems => Set(text, piece, "minItems", Number(change)),
            ChangeKind.MaxItems => Set(text, piece, "maxItems", Number(change)),
            ChangeKind.Pattern => Set(text, piece, "pattern", Quote(change.Text)),
            ChangeKind.Format => Set(text, piece, "format", Quote(change.Text)),
            ChangeKind.Enum => Set(text, piece, "enum", List(change.Values.Select(Quote), node.Facets.IsNullable ? "null" : null)),
            _ => null,
        };
    }

    private static string? WriteRequired(byte[] text, JsonPiece parent, string name, bool isRequired)
    {
        var list = parent["required"];
        if (list is null)
            return isRequired ? Set(text, parent, "required", List([Quote(name)])) : null;
        if (list.Type != JsonTokenType.StartArray || list.Items.Any(item => item.Type != JsonTokenType.String))
            return null;
        var names = list.Items.Select(item => item.Text);
        var now = isRequired ? names.Append(name) : names.Where(each => each != name);
        return Set(text, parent, "required", List(now.Select(Quote)));
    }

    /// <summary>Changes the value of <c>type</c>; null if there is none, as with <c>anyOf</c>, or if there is an <c>enum</c>.</summary>
    private static string? WriteType(byte[] text, JsonPiece piece, Func<IEnumerable<string>, IEnumerable<string>> change)
    {
        List<string> types = piece["type"] switch
        {
            { Type: JsonTokenType.String } one => [one.Text],
            { Type: JsonTokenType.StartArray } several => [.. several.Items.Select(item => item.Text)],
            _ => [],
        };
        // An enum would have to be changed with it.
        if (types.Count == 0 || piece["enum"] is not null)
            return null;
        types = [.. change(types)];
        return Set(text, piece, "type", types is [var only] ? Quote(only) : List(types.Select(Quote)));
    }

    /// <summary>Replaces the value of a keyword, or adds the keyword at the end, in the layout of the others.</summary>
    private static string Set(byte[] text, JsonPiece piece, string name, string value)
    {
        if (piece[name] is { } there)
            return Splice(text, there.Start, there.End, value);
        if (piece.Members.Count == 0)
            return Splice(text, piece.Start, piece.End, $"{{ {Quote(name)}: {value} }}");
        var (_, nameStart, last) = piece.Members[^1];
        // The gap before the last name, after the comma or brace: a line break and its indentation, a blank, or nothing.
        var before = nameStart;
        while (before > 0 && text[before - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            before--;
        var gap = Encoding.UTF8.GetString(text, before, nameStart - before);
        var isCompact = !Encoding.UTF8.GetString(text, nameStart, last.Start - nameStart).Contains(": ", StringComparison.Ordinal);
        if (piece.Members.Count == 1 && !gap.Contains('\n', StringComparison.Ordinal))
            gap = isCompact ? "" : " ";
        return Splice(text, last.End, last.End, $",{gap}{Quote(name)}:{(isCompact ? "" : " ")}{value}");
    }

    private static string Splice(byte[] text, int start, int end, string value) =>
        string.Concat(Encoding.UTF8.GetString(text, 0, start), value, Encoding.UTF8.GetString(text, end, text.Length - end));

    private static string Number(SchemaChange change) => change.Number.ToString(CultureInfo.InvariantCulture);

    private static string List(IEnumerable<string> values, string? last = null) =>
        $"[{string.Join(", ", last is null ? values : values.Append(last))}]";

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}

using System.Text;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.JsonSchemas;

/// <summary>Reads one JSON Schema. Unknown constraints are ignored: that only makes more values count as valid, and valid values are
/// protected.</summary>
internal sealed class JsonSchemaReader
{
    /// <summary>Keywords that apply another schema to the value than the one beside them.</summary>
    private static readonly string[] s_branches =
    [
        "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", "patternProperties", "prefixItems",
        "$dynamicRef", "$recursiveRef", "contains", "const",
    ];

    private readonly JsonPiece _root;
    private readonly Dictionary<JsonPiece, SchemaNode> _made = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, JsonPiece> _anchors = new(StringComparer.Ordinal);
    private int _depth;

    private JsonSchemaReader(JsonPiece root) => _root = root;

    /// <exception cref="SchemaTextException">The text is not a JSON Schema.</exception>
    public static SchemaModel Read(string text, string typeName)
    {
        var root = JsonPiece.Read(Encoding.UTF8.GetBytes(text));
        if (root.Type != JsonTokenType.StartObject)
            throw new SchemaTextException("A JSON Schema must be a JSON object.");
        var reader = new JsonSchemaReader(root);
        reader.FindAnchors(root);
        return new SchemaModel(SchemaFormat.JsonSchema, text, typeName, reader.Node(root));
    }

    private void FindAnchors(JsonPiece piece)
    {
        foreach (var (name, _, value) in piece.Members)
        {
            if (name is "$anchor" && value.Type == JsonTokenType.String)
                _anchors["#" + value.Text] = piece;
            FindAnchors(value);
        }

        piece.Items.ForEach(FindAnchors);
    }

    private SchemaNode Node(JsonPiece piece)
    {
        if (_made.TryGetValue(piece, out var made))
            return made;
        if (++_depth > SchemaModel.MaxDepth)
            throw new SchemaTextException($"The schema is nested more than {SchemaModel.MaxDepth} deep.");
        var (facets, inner, untouched) = piece.Type == JsonTokenType.StartObject
            ? Describe(piece)
            : (Facets.Anything, null, "it is a schema without any rules");
        var node = new SchemaNode(facets, piece.Start, piece.End) { Layout = piece, Untouched = untouched };
        // Added before its parts are read: one of them may refer back to it.
        _made[piece] = node;
        if (inner is not null)
        {
            node.Target = Node(inner);
        }
        else if (facets.Kind == NodeKind.Object)
        {
            AddFields(node, piece);
        }
        else if (facets.Kind == NodeKind.List && piece["items"] is { Type: JsonTokenType.StartObject } items
            && piece["prefixItems"] is null)
        {
            node.Items = Node(items);
        }

        _depth--;
        return node;
    }

    private void AddFields(SchemaNode node, JsonPiece piece)
    {
        var required = piece["required"] is { Type: JsonTokenType.StartArray } list
            ? list.Items.Where(item => item.Type == JsonTokenType.String).Select(item => item.Text).ToHashSet(StringComparer.Ordinal)
            : [];
        node.IsClosed = piece["additionalProperties"] is { Type: JsonTokenType.False } && piece["patternProperties"] is null;
        if (piece["properties"] is not { Type: JsonTokenType.StartObject } properties)
            return;
        foreach (var (name, start, value) in properties.Members)
        {
            if (node.Fields.All(field => field.Name != name))
                node.Fields.Add(new SchemaField(name, Node(value), !required.Contains(name), start, value.End));
        }
    }

    private (Facets Facets, JsonPiece? Target, string? Untouched) Describe(JsonPiece piece)
    {
        if (piece["$ref"] is { Type: JsonTokenType.String } reference)
        {
            return Resolve(reference.Text) is { } target
                ? (new Facets(NodeKind.Reference), target, null)
                : (Facets.Anything, null, $"its $ref '{Short(reference.Text)}' points to nothing in this text, and nothing is fetched");
        }

        if (NullableChoice(piece) is { } choice)
            return (new Facets(NodeKind.Reference) { IsNullable = true }, choice, null);
        var (kind, isNullable, understood) = TypeOf(piece);
        if (!understood)
            return (Facets.Anything, null, "it takes values of several types");
        var facets = new Facets(kind) { IsNullable = isNullable };
        if (piece["enum"] is { Type: JsonTokenType.StartArray } choices)
        {
            if (choices.Items.Any(item => item.Type is not (JsonTokenType.String or JsonTokenType.Null)))
                return (facets, null, "its enum has values other than texts");
            facets = facets with
            {
                Kind = NodeKind.Text,
                // Without a type only the enum must contain null; with one, both must allow it.
                IsNullable = choices.Items.Any(item => item.Type == JsonTokenType.Null) && (isNullable || piece["type"] is null),
                Choices = new([.. choices.Items.Where(item => item.Type == JsonTokenType.String).Select(item => item.Text)]),
            };
        }

        var branch = s_branches.FirstOrDefault(name => piece[name] is not null);
        return (WithBounds(facets, piece), null, branch is null ? null : $"it uses {branch}");
    }

    private static Facets WithBounds(Facets facets, JsonPiece piece) => facets.Kind switch
    {
        NodeKind.Number or NodeKind.Integer => facets with
        {
            Least = Tighter(
                BoundOf(piece, "minimum", isExclusive: false), BoundOf(piece, "exclusiveMinimum", isExclusive: true), 1),
            Most = Tighter(
                BoundOf(piece, "maximum", isExclusive: false), BoundOf(piece, "exclusiveMaximum", isExclusive: true), -1),
        },
        NodeKind.Text => facets with
        {
            MinLength = piece["minLength"]?.Count,
            MaxLength = piece["maxLength"]?.Count,
            Format = piece["format"] is { Type: JsonTokenType.String } format ? format.Text : null,
            Pattern = piece["pattern"] is { Type: JsonTokenType.String } pattern ? pattern.Text : null,
        },
        NodeKind.List => facets with { MinLength = piece["minItems"]?.Count, MaxLength = piece["maxItems"]?.Count },
        _ => facets,
    };

    private static Bound? BoundOf(JsonPiece piece, string name, bool isExclusive) =>
        piece[name]?.Number is { } number ? new Bound(number, isExclusive) : null;

    private static Bound? Tighter(Bound? one, Bound? other, int direction) =>
        one is null ? other
        : other is null ? one
        : decimal.Compare(one.Value.Value, other.Value.Value) * direction > 0 ? one : other;

    private static (NodeKind Kind, bool IsNullable, bool Understood) TypeOf(JsonPiece piece)
    {
        List<string> types = piece["type"] switch
        {
            { Type: JsonTokenType.String } one => [one.Text],
            { Type: JsonTokenType.StartArray } several => [.. several.Items.Select(item => item.Text)],
            _ => [],
        };
        var isNullable = types.Remove("null");
        if (types.Count == 0 && !isNullable)
        {
            return piece["properties"] is not null ? (NodeKind.Object, false, true)
                : piece["items"] is not null ? (NodeKind.List, false, true)
                : (NodeKind.Any, true, true);
        }

        var kind = types is [var only]
            ? only switch
            {
                "string" => NodeKind.Text,
                "number" => NodeKind.Number,
                "integer" => NodeKind.Integer,
                "boolean" => NodeKind.Flag,
                "array" => NodeKind.List,
                "object" => NodeKind.Object,
                _ => NodeKind.Any,
            }
            : NodeKind.Any;
        return (kind, isNullable, kind != NodeKind.Any);
    }

    /// <summary>The other choice of <c>anyOf: [ …, { "type": "null" } ]</c>, the form of generators for nullable values.</summary>
    private static JsonPiece? NullableChoice(JsonPiece piece)
    {
        if ((piece["anyOf"] ?? piece["oneOf"]) is not { Type: JsonTokenType.StartArray, Items: [var one, var other] }
            || piece["type"] is not null || piece["properties"] is not null || piece["enum"] is not null)
        {
            return null;
        }

        return IsNull(other) && !IsNull(one) ? one : IsNull(one) && !IsNull(other) ? other : null;

        static bool IsNull(JsonPiece choice) => choice["type"] is { Type: JsonTokenType.String, Text: "null" };
    }

    private JsonPiece? Resolve(string reference)
    {
        if (reference is "#" or "")
            return _root;
        if (_anchors.TryGetValue(reference, out var anchored))
            return anchored;
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
            return null;
        var piece = _root;
        foreach (var part in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if ((
                piece[name]
                    ?? (int.TryParse(name, out var at) && at >= 0 && at < piece.Items.Count ? piece.Items[at] : null)) is not { } next)
                return null;
            piece = next;
        }

        return piece.Type == JsonTokenType.StartObject ? piece : null;
    }

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
}

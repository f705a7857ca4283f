using System.Globalization;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes a JSON schema in the form that this API accepts. References stay references, so that a recursive schema stays finite, except for
/// those the API refuses (with other members beside them, or to anything but a definition): their target is written in their place. A
/// keyword the API refuses is replaced by an equivalent or, without one, left out and reported.
/// </summary>
internal sealed class SchemaCleaner
{
    private const string Definitions = "$defs";
    private const string OldDefinitions = "definitions";

    // Each reference written out may hold others: a schema of a few lines could become one of gigabytes.
    private const int MostInlined = 200;
    private const int DeepestInlined = 8;

    private readonly HashSet<string> _inlining = new(StringComparer.Ordinal) { "#" };
    private readonly Utf8JsonWriter _writer;
    private readonly JsonElement _root;
    private readonly LossReport _losses;
    private readonly string _path;
    private int _inlined;

    private SchemaCleaner(Utf8JsonWriter writer, JsonElement root, LossReport losses, string path) =>
        (_writer, _root, _losses, _path) = (writer, root, losses, path);

    /// <summary>Writes the schema of a function's arguments or of an answer.</summary>
    /// <param name="writer">The writer, at the value's position.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="losses">Takes the keywords left out.</param>
    /// <param name="path">The schema's path in the request.</param>
    public static void Write(Utf8JsonWriter writer, JsonElement schema, LossReport losses, string path) =>
        new SchemaCleaner(writer, schema, losses, path).WriteSchema(schema, isRoot: true);

    private void WriteSchema(JsonElement schema, bool isRoot = false)
    {
        _writer.WriteStartObject();
        if (schema.ValueKind == JsonValueKind.Object)
        {
            if (schema.Text("$ref") is { } reference)
                WriteReferring(schema, reference, isRoot);
            else
                WriteMembers(schema, isRoot);
        }
        else if (schema.ValueKind == JsonValueKind.False)
        {
            // The schema `false`, which no value fits, has no equivalent.
            Report("false");
        }

        _writer.WriteEndObject();
    }

    private void WriteMembers(JsonElement schema, bool isRoot)
    {
        var (hasType, hasShape) = (false, false);
        foreach (var member in schema.EnumerateObject())
        {
            hasType |= member.NameEquals("type");
            hasShape |= member.IsNamed("properties", "$ref", "anyOf", "oneOf", "allOf");
            WriteMember(schema, member, isRoot);
        }

        if (!isRoot || hasShape && !hasType && schema.Member("properties") is null)
            return;
        if (!hasType)
            _writer.WriteString("type"u8, "object"u8);
        if (!hasShape && (!hasType || schema.Text("type") == "object"))
        {
            _writer.WriteStartObject("properties"u8);
            _writer.WriteEndObject();
        }
    }

    private void WriteMember(JsonElement owner, JsonProperty member, bool isRoot)
    {
        var value = member.Value;
        switch (member.Name)
        {
            case "$schema" or "$id" or "$comment" or "$anchor" or "id" when isRoot || member.Name[0] == '$':
                break;
            case "$ref":
                WriteReference(value);
                break;
            case Definitions or OldDefinitions when value.ValueKind == JsonValueKind.Object && isRoot:
                // `$defs` and `definitions` are written as one member, once.
                if (member.Name == Definitions || owner.Member(Definitions) is null)
                    WriteDefinitions();
                break;
            case Definitions or OldDefinitions:
                break; // Resolve looks for definitions at the root only.
            case "properties" when value.ValueKind == JsonValueKind.Object:
                WriteMap("properties", value);
                break;
            case "items":
                WriteItems(value);
                break;
            case "additionalProperties" or "contains" or "not" when value.ValueKind is JsonValueKind.Object:
                _writer.WritePropertyName(member.Name);
                WriteSchema(value);
                break;
            case "anyOf" or "oneOf" or "allOf" or "prefixItems" when value.ValueKind == JsonValueKind.Array:
                if (value.GetArrayLength() > 0)
                    WriteList(member.Name, value);
                break;
            case "enum" when value.ValueKind == JsonValueKind.Array:
                WriteEnum(value);
                break;
            case "const":
                if (owner.Member("enum") is null)
                    WriteConstant(value);
                break;
            case "required" when value.ValueKind == JsonValueKind.Array:
                WriteRequired(owner, value);
                break;
            case "nullable" when value.ValueKind != JsonValueKind.True || owner.Text("type") is not null || IsNullable(owner):
                break; // The default; or written as a second type, "null".
            case "nullable":
                Report("nullable");
                break;
            case "type" when owner.Member("nullable") is { ValueKind: JsonValueKind.True } && value.ValueKind == JsonValueKind.String
                && value.GetString() != "null":
                WriteNullableType(value);
                break;
            case "if" or "then" or "else" or "patternProperties" or "dependentRequired" or "dependentSchemas" or "dependencies"
                or "propertyNames" or "unevaluatedProperties" or "unevaluatedItems":
                Report(member.Name);
                break;
            default:
                member.WriteTo(_writer);
                break;
        }
    }

    private void WriteReference(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && Resolve(value.GetString()!) is { } resolved)
            _writer.WriteString("$ref"u8, resolved);
        else
            Report("$ref");
    }

    /// <summary>Writes nothing for <c>true</c>, which allows any item, as no <c>items</c> does.</summary>
    private void WriteItems(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                _writer.WritePropertyName("items"u8);
                WriteSchema(value);
                break;
            case JsonValueKind.Array:
                WriteList("prefixItems", value);
                break;
            case JsonValueKind.False:
                Report("items");
                break;
        }
    }

    private void WriteNullableType(JsonElement type)
    {
        _writer.WriteStartArray("type"u8);
        type.WriteTo(_writer);
        _writer.WriteStringValue("null"u8);
        _writer.WriteEndArray();
    }

    /// <summary>
    /// Writes a reference alone, because the API refuses other members beside it, or its target together with those. At the root, where a
    /// function's arguments or an answer must visibly be an object, always the latter.
    /// </summary>
    private void WriteReferring(JsonElement schema, string reference, bool isRoot)
    {
        var resolved = Resolve(reference);
        var others = schema.EnumerateObject().Where(member => !member.Name.StartsWith('$') && member.Name != OldDefinitions).ToList();
        if (resolved is not null && !isRoot && others.Count == 0)
        {
            _writer.WriteString("$ref"u8, resolved);
            return;
        }

        if (_inlined < MostInlined && _inlining.Count <= DeepestInlined
            && Find(reference) is { ValueKind: JsonValueKind.Object } target && _inlining.Add(reference))
        {
            _inlined++;
            var merged = Merge(target, schema);
            if (merged.Text("$ref") is { } next)
                WriteReferring(merged, next, isRoot);
            else
                WriteMembers(merged, isRoot);
            _inlining.Remove(reference);
            return;
        }

        // The reference is recursive: written out it would never end.
        if (resolved is null || isRoot)
        {
            WriteMembers(schema, isRoot);
            return;
        }

        _writer.WriteString("$ref"u8, resolved);
        foreach (var other in others)
            Report(other.Name);
    }

    /// <summary>
    /// The target of a reference, with the members beside the reference: those that only describe win, as they were written for this place.
    /// </summary>
    private JsonElement Merge(JsonElement target, JsonElement beside) => ProtoJson.Build(writer =>
    {
        writer.WriteStartObject();
        foreach (var member in target.EnumerateObject())
        {
            var other = beside.Member(member.Name);
            var isReplaced = other is not null && (Describes(member.Name) || member.Name is Definitions or OldDefinitions);
            if (other is not null && !isReplaced && member.Name != "$ref" && !JsonElement.DeepEquals(other.Value, member.Value))
                Report(member.Name);
            if (!isReplaced)
                member.WriteTo(writer);
        }

        foreach (var member in beside.EnumerateObject())
        {
            if (member.Name != "$ref" && (target.Member(member.Name) is null || Describes(member.Name)
                || member.Name is Definitions or OldDefinitions))
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    });

    private static bool Describes(string keyword) => keyword is "title" or "description" or "default" or "example" or "examples"
        or "deprecated" or "readOnly" or "writeOnly" or "nullable" or "$comment";

    private static bool IsNullable(JsonElement schema) => schema.Member("type") is { ValueKind: JsonValueKind.Array } types
        && types.EnumerateArray().Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("null"));

    /// <summary>The target of a reference in the schema; null if it does not exist.</summary>
    private JsonElement? Find(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal))
            return null;
        JsonElement? at = _root;
        foreach (var part in Uri.UnescapeDataString(reference[2..]).Split('/'))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at switch
            {
                { ValueKind: JsonValueKind.Object } owner => owner.Member(name),
                { ValueKind: JsonValueKind.Array } list
                    when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
                        && place < list.GetArrayLength() => list[place],
                _ => null,
            };
        }

        return at;
    }

    /// <summary>The reference as it is written, to <c>$defs</c>; null if the root has no such definition.</summary>
    private string? Resolve(string reference)
    {
        foreach (var place in new[] { Definitions, OldDefinitions })
        {
            var prefix = $"#/{place}/";
            if (!reference.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            var name = reference[prefix.Length..].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            return _root.Member(Definitions)?.Member(name) is not null || _root.Member(OldDefinitions)?.Member(name) is not null
                ? $"#/{Definitions}/{reference[prefix.Length..]}"
                : null;
        }

        return null;
    }

    private void WriteDefinitions()
    {
        _writer.WriteStartObject(Definitions);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in new[] { Definitions, OldDefinitions })
        {
            if (_root.Member(place) is not { ValueKind: JsonValueKind.Object } definitions)
                continue;
            foreach (var definition in definitions.EnumerateObject())
            {
                if (!written.Add(definition.Name))
                    continue;
                _writer.WritePropertyName(definition.Name);
                WriteSchema(definition.Value);
            }
        }

        _writer.WriteEndObject();
    }

    private void WriteMap(string name, JsonElement schemas)
    {
        _writer.WriteStartObject(name);
        foreach (var schema in schemas.EnumerateObject())
        {
            _writer.WritePropertyName(schema.Name);
            WriteSchema(schema.Value);
        }

        _writer.WriteEndObject();
    }

    private void WriteList(string name, JsonElement schemas)
    {
        _writer.WriteStartArray(name);
        foreach (var schema in schemas.EnumerateArray())
            WriteSchema(schema);
        _writer.WriteEndArray();
    }

    /// <summary>Writes <c>enum</c> without empty strings, which the API refuses; an empty list is left out.</summary>
    private void WriteEnum(JsonElement values)
    {
        var allowed = values.EnumerateArray()
            .Where(value => value.ValueKind != JsonValueKind.String || value.GetString()!.Length > 0).ToList();
        if (allowed.Count < values.GetArrayLength())
            Report("enum");
        if (allowed.Count == 0)
            return;
        _writer.WriteStartArray("enum"u8);
        foreach (var value in allowed)
            value.WriteTo(_writer);
        _writer.WriteEndArray();
    }

    private void WriteConstant(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0)
        {
            Report("const");
            return;
        }

        _writer.WriteStartArray("enum"u8);
        value.WriteTo(_writer);
        _writer.WriteEndArray();
    }

    /// <summary>Writes <c>required</c>, with declared properties only, because the API refuses others.</summary>
    private void WriteRequired(JsonElement owner, JsonElement names)
    {
        var properties = owner.Member("properties");
        var known = names.EnumerateArray()
            .Where(name =>
                name.ValueKind == JsonValueKind.String && (properties is not { } map || map.Member(name.GetString()!) is not null))
            .Select(name => name.GetString()!).Distinct().ToList();
        if (names.EnumerateArray().Any(name => name.ValueKind == JsonValueKind.String && !known.Contains(name.GetString()!)))
            Report("required");
        if (known.Count == 0)
            return;
        _writer.WriteStartArray("required"u8);
        foreach (var name in known)
            _writer.WriteStringValue(name);
        _writer.WriteEndArray();
    }

    private void Report(string keyword) => _losses.Drop($"{_path} ({keyword})");
}

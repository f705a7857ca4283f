using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>A function tool as a client declared it over the wire: a name and a schema, nothing to invoke.</summary>
/// <param name="name">The function's name.</param>
/// <param name="description">What it does; null if the client sent none, which differs from an empty text.</param>
/// <param name="schema">The schema of its arguments; null if the client sent none.</param>
/// <param name="additional">Further members, under their wire names.</param>
internal sealed class DeclaredFunction(
    string name, string? description, JsonElement? schema, AdditionalPropertiesDictionary? additional) : AIFunctionDeclaration
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}"""u8);

    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    public override string Description => WireDescription ?? "";

    /// <summary>The schema; an object without properties when the client sent none.</summary>
    public override JsonElement JsonSchema => WireSchema ?? NoParameters;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } =
        additional ?? (IReadOnlyDictionary<string, object?>)Empty;

    /// <summary>The description as sent.</summary>
    public string? WireDescription { get; } = description;

    /// <summary>The schema as sent.</summary>
    public JsonElement? WireSchema { get; } = schema;

    private static AdditionalPropertiesDictionary Empty { get; } = [];

    /// <summary>The description of a function, as sent if it came over the wire; null if it has none.</summary>
    public static string? DescriptionOf(AIFunctionDeclaration function) =>
        function is DeclaredFunction declared ? declared.WireDescription
        : function.Description.Length == 0 ? null
        : function.Description;

    /// <summary>The schema of a function's arguments, as sent if it came over the wire; null if the client sent none.</summary>
    public static JsonElement? SchemaOf(AIFunctionDeclaration function) =>
        function is DeclaredFunction declared ? declared.WireSchema : function.JsonSchema;

    /// <summary>
    /// A copy under another name or with another schema. It lacks the whole tool as the client sent it, which holds the old one.
    /// </summary>
    public static DeclaredFunction CopyOf(AIFunctionDeclaration function, string name, JsonElement? schema)
    {
        var kept = new AdditionalPropertiesDictionary();
        foreach (var (key, value) in function.AdditionalProperties)
        {
            if (!key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal))
                kept[key] = value;
        }

        return new(name, DescriptionOf(function), schema, kept);
    }
}

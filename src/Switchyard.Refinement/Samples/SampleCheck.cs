using System.Text;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Samples;

/// <summary>What is wrong with a sample.</summary>
/// <param name="Node">The place; of a missing field, the field's.</param>
/// <param name="Kind">What it lacks, or has too much of.</param>
/// <param name="Message">In words.</param>
internal readonly record struct Violation(SchemaNode Node, ViolationKind Kind, string Message);

internal enum ViolationKind
{
    Missing,
    Null,
    Other,
}

/// <summary>
/// Checks values against a schema. What the schema says in ways that are not known here is taken to allow everything: then more samples
/// count as valid than are, and each of them is protected.
/// </summary>
/// <param name="model">The schema.</param>
/// <param name="formatsCount">
/// Whether a wrong format makes a text invalid. For JSON Schema, most validators only note formats: samples are then judged without, and
/// counter-examples with them.
/// </param>
internal sealed class SampleCheck(SchemaModel model, bool formatsCount = true)
{
    private const int MaxViolations = 20;

    private readonly ValueCheck _values = new(model.Format, formatsCount);

    /// <summary>The names of C# are found in any case, as its serializer for the web finds them.</summary>
    private readonly StringComparer _names =
        model.Format == SchemaFormat.CSharp ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Told of every value at its place, right or wrong, and of every object.</summary>
    public Action<SchemaNode, JsonElement>? Seen { get; init; }

    /// <summary>Told of each field of each object, whether it is there.</summary>
    public Action<SchemaNode, SchemaField, bool>? FieldSeen { get; init; }

    /// <summary>What is wrong with a value; empty where nothing is.</summary>
    public List<Violation> Check(JsonElement value)
    {
        var violations = new List<Violation>();
        Visit(model.Root, value, violations);
        return violations;
    }

    private void Visit(SchemaNode node, JsonElement value, List<Violation> violations)
    {
        Seen?.Invoke(node, value);
        if (node.Facets.Kind == NodeKind.Reference)
        {
            if ((value.ValueKind != JsonValueKind.Null || !node.Facets.IsNullable) && node.Target is { } target)
                Visit(target, value, violations);
            return;
        }

        if (_values.Problem(node.Facets, value) is { } problem)
        {
            var kind = value.ValueKind == JsonValueKind.Null ? ViolationKind.Null : ViolationKind.Other;
            Add(violations, new Violation(node, kind, $"{SchemaModel.NameOf(node.Path)} {problem}"));
            return;
        }

        if (node.Facets.Kind == NodeKind.Object && value.ValueKind == JsonValueKind.Object)
        {
            VisitFields(node, value, violations);
        }
        else if (node is { Facets.Kind: NodeKind.List, Items: { } items } && value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
                Visit(items, item, violations);
        }
    }

    private void VisitFields(SchemaNode node, JsonElement value, List<Violation> violations)
    {
        // Looked up by name once: an object may have very many members, and a schema very many fields.
        var members = new Dictionary<string, JsonElement>(_names);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = member.Value;
        foreach (var field in node.Fields)
        {
            var isThere = members.TryGetValue(field.Name, out var child);
            FieldSeen?.Invoke(node, field, isThere);
            if (isThere)
                Visit(field.Node, child, violations);
            else if (!field.IsOptional)
                Add(violations, new Violation(field.Node, ViolationKind.Missing, $"{SchemaModel.NameOf(field.Node.Path)} is missing"));
        }

        if (node.IsClosed && members.Keys.Except(node.Fields.Select(field => field.Name), _names).Any())
            Add(violations, new Violation(node, ViolationKind.Other, $"{SchemaModel.NameOf(node.Path)} has a field that is not allowed"));
    }

    private static void Add(List<Violation> violations, Violation violation)
    {
        if (violations.Count < MaxViolations)
            violations.Add(violation);
    }
}

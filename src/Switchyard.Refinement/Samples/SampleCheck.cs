using System.Text;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Samples;

/// <summary>A violation of the schema by a sample.</summary>
/// <param name="Node">The place; of a missing field, the field's.</param>
/// <param name="Kind">The kind of violation.</param>
/// <param name="Message">In words.</param>
internal readonly record struct Violation(SchemaNode Node, ViolationKind Kind, string Message);

internal enum ViolationKind
{
    Missing,
    Null,
    Other,
}

/// <summary>
/// Checks values against a schema. Rules that are not known are taken to allow everything: then some invalid samples count as valid,
/// and are protected too.
/// </summary>
/// <param name="model">The schema.</param>
/// <param name="formatsCount">
/// Whether a wrong format makes a text invalid. For JSON Schema, most validators only note formats: samples are checked without them,
/// counter-examples with them.
/// </param>
internal sealed class SampleCheck(SchemaModel model, bool formatsCount = true)
{
    private const int MaxViolations = 20;

    private readonly ValueCheck _values = new(model.Format, formatsCount);

    /// <summary>C# names are compared without case, as the serializer's web defaults do.</summary>
    private readonly StringComparer _names =
        model.Format == SchemaFormat.CSharp ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Called for every value at its place, valid or not.</summary>
    public Action<SchemaNode, JsonElement>? Seen { get; init; }

    /// <summary>Called for each field of each object, with whether it is present.</summary>
    public Action<SchemaNode, SchemaField, bool>? FieldSeen { get; init; }

    /// <summary>The violations of a value; empty if it is valid.</summary>
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
        // Indexed by name: an object may have very many members, and a schema very many fields.
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

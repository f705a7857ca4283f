using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Samples;

/// <summary>A sample that the original schema refuses, and why.</summary>
internal readonly record struct InvalidSample(int Number, IReadOnlyList<Violation> Violations);

/// <summary>The evidence of all samples for a schema. Places are identified by their order, which no edit changes.</summary>
internal sealed class SampleEvidence
{
    private readonly FieldEvidence[] _places;

    private SampleEvidence(SchemaModel model, IReadOnlyList<JsonElement> samples)
    {
        Samples = samples;
        _places = [.. model.Nodes.Select(_ => new FieldEvidence())];
        var number = 0;
        var check = new SampleCheck(model, formatsCount: model.Format != SchemaFormat.JsonSchema);
        var look = new SampleCheck(model, formatsCount: false)
        {
            Seen = (node, value) => _places[node.Index].Add(value, number, model.Format),
            FieldSeen = (_, field, isThere) => _places[field.Node.Index].AddPresence(isThere, number),
        };
        for (; number < samples.Count; number++)
        {
            if (check.Check(samples[number]) is { Count: > 0 } violations)
            {
                Invalid.Add(new(number, violations));
                continue;
            }

            Valid.Add(number);
            look.Check(samples[number]);
        }
    }

    /// <summary>All samples.</summary>
    public IReadOnlyList<JsonElement> Samples { get; }

    /// <summary>The numbers of the samples that the original schema accepts: each must stay accepted.</summary>
    public List<int> Valid { get; } = [];

    public List<InvalidSample> Invalid { get; } = [];

    public static SampleEvidence Of(SchemaModel model, IReadOnlyList<JsonElement> samples) => new(model, samples);

    /// <summary>The evidence for a place.</summary>
    public FieldEvidence this[SchemaNode node] => _places[node.Index];
}

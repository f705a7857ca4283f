using System.Globalization;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Edits;

/// <summary>
/// Edits that the samples suggest by themselves, used if no edit of the model was applied. Deliberately few: the largest value seen is not
/// a limit, and three equal values are not a rule.
/// </summary>
internal static class EvidenceProposals
{
    /// <summary>The number of values that a rule about every value needs.</summary>
    private const int Enough = 10;

    /// <summary>The number of values that a format needs: so many texts do not share one by chance.</summary>
    private const int EnoughForFormat = 3;

    private const int MaxChoices = 12;
    private const int MaxChoiceLength = 40;

    public static IEnumerable<ProposedEdit> Of(SchemaModel model, SampleEvidence evidence)
    {
        foreach (var violation in evidence.Invalid.SelectMany(sample => sample.Violations).DistinctBy(each => (each.Node.Index, each.Kind)))
        {
            if (violation.Kind == ViolationKind.Missing)
                yield return Edit(violation.Node, ChangeKind.Optional, "from the samples: some have no such field");
            else if (violation.Kind == ViolationKind.Null)
                yield return Edit(violation.Node, ChangeKind.Nullable, "from the samples: in some it is null");
        }

        foreach (var (_, field) in model.Fields)
        {
            var about = evidence[field.Node];
            if (field.IsOptional && about.Objects >= Enough && about.FirstWithout is null && field.Node.Untouched is null)
                yield return Edit(field.Node, ChangeKind.Required, $"from the samples: all {Number(about.Objects)} have it");
        }

        foreach (var node in model.Nodes.Where(node => node.Untouched is null))
        {
            foreach (var edit in Of(node, evidence[node]))
                yield return edit;
        }
    }

    private static IEnumerable<ProposedEdit> Of(SchemaNode node, FieldEvidence about)
    {
        if (node.Facets is { IsNullable: true, Kind: not NodeKind.Any } && about.Values.Count >= Enough && about.Nulls == 0)
            yield return Edit(node, ChangeKind.NotNull, $"from the samples: none of {Number(about.Values.Count)} is null");
        switch (node.Facets.Kind)
        {
            case NodeKind.Text:
                foreach (var edit in OfText(node, about))
                    yield return edit;
                break;
            case NodeKind.Number or NodeKind.Integer:
                if (node.Facets.Kind == NodeKind.Number && about.Numbers >= Enough && about.AreWhole)
                    yield return Edit(node, ChangeKind.Integer, $"from the samples: all {Number(about.Numbers)} numbers are whole");
                if (node.Facets.Least is null && about.Numbers >= Enough && about.Least >= 0)
                    yield return Edit(node, ChangeKind.Minimum, $"from the samples: none of {Number(about.Numbers)} numbers is negative");
                break;
            case NodeKind.List when node.Facets.MinLength is null && about.Count >= Enough && about.Shortest >= 1:
                yield return Edit(node, new SchemaChange(ChangeKind.MinItems) { Number = 1 }, "from the samples: no list is empty");
                break;
        }
    }

    private static IEnumerable<ProposedEdit> OfText(SchemaNode node, FieldEvidence about)
    {
        if (node.Facets.Choices is not null)
            yield break;
        if (node.Facets.Format is null && about.Texts >= EnoughForFormat
            && TextFormats.Names.FirstOrDefault(about.Formats.Contains) is { } format)
        {
            yield return Edit(node, new SchemaChange(ChangeKind.Format) { Text = format },
                $"from the samples: all {Number(about.Texts)} texts have this format");
        }
        else if (IsEnumeration(about) && about.Distinct is { } distinct)
        {
            yield return Edit(node, new SchemaChange(ChangeKind.Enum) { Values = [.. distinct.Keys.Order(StringComparer.Ordinal)] },
                $"from the samples: {Number(about.Texts)} texts, and no others than these {Number(distinct.Count)}");
        }
        else if (node.Facets.MinLength is null && about.Texts >= Enough && about.Shortest >= 1)
        {
            yield return Edit(node, new SchemaChange(ChangeKind.MinLength) { Number = 1 }, "from the samples: no text is empty");
        }
    }

    /// <summary>Whether the texts look like codes: few different ones, each seen often, and short.</summary>
    private static bool IsEnumeration(FieldEvidence about) =>
        about is { Texts: >= Enough, Distinct: { Count: > 1 and <= MaxChoices } distinct }
        && about.Texts >= 4 * distinct.Count && distinct.All(each => each.Value >= 2 && each.Key.Length is > 0 and <= MaxChoiceLength);

    private static ProposedEdit Edit(SchemaNode node, ChangeKind kind, string reason) => Edit(node, new SchemaChange(kind), reason);

    private static ProposedEdit Edit(SchemaNode node, SchemaChange change, string reason) => new(node.Path, change, reason);

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}

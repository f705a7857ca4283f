using System.Globalization;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Edits;

/// <summary>Decides which changes make sense at a place, and whether the samples support them.</summary>
/// <param name="format">The schema's format.</param>
/// <param name="evidence">The evidence of the samples.</param>
internal sealed class EditRules(SchemaFormat format, SampleEvidence evidence)
{
    private const int MaxChoices = 100;
    private const int MaxChoiceLength = 200;

    private readonly ValueCheck _check = new(format, formatsCount: true);

    /// <summary>Whether a change lets more values pass.</summary>
    public static bool Loosens(ChangeKind kind) => kind is ChangeKind.Optional or ChangeKind.Nullable;

    /// <summary>The change in the form that the place allows; null with a problem.</summary>
    /// <param name="node">The place; for presence and null, the field's own node.</param>
    /// <param name="field">The field; null for the root and for items.</param>
    /// <param name="change">The change.</param>
    /// <param name="problem">Why the change cannot be made.</param>
    public SchemaChange? Prepare(SchemaNode node, SchemaField? field, SchemaChange change, out string problem)
    {
        problem = Unfit(node, field, change) ?? "";
        if (problem.Length > 0)
            return null;
        if (change.Kind == ChangeKind.Format)
            change = change with { Text = FormatHere(change.Text, evidence[node]) };
        problem = Loosens(change.Kind) ? Needless(node, change) ?? "" : Contradiction(node, field, change) ?? "";
        return problem.Length > 0 ? null : change;
    }

    /// <summary>Whether the change is in effect at a place that was read back.</summary>
    public static bool TookEffect(SchemaNode node, SchemaField? field, SchemaChange change) => change.Kind switch
    {
        ChangeKind.Required => field is { IsOptional: false },
        ChangeKind.Optional => field is { IsOptional: true },
        ChangeKind.NotNull => !node.Facets.IsNullable,
        ChangeKind.Nullable => node.Facets.IsNullable,
        _ => node.Facets == With(node.Facets, change) && node.Facets.Kind != NodeKind.Any,
    };

    /// <summary>The first valid sample that the changed place does not accept, as a sentence; null if it accepts all.</summary>
    public string? Violation(SchemaNode node, SchemaField? field)
    {
        if (field is { IsOptional: false } && evidence[field.Node].FirstWithout is { } without)
            return $"sample {without + 1} has no such field";
        if (field?.Node is { Facets.Kind: NodeKind.Reference, Facets.IsNullable: false } && FirstNull(field.Node) is { } nothing)
            return $"sample {nothing + 1}: it is null";
        return node.Facets.Kind == NodeKind.Reference ? null : FirstProblem(node, node.Facets);
    }

    /// <summary>
    /// The confidence that the samples give: with n of them and no exception, the rate of exceptions is below 1 − 0.05^(1/n), about 3/n,
    /// with 95 % certainty.
    /// </summary>
    public double Confidence(SchemaNode node, SchemaChange change)
    {
        var about = evidence[node];
        var n = change.Kind switch
        {
            ChangeKind.Required => about.Objects,
            ChangeKind.NotNull => about.Values.Count,
            // A single sample is enough to justify these.
            ChangeKind.Optional or ChangeKind.Nullable => 0,
            _ => about.Count,
        };
        return Loosens(change.Kind) ? 1 : n == 0 ? 0 : Math.Round(Math.Pow(0.05, 1.0 / n), 3);
    }

    private string? FirstProblem(SchemaNode node, Facets facets)
    {
        foreach (var (value, sample) in evidence[node].Values)
        {
            if (_check.Problem(facets, value) is { } problem)
                return $"sample {sample + 1}: it {problem}";
        }

        return null;
    }

    private int? FirstNull(SchemaNode node) => evidence[node].Values
        .Where(value => value.Value.ValueKind == System.Text.Json.JsonValueKind.Null).Select(value => (int?)value.Sample).FirstOrDefault();

    /// <summary>Why a change has no meaning at a place, regardless of the samples.</summary>
    private static string? Unfit(SchemaNode node, SchemaField? field, SchemaChange change)
    {
        var facets = node.Facets;
        if (change.Kind <= ChangeKind.Optional)
        {
            return field is null ? "only a field can be required or optional"
                : field.IsOptional == (change.Kind == ChangeKind.Optional) ? Already
                : node.Untouched;
        }

        if (node.Untouched is { } untouched)
            return untouched;
        if (change.Kind is ChangeKind.NotNull or ChangeKind.Nullable)
            return facets.IsNullable == (change.Kind == ChangeKind.Nullable) ? Already : null;
        var fits = change.Kind switch
        {
            ChangeKind.Integer => facets.Kind is NodeKind.Number or NodeKind.Integer,
            ChangeKind.Minimum or ChangeKind.Maximum => facets.Kind is NodeKind.Number or NodeKind.Integer,
            ChangeKind.MinItems or ChangeKind.MaxItems => facets.Kind == NodeKind.List,
            _ => facets.Kind == NodeKind.Text,
        };
        if (!fits)
            return "it does not fit a place of this type";
        if (facets.Choices is not null)
            return change.Kind == ChangeKind.Enum && With(facets, change) == facets ? Already : "it has an enumeration already";
        return With(facets, change) == facets ? Already : Looser(facets, change);
    }

    public const string Already = "the schema says so already";

    private static string? Looser(Facets facets, SchemaChange change)
    {
        var isLooser = change.Kind switch
        {
            ChangeKind.Minimum => facets.Least is { } least && change.Number <= least.Value,
            ChangeKind.Maximum => facets.Most is { } most && change.Number >= most.Value,
            ChangeKind.MinLength or ChangeKind.MinItems => change.Number <= facets.MinLength,
            ChangeKind.MaxLength or ChangeKind.MaxItems => change.Number >= facets.MaxLength,
            _ => false,
        };
        if (isLooser)
            return "the schema is stricter already";
        return change.Kind switch
        {
            ChangeKind.Format when facets.Format is { } there => $"it has the format {there} already",
            ChangeKind.Pattern when facets.Pattern is not null => "it has a pattern already",
            _ => null,
        };
    }

    /// <summary>Why a loosening change is not needed; null if an invalid sample needs it.</summary>
    private string? Needless(SchemaNode node, SchemaChange change)
    {
        var kind = change.Kind == ChangeKind.Optional ? ViolationKind.Missing : ViolationKind.Null;
        return evidence.Invalid.Any(sample => sample.Violations.Any(each => each.Kind == kind && each.Node.Index == node.Index))
            ? null
            : "no sample needs it, and it would accept more values";
    }

    /// <summary>Why the samples or the change itself forbid it; null if they allow it.</summary>
    private string? Contradiction(SchemaNode node, SchemaField? field, SchemaChange change)
    {
        var about = evidence[node];
        if (change.Kind == ChangeKind.Required)
            return about.Objects == 0 ? NoEvidence : about.FirstWithout is { } without ? $"sample {without + 1} has no such field" : null;
        if (about.Values.Count == 0)
            return NoEvidence;
        if (change.Kind == ChangeKind.NotNull)
            return FirstNull(node) is { } nothing ? $"sample {nothing + 1}: it is null" : null;
        if (about.Count == 0)
            return NoEvidence;
        if (Malformed(change, about) is { } malformed)
            return malformed;
        if (change.Kind == ChangeKind.Integer && !about.AreWhole)
            return FirstBroken(about) is { } broken ? $"sample {broken + 1}: it is not a whole number" : "not every number is whole";
        return change.Kind == ChangeKind.Format && FirstOther(about, change.Text) is { } other
            ? $"sample {other + 1}: it does not have the format {change.Text}"
            : FirstProblem(node, With(node.Facets, change));
    }

    private const string NoEvidence = "no valid sample has a value for it";

    private static int? FirstBroken(FieldEvidence about) => about.Values
        .Where(value => value.Value.ValueKind == System.Text.Json.JsonValueKind.Number && !ValueCheck.IsWhole(value.Value))
        .Select(value => (int?)value.Sample).FirstOrDefault();

    private static int? FirstOther(FieldEvidence about, string format) => about.Values
        .Where(
            value => value.Value.ValueKind == System.Text.Json.JsonValueKind.String
                && !TextFormats.Proves(format, value.Value.GetString()!))
        .Select(value => (int?)value.Sample).FirstOrDefault();

    private string? Malformed(SchemaChange change, FieldEvidence about)
    {
        switch (change.Kind)
        {
            case ChangeKind.MinLength or ChangeKind.MaxLength or ChangeKind.MinItems or ChangeKind.MaxItems
                when change.Number is < 0 or > int.MaxValue || change.Number != decimal.Truncate(change.Number):
                return "a length is a whole number from 0";
            case ChangeKind.Format when !TextFormats.Names.Contains(change.Text) && change.Text != TextFormats.UtcDateTime:
                return $"the format is not one of {string.Join(", ", TextFormats.Names)}";
            case ChangeKind.Pattern:
                if (PortablePattern.Read(change.Text, out var problem) is null)
                    return $"the pattern was not used: {problem}";
                // Languages differ in what they count as one character or as a letter.
                return about.Values.Any(value => value.Value.ValueKind == System.Text.Json.JsonValueKind.String
                    && !IsSimple(value.Value.GetString()!)) ? "languages would match the samples' characters differently" : null;
            case ChangeKind.Enum when change.Values.Count is 0 or > MaxChoices
                || change.Values.Any(value => value.Length > MaxChoiceLength):
                return $"an enumeration has from 1 to {MaxChoices} texts of up to {MaxChoiceLength} characters";
            default:
                return null;
        }
    }

    private bool IsSimple(string text) => format == SchemaFormat.CSharp
        ? System.Text.Ascii.IsValid(text)
        : !text.AsSpan().ContainsAnyInRange('\ud800', '\udfff');

    /// <summary>By default Zod accepts only UTC date-times.</summary>
    private string FormatHere(string written, FieldEvidence about)
    {
        var name = TextFormats.NameOf(written);
        return name == TextFormats.DateTime && format == SchemaFormat.Zod && FirstOther(about, TextFormats.UtcDateTime) is null
            ? TextFormats.UtcDateTime
            : name;
    }

    private static Facets With(Facets facets, SchemaChange change) => change.Kind switch
    {
        ChangeKind.Integer => facets with { Kind = NodeKind.Integer },
        ChangeKind.Minimum => facets with { Least = new Bound(change.Number) },
        ChangeKind.Maximum => facets with { Most = new Bound(change.Number) },
        ChangeKind.MinLength or ChangeKind.MinItems => facets with { MinLength = (int)Math.Clamp(change.Number, 0, int.MaxValue) },
        ChangeKind.MaxLength or ChangeKind.MaxItems => facets with { MaxLength = (int)Math.Clamp(change.Number, 0, int.MaxValue) },
        ChangeKind.Pattern => facets with { Pattern = change.Text },
        ChangeKind.Format => facets with { Format = change.Text },
        ChangeKind.Enum => facets with { Choices = new([.. change.Values.Distinct(StringComparer.Ordinal)]) },
        _ => facets,
    };

    /// <summary>Reads a bound without trailing zeros: <c>5</c> for <c>5.0</c>.</summary>
    public static decimal? ReadNumber(string text) =>
        decimal.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? decimal.Parse(number.ToString("0.############################", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : null;
}

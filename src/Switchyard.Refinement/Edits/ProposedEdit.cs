using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Edits;

/// <summary>A proposed change.</summary>
/// <param name="Field">The path of the place, as in the evidence.</param>
/// <param name="Change">The change.</param>
/// <param name="Reason">Why, in the proposer's words.</param>
internal sealed record ProposedEdit(string Field, SchemaChange Change, string Reason);

/// <summary>An applied change.</summary>
/// <param name="Edit">The proposal.</param>
/// <param name="Before">The field's text before.</param>
/// <param name="After">The field's text after.</param>
/// <param name="Confidence">The confidence that the samples give, from 0 to 1.</param>
internal sealed record AppliedEdit(ProposedEdit Edit, string Before, string After, double Confidence);

/// <summary>The names of changes, as a model writes them.</summary>
internal static class ChangeNames
{
    public static readonly string[] All =
    [
        "required", "optional", "not_null", "nullable", "integer", "minimum", "maximum", "min_length", "max_length", "min_items",
        "max_items",
        "pattern", "format", "enum",
    ];

    public static string Of(ChangeKind kind) => All[(int)kind];

    public static ChangeKind? Find(string name) =>
        Array.IndexOf(All, name.Trim().ToLowerInvariant()) is >= 0 and var index ? (ChangeKind)index : null;
}

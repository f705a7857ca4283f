namespace Switchyard.Targets;

/// <summary>
/// The limits and features of a model that encoders need, from the model catalogue: models of one vendor differ in what they accept. A
/// member is null if the catalogue does not have it; an encoder then writes what most models of its dialect accept. Immutable.
/// </summary>
public sealed record ModelFacts
{
    /// <summary>The facts of a model that is not in the catalogue.</summary>
    public static readonly ModelFacts Unknown = new();

    /// <summary>The context window, in tokens.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>The largest number of tokens it generates in one answer.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether it accepts a temperature.</summary>
    public bool? Temperature { get; init; }

    /// <summary>Whether it supports structured output: an answer constrained to a JSON schema.</summary>
    public bool? JsonSchema { get; init; }

    /// <summary>Whether it supports tool calls.</summary>
    public bool? Tools { get; init; }

    /// <summary>Whether it accepts images.</summary>
    public bool? Vision { get; init; }

    /// <summary>Whether it is a reasoning model.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>The reasoning efforts it accepts (<c>low</c>, <c>high</c>, …); empty if it accepts none or if unknown.</summary>
    public IReadOnlyList<string> ReasoningEfforts { get; init; } = [];

    /// <summary>Whether its reasoning is limited by a token budget.</summary>
    public bool TakesReasoningBudget { get; init; }

    /// <summary>The smallest reasoning budget it accepts, in tokens; null if unknown.</summary>
    public int? MinReasoningBudget { get; init; }

    /// <summary>The largest reasoning budget it accepts, in tokens; null if unknown.</summary>
    public int? MaxReasoningBudget { get; init; }

    /// <summary>The default effort; <c>none</c> for a model that reasons only on request. Null if unknown.</summary>
    public string? DefaultEffort { get; init; }

    /// <summary>
    /// The request fields it refuses with any value but the default, by their names in OpenAI chat: <c>top_p</c>, <c>stop</c>.
    /// </summary>
    public IReadOnlyList<string> RefusedFields { get; init; } = [];

    /// <summary>The request fields it refuses while it reasons and accepts otherwise, by the same names.</summary>
    public IReadOnlyList<string> RefusedWhileReasoning { get; init; } = [];

    /// <summary>Whether it always answers with the bytes of images, and refuses to be asked for them or for addresses.</summary>
    internal bool AnswersImagesAsBytes { get; init; }

    /// <summary>The required format if its provider speaks several; null for any.</summary>
    public ModelFormat? Format { get; init; }

    /// <summary>Whether it refuses any field that other models of its dialect accept.</summary>
    public bool RefusesFields => Temperature == false || RefusedFields.Count > 0 || RefusedWhileReasoning.Count > 0;

    /// <summary>Whether it accepts a request field.</summary>
    /// <param name="field">The field's name in OpenAI chat.</param>
    /// <param name="effort">The requested effort; null if none.</param>
    public bool Takes(string field, string? effort)
    {
        if (Contains(RefusedFields, field))
            return false;
        if (Contains(RefusedWhileReasoning, field))
            return (effort ?? DefaultEffort) == "none";
        return field != "temperature" || Temperature != false;
    }

    /// <summary>
    /// The accepted effort nearest to the requested one, the lower of two; <c>none</c> only for a low one, because a request for much
    /// reasoning would otherwise get the opposite. The requested one if no effort is known.
    /// </summary>
    public string NearestEffort(string wanted)
    {
        if (ReasoningEfforts.Count == 0 || ReasoningEfforts.Contains(wanted))
            return wanted;
        string[] scale = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
        const int Low = 2;
        var place = Array.IndexOf(scale, wanted);
        return ReasoningEfforts.Where(effort => Array.IndexOf(scale, effort) >= 0 && (effort != "none" || place <= Low))
            .OrderBy(effort => Math.Abs(Array.IndexOf(scale, effort) - place)).ThenBy(effort => Array.IndexOf(scale, effort))
            .FirstOrDefault() ?? wanted;
    }

    // A list of about six words, searched for each forwarded request: a loop allocates no iterator.
    private static bool Contains(IReadOnlyList<string> fields, string field)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (string.Equals(fields[i], field, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}

namespace Switchyard.Targets;

/// <summary>
/// The limits and features of a model that encoders need, from the model catalogue: models of one vendor differ in what they accept. A
/// member is null where the catalogue does not know it; an encoder then writes what most models of its dialect accept. Immutable.
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

    /// <summary>The reasoning efforts it accepts (<c>low</c>, <c>high</c>, …); empty when it accepts none or that is not known.</summary>
    public IReadOnlyList<string> ReasoningEfforts { get; init; } = [];

    /// <summary>Whether its reasoning is limited by a token budget.</summary>
    public bool TakesReasoningBudget { get; init; }

    /// <summary>The smallest reasoning budget it accepts, in tokens; null when not known.</summary>
    public int? MinReasoningBudget { get; init; }

    /// <summary>The largest reasoning budget it accepts, in tokens; null when not known.</summary>
    public int? MaxReasoningBudget { get; init; }

    /// <summary>
    /// The effort it reasons with unless asked otherwise; <c>none</c> for a model that reasons only when asked. Null when not known.
    /// </summary>
    public string? DefaultEffort { get; init; }

    /// <summary>
    /// The request fields it refuses with any value but the default, by their names in OpenAI chat: <c>top_p</c>, <c>stop</c>.
    /// </summary>
    public IReadOnlyList<string> RefusedFields { get; init; } = [];

    /// <summary>The request fields it refuses while it reasons and takes otherwise, by the same names.</summary>
    public IReadOnlyList<string> RefusedWhileReasoning { get; init; } = [];

    /// <summary>The format it must be asked in where its provider speaks several; null when any will do.</summary>
    public ModelFormat? Format { get; init; }

    /// <summary>Whether it refuses any field that other models of its dialect take.</summary>
    public bool RefusesFields => Temperature == false || RefusedFields.Count > 0 || RefusedWhileReasoning.Count > 0;

    /// <summary>Whether it takes a request field.</summary>
    /// <param name="field">The field's name in OpenAI chat.</param>
    /// <param name="effort">The effort the request asks for; null when it names none.</param>
    public bool Takes(string field, string? effort)
    {
        if (Contains(RefusedFields, field))
            return false;
        if (Contains(RefusedWhileReasoning, field))
            return (effort ?? DefaultEffort) == "none";
        return field != "temperature" || Temperature != false;
    }

    /// <summary>
    /// The accepted effort nearest to the wanted one, the lower of two; <c>none</c> only for a low one, because who asks for much reasoning
    /// would get the opposite. The wanted one itself when no other is known.
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

    // A list of half a dozen words, asked for each forwarded request: no iterator is made.
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

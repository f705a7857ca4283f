namespace Switchyard.Targets;

/// <summary>
/// What the model catalogue knows of a model and an encoder needs: models of one vendor differ in what they take. Every member is null
/// where the catalogue does not say; an encoder then does what most models of its dialect accept. Immutable.
/// </summary>
public sealed record ModelFacts
{
    /// <summary>A model the catalogue does not know.</summary>
    public static readonly ModelFacts Unknown = new();

    /// <summary>The context window, in tokens.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>The most it generates in one answer, in tokens.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether it takes a temperature.</summary>
    public bool? Temperature { get; init; }

    /// <summary>Whether it constrains its answer to a JSON schema by itself.</summary>
    public bool? JsonSchema { get; init; }

    /// <summary>Whether it calls tools.</summary>
    public bool? Tools { get; init; }

    /// <summary>Whether it sees images.</summary>
    public bool? Vision { get; init; }

    /// <summary>Whether it reasons before it answers.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>The reasoning efforts it accepts (<c>low</c>, <c>high</c>, …); empty when it takes none or that is not known.</summary>
    public IReadOnlyList<string> ReasoningEfforts { get; init; } = [];

    /// <summary>Whether its reasoning is bounded by a token budget.</summary>
    public bool TakesReasoningBudget { get; init; }

    /// <summary>The smallest reasoning budget it takes, in tokens; null when not known.</summary>
    public int? MinReasoningBudget { get; init; }

    /// <summary>The largest reasoning budget it takes, in tokens; null when not known.</summary>
    public int? MaxReasoningBudget { get; init; }

    /// <summary>The accepted effort nearest to the wanted one, the lower of two; the wanted one itself when nothing is known.</summary>
    public string NearestEffort(string wanted)
    {
        if (ReasoningEfforts.Count == 0 || ReasoningEfforts.Contains(wanted))
            return wanted;
        string[] scale = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
        var place = Array.IndexOf(scale, wanted);
        return ReasoningEfforts.Where(effort => Array.IndexOf(scale, effort) >= 0)
            .OrderBy(effort => Math.Abs(Array.IndexOf(scale, effort) - place)).ThenBy(effort => Array.IndexOf(scale, effort))
            .FirstOrDefault() ?? wanted;
    }
}

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

    /// <summary>The accepted effort nearest to the wanted one, the lower of two; the wanted one itself when none are known.</summary>
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

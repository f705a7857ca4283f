using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// How much reasoning a request asks for, as an effort and as a token budget. Where the client set only one, the other is the nearest:
/// minimal 1,024 tokens, low 1,024, medium 8,192, high 24,576, xhigh 32,768 (the steps of Google's compatible endpoint).
/// </summary>
/// <param name="Effort">
/// The effort: <c>none</c>, <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c> or <c>max</c>; null if the client set
/// neither.
/// </param>
/// <param name="Budget">The maximum of reasoning tokens the client set; 0 is off, -1 leaves it to the model; null if it set none.</param>
/// <param name="WantsText">Whether the client asked to see the reasoning; null if it did not state it.</param>
/// <param name="SaysNone">Whether the client set the effort <c>none</c> explicitly.</param>
/// <param name="IsOfAnswer">Whether the effort applies to the whole answer, which by itself does not ask for reasoning.</param>
internal readonly record struct ReasoningRequest(
    string? Effort, int? Budget, bool? WantsText, bool SaysNone = false, bool IsOfAnswer = false)
{
    /// <summary>
    /// On <c>ChatOptions</c>: true if the effort came in the format whose effort applies to the whole answer. The word itself is kept under
    /// the key that other formats read.
    /// </summary>
    public static readonly string AnswerEffort = CanonicalKeys.Own(DialectId.AnthropicMessages, AnswerEffortField);

    private const string AnswerEffortField = "output_config.effort";

    private const int Low = 1024, Medium = 8192, High = 24576, ExtraHigh = 32768;

    /// <summary>Whether the client set neither effort nor budget.</summary>
    public bool IsUnset => Effort is null && Budget is null;

    /// <summary>Whether the client switched reasoning off.</summary>
    public bool IsOff => Budget is 0 || (Budget is null && Effort == "none");

    /// <summary>Whether a model reasons over this request: it is asked to, or does so by default.</summary>
    public bool Reasons(ModelFacts facts) =>
        !IsOff && (Effort ?? (Budget is not null ? "medium" : facts.DefaultEffort)) is not (null or "none");

    /// <summary>
    /// Reports an effort that is lost because another field switches reasoning off, which decides. For formats in which an effort means
    /// nothing else.
    /// </summary>
    public void ReportContradicted(LossReport losses)
    {
        if (IsOff && Effort is not (null or "none"))
            losses.Drop(IsOfAnswer ? AnswerEffortField : "reasoning_effort");
    }

    /// <summary>
    /// The effort to request from a model: the nearest it knows, which is its lowest if reasoning is to be off and cannot be. Reports what
    /// is not written. For formats that control reasoning by a word.
    /// </summary>
    /// <returns>Null if no effort is to be written.</returns>
    public string? EffortFor(ModelFacts facts, LossReport losses)
    {
        var wanted = IsOff ? "none" : Effort;
        if (wanted is null)
            return null;
        ReportContradicted(losses);
        // "none" from a budget alone is not sent to a model that is not known to reason: a model that cannot reason refuses the word.
        var mayReason = facts.Reasoning ?? (SaysNone || facts.ReasoningEfforts.Count > 0);
        if (IsOff && !mayReason)
            return null;
        var nearest = facts.NearestEffort(wanted);
        var isSaid = facts.Reasoning != false && (facts.ReasoningEfforts.Count == 0 || facts.ReasoningEfforts.Contains(nearest));
        if (!isSaid || nearest != wanted)
            losses.Drop("reasoning_effort");
        return isSaid ? nearest : null;
    }

    /// <summary>
    /// The effort for the whole answer, for models of the vendor whose clients send it: unchanged, unless the model is known to take others
    /// or none. Reports what is not written.
    /// </summary>
    /// <param name="facts">The facts about the model.</param>
    /// <param name="losses">Takes the name of an effort that is not written.</param>
    /// <param name="unknownTakes">Whether a model whose efforts are not known is assumed to take them.</param>
    /// <returns>Null if no effort is to be written.</returns>
    public string? AnswerEffortFor(ModelFacts facts, LossReport losses, bool unknownTakes = true)
    {
        if (Effort is not { } effort)
            return null;
        var isUnknown = facts is { ReasoningEfforts.Count: 0, TakesReasoningBudget: false, Reasoning: not false };
        if ((isUnknown && unknownTakes) || facts.ReasoningEfforts.Contains(effort))
            return effort;
        var nearest = ParseEffort(effort) is null ? effort : facts.NearestEffort(effort);
        var isSaid = nearest != effort && nearest != "none";
        losses.Drop(isSaid ? $"{AnswerEffortField} ({effort} as {nearest})" : AnswerEffortField);
        return isSaid ? nearest : null;
    }

    /// <summary>
    /// Reads the options: the exact effort where one was kept (<c>reasoning_effort</c>), else the enum's, else that of another server's
    /// field.
    /// </summary>
    public static ReasoningRequest Read(ChatOptions options) => Read(options, ReasoningSwitches.Read(options.AdditionalProperties));

    /// <summary>The same for OpenAI chat, to which the fields of other servers go as they are.</summary>
    public static ReasoningRequest ReadForChat(ChatOptions options) => Read(options, default);

    private static ReasoningRequest Read(ChatOptions options, ReasoningSwitches others)
    {
        var kept = options.AdditionalProperties;
        var exact = kept.Text("reasoning_effort");
        var own = kept.Number(CanonicalKeys.ReasoningBudget);
        bool? text = options.Reasoning?.Output switch
        {
            ReasoningOutput.None => false,
            ReasoningOutput.Summary or ReasoningOutput.Full => true,
            _ => others.WantsText,
        };
        var said = exact ?? NameOf(options.Reasoning?.Effort) ?? others.Effort;
        var isOfAnswer = kept.IsTrue(AnswerEffort);
        // Off in one field is off, whatever another one says. The effort of an answer is about more than reasoning.
        var budget = said == "none" && !isOfAnswer ? (own is 0 ? own : null) : others.IsOff ? 0 : own ?? others.Budget;
        return new ReasoningRequest(
            said ?? (budget is { } b and >= 0 ? EffortOf(b) : null), budget, text, SaysNone: said == "none",
            IsOfAnswer: isOfAnswer);
    }

    /// <summary>The budget to send: the client's, else that of its effort.</summary>
    public int BudgetOrNearest() => Budget ?? BudgetOf(Effort);

    /// <summary>The effort nearest to a budget.</summary>
    public static string EffortOf(int budget) => budget switch
    {
        <= 0 => "none",
        <= 2048 => "low",
        <= Medium => "medium",
        <= High => "high",
        _ => "xhigh",
    };

    /// <summary>The budget of an effort.</summary>
    public static int BudgetOf(string? effort) => effort switch
    {
        "none" => 0,
        "minimal" or "low" => Low,
        "high" => High,
        "xhigh" or "max" => ExtraHigh,
        _ => Medium,
    };

    /// <summary>The enum value nearest to an effort; null for an unknown word.</summary>
    public static ReasoningEffort? ParseEffort(string? effort) => effort switch
    {
        "none" => ReasoningEffort.None,
        "minimal" or "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" or "max" => ReasoningEffort.ExtraHigh,
        _ => null,
    };

    /// <summary>Whether a kept effort is a known word: any other cannot be converted for a format that needs a number.</summary>
    public static bool IsKnown(JsonElement effort) =>
        effort.ValueKind == JsonValueKind.String && ParseEffort(effort.GetString()) is not null;

    /// <summary>The effort of an enum value.</summary>
    public static string? NameOf(ReasoningEffort? effort) => effort switch
    {
        ReasoningEffort.None => "none",
        ReasoningEffort.Low => "low",
        ReasoningEffort.Medium => "medium",
        ReasoningEffort.High => "high",
        ReasoningEffort.ExtraHigh => "xhigh",
        _ => null,
    };
}

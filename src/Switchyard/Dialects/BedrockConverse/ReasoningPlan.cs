using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>How reasoning is requested: each family has its own fields for it, and some have none.</summary>
/// <param name="Budget">Claude: the maximum of reasoning tokens.</param>
/// <param name="IsAdaptive">Claude from 4.6 on: the model decides how much, guided by <paramref name="Effort"/>.</param>
/// <param name="Effort">The effort, in the family's own words, of thinking or of a Claude's whole answer; null if none is
/// written.</param>
/// <param name="MaxTokens">The maximum of generated tokens, which must be greater than the budget.</param>
internal readonly record struct ReasoningPlan(int? Budget, bool IsAdaptive, string? Effort, int? MaxTokens)
{
    private const int Least = 1024;
    private const int Answer = 4096;

    /// <summary>Whether a Claude is made to think, which forbids other settings beside it.</summary>
    public bool Thinks => Budget is not null || IsAdaptive;

    /// <summary>Makes the plan, and reports what cannot be asked for.</summary>
    public static ReasoningPlan Of(
        ChatOptions options, EgressTarget target, ModelFamily family, ToolPlan tools, List<Turn> turns, LossReport losses)
    {
        var asked = ReasoningRequest.Read(options);
        var none = new ReasoningPlan(null, false, null, options.MaxOutputTokens);
        if (family == ModelFamily.Claude && asked is { Effort: not null, IsOfAnswer: true })
            return WithAnswerEffort(options, asked, target, tools, turns, losses);
        asked.ReportContradicted(losses);
        if (asked.IsUnset || asked.IsOff)
            return none;
        var effort = asked.Effort ?? "medium";
        switch (family)
        {
            case ModelFamily.Claude:
                return OfClaude(options, asked, target, tools, turns, losses);
            case ModelFamily.ReasoningNova or ModelFamily.ReasoningEffort:
                var written = effort switch
                {
                    "minimal" or "low" => "low",
                    "high" or "xhigh" or "max" => "high",
                    _ => "medium",
                };
                if (effort is "xhigh" or "max")
                    losses.Drop("reasoning_effort");
                return none with { Effort = written };
            default:
                losses.Drop("reasoning_effort");
                return none;
        }
    }

    /// <summary>An effort for the whole answer, which may accompany thinking but does not ask for it.</summary>
    private static ReasoningPlan WithAnswerEffort(
        ChatOptions options, ReasoningRequest asked, EgressTarget target, ToolPlan tools, List<Turn> turns, LossReport losses)
    {
        var plan = asked.Budget is null or 0
            ? new ReasoningPlan(null, false, null, options.MaxOutputTokens)
            : OfClaude(options, asked, target, tools, turns, losses);
        var isBudget = plan.Budget is not null && asked.Budget is < 0 && ReasoningRequest.ParseEffort(asked.Effort) is not null;
        return plan.IsAdaptive || isBudget
            ? plan
            : plan with { Effort = asked.AnswerEffortFor(target.Facts, losses, ModelFamilies.ClaudeVersion(target.Model) is not < 4.6) };
    }

    private static ReasoningPlan OfClaude(
        ChatOptions options, ReasoningRequest asked, EgressTarget target, ToolPlan tools, List<Turn> turns, LossReport losses)
    {
        var max = options.MaxOutputTokens;
        var none = new ReasoningPlan(null, false, null, max);
        // Thinking is refused beside a forced tool call, and after the result of a call that was made without thinking.
        if (tools.IsForced || IsUnsignedToolLoop(turns) || target.Facts.Reasoning is false)
        {
            losses.Drop("reasoning_effort");
            return none;
        }

        var facts = target.Facts;
        var isAdaptive = facts.ReasoningEfforts.Count > 0 || facts.TakesReasoningBudget
            ? !facts.TakesReasoningBudget
            : ModelFamilies.ClaudeVersion(target.Model) is >= 4.6;
        if (isAdaptive)
        {
            var wanted = asked.Effort is null or "minimal" ? "low" : asked.Effort;
            var effort = facts.NearestEffort(asked.Effort is null ? "medium" : wanted);
            if (effort != wanted && asked.Effort is not null)
                losses.Drop("reasoning_effort");
            return none with { IsAdaptive = true, Effort = effort };
        }

        if (max < 2 * Least)
        {
            losses.Drop("reasoning_effort");
            return none;
        }

        var budget = Math.Max(
            Math.Max(Least, facts.MinReasoningBudget ?? 0),
            asked.Budget is -1 ? ReasoningRequest.BudgetOf(asked.Effort) : asked.BudgetOrNearest());
        budget = Math.Min(budget, facts.MaxReasoningBudget ?? int.MaxValue);
        // If the client sets no maximum, one that leaves room for an answer.
        var bound = max ?? (int)Math.Min((long)budget + Answer, facts.MaxOutputTokens ?? int.MaxValue);
        budget = Math.Max(Least, Math.Min(budget, bound - Least));
        return new ReasoningPlan(budget, false, null, Math.Max(bound, budget + 1));
    }

    private static bool IsUnsignedToolLoop(List<Turn> turns) =>
        turns is [.., { IsAssistant: true } calls, { IsAssistant: false } results]
        && results.Contents.Exists(item => item.Content is FunctionResultContent)
        && !(calls.Contents.Find(item => item.Content is TextReasoningContent).Content is TextReasoningContent);
}

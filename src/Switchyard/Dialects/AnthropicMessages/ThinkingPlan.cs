using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// How much the model is to think and how much it may write, which depend on each other: older models take a budget that must be at
/// least 1,024 and less than <c>max_tokens</c>, newer ones decide by themselves and take an effort.
/// </summary>
/// <param name="Kind">What goes under <c>thinking</c>.</param>
/// <param name="Budget">The budget, where it is one.</param>
/// <param name="Effort">What goes under <c>output_config.effort</c>; null for nothing.</param>
/// <param name="Display">Whether the thinking is to be shown; null leaves it to the API.</param>
/// <param name="MaxTokens">What goes under <c>max_tokens</c>.</param>
internal readonly record struct ThinkingPlan(ThinkingKind Kind, int Budget, string? Effort, bool? Display, int MaxTokens)
{
    private const int LeastBudget = 1024;
    private const int DefaultMaxTokens = 4096;

    /// <summary>What an answer keeps for itself of the bound that it shares with the thinking.</summary>
    private const int LeastAnswer = 1024;

    /// <summary>Whether it thinks, which forbids some other options.</summary>
    public bool Thinks => Kind is ThinkingKind.Enabled or ThinkingKind.Adaptive;

    public static ThinkingPlan Of(CanonicalChatRequest request, Conversation conversation, ModelFacts facts, bool forcesCall, LossReport losses)
    {
        var wanted = ReasoningRequest.Read(request.Options);
        var maxTokens = request.Options.MaxOutputTokens ?? facts.MaxOutputTokens ?? DefaultMaxTokens;
        var none = new ThinkingPlan(ThinkingKind.Omitted, 0, null, null, maxTokens);
        if (wanted.IsUnset)
            return none;
        if (wanted.IsOff)
            return facts.Reasoning == false ? none : none with { Kind = ThinkingKind.Disabled };
        if (facts.Reasoning == false || forcesCall)
        {
            losses.Drop("reasoning_effort");
            return none;
        }

        // A client of this same format that leaves the amount to the model says so with a budget of -1.
        var leavesIt = wanted.Budget is < 0;
        var byEffort = facts.ReasoningEfforts.Count > 0 ? leavesIt || !facts.TakesReasoningBudget : leavesIt && !facts.TakesReasoningBudget;
        if (byEffort)
            return none with { Kind = ThinkingKind.Adaptive, Effort = EffortOf(request.Options, wanted, facts, losses), Display = wanted.WantsText };
        return WithBudget(request, wanted, conversation, facts, none, losses);
    }

    private static string? EffortOf(ChatOptions options, ReasoningRequest wanted, ModelFacts facts, LossReport losses)
    {
        var isImplied = wanted.Budget is < 0 && options.AdditionalProperties?.ContainsKey("reasoning_effort") != true;
        if (wanted.Effort is not { } effort || isImplied)
            return null;
        // The scale of this format has no `minimal`; its lowest grade is `low`.
        effort = effort == "minimal" ? "low" : effort;
        var nearest = facts.NearestEffort(effort);
        if (nearest != effort)
            losses.Drop($"reasoning_effort ({effort} as {nearest})");
        return nearest is "none" ? null : nearest;
    }

    private static ThinkingPlan WithBudget(
        CanonicalChatRequest request, ReasoningRequest wanted, Conversation conversation, ModelFacts facts, ThinkingPlan none, LossReport losses)
    {
        if (EndsInCallWithoutThinking(conversation))
        {
            // The API wants the thinking that led to a tool call before the call, and here it is gone: a client of another format has no
            // place for it.
            losses.Drop("reasoning_effort");
            return none;
        }

        var isNamed = wanted.Budget is > 0;
        var least = Math.Max(LeastBudget, facts.MinReasoningBudget ?? 0);
        var budget = isNamed ? wanted.Budget!.Value : wanted.Effort == "max" ? int.MaxValue : ReasoningRequest.BudgetOf(wanted.Effort);
        budget = Math.Max(least, Math.Min(budget, facts.MaxReasoningBudget ?? int.MaxValue));
        var plan = none with { Kind = ThinkingKind.Enabled, Display = wanted.WantsText };
        if (request.Operation == CallOperation.CountTokens)
            return plan with { Budget = budget == int.MaxValue ? ReasoningRequest.BudgetOf("max") : budget };

        // Nobody named a bound and nobody knows the model's: the default makes room for the thinking.
        if (request.Options.MaxOutputTokens is null && facts.MaxOutputTokens is null)
        {
            budget = Math.Min(budget, ReasoningRequest.BudgetOf("max"));
            return plan with { Budget = budget, MaxTokens = budget + DefaultMaxTokens };
        }

        var room = none.MaxTokens - (isNamed ? 1 : LeastAnswer);
        if (room < least)
        {
            losses.Drop("reasoning_effort");
            return none;
        }

        if (isNamed && budget > room)
            losses.Drop("thinking.budget_tokens");
        return plan with { Budget = Math.Min(budget, room) };
    }

    /// <summary>Whether the conversation stands in the middle of a tool call before which there is no thinking of this format.</summary>
    private static bool EndsInCallWithoutThinking(Conversation conversation)
    {
        if (conversation.Turns is not [.., { IsAssistant: true } call, { IsAssistant: false } answer])
            return false;
        return answer.Contents.Exists(item => item.Content is FunctionResultContent)
            && !call.Contents.Exists(item => item.Content is TextReasoningContent reasoning && (AnthropicKeys.IsOurs(reasoning) || AnthropicKeys.RawOf(reasoning) is not null));
    }
}

/// <summary>What a request says of thinking.</summary>
internal enum ThinkingKind
{
    /// <summary>Nothing.</summary>
    Omitted,

    /// <summary>That there shall be none.</summary>
    Disabled,

    /// <summary>That there shall be some, up to a budget.</summary>
    Enabled,

    /// <summary>That the model may decide.</summary>
    Adaptive,
}

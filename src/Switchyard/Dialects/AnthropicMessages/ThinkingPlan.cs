using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The thinking budget or effort and <c>max_tokens</c>, which depend on each other: older models take a budget that must be at least 1,024
/// and less than <c>max_tokens</c>, newer ones decide by themselves and take an effort. The effort of another format asks for thinking;
/// that of this one does not.
/// </summary>
/// <param name="Kind">What goes under <c>thinking</c>.</param>
/// <param name="Budget">The budget, where it is one.</param>
/// <param name="Effort">What goes under <c>output_config.effort</c>; null for nothing.</param>
/// <param name="Display">Whether the answer shows the thinking; null leaves it to the API.</param>
/// <param name="MaxTokens">What goes under <c>max_tokens</c>.</param>
internal readonly record struct ThinkingPlan(ThinkingKind Kind, int Budget, string? Effort, bool? Display, int MaxTokens)
{
    private const int LeastBudget = 1024;
    private const int DefaultMaxTokens = 4096;

    /// <summary>The part of <c>max_tokens</c> reserved for the answer, because thinking counts against it too.</summary>
    private const int LeastAnswer = 1024;

    /// <summary>Whether the model thinks, beside which the API refuses some other options.</summary>
    public bool Thinks => Kind is ThinkingKind.Enabled or ThinkingKind.Adaptive;

    public static ThinkingPlan Of(
        CanonicalChatRequest request, Conversation conversation, ModelFacts facts, bool forcesCall, LossReport losses)
    {
        var wanted = ReasoningRequest.Read(request.Options);
        var maxTokens = request.Options.MaxOutputTokens ?? facts.MaxOutputTokens ?? DefaultMaxTokens;
        var none = new ThinkingPlan(ThinkingKind.Omitted, 0, null, null, maxTokens);
        if (wanted is not { Effort: { } effort, IsOfAnswer: true })
            return OfThinking(request, wanted, conversation, facts, none, forcesCall, losses);
        // In this format, an effort applies to the whole answer. It may accompany thinking but does not ask for it.
        var plan = wanted.Budget is null ? none : OfThinking(request, wanted, conversation, facts, none, forcesCall, losses);
        var isSaid = plan.Kind == ThinkingKind.Adaptive
            || (plan.Kind == ThinkingKind.Enabled && wanted.Budget is < 0 && ReasoningRequest.ParseEffort(effort) is not null);
        return isSaid ? plan : plan with { Effort = wanted.AnswerEffortFor(facts, losses) };
    }

    private static ThinkingPlan OfThinking(
        CanonicalChatRequest request, ReasoningRequest wanted, Conversation conversation, ModelFacts facts, ThinkingPlan none,
        bool forcesCall, LossReport losses)
    {
        if (wanted.IsUnset)
            return none;
        // An effort for the whole answer is written beside thinking that is off.
        if (!wanted.IsOfAnswer)
            wanted.ReportContradicted(losses);
        if (wanted.IsOff)
            return facts.Reasoning == false ? none : none with { Kind = ThinkingKind.Disabled };
        if (facts.Reasoning == false || forcesCall)
        {
            losses.Drop("reasoning_effort");
            return none;
        }

        // A budget of -1 leaves the amount to the model: this format's thinking type "adaptive".
        var leavesIt = wanted.Budget is < 0;
        var byEffort = facts.ReasoningEfforts.Count > 0 ? leavesIt || !facts.TakesReasoningBudget : leavesIt && !facts.TakesReasoningBudget;
        if (byEffort)
        {
            var effort = EffortOf(request.Options, wanted, facts, losses);
            // Models that take a budget show the thinking unless they are told not to; those that decide for themselves the reverse.
            var display = wanted.WantsText ?? (wanted.Budget is > 0 ? true : null);
            return none with { Kind = ThinkingKind.Adaptive, Effort = effort, Display = display };
        }

        return WithBudget(request, wanted, conversation, facts, none, losses);
    }

    private static string? EffortOf(ChatOptions options, ReasoningRequest wanted, ModelFacts facts, LossReport losses)
    {
        var isImplied = wanted.Budget is < 0 && options.AdditionalProperties?.ContainsKey("reasoning_effort") != true;
        if (wanted.Effort is not { } effort || isImplied)
            return null;
        // This format has no effort "minimal"; its lowest is "low".
        effort = effort == "minimal" ? "low" : effort;
        var nearest = facts.NearestEffort(effort);
        if (nearest != effort)
            losses.Drop($"reasoning_effort ({effort} as {nearest})");
        return nearest is "none" ? null : nearest;
    }

    private static ThinkingPlan WithBudget(
        CanonicalChatRequest request, ReasoningRequest wanted, Conversation conversation, ModelFacts facts, ThinkingPlan none,
        LossReport losses)
    {
        if (EndsInCallWithoutThinking(conversation))
        {
            // The API requires the thinking before a tool call to be sent back, and a client of another format could not keep it.
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

        // Neither the client nor the catalogue has a maximum, so the default is raised by the thinking budget.
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

    /// <summary>Whether the last turn answers a tool call that has no thinking of this format before it.</summary>
    private static bool EndsInCallWithoutThinking(Conversation conversation)
    {
        if (conversation.Turns is not [.., { IsAssistant: true } call, { IsAssistant: false } answer])
            return false;
        return answer.Contents.Exists(item => item.Content is FunctionResultContent)
            && !call.Contents.Exists(item => item.Content is TextReasoningContent reasoning
                && (AnthropicKeys.IsOurs(reasoning) || AnthropicKeys.RawOf(reasoning) is not null));
    }
}

/// <summary>What is written under <c>thinking</c>.</summary>
internal enum ThinkingKind
{
    /// <summary>Nothing: the member is left out.</summary>
    Omitted,

    /// <summary>Type <c>disabled</c>: no thinking.</summary>
    Disabled,

    /// <summary>Type <c>enabled</c>: thinking up to a budget.</summary>
    Enabled,

    /// <summary>Type <c>adaptive</c>: the model decides how much.</summary>
    Adaptive,
}

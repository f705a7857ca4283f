using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes <c>thinkingConfig</c>: a level for the models that take one, a budget for the others, never both. A budget stays within what the
/// model takes and below the maximum of answer tokens, which includes thoughts.
/// </summary>
internal static class ThinkingEncoder
{
    /// <summary>The smallest budget of a pro model that the catalogue does not list; other models take 0.</summary>
    private const int SmallestOfPro = 128;

    public static void Write(Utf8JsonWriter writer, ChatOptions options, ModelTraits model, LossReport losses)
    {
        var reasoning = ReasoningRequest.Read(options);
        if (reasoning.IsUnset && reasoning.WantsText is not true)
            return;
        if (!model.Thinks && reasoning.Budget is null && reasoning.WantsText is not true)
        {
            if (!reasoning.IsOff)
                losses.Drop("reasoning_effort");
            return;
        }

        writer.WriteStartObject("thinkingConfig"u8);
        var shows = reasoning.WantsText ?? !reasoning.IsOff;
        if (shows)
            writer.WriteBoolean("includeThoughts"u8, true);
        if (model.TakesLevel)
            WriteLevel(writer, reasoning, model, losses);
        else if (!reasoning.IsUnset)
            writer.WriteNumber("thinkingBudget"u8, Budget(reasoning, options.MaxOutputTokens, model, losses));
        writer.WriteEndObject();
    }

    private static void WriteLevel(Utf8JsonWriter writer, ReasoningRequest reasoning, ModelTraits model, LossReport losses)
    {
        if (reasoning.Budget is -1 || reasoning.IsUnset)
            return;
        var wanted = reasoning.IsOff ? "none" : reasoning.Effort ?? ReasoningRequest.EffortOf(reasoning.Budget!.Value);
        var level = model.Facts.ReasoningEfforts.Count > 0 ? model.Facts.NearestEffort(wanted) : wanted;
        level = level switch
        {
            "none" or "minimal" => model.Facts.ReasoningEfforts.Count == 0 && model.IsPro ? "low" : "minimal",
            "xhigh" or "max" => "high",
            "low" or "medium" or "high" => level,
            _ => "medium",
        };
        // There is no level for "none", and none above "high".
        if (wanted is "none" or "xhigh" or "max")
            losses.Drop("reasoning_effort");
        writer.WriteString("thinkingLevel"u8, level.ToUpperInvariant());
    }

    private static int Budget(ReasoningRequest reasoning, int? maxOutputTokens, ModelTraits model, LossReport losses)
    {
        var budget = reasoning.BudgetOrNearest();
        if (budget < 0)
            return -1;
        var smallest = model.Facts.MinReasoningBudget ?? (model.IsPro ? SmallestOfPro : 0);
        if (budget > 0 && maxOutputTokens is { } bound)
        {
            // Half of the maximum where the client set only an effort: the answer needs room too.
            budget = Math.Min(budget, reasoning.Budget is null ? bound / 2 : bound - 1);
        }

        if (model.Facts.MaxReasoningBudget is { } largest)
            budget = Math.Min(budget, largest);
        if (budget >= smallest)
            return budget;
        if (reasoning.IsOff)
            losses.Drop("reasoning_effort");
        return smallest;
    }
}

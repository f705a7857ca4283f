using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes <c>thinkingConfig</c>: a level for the models that take one, a budget for the others, never both. A budget stays within what the
/// model takes and below the maximum of answer tokens, which includes thoughts.
/// </summary>
internal static class ThinkingEncoder
{
    /// <summary>The member of <c>generationConfig</c>.</summary>
    public const string Name = "thinkingConfig";

    /// <summary>The key prefix of its kept members.</summary>
    public const string Prefix = OptionEncoder.Prefix + Name + ".";

    /// <summary>The smallest budget of a pro model that the catalogue does not list; other models take 0.</summary>
    private const int SmallestOfPro = 128;

    public static void Write(Utf8JsonWriter writer, ChatOptions options, ModelTraits model, LossReport losses)
    {
        var reasoning = ReasoningRequest.Read(options);
        var own = OptionEncoder.OwnMembers(options.AdditionalProperties, Prefix).ToList();
        var says = Says(reasoning, model, losses);
        reasoning.ReportContradicted(losses);
        if (!says && own.Count == 0)
            return;
        writer.WriteStartObject("thinkingConfig"u8);
        if (says)
        {
            var shows = reasoning.WantsText ?? !reasoning.IsOff;
            if (shows)
                writer.WriteBoolean("includeThoughts"u8, true);
            if (!model.TakesLevel && !reasoning.IsUnset)
                writer.WriteNumber("thinkingBudget"u8, Budget(reasoning, options.MaxOutputTokens, model, losses));
            else if (model.TakesLevel && !own.Exists(static member => member.Name == "thinkingLevel"))
                WriteLevel(writer, reasoning, model, losses);
        }

        foreach (var (name, value) in own)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the general options require the member; reports them if the model does not think.</summary>
    private static bool Says(ReasoningRequest reasoning, ModelTraits model, LossReport losses)
    {
        if (reasoning.WantsText is true)
            return true;
        if (reasoning.IsUnset)
            return false;
        if (model.Thinks || reasoning.Budget is not null)
            return true;
        if (!reasoning.IsOff)
            losses.Drop("reasoning_effort");
        return false;
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

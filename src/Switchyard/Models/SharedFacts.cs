using Switchyard.Targets;

namespace Switchyard.Models;

/// <summary>
/// The facts on which all entries of one model agree. A fact on which two entries differ is unknown. Prices are never shared.
/// </summary>
internal static class SharedFacts
{
    public static ModelInfo Of(IReadOnlyList<ModelInfo> models)
    {
        var first = models[0];
        return first with
        {
            Facts = new ModelFacts
            {
                ContextWindow = Agreed(models, static model => model.Facts.ContextWindow),
                MaxOutputTokens = Agreed(models, static model => model.Facts.MaxOutputTokens),
                Temperature = Agreed(models, static model => model.Facts.Temperature),
                JsonSchema = Agreed(models, static model => model.Facts.JsonSchema),
                Tools = Agreed(models, static model => model.Facts.Tools),
                Vision = Agreed(models, static model => model.Facts.Vision),
                Reasoning = Agreed(models, static model => model.Facts.Reasoning),
                ReasoningEfforts = AgreedWords(models, static model => model.Facts.ReasoningEfforts),
                TakesReasoningBudget = models.All(static model => model.Facts.TakesReasoningBudget),
                MinReasoningBudget = Agreed(models, static model => model.Facts.MinReasoningBudget),
                MaxReasoningBudget = Agreed(models, static model => model.Facts.MaxReasoningBudget),
            },
            MaxInputTokens = Agreed(models, static model => model.MaxInputTokens),
            InputModalities = AgreedWords(models, static model => model.InputModalities),
            OutputModalities = AgreedWords(models, static model => model.OutputModalities),
            Pdf = Agreed(models, static model => model.Pdf),
            AudioInput = Agreed(models, static model => model.AudioInput),
            ReasoningToggle = models.All(static model => model.ReasoningToggle),
            ReasoningField = models.All(model => model.ReasoningField == first.ReasoningField) ? first.ReasoningField : null,
            Prices = [],
            Status = models.All(model => model.Status == first.Status) ? first.Status : null,
        };
    }

    /// <summary>The value, if all entries that have one have the same; else null.</summary>
    private static T? Agreed<T>(IReadOnlyList<ModelInfo> models, Func<ModelInfo, T?> of)
        where T : struct
    {
        var values = models.Select(of).OfType<T>().Distinct().ToList();
        return values is [var only] ? only : null;
    }

    private static IReadOnlyList<string> AgreedWords(IReadOnlyList<ModelInfo> models, Func<ModelInfo, IReadOnlyList<string>> of)
    {
        var lists = models.Select(of).Where(list => list.Count > 0).ToList();
        return lists.Count > 0 && lists.All(list => list.Order().SequenceEqual(lists[0].Order())) ? lists[0] : [];
    }
}

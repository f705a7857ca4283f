namespace Switchyard.Models;

/// <summary>A model's features, by the names that model lists and their filters use.</summary>
public static class ModelFeatures
{
    /// <summary>All feature names.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["streaming", "tools", "json_schema", "vision", "pdf", "audio_input", "reasoning", "temperature"];

    /// <summary>One feature of a model; null if no source states it, or for an unknown feature name.</summary>
    public static bool? Of(ModelInfo model, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        return name switch
        {
            "streaming" => model.Streams,
            "tools" => model.Facts.Tools,
            "json_schema" => model.Facts.JsonSchema,
            "vision" => model.Facts.Vision,
            "pdf" => model.Pdf,
            "audio_input" => model.AudioInput,
            "reasoning" => model.Facts.Reasoning,
            "temperature" => model.Facts.Temperature,
            _ => null,
        };
    }
}

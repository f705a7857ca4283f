using Switchyard.Canonical;

namespace Switchyard.Dialects.Gemini;

/// <summary>The paths of a model's methods: the address names the model and the method.</summary>
internal static class ModelPath
{
    private const string Prefix = "models/";

    /// <summary>The path below the base URL; null for an operation this format does not have.</summary>
    public static string? Of(CallOperation operation, string model, bool stream)
    {
        var method = operation switch
        {
            CallOperation.Chat when stream => "streamGenerateContent?alt=sse",
            CallOperation.Chat => "generateContent",
            CallOperation.CountTokens => "countTokens",
            CallOperation.Embedding => "batchEmbedContents",
            _ => null,
        };
        return method is null ? null : $"/{Prefix}{Uri.EscapeDataString(Bare(model))}:{method}";
    }

    /// <summary>The model as the format names it inside a body.</summary>
    public static string ResourceOf(string model) => Prefix + Bare(model);

    /// <summary>The model without the prefix <c>models/</c>.</summary>
    public static string Bare(string model) => model.StartsWith(Prefix, StringComparison.Ordinal) ? model[Prefix.Length..] : model;
}

namespace Switchyard.Providers;

/// <summary>Guesses from its name what a model can do, where its provider does not say.</summary>
internal static class ModelGuess
{
    public static ModelCapabilities Capabilities(string id) =>
        id.Contains("embed", StringComparison.OrdinalIgnoreCase)
            ? new ModelCapabilities { Completion = false, Embedding = true, Streaming = false }
        : id.Contains("moderation", StringComparison.OrdinalIgnoreCase)
            ? new ModelCapabilities { Completion = false, Streaming = false }
        : new ModelCapabilities();
}

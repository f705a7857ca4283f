namespace Switchyard.Providers;

/// <summary>Guesses a model's capabilities from its name, if its provider does not report them.</summary>
internal static class ModelGuess
{
    public static ModelCapabilities Capabilities(string id) =>
        id.Contains("embed", StringComparison.OrdinalIgnoreCase)
            ? new ModelCapabilities { Completion = false, Embedding = true, Streaming = false }
        : id.Contains("moderation", StringComparison.OrdinalIgnoreCase)
            ? new ModelCapabilities { Completion = false, Streaming = false }
        : new ModelCapabilities();
}

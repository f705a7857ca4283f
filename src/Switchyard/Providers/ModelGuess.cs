using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Switchyard.Providers;

/// <summary>What a model can do, judged by its name alone, where its provider does not say.</summary>
internal static class ModelGuess
{
    public static ModelCapabilities Capabilities(string id) =>
        id.Contains("embed", StringComparison.OrdinalIgnoreCase) ? new ModelCapabilities { Completion = false, Embedding = true, Streaming = false }
        : id.Contains("moderation", StringComparison.OrdinalIgnoreCase) ? new ModelCapabilities { Completion = false, Streaming = false }
        : new ModelCapabilities();
}

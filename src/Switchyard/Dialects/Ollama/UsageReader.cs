using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads the counts of the last line. Thinking is part of <c>eval_count</c> and not counted apart.</summary>
internal static class UsageReader
{
    public static TokenUsage Read(JsonElement root) => new()
    {
        Input = root.Count("prompt_eval_count"),
        Output = root.Count("eval_count"),
    };
}

using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads the counts of the last line. Thinking is part of <c>eval_count</c> and not counted apart.</summary>
internal static class UsageReader
{
    public static TokenUsage Read(JsonElement root) => new()
    {
        Input = Count(root, "prompt_eval_count"),
        Output = Count(root, "eval_count"),
    };

    private static long? Count(JsonElement root, string name) => root.Integer(name) is >= 0 and var count ? count : null;
}

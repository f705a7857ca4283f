using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.EndToEnd.Tests.Upstream;

/// <summary>A function the scripted model may call.</summary>
internal sealed record AskedTool(string Name, JsonElement? Schema);

/// <summary>A request to the scripted model, read from any API.</summary>
internal sealed record Asked
{
    /// <summary>The instructions.</summary>
    public string System { get; init; } = "";

    /// <summary>The text of the last turn of the user.</summary>
    public string Text { get; init; } = "";

    /// <summary>The model's texts in its earlier turns, one for each turn that has text.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];

    public IReadOnlyList<AskedTool> Tools { get; init; } = [];

    /// <summary><c>auto</c>, <c>none</c>, <c>any</c>, or the name of the function to call.</summary>
    public string Choice { get; init; } = "auto";

    public bool Parallel { get; init; } = true;

    /// <summary>The results of the last turn, with the function of each.</summary>
    public IReadOnlyList<(string Name, string Text)> Results { get; init; } = [];

    /// <summary>The images of the last turn: <c>TYPE:BASE64</c> or an address.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>The schema of the answer; null if any text is allowed.</summary>
    public JsonElement? Schema { get; init; }

    public IReadOnlyList<string> Stops { get; init; } = [];

    public int? MaxTokens { get; init; }

    /// <summary>Whether the model is to reason first.</summary>
    public bool Thinks { get; init; }
}

/// <summary>The reason why the scripted model stopped.</summary>
internal enum Ending
{
    Done,
    Length,
    Tools,
    StopSequence,
}

/// <summary>The scripted model's answer: it depends only on the request, and is the same through every API.</summary>
internal sealed record ModelScript(string Reasoning, string Text, IReadOnlyList<ScriptedCall> Calls, Ending Ending, string? StopSequence)
{
    /// <summary>The question that the model answers with all its earlier texts.</summary>
    public const string Recite = "recite";

    /// <summary>Its reasoning before its text.</summary>
    public const string Thought = "First I look closely – ü – then I decide.";

    /// <summary>
    /// Its usage, the same for every answer; 3 of the input were cached, 5 of the output are reasoning if it reasoned.
    /// </summary>
    public const int Input = 50, Cached = 3, Output = 12, ReasoningTokens = 5;

    public static ModelScript To(Asked asked)
    {
        var reasoning = asked.Thinks ? Thought : "";
        var calls = CallsFor(asked);
        if (calls.Count > 0)
            return new(reasoning, TextBeforeCalls(asked.Text), calls, Ending.Tools, null);
        var text = TextFor(asked);
        var stop = asked.Stops.Where(one => text.Contains(one, StringComparison.Ordinal))
            .MinBy(one => text.IndexOf(one, StringComparison.Ordinal));
        if (stop is not null)
            return new(reasoning, text[..text.IndexOf(stop, StringComparison.Ordinal)], [], Ending.StopSequence, stop);
        return asked.MaxTokens <= 5
            ? new(reasoning, text[..Math.Min(10, text.Length)], [], Ending.Length, null)
            : new(reasoning, text, [], Ending.Done, null);
    }

    /// <summary>The signature that the API adds to a text and requires back with it.</summary>
    public static string Sign(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes("the script: " + text)));

    /// <summary>The pieces in which a text is streamed; characters outside the basic plane are not split.</summary>
    public static IEnumerable<string> Pieces(string text, int size)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = Math.Min(start + size, text.Length);
            if (end < text.Length && char.IsHighSurrogate(text[end - 1]))
                end++;
            yield return text[start..end];
            start = end;
        }
    }

    /// <summary>Whether the model answers this in words although it has tools.</summary>
    public static bool OnlyTalks(string asked) => asked.Contains("just talk", StringComparison.Ordinal) || asked == Recite;

    /// <summary>The model's text before a call, if the request asks for it; one of its pieces is blank.</summary>
    public static string TextBeforeCalls(string asked) =>
        asked.Contains("say first", StringComparison.Ordinal) ? "Let me      see." : "";

    /// <summary>The model's earlier texts as it received them: only a complete history gives the right answer.</summary>
    public static string Recited(IEnumerable<string> said) => "Said: " + string.Join(" | ", said.Where(text => text.Length > 0));

    /// <summary>An object that fits a schema.</summary>
    public static JsonObject Instance(JsonElement? schema)
    {
        var value = new JsonObject();
        foreach (var property in (schema is { } given ? RequestRules.Get(given, "properties") : null)?.EnumerateObject() ?? default)
        {
            value[property.Name] = RequestRules.Text(property.Value, "type")?.ToLowerInvariant() switch
            {
                "integer" or "number" => 42,
                "boolean" => true,
                "object" => Instance(property.Value),
                "array" => new JsonArray(1, 2),
                _ => $"some \"{property.Name}\" – ü 👋",
            };
        }

        return value;
    }

    private static List<ScriptedCall> CallsFor(Asked asked)
    {
        if (asked.Tools.Count == 0 || asked.Results.Count > 0 || asked.Choice == "none" || OnlyTalks(asked.Text))
            return [];
        var tools = asked.Choice is "auto" or "any" ? asked.Tools : [.. asked.Tools.Where(tool => tool.Name == asked.Choice)];
        if (!asked.Parallel || !asked.Text.Contains("both", StringComparison.Ordinal))
            tools = [.. tools.Take(1)];
        return [.. tools.Select((tool, index) => new ScriptedCall($"call_{index + 1}", tool.Name, Instance(tool.Schema).ToJsonString()))];
    }

    private static string TextFor(Asked asked)
    {
        if (asked.Results.Count > 0)
            return "Results: " + string.Join("; ", asked.Results.Select(result => $"{result.Name}={result.Text}"));
        if (asked.Text == Recite)
            return Recited(asked.Said);
        if (asked.Schema is { } schema)
            return Instance(schema).ToJsonString();
        if (asked.Images.Count > 0)
            return "Images: " + string.Join(", ", asked.Images);
        return $"You said: {asked.Text}" + (asked.System.Length == 0 ? "" : $" (told to: {asked.System})");
    }
}

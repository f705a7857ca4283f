using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.EndToEnd.Tests;

/// <summary>
/// The content of a chat answer in OpenAI's format as one text to compare: each choice's text, reasoning, refusal, tool calls and finish
/// reason, then the usage. A whole answer and a stream with the same content give the same text, with any names a provider uses.
/// </summary>
internal static class ChatFacts
{
    public static string OfAnswer(JsonElement answer)
    {
        var facts = new SortedDictionary<int, Choice>();
        foreach (var choice in answer.GetProperty("choices").EnumerateArray())
            Add(facts, choice, "message");
        return Describe(facts, answer);
    }

    /// <param name="stream">The events, each a <c>data:</c> line.</param>
    public static string OfStream(string stream)
    {
        var facts = new SortedDictionary<int, Choice>();
        JsonElement usage = default;
        foreach (var line in stream.Split('\n').Select(line => line.TrimEnd('\r'))
            .Where(line => line.StartsWith("data:", StringComparison.Ordinal)))
        {
            var data = line["data:".Length..].Trim();
            if (!data.StartsWith('{'))
                continue;
            var chunk = JsonElement.Parse(data);
            if (chunk.TryGetProperty("choices", out var choices))
            {
                foreach (var choice in choices.EnumerateArray())
                    Add(facts, choice, "delta");
            }

            if (Member(chunk, "usage") is not null)
                usage = chunk;
            else if (Member(chunk, "x_groq") is { } groq && Member(groq, "usage") is not null)
                usage = groq;
        }

        return Describe(facts, usage);
    }

    private static void Add(SortedDictionary<int, Choice> facts, JsonElement wire, string member)
    {
        var index = Member(wire, "index")?.GetInt32() ?? 0;
        if (!facts.TryGetValue(index, out var choice))
            facts[index] = choice = new Choice();
        if (Member(wire, "finish_reason") is { } finish)
            choice.Finish = finish.GetString() is "eos" ? "stop" : finish.GetString();
        if (Member(wire, member) is not { } said)
            return;
        choice.Refusal.Append(Text(said, "refusal"));
        choice.Reasoning.Append(Text(said, "reasoning_content") ?? Text(said, "reasoning"));
        choice.Text.Append(Text(said, "content"));
        if (Member(said, "content") is { ValueKind: JsonValueKind.Array } parts)
            AddParts(choice, parts);
        if (Member(said, "tool_calls") is not { ValueKind: JsonValueKind.Array } calls)
            return;
        var position = 0;
        foreach (var call in calls.EnumerateArray())
            AddCall(choice, call, Member(call, "index")?.GetInt32() ?? position++);
    }

    private static void AddParts(Choice choice, JsonElement parts)
    {
        foreach (var part in parts.EnumerateArray())
        {
            choice.Text.Append(Text(part, "text"));
            if (Member(part, "thinking") is { ValueKind: JsonValueKind.Array } thoughts)
                choice.Reasoning.Append(string.Concat(thoughts.EnumerateArray().Select(thought => Text(thought, "text"))));
        }
    }

    private static void AddCall(Choice choice, JsonElement wire, int index)
    {
        if (!choice.Calls.TryGetValue(index, out var call))
            choice.Calls[index] = call = new Call();
        call.Id ??= Text(wire, "id");
        var function = Member(wire, "function");
        call.Name ??= function is { } named ? Text(named, "name") : null;
        call.Arguments.Append(function is { } given ? Text(given, "arguments") : null);
    }

    private static string Describe(SortedDictionary<int, Choice> facts, JsonElement answer)
    {
        var text = new StringBuilder();
        foreach (var (index, choice) in facts)
        {
            var finish = choice.Calls.Count > 0 && choice.Finish == "stop" ? "tool_calls" : choice.Finish;
            text.Append(
                CultureInfo.InvariantCulture,
                $"#{index} [{choice.Text}] reasoning [{choice.Reasoning}] refusal [{choice.Refusal}] {finish}\n");
            foreach (var call in choice.Calls.Values)
                text.Append(CultureInfo.InvariantCulture, $"  {call.Id} {call.Name}({call.Arguments})\n");
        }

        if (answer.ValueKind != JsonValueKind.Object || Member(answer, "usage") is not { } usage)
            return text.ToString();
        var cached = Member(usage, "prompt_tokens_details") is { } prompt
            ? Number(prompt, "cached_tokens")
            : Number(usage, "cached_tokens");
        var reasoning = Member(usage, "completion_tokens_details") is { } completion ? Number(completion, "reasoning_tokens") : null;
        var (input, output) = (Number(usage, "prompt_tokens"), Number(usage, "completion_tokens"));
        text.Append(CultureInfo.InvariantCulture, $"{input} in ({cached ?? 0} cached), {output} out ({reasoning ?? 0} reasoning)");
        return text.ToString();
    }

    private static JsonElement? Member(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? member
            : null;

    private static string? Text(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Number(JsonElement value, string name) =>
        Member(value, name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    private sealed class Choice
    {
        public StringBuilder Text { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public StringBuilder Refusal { get; } = new();

        public string? Finish { get; set; }

        public SortedDictionary<int, Call> Calls { get; } = [];
    }

    private sealed class Call
    {
        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();
    }
}

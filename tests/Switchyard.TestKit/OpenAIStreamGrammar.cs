using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>
/// The rules of every stream of OpenAI chat chunks, as an automaton: it reads a whole stream and returns the broken rules, if
/// any.
/// </summary>
public sealed class OpenAIStreamGrammar
{
    private readonly List<string> _problems = [];
    private readonly SortedDictionary<int, Choice> _choices = [];
    private string? _identity;
    private bool _usageSeen;
    private bool _done;
    private bool _error;

    private OpenAIStreamGrammar(bool includeUsage) => IncludeUsage = includeUsage;

    private bool IncludeUsage { get; }

    /// <summary>The text of each choice, for assertions about content.</summary>
    public IReadOnlyDictionary<int, string> Text => _choices.ToDictionary(choice => choice.Key, choice => choice.Value.Text.ToString());

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">The stream's bytes.</param>
    /// <param name="includeUsage">Whether the client asked for usage.</param>
    /// <param name="endsWithError">Whether the stream is to end with an error event.</param>
    /// <param name="problems">The broken rules; empty for a valid stream.</param>
    public static OpenAIStreamGrammar Read(
        ReadOnlySpan<byte> stream, bool includeUsage, bool endsWithError, out IReadOnlyList<string> problems)
    {
        var grammar = new OpenAIStreamGrammar(includeUsage);
        var text = Encoding.UTF8.GetString(stream);
        grammar.Require(text.EndsWith("\n\n", StringComparison.Ordinal), "the stream ends inside an event");
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
            grammar.ReadEvent(block);
        grammar.End(endsWithError);
        problems = grammar._problems;
        return grammar;
    }

    private void ReadEvent(string block)
    {
        Require(!_done, "an event after [DONE]");
        if (block.StartsWith(": ", StringComparison.Ordinal) && !block.Contains('\n', StringComparison.Ordinal))
            return;
        if (!block.StartsWith("data: ", StringComparison.Ordinal) || block.Contains('\n', StringComparison.Ordinal))
        {
            _problems.Add($"not a single data line: {block}");
            return;
        }

        var data = block["data: ".Length..];
        if (data == "[DONE]")
        {
            _done = true;
            return;
        }

        Require(!_error, "an event between the error and [DONE]");
        using var document = JsonDocument.Parse(data);
        if (document.RootElement.TryGetProperty("error", out var error))
        {
            _error = true;
            foreach (var member in new[] { "message", "type", "param", "code" })
                Require(error.TryGetProperty(member, out _), $"the error has no {member}");
            return;
        }

        ReadChunk(document.RootElement);
    }

    private void ReadChunk(JsonElement chunk)
    {
        var identity =
            $"{chunk.GetProperty("id")} {chunk.GetProperty("object")} {chunk.GetProperty("created")} {chunk.GetProperty("model")}";
        Require(_identity is null || _identity == identity, "id, object, created or model changes");
        _identity = identity;
        Require(chunk.GetProperty("id").GetString()!.Length > 0, "the id is empty");
        Require(!_usageSeen, "a chunk after the usage chunk");
        var choices = chunk.GetProperty("choices");
        var hasUsage = chunk.TryGetProperty("usage", out var usage);
        Require(hasUsage == IncludeUsage, IncludeUsage ? "a chunk without usage" : "usage nobody asked for");
        if (choices.GetArrayLength() == 0)
        {
            Require(hasUsage && usage.ValueKind == JsonValueKind.Object, "an empty chunk");
            Require(_choices.Values.All(choice => choice.Finished), "usage before every choice has finished");
            _usageSeen = true;
            if (hasUsage)
                ReadUsage(usage);
            return;
        }

        Require(!hasUsage || usage.ValueKind == JsonValueKind.Null, "usage on a chunk with choices");
        foreach (var choice in choices.EnumerateArray())
            ReadChoice(choice);
    }

    private void ReadUsage(JsonElement usage)
    {
        Require(
            usage.GetProperty("total_tokens").GetInt64() == usage.GetProperty("prompt_tokens").GetInt64()
                + usage.GetProperty("completion_tokens").GetInt64(),
            "the total is not the sum");
        Require(!usage.GetRawText().Contains("null", StringComparison.Ordinal), "a count is null");
    }

    private void ReadChoice(JsonElement wire)
    {
        var index = wire.GetProperty("index").GetInt32();
        var first = !_choices.TryGetValue(index, out var choice);
        if (choice is null)
            _choices[index] = choice = new Choice();
        Require(!choice.Finished, $"choice {index} goes on after its finish reason");
        var delta = wire.GetProperty("delta");
        Require(
            first == (delta.TryGetProperty("role", out var role) && role.GetString() == "assistant"),
            $"choice {index}: the role belongs on the first delta and nowhere else");
        if (delta.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String)
            choice.Text.Append(content.GetString());
        if (delta.TryGetProperty("tool_calls", out var calls))
        {
            foreach (var call in calls.EnumerateArray())
                ReadCall(call, index, choice);
        }

        var finish = wire.GetProperty("finish_reason");
        if (finish.ValueKind == JsonValueKind.Null)
            return;
        choice.Finished = true;
        Require(
            finish.GetString() is "stop" or "length" or "tool_calls" or "content_filter" or "function_call",
            $"unknown finish reason {finish}");
        Require(choice.Calls.Count == 0 || finish.GetString() != "stop", "stop although tools are called");
        Require(
            finish.GetString() is "length" or "content_filter"
                || choice.Calls.All(call => call.IsCustom || IsJson(call.Arguments.ToString())),
            "the arguments do not add up to JSON");
    }

    private void ReadCall(JsonElement wire, int choiceIndex, Choice choice)
    {
        var index = wire.GetProperty("index").GetInt32();
        if (index == choice.Calls.Count)
        {
            var isCustom = wire.TryGetProperty("custom", out var body) || !wire.TryGetProperty("function", out body);
            Require(wire.TryGetProperty("id", out var id) && id.GetString()!.Length > 0, "a call opens without id");
            Require(body.TryGetProperty("name", out var name) && name.GetString()!.Length > 0, "a call opens without name");
            choice.Calls.Add(new Call { IsCustom = isCustom });
        }
        else
        {
            Require(index >= 0 && index < choice.Calls.Count, $"choice {choiceIndex}: call index {index} out of turn");
            Require(!wire.TryGetProperty("id", out _), "a call's id is repeated");
        }

        if (index >= choice.Calls.Count || index < 0)
            return;
        if (wire.TryGetProperty("function", out var function) && function.TryGetProperty("arguments", out var arguments))
            choice.Calls[index].Arguments.Append(arguments.GetString());
    }

    private void End(bool endsWithError)
    {
        Require(_done, "no [DONE]");
        Require(_error == endsWithError, endsWithError ? "no error event" : "an error event");
        if (endsWithError)
            return;
        Require(_choices.Count > 0, "no choice at all");
        Require(_choices.Keys.SequenceEqual(Enumerable.Range(0, _choices.Count)), "the choices' indexes have gaps");
        Require(_choices.Values.All(choice => choice.Finished), "a choice without finish reason");
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds && !_problems.Contains(problem))
            _problems.Add(problem);
    }

    private sealed class Choice
    {
        public StringBuilder Text { get; } = new();

        public List<Call> Calls { get; } = [];

        public bool Finished { get; set; }
    }

    private sealed class Call
    {
        public StringBuilder Arguments { get; } = new();

        public bool IsCustom { get; init; }
    }
}

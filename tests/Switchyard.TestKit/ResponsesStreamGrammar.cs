using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>
/// The rules of every stream of OpenAI responses events, as an automaton: it reads a whole stream and returns the broken rules, if
/// any.
/// </summary>
public sealed class ResponsesStreamGrammar
{
    private readonly List<string> _problems = [];
    private readonly List<JsonElement> _items = [];
    private readonly StringBuilder _part = new();
    private long _next;
    private int _events;
    private string? _id;
    private JsonElement? _open;
    private int _parts;
    private bool _partIsOpen;
    private bool _partIsDone;
    private bool _argumentsDone;

    /// <summary>The text of all messages, for assertions about content.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>The reasoning, as it was streamed.</summary>
    public StringBuilder Reasoning { get; } = new();

    /// <summary>The answer in the last event; null if there was none.</summary>
    public JsonElement? Response { get; private set; }

    /// <summary>The name of the last event.</summary>
    public string? Terminal { get; private set; }

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">The stream's bytes.</param>
    /// <param name="problems">The broken rules; empty for a valid stream.</param>
    public static ResponsesStreamGrammar Read(ReadOnlySpan<byte> stream, out IReadOnlyList<string> problems)
    {
        var grammar = new ResponsesStreamGrammar();
        var text = Encoding.UTF8.GetString(stream);
        grammar.Require(text.EndsWith("\n\n", StringComparison.Ordinal), "the stream ends inside an event");
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            // A comment of one line may stand between events.
            if (!block.StartsWith(": ", StringComparison.Ordinal) || block.Contains('\n', StringComparison.Ordinal))
                grammar.ReadEvent(block);
        }

        grammar.Require(grammar.Terminal is not null, "no event ends the stream");
        problems = grammar._problems;
        return grammar;
    }

    private void ReadEvent(string block)
    {
        var lines = block.Split('\n');
        if (lines.Length != 2 || !lines[0].StartsWith("event: ", StringComparison.Ordinal)
            || !lines[1].StartsWith("data: ", StringComparison.Ordinal))
        {
            _problems.Add($"not a name and one line of data: {block}");
            return;
        }

        Require(Terminal is null, "an event after the last one");
        var data = JsonElement.Parse(lines[1]["data: ".Length..]);
        var type = data.GetProperty("type").GetString()!;
        Require(lines[0]["event: ".Length..] == type, $"the event's name is not its type: {type}");
        Require(data.GetProperty("sequence_number").GetInt64() == _next++, "the numbers have a gap");
        Require(_events != 0 || type is "response.created" or "error", "the stream does not begin with response.created");
        Require(_events != 1 || type is "response.in_progress", "response.in_progress is not the second event");
        Require(_events < 2 || type is not ("response.created" or "response.in_progress"), $"{type} out of turn");
        _events++;
        Read(type, data);
    }

    private void Read(string type, JsonElement data)
    {
        switch (type)
        {
            case "response.created" or "response.in_progress":
                ReadResponse(data.GetProperty("response"), "in_progress");
                break;
            case "response.completed" or "response.incomplete" or "response.failed":
                Terminal = type;
                ReadEnd(data.GetProperty("response"), type["response.".Length..]);
                break;
            case "error":
                Terminal = type;
                foreach (var member in new[] { "message", "code", "param" })
                    Require(data.TryGetProperty(member, out _), $"the error has no {member}");
                break;
            case "response.output_item.added":
                Require(_open is null, "an item opens inside another");
                Require(Index(data) == _items.Count, "an item's index is out of turn");
                _open = data.GetProperty("item");
                Require(_open.Value.GetProperty("id").GetString()!.Length > 0, "an item without id");
                Require(_items.All(item => item.GetProperty("id").GetString() != Id(_open)), "two items with one id");
                (_parts, _partIsOpen, _argumentsDone) = (0, false, false);
                _part.Clear();
                break;
            case "response.output_item.done":
                ReadItemDone(data);
                break;
            default:
                ReadContent(type, data);
                break;
        }
    }

    private void ReadContent(string type, JsonElement data)
    {
        if (_open is not { } item)
        {
            _problems.Add($"{type} without an open item");
            return;
        }

        Require(data.GetProperty("item_id").GetString() == Id(item), $"{type} with the id of another item");
        Require(Index(data) == _items.Count, $"{type} with the index of another item");
        var isReasoning = type.StartsWith("response.reasoning_summary", StringComparison.Ordinal);
        var isCall = type.Contains("_arguments.", StringComparison.Ordinal) || type.Contains("_input.", StringComparison.Ordinal);
        var kind = item.GetProperty("type").GetString();
        Require(
            kind == (
                isReasoning
                    ? "reasoning"
                    : isCall
                    ? (type.Contains("custom", StringComparison.Ordinal) ? "custom_tool_call" : "function_call")
                    : "message"),
            $"{type} in a {kind}");
        if (!isCall)
            Require(
                data.GetProperty(isReasoning ? "summary_index" : "content_index")
                    .GetInt32() == (type.EndsWith("part.added", StringComparison.Ordinal) ? _parts : _parts - 1),
                $"{type} with the index of another part");
        switch (type)
        {
            case "response.content_part.added" or "response.reasoning_summary_part.added":
                Require(!_partIsOpen, "a part opens inside another");
                (_partIsOpen, _partIsDone) = (true, false);
                _parts++;
                _part.Clear();
                break;
            case "response.content_part.done" or "response.reasoning_summary_part.done":
                Require(_partIsOpen && _partIsDone, "a part closes without its text");
                var part = data.GetProperty("part");
                Require(
                    (part.TryGetProperty("text", out var whole) ? whole : part.GetProperty("refusal")).GetString() == _part.ToString(),
                    "a part is not what was streamed");
                _partIsOpen = false;
                break;
            case "response.output_text.annotation.added":
                Require(_partIsOpen && !_partIsDone, "an annotation outside a part");
                break;
            case var delta when delta.EndsWith(".delta", StringComparison.Ordinal):
                ReadDelta(data, isCall, isReasoning);
                break;
            case var done when done.EndsWith(".done", StringComparison.Ordinal):
                ReadDone(data, isCall);
                break;
            default:
                _problems.Add($"unknown event {type}");
                break;
        }
    }

    private void ReadDelta(JsonElement data, bool isCall, bool isReasoning)
    {
        Require(isCall ? !_argumentsDone : _partIsOpen && !_partIsDone, "a delta out of place");
        var text = data.GetProperty("delta").GetString()!;
        Require(text.Length > 0, "an empty delta");
        _part.Append(text);
        if (isReasoning)
            Reasoning.Append(text);
        else if (!isCall)
            Text.Append(text);
    }

    private void ReadDone(JsonElement data, bool isCall)
    {
        var text = new[] { "text", "refusal", "arguments", "input" }.Where(name => data.TryGetProperty(name, out _))
            .Select(name => data.GetProperty(name).GetString()).Single();
        Require(text == _part.ToString(), "the whole is not what was streamed");
        Require(isCall ? !_argumentsDone : _partIsOpen && !_partIsDone, "a whole out of place");
        (_argumentsDone, _partIsDone) = (isCall, !isCall);
    }

    private void ReadItemDone(JsonElement data)
    {
        var item = data.GetProperty("item");
        Require(_open is not null && Id(item) == Id(_open), "another item closes than the one that is open");
        Require(Index(data) == _items.Count, "an item closes under another index");
        Require(!_partIsOpen, "an item closes around an open part");
        if (item.GetProperty("type").GetString() is "function_call" or "custom_tool_call")
        {
            var arguments = item.TryGetProperty("arguments", out var json) ? json : item.GetProperty("input");
            Require(_argumentsDone && arguments.GetString() == _part.ToString(), "a call closes without its arguments");
            Require(
                item.GetProperty("call_id").GetString()!.Length > 0 && item.GetProperty("name").GetString()!.Length > 0,
                "a call without id or name");
        }

        _items.Add(item);
        _open = null;
    }

    private void ReadEnd(JsonElement response, string status)
    {
        ReadResponse(response, status);
        Response = response;
        Require(status == "failed" || _open is null, "the stream ends inside an item");
        var output = response.GetProperty("output").EnumerateArray().ToList();
        Require(
            output.Select(item => item.GetRawText()).SequenceEqual(_items.Select(item => item.GetRawText())),
            "the answer's output is not what was streamed");
        Require((response.GetProperty("error").ValueKind == JsonValueKind.Object) == (status == "failed"), "an error in the wrong place");
        Require(
            (response.GetProperty("incomplete_details").ValueKind == JsonValueKind.Object) == (status == "incomplete"),
            "incomplete for no reason, or complete for one");
        if (response.GetProperty("usage") is not { ValueKind: JsonValueKind.Object } usage)
            return;
        Require(
            usage.GetProperty("total_tokens").GetInt64() == usage.GetProperty("input_tokens").GetInt64()
                + usage.GetProperty("output_tokens").GetInt64(),
            "the total is not the sum");
        Require(!usage.GetRawText().Contains(":null", StringComparison.Ordinal), "a count is null");
    }

    private void ReadResponse(JsonElement response, string status)
    {
        var id = $"{response.GetProperty("id")} {response.GetProperty("model")} {response.GetProperty("created_at")}";
        Require(_id is null || _id == id, "id, model or created_at changes");
        _id = id;
        Require(response.GetProperty("object").GetString() == "response", "not a response object");
        Require(response.GetProperty("id").GetString()!.StartsWith("resp_", StringComparison.Ordinal), "the id is not a response's");
        Require(response.GetProperty("status").GetString() == status, $"the status is not {status}");
        if (status == "in_progress")
            Require(
                response.GetProperty("usage").ValueKind == JsonValueKind.Null && response.GetProperty("output").GetArrayLength() == 0,
                "an answer before it was given");
        foreach (var member in new[]
        {
            "instructions", "metadata", "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "text", "reasoning",
            "truncation",
        })
            Require(response.TryGetProperty(member, out _), $"the response has no {member}");
    }

    private static int Index(JsonElement data) => data.GetProperty("output_index").GetInt32();

    private static string? Id(JsonElement? item) => item?.GetProperty("id").GetString();

    private void Require(bool holds, string problem)
    {
        if (!holds && !_problems.Contains(problem))
            _problems.Add(problem);
    }
}

using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>
/// The rules of every stream in Gemini's form, as its clients read it: events of one data line, each a whole answer; one id and one
/// model; candidates with a content and a role; whole function calls; a finish reason for each candidate, once and last; usage that
/// never disappears; nothing after an error; no terminator.
/// </summary>
public sealed class GeminiStreamGrammar
{
    private readonly List<string> _problems = [];
    private readonly HashSet<long> _seen = [];
    private readonly HashSet<long> _finished = [];
    private string? _identity;
    private bool _error;

    private GeminiStreamGrammar()
    {
    }

    /// <summary>The text of each candidate.</summary>
    public Dictionary<long, string> Text { get; } = [];

    /// <summary>The thoughts of each candidate.</summary>
    public Dictionary<long, string> Thoughts { get; } = [];

    /// <summary>The calls, as name and arguments.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The finish reason of each candidate.</summary>
    public Dictionary<long, string> Finish { get; } = [];

    /// <summary>The last usage; null if there was none.</summary>
    public JsonElement? Usage { get; private set; }

    /// <summary>Reads a stream of events.</summary>
    /// <param name="stream">All of it.</param>
    /// <param name="endsWithError">Whether it is to end with an error.</param>
    /// <param name="problems">The broken rules; empty for a valid stream.</param>
    public static GeminiStreamGrammar Read(ReadOnlySpan<byte> stream, bool endsWithError, out IReadOnlyList<string> problems)
    {
        var grammar = new GeminiStreamGrammar();
        var text = Encoding.UTF8.GetString(stream);
        grammar.Require(text.EndsWith("\r\n\r\n", StringComparison.Ordinal), "the stream ends inside an event");
        foreach (var block in text.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (!block.StartsWith("data: ", StringComparison.Ordinal) || block.AsSpan().ContainsAny('\r', '\n'))
                grammar._problems.Add($"not a single data line: {block}");
            else
                grammar.ReadData(block["data: ".Length..]);
        }

        grammar.End(endsWithError);
        problems = grammar._problems;
        return grammar;
    }

    /// <summary>Reads a stream that is one list.</summary>
    public static GeminiStreamGrammar ReadArray(ReadOnlySpan<byte> stream, bool endsWithError, out IReadOnlyList<string> problems)
    {
        var grammar = new GeminiStreamGrammar();
        foreach (var chunk in JsonElement.Parse(stream).EnumerateArray())
            grammar.ReadChunk(chunk);
        grammar.End(endsWithError);
        problems = grammar._problems;
        return grammar;
    }

    private void ReadData(string data)
    {
        if (data == "[DONE]")
            _problems.Add("a terminator");
        else
            ReadChunk(JsonElement.Parse(data));
    }

    private void ReadChunk(JsonElement chunk)
    {
        Require(!_error, "a chunk after the error");
        if (chunk.TryGetProperty("error", out var error))
        {
            _error = true;
            foreach (var member in new[] { "code", "message", "status" })
                Require(error.TryGetProperty(member, out _), $"the error has no {member}");
            return;
        }

        var identity = $"{chunk.GetProperty("responseId")} {chunk.GetProperty("modelVersion")}";
        Require(_identity is null || _identity == identity, "responseId or modelVersion changes");
        _identity = identity;
        foreach (var candidate in chunk.GetProperty("candidates").EnumerateArray())
            ReadCandidate(candidate);
        if (chunk.TryGetProperty("usageMetadata", out var usage))
            Usage = usage;
    }

    private void ReadCandidate(JsonElement candidate)
    {
        var index = candidate.GetProperty("index").GetInt64();
        _seen.Add(index);
        Require(!_finished.Contains(index), $"candidate {index} goes on after its finish reason");
        var content = candidate.GetProperty("content");
        Require(content.GetProperty("role").GetString() == "model", "the role is not model");
        Require(content.GetProperty("parts").GetArrayLength() > 0, "a content without parts");
        foreach (var part in content.GetProperty("parts").EnumerateArray())
            ReadPart(part, index);
        if (!candidate.TryGetProperty("finishReason", out var finish))
            return;
        _finished.Add(index);
        Finish[index] = finish.GetString()!;
    }

    private void ReadPart(JsonElement part, long index)
    {
        var kinds = part.EnumerateObject().Count(
            member => member.Name is "text" or "functionCall" or "inlineData" or "fileData" or "executableCode" or "codeExecutionResult");
        Require(kinds == 1, $"a part with {kinds} kinds of data: {part.GetRawText()}");
        if (part.TryGetProperty("text", out var text))
        {
            var said = part.TryGetProperty("thought", out var thought) && thought.GetBoolean() ? Thoughts : Text;
            said[index] = said.GetValueOrDefault(index, "") + text.GetString();
        }

        if (part.TryGetProperty("functionCall", out var call))
        {
            Require(call.GetProperty("args").ValueKind == JsonValueKind.Object, "arguments that are no object");
            Require(call.GetProperty("name").GetString()!.Length > 0, "a call without a name");
            Calls.Add($"{call.GetProperty("name").GetString()} {call.GetProperty("args").GetRawText()}");
        }
    }

    private void End(bool endsWithError)
    {
        Require(_error == endsWithError, endsWithError ? "no error" : "an error");
        if (!_error)
            Require(_seen.Count > 0 && _seen.SetEquals(_finished), "a candidate without a finish reason");
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
            _problems.Add(problem);
    }
}

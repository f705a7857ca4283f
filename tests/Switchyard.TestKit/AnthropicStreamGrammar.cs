using System.Text;
using System.Text.Json;

namespace Switchyard.TestKit;

/// <summary>
/// The rules of every Anthropic messages stream: one message_start with counts, blocks one after the other, numbered without a gap, each
/// opened and closed, then one message_delta and one message_stop, or an error event instead; never <c>[DONE]</c>.
/// </summary>
public sealed class AnthropicStreamGrammar
{
    private readonly List<string> _problems = [];
    private bool _started;
    private bool _ended;
    private bool _stopped;
    private bool _error;
    private Block? _open;

    /// <summary>The blocks, in order.</summary>
    public List<Block> Blocks { get; } = [];

    /// <summary>All text.</summary>
    public string Text => string.Concat(Blocks.Where(block => block.Type == "text").Select(block => block.Content));

    /// <summary>All thinking.</summary>
    public string Thinking => string.Concat(Blocks.Where(block => block.Type == "thinking").Select(block => block.Content));

    /// <summary>The tool calls, in order.</summary>
    public IEnumerable<Block> Calls => Blocks.Where(block => block.Type == "tool_use");

    /// <summary>Why it stopped.</summary>
    public string? StopReason { get; private set; }

    /// <summary>The last usage object.</summary>
    public JsonElement Usage { get; private set; }

    /// <summary>The number of pings.</summary>
    public int Pings { get; private set; }

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">The stream's bytes.</param>
    /// <param name="endsWithError">Whether the stream is to end with an error event.</param>
    /// <param name="problems">The broken rules; empty for a valid stream.</param>
    public static AnthropicStreamGrammar Read(ReadOnlySpan<byte> stream, bool endsWithError, out IReadOnlyList<string> problems)
    {
        var grammar = new AnthropicStreamGrammar();
        var text = Encoding.UTF8.GetString(stream);
        grammar.Require(text.EndsWith("\n\n", StringComparison.Ordinal), "the stream ends inside an event");
        foreach (var block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            // A comment of one line may stand between events.
            if (!block.StartsWith(": ", StringComparison.Ordinal) || block.Contains('\n', StringComparison.Ordinal))
                grammar.ReadEvent(block);
        }

        grammar.Require(grammar._error == endsWithError, endsWithError ? "no error event" : "an error event");
        grammar.Require(endsWithError || grammar._stopped, "no message_stop");
        problems = grammar._problems;
        return grammar;
    }

    private void ReadEvent(string text)
    {
        Require(!_stopped && !_error, "an event after the end");
        var lines = text.Split('\n');
        if (lines is not [['e', 'v', 'e', 'n', 't', ':', ' ', .. var name], ['d', 'a', 't', 'a', ':', ' ', .. var data]])
        {
            _problems.Add($"not one event line and one data line: {text}");
            return;
        }

        using var document = JsonDocument.Parse(data);
        var json = document.RootElement.Clone();
        Require(json.GetProperty("type").GetString() == name, "the event's name is not its type");
        Require(_started || name is "message_start" or "error", $"{name} before message_start");
        switch (name)
        {
            case "message_start":
                Require(!_started, "a second message_start");
                _started = true;
                ReadStart(json.GetProperty("message"));
                break;
            case "content_block_start":
                Require(_open is null, "a block inside a block");
                Require(!_ended, "a block after message_delta");
                Require(json.GetProperty("index").GetInt32() == Blocks.Count, "the blocks' numbers have gaps");
                _open = Block.Of(json.GetProperty("content_block"));
                Blocks.Add(_open);
                break;
            case "content_block_delta":
                RequireOpen(json);
                ReadDelta(json.GetProperty("delta"));
                break;
            case "content_block_stop":
                RequireOpen(json);
                _open?.Check(Require);
                _open = null;
                break;
            case "message_delta":
                Require(_open is null, "message_delta inside a block");
                Require(!_ended, "a second message_delta");
                _ended = true;
                ReadEnd(json);
                break;
            case "message_stop":
                Require(_ended, "message_stop before message_delta");
                _stopped = true;
                break;
            case "ping":
                Pings++;
                break;
            case "error":
                _error = true;
                Require(json.GetProperty("error").GetProperty("type").GetString()!.Length > 0, "the error has no type");
                Require(json.GetProperty("error").GetProperty("message").GetString()!.Length > 0, "the error has no message");
                break;
            default:
                _problems.Add($"unknown event {name}");
                break;
        }
    }

    private void ReadStart(JsonElement message)
    {
        Require(message.GetProperty("id").GetString()!.StartsWith("msg_", StringComparison.Ordinal), "the id is not one of this format");
        Require(
            message.GetProperty("role").GetString() == "assistant" && message.GetProperty("type").GetString() == "message",
            "not a message of the assistant's");
        Require(message.GetProperty("content").GetArrayLength() == 0, "content in message_start");
        Require(message.GetProperty("stop_reason").ValueKind == JsonValueKind.Null, "a stop reason in message_start");
        ReadUsage(message.GetProperty("usage"));
    }

    private void ReadEnd(JsonElement json)
    {
        StopReason = json.GetProperty("delta").GetProperty("stop_reason").GetString();
        Require(
            StopReason is "end_turn" or "max_tokens" or "stop_sequence" or "tool_use" or "pause_turn" or "refusal"
                or "model_context_window_exceeded",
            $"unknown stop reason {StopReason}");
        Require(StopReason != "end_turn" || !Calls.Any(), "end_turn although tools are called");
        if (StopReason == "tool_use")
            Require(Calls.All(call => call.HasJson), "the arguments do not add up to JSON");
        ReadUsage(json.GetProperty("usage"));
    }

    private void ReadUsage(JsonElement usage)
    {
        Usage = usage;
        foreach (var member in new[] { "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens" })
            Require(
                usage.TryGetProperty(member, out var count) && count.TryGetInt64(out var value) && value >= 0,
                $"usage without a count of {member}");
    }

    private void ReadDelta(JsonElement delta)
    {
        if (_open is null)
            return;
        var type = delta.GetProperty("type").GetString();
        var (owner, member) = type switch
        {
            "text_delta" => ("text", "text"),
            "thinking_delta" => ("thinking", "thinking"),
            "input_json_delta" => ("tool_use", "partial_json"),
            "signature_delta" => ("thinking", "signature"),
            "citations_delta" => ("text", "citation"),
            _ => ("", ""),
        };
        Require(_open.Type == owner, $"{type} in a block of {_open.Type}");
        if (!delta.TryGetProperty(member, out var piece))
        {
            _problems.Add($"{type} without {member}");
            return;
        }

        if (type == "signature_delta")
        {
            Require(_open.Signature is null, "a second signature");
            _open.Signature = piece.GetString();
        }
        else if (type == "citations_delta")
        {
            _open.Citations++;
        }
        else
        {
            Require(_open.Signature is null, "thinking after its signature");
            _open.Append(piece.GetString()!);
        }
    }

    private void RequireOpen(JsonElement json) =>
        Require(_open is not null && json.GetProperty("index").GetInt32() == Blocks.Count - 1, "an event of a block that is not open");

    private void Require(bool holds, string problem)
    {
        if (!holds && !_problems.Contains(problem))
            _problems.Add(problem);
    }

    /// <summary>One block.</summary>
    public sealed class Block
    {
        private readonly StringBuilder _content = new();

        private Block(JsonElement start) => Start = start;

        /// <summary>As it was opened.</summary>
        public JsonElement Start { get; }

        /// <summary>Its type.</summary>
        public string Type => Start.GetProperty("type").GetString()!;

        /// <summary>Its deltas, joined.</summary>
        public string Content => _content.ToString();

        /// <summary>The signature of thinking.</summary>
        public string? Signature { get; internal set; }

        /// <summary>The number of its citations.</summary>
        public int Citations { get; internal set; }

        /// <summary>Whether the joined deltas of a call are a JSON object; no deltas mean an empty one.</summary>
        public bool HasJson
        {
            get
            {
                if (Content.Length == 0)
                    return true;
                try
                {
                    using var document = JsonDocument.Parse(Content);
                    return document.RootElement.ValueKind == JsonValueKind.Object;
                }
                catch (JsonException)
                {
                    return false;
                }
            }
        }

        internal static Block Of(JsonElement start) => new(start);

        internal void Append(string piece) => _content.Append(piece);

        internal void Check(Action<bool, string> require)
        {
            if (Type != "tool_use")
                return;
            var id = Start.GetProperty("id").GetString()!;
            require(
                id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
                $"the id '{id}' breaks the pattern");
            require(Start.GetProperty("name").GetString()!.Length > 0, "a call without name");
            require(
                Start.GetProperty("input").ValueKind == JsonValueKind.Object && !Start.GetProperty("input").EnumerateObject().Any(),
                "input before its deltas");
        }
    }
}

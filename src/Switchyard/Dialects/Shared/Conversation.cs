using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>One content item of a turn and its origin.</summary>
/// <param name="Content">The item.</param>
/// <param name="Message">The message that held it.</param>
/// <param name="Path">Its path in the request, for the loss report: <c>messages[2].content[0]</c>.</param>
internal readonly record struct TurnContent(AIContent Content, ChatMessage Message, string Path);

/// <summary>The consecutive messages of one side.</summary>
/// <param name="IsAssistant">Whether it is the model's; user messages and tool results are the other side.</param>
/// <param name="Contents">In order; tool results come first in a user's turn.</param>
internal sealed record Turn(bool IsAssistant, List<TurnContent> Contents);

/// <summary>
/// A conversation for formats with a separate system text and strictly alternating turns: consecutive messages of one side become one turn,
/// tool results come first in their turn, blank text is removed or, in an answer, joined to the text after it, and every tool call has
/// exactly one result.
/// </summary>
internal sealed class Conversation
{
    private readonly LossReport _losses;
    private readonly HashSet<string> _openCalls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Side Side, int At)> _results = new(StringComparer.Ordinal);
    private readonly List<Side> _sides = [];
    private IReadOnlyList<ChatMessage> _messages = [];

    private readonly StringBuilder _blank = new();

    private Conversation(LossReport losses) => _losses = losses;

    /// <summary>The leading instructions, in order.</summary>
    public List<TurnContent> System { get; } = [];

    /// <summary>The turns, oldest first.</summary>
    public List<Turn> Turns { get; private set; } = [];

    /// <summary>Sorts the messages into turns.</summary>
    /// <exception cref="CallException">A tool call lacks its result, or a result its call.</exception>
    public static Conversation Of(CanonicalChatRequest request, LossReport losses)
    {
        var conversation = new Conversation(losses);
        if (!string.IsNullOrWhiteSpace(request.Options.Instructions))
            conversation.System.Add(new TurnContent(new TextContent(request.Options.Instructions), new ChatMessage(), "instructions"));
        conversation._messages = request.Messages;
        for (var i = 0; i < request.Messages.Count; i++)
            conversation.Add(request.Messages[i], MessagePlace.Of(request.Messages[i], i));
        conversation.Turns = conversation.JoinSides();
        return conversation;
    }

    /// <summary>Whether the content is blank text, which these formats refuse as a block.</summary>
    public static bool IsBlank(AIContent content) => content is TextContent text && string.IsNullOrWhiteSpace(text.Text);

    /// <summary>The refusal of a conversation of which nothing is left to send, however the format writes it.</summary>
    public static CallException SaysNothing() => new(
        CallErrorKind.InvalidRequest,
        "No message of the conversation has content that this provider takes. Add a user message with text in it.", "messages");

    /// <summary>
    /// Makes the system text a user turn if there is no other turn: other APIs take it alone as the prompt, as for a title, but these
    /// require a turn of the user.
    /// </summary>
    /// <exception cref="CallException">There is no system text either.</exception>
    public void RequireTurn()
    {
        if (Turns.Count > 0)
            return;
        var input = System.FindAll(IsInput);
        if (input.Count == 0)
            throw SaysNothing();
        Turns.Add(new Turn(IsAssistant: false, input));
        System.RemoveAll(IsInput);

        static bool IsInput(TurnContent item) => item.Content is TextContent or DataContent or UriContent or HostedFileContent;
    }

    /// <summary>
    /// Leaves out contents that the format cannot hold. A turn of which nothing is left is removed; those before and after it become one.
    /// </summary>
    /// <param name="hasPlace">Whether the item at this position of a turn's contents is written; it reports what is lost.</param>
    public void Retain(Func<List<TurnContent>, int, bool> hasPlace)
    {
        var kept = new List<Turn>(Turns.Count);
        foreach (var turn in Turns)
        {
            var contents = new List<TurnContent>(turn.Contents.Count);
            for (var i = 0; i < turn.Contents.Count; i++)
            {
                if (hasPlace(turn.Contents, i))
                    contents.Add(turn.Contents[i]);
            }

            if (contents.Count == 0)
                continue;
            // Calls and results always have a place, so a removed turn had none, and no result moves after other content.
            if (kept.Count > 0 && kept[^1].IsAssistant == turn.IsAssistant)
                kept[^1].Contents.AddRange(contents);
            else
                kept.Add(new Turn(turn.IsAssistant, contents));
        }

        Turns.Clear();
        Turns.AddRange(kept);
    }

    /// <summary>
    /// The messages with members beside their contents that are in no turn, because they hold nothing but blank text, each with its path:
    /// a recording that is named by its id has neither text nor data.
    /// </summary>
    public IEnumerable<(ChatMessage Message, string Path)> Unspoken()
    {
        for (var i = 0; i < _messages.Count; i++)
        {
            var message = _messages[i];
            if (message.AdditionalProperties is { Count: > 0 } && !IsSystem(message.Role) && message.Contents.All(IsBlank))
                yield return (message, MessagePlace.Of(message, i));
        }
    }

    private static bool IsSystem(ChatRole role) => role == ChatRole.System || role.Value == "developer";

    private void Add(ChatMessage message, string path)
    {
        if (IsSystem(message.Role))
        {
            AddSystem(message, path);
            return;
        }

        var assistant = message.Role == ChatRole.Assistant;
        var side = SideOf(assistant, message, path);
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var content = new TurnContent(
                message.Contents[i], message, message.Contents.Count == 1 ? $"{path}.content" : $"{path}.content[{i}]");
            if (content.Content is not TextContent)
                _blank.Clear();
            else
                CitationLosses.Report(content.Content, message, _losses, content.Path);
            switch (content.Content)
            {
                case var blank when IsBlank(blank):
                    CitationLosses.ReportUnwritten(blank, _losses, content.Path);
                    // Between two pieces of an answer, as sent by a client that keeps its chunks, blank text is the space between words.
                    if (assistant && side.Others is [.., { Content: TextContent }])
                        _blank.Append(((TextContent)blank).Text);
                    break;
                case TextContent text when _blank.Length > 0:
                    side.Others.Add(content with { Content = After(_blank.ToString(), text) });
                    _blank.Clear();
                    break;
                case FunctionResultContent result when !assistant:
                    AddResult(side, result, content, path);
                    break;
                // Libraries of agents give an agent's answer to the next one as a user's message, and a user's turn takes no reasoning.
                case TextReasoningContent reasoning when !assistant:
                    if (reasoning.Text.Length > 0 || reasoning.ProtectedData is { Length: > 0 })
                        _losses.Drop(path + ".reasoning");
                    break;
                case FunctionCallContent call when assistant:
                    _openCalls.Add(call.CallId);
                    side.Others.Add(content);
                    break;
                default:
                    side.Others.Add(content);
                    break;
            }
        }

        if (!assistant && message.Role != ChatRole.Tool)
            CheckAnswered(path);
    }

    /// <summary>The turns: sides without content are left out, and those before and after one are joined.</summary>
    /// <remarks>One pass and no insertion: a client may send tens of thousands of messages.</remarks>
    private List<Turn> JoinSides()
    {
        var joined = new List<Side>();
        foreach (var side in _sides)
        {
            if (side.Results.Count == 0 && side.Others.Count == 0)
                continue;
            if (joined.Count == 0 || joined[^1].IsAssistant != side.IsAssistant)
            {
                joined.Add(side);
                continue;
            }

            joined[^1].Results.AddRange(side.Results);
            joined[^1].Others.AddRange(side.Others);
        }

        return joined.ConvertAll(static side => new Turn(
            side.IsAssistant, side.Results.Count == 0 ? side.Others : [.. side.Results, .. side.Others]));
    }

    /// <summary>
    /// A system message after the first turn has no place in these formats: its text goes into the user's turn, inside
    /// <c>&lt;system&gt;</c> tags.
    /// </summary>
    private void AddSystem(ChatMessage message, string path)
    {
        // None of these formats has an author for the system text, or any member beside its text.
        if (!string.IsNullOrEmpty(message.AuthorName))
            _losses.Drop(path + ".name");
        KeptFields.ReportUnprefixed(
            message.AdditionalProperties,
            static (name, value) => KeptFields.IsCacheHint(name, value) || value.ValueKind == JsonValueKind.Null, _losses, path);
        foreach (var content in message.Contents)
        {
            if (IsBlank(content))
                continue;
            if (_sides.Count == 0)
            {
                System.Add(new TurnContent(content, message, path + ".content"));
                continue;
            }

            var marked = content is TextContent text
                ? new TextContent($"<system>\n{text.Text}\n</system>") { AdditionalProperties = text.AdditionalProperties }
                : content;
            LastOf(assistant: false).Others.Add(new TurnContent(marked, message, path + ".content"));
        }
    }

    private Side SideOf(bool assistant, ChatMessage message, string path)
    {
        // Providers refuse an unanswered call with an obscure message, so it is refused here.
        if (assistant && message.Contents.Count > 0)
            CheckAnswered(path);
        if (assistant && (_sides.Count == 0 || !_sides[^1].IsAssistant))
            _results.Clear();
        return LastOf(assistant);
    }

    private Side LastOf(bool assistant)
    {
        if (_sides.Count == 0 || _sides[^1].IsAssistant != assistant)
        {
            _blank.Clear();
            _sides.Add(new Side(assistant));
        }

        return _sides[^1];
    }

    private void AddResult(Side side, FunctionResultContent result, TurnContent content, string path)
    {
        if (_results.TryGetValue(result.CallId, out var earlier) && ReferenceEquals(earlier.Side, side))
        {
            // The last one wins: a client that sends two means the later one.
            side.Results[earlier.At] = content;
            _losses.Drop($"{path} (a second result for {result.CallId})");
            return;
        }

        if (!_openCalls.Remove(result.CallId))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"The tool result for '{result.CallId}' answers no tool call of the message before it.", path + ".tool_call_id");
        }

        _results[result.CallId] = (side, side.Results.Count);
        side.Results.Add(content);
    }

    private static TextContent After(string blank, TextContent text) =>
        new(blank + text.Text) { AdditionalProperties = text.AdditionalProperties, Annotations = text.Annotations };

    private void CheckAnswered(string path)
    {
        if (_openCalls.Count == 0)
            return;
        throw new CallException(
            CallErrorKind.InvalidRequest,
            $"The tool call '{_openCalls.First()}' has no result. Send one tool message for every tool call before the next message.",
            path);
    }

    /// <summary>A turn while it is gathered: tool results separate from the other contents, which follow them.</summary>
    private sealed class Side(bool isAssistant)
    {
        public bool IsAssistant { get; } = isAssistant;

        public List<TurnContent> Results { get; } = [];

        public List<TurnContent> Others { get; } = [];
    }
}

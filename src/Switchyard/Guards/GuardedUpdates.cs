using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Guards;

/// <summary>
/// A stream that guards check piece by piece: text scanners hold back only the possible beginning of a match; guards that ask a service,
/// and only report, run at the end. Not thread-safe.
/// </summary>
internal sealed class GuardedUpdates : UpdatesResponse
{
    private readonly UpdatesResponse _inner;
    private readonly GuardedCall _guarded;
    private readonly GuardRule[] _scanning;
    private readonly GuardRule[] _asking;
    private readonly bool _acts;
    private readonly Dictionary<StreamChannel, GuardedText> _texts = [];
    private readonly HashSet<StreamChannel> _custom = [];
    private readonly List<AIContent> _whole = [];
    private readonly Queue<ChatResponseUpdate> _ready = new();
    private ChatResponseUpdate? _last;
    private bool _ended;

    public GuardedUpdates(UpdatesResponse inner, GuardedCall guarded, GuardRule[] rules)
    {
        _inner = inner;
        _guarded = guarded;
        _scanning = Array.FindAll(rules, rule => rule.Guard is ITextScanner);
        _asking = Array.FindAll(rules, rule => rule.Guard is not ITextScanner);
        _acts = Array.Exists(_scanning, rule => rule.Enforces);
    }

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        while (Error is null)
        {
            if (_ready.TryDequeue(out var ready))
                return ready;
            if (_ended)
            {
                IsComplete = _inner.IsComplete;
                return null;
            }

            if (await _inner.ReadAsync().ConfigureAwait(false) is { } update)
                Take(update);
            else
                await EndAsync().ConfigureAwait(false);
        }

        return null;
    }

    protected override async ValueTask ReleaseAsync() => await _inner.DisposeAsync().ConfigureAwait(false);

    /// <summary>Takes one update: its texts pass through the guards, everything else keeps its position.</summary>
    private void Take(ChatResponseUpdate update)
    {
        var contents = new List<AIContent>(update.Contents.Count);
        var choice = StreamParts.ChoiceOf(update);
        foreach (var content in update.Contents)
        {
            if (StreamParts.ChannelOf(content, choice) is not { } channel)
                TakeWhole(contents, choice, content);
            else if (WithCitations(content) is var piece && Error is null)
                TakePiece(contents, channel, piece);
            if (Error is not null)
                return;
        }

        if (update.FinishReason is not null)
            Flush(contents, choice, static _ => true);
        if (Error is not null)
            return;
        var isFirst = _last is null;
        var given = update.Clone();
        given.Contents = contents;
        if (_acts)
            given.AdditionalProperties = StreamParts.WithoutSpelling(given.AdditionalProperties);
        if (StreamParts.BesideOf(given) is { } beside)
            LookBeside(given, beside);
        if (Error is not null)
            return;
        _last = given;
        if (contents.Count > 0 || isFirst || update.FinishReason is not null || update.Contents.Count == 0)
            _ready.Enqueue(given);
    }

    private void TakePiece(List<AIContent> contents, StreamChannel channel, AIContent piece)
    {
        // Text held for another channel of the choice came earlier, so it is released first. Tool calls arrive interleaved, each with its
        // own position.
        Flush(contents, channel.Choice, other => other.Kind != channel.Kind && other.Kind != StreamTextKind.Arguments);
        if (piece is ToolCallFragment { IsCustom: true })
            _custom.Add(channel);
        if (!_texts.TryGetValue(channel, out var text))
        {
            var isJson = channel.Kind == StreamTextKind.Arguments && !_custom.Contains(channel);
            _texts[channel] = text = new GuardedText(_guarded, _scanning, isJson);
        }

        var said = StreamParts.TextOf(piece);
        var released = text.Add(said, out var refused);
        // A signature covers all of the text before it.
        if (refused is null && StreamParts.IsSigned(piece))
            released += text.End(out refused);
        if (refused is not null)
            Stop(refused);
        else if (released == said && !text.IsChanged)
            contents.Add(piece);
        else if (released.Length > 0 || StreamParts.HasMore(piece))
            contents.Add(StreamParts.With(piece, released, text.IsChanged));
    }

    /// <summary>Returns the piece with its citations checked. Citations arrive in one piece.</summary>
    private AIContent WithCitations(AIContent piece)
    {
        if (StreamParts.CitedBy(piece) is not { } cited)
            return piece;
        var (looked, refused) = _guarded.AtPart(_scanning, cited, isSilent: false);
        if (refused is not null)
        {
            Stop(refused);
            return piece;
        }

        if (_asking.Length > 0)
            _whole.Add(looked);
        var given = _guarded.Placeholders.Restores ? new TextWalk(_guarded.Placeholders.Restore).Walk(looked) : looked;
        return ReferenceEquals(given, cited) ? piece : StreamParts.With((TextContent)piece, (TextContent)given);
    }

    /// <summary>Checks what an update carries outside its parts, such as citations.</summary>
    private void LookBeside(ChatResponseUpdate given, TextContent beside)
    {
        var (looked, refused) = _guarded.AtPart(_scanning, beside, isSilent: false);
        if (refused is not null)
        {
            Stop(refused);
            return;
        }

        if (_asking.Length > 0)
            _whole.Add(looked);
        var restored = _guarded.Placeholders.Restores ? new TextWalk(_guarded.Placeholders.Restore).Walk(looked) : looked;
        if (!ReferenceEquals(restored, beside))
            given.AdditionalProperties = StreamParts.With(given.AdditionalProperties, restored);
    }

    /// <summary>Takes a part that arrives in one piece. Held text is released before it, unless the part is usage.</summary>
    private void TakeWhole(List<AIContent> contents, int choice, AIContent content)
    {
        if (content is UsageContent)
        {
            contents.Add(content);
            return;
        }

        Flush(contents, choice, static _ => true);
        if (content is TextReasoningContent signed)
        {
            var isChanged = _texts.TryGetValue(new(choice, StreamTextKind.Reasoning), out var text) && text.IsChanged;
            contents.Add(isChanged ? StreamParts.Unsigned(signed) : signed);
            return;
        }

        // A tool call whose arguments arrived in pieces repeats them; matches in it have been reported already.
        var isRepeated = content is FunctionCallContent call && StreamParts.PiecesOf(call, choice) is { } pieces
            && _texts.ContainsKey(pieces);
        var (looked, refused) = _guarded.AtPart(_scanning, content, isRepeated);
        if (refused is not null)
        {
            Stop(refused);
            return;
        }

        if (!isRepeated && _asking.Length > 0)
            _whole.Add(looked);
        contents.Add(_guarded.Placeholders.Restores ? new TextWalk(_guarded.Placeholders.Restore).Walk(looked) : looked);
    }

    /// <summary>Releases the text still held for a choice.</summary>
    private void Flush(List<AIContent> contents, int choice, Func<StreamChannel, bool> isWanted)
    {
        foreach (var (channel, text) in _texts)
        {
            if (channel.Choice != choice || !isWanted(channel))
                continue;
            var rest = text.End(out var refused);
            if (refused is not null)
                Stop(refused);
            else if (rest.Length > 0)
                contents.Add(StreamParts.RestOf(channel, rest, _custom.Contains(channel)));
        }
    }

    private async ValueTask EndAsync()
    {
        _ended = true;
        Error = _inner.Error;
        ErrorWasSent = _inner.ErrorWasSent;
        if (Error is not null)
            return;
        foreach (var choice in _texts.Keys.Select(channel => channel.Choice).Distinct().ToList())
            EndChoice(choice);
        if (Error is not null || _asking.Length == 0)
            return;
        var texts = new GuardTexts();
        foreach (var text in _texts.Values.Where(text => text.All.Length > 0))
            texts.Add(text.All, text.IsJson);
        var collecting = texts.Collecting();
        _whole.ForEach(content => collecting.Walk(content));
        var (_, refused) = await _guarded.AskAsync(_asking, GuardSide.Answer, texts).ConfigureAwait(false);
        if (refused is not null)
            Stop(refused);
    }

    /// <summary>Releases the text held for a choice that ended without a finish reason.</summary>
    private void EndChoice(int choice)
    {
        List<AIContent> rest = [];
        Flush(rest, choice, static _ => true);
        if (rest.Count == 0 || Error is not null)
            return;
        var last = _last!.Clone();
        (last.Contents, last.FinishReason, last.AdditionalProperties) = (rest, null, null);
        if (choice > 0)
            last.AdditionalProperties = new() { [CanonicalKeys.ChoiceIndex] = choice };
        _ready.Enqueue(last);
    }

    private void Stop(CallError refused)
    {
        Refuse(refused);
        _ready.Clear();
    }
}

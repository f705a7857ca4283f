using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Guards;

/// <summary>
/// A stream that is held until the guards have checked all of it, because one of them asks a service and acts on its verdict. Everything is
/// masked before anything is released. Not thread-safe.
/// </summary>
internal sealed class CheckedUpdates(UpdatesResponse inner, GuardedCall guarded, GuardRule[] rules) : UpdatesResponse
{
    private const int MostHeld = 8 * 1024 * 1024;

    private readonly List<ChatResponseUpdate> _held = [];
    private readonly Dictionary<StreamChannel, HeldText> _open = [];
    private readonly List<HeldText> _texts = [];
    private readonly Dictionary<AIContent, HeldText> _textOf = new(ReferenceEqualityComparer.Instance);
    private int _letters;
    private int _next;
    private bool _ended;

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        while (Error is null && !_ended)
        {
            if (await inner.ReadAsync().ConfigureAwait(false) is { } update)
                Hold(update);
            else
                await EndAsync().ConfigureAwait(false);
        }

        if (Error is null && _next < _held.Count)
            return _held[_next++];
        IsComplete = Error is null && inner.IsComplete;
        return null;
    }

    protected override async ValueTask ReleaseAsync() => await inner.DisposeAsync().ConfigureAwait(false);

    /// <summary>Holds an update, and records which text each of its pieces belongs to.</summary>
    private void Hold(ChatResponseUpdate update)
    {
        _held.Add(update);
        var choice = StreamParts.ChoiceOf(update);
        foreach (var content in update.Contents)
        {
            if (StreamParts.ChannelOf(content, choice) is { } channel)
                Add(channel, content);
            else if (content is not UsageContent)
                Close(choice, StreamTextKind.Arguments);
        }

        if (_letters > MostHeld)
            Refuse(Array.Find(rules, rule => rule is { Guard: not ITextScanner, Enforces: true })!.Failure());
    }

    private void Add(StreamChannel channel, AIContent piece)
    {
        Close(channel.Choice, channel.Kind);
        if (!_open.TryGetValue(channel, out var text))
        {
            var isJson = piece is ToolCallFragment { IsCustom: false };
            _open[channel] = text = new HeldText(channel, isJson);
            _texts.Add(text);
        }

        var said = StreamParts.TextOf(piece);
        text.All.Append(said);
        _letters += said.Length;
        _textOf[piece] = text;
    }

    /// <summary>
    /// Ends the texts of a choice when another kind of text or another part follows. Tool calls arrive interleaved, so they stay open.
    /// </summary>
    private void Close(int choice, StreamTextKind kind)
    {
        var ended = _open.Keys.Where(open => open.Choice == choice && open.Kind != kind && open.Kind != StreamTextKind.Arguments).ToList();
        ended.ForEach(channel => _open.Remove(channel));
    }

    private async ValueTask EndAsync()
    {
        _ended = true;
        Error = inner.Error;
        ErrorWasSent = inner.ErrorWasSent;
        if (Error is not null)
            return;
        _texts.RemoveAll(text => text.All.Length == 0);
        var texts = new GuardTexts();
        foreach (var text in _texts)
            texts.Add(text.All.ToString(), text.IsJson);
        var collecting = texts.Collecting();
        ForEachWhole(content => collecting.Walk(content));
        var (changed, refused) = await guarded.AskAsync(rules, GuardSide.Answer, texts).ConfigureAwait(false);
        if (refused is not null)
            Refuse(refused);
        else if (changed || guarded.Placeholders.Restores)
            Replace(texts);
    }

    /// <summary>Replaces the held texts by the texts as the guards left them.</summary>
    private void Replace(GuardTexts texts)
    {
        for (var i = 0; i < _texts.Count; i++)
            _texts[i].Become(texts.Texts[i], guarded.Placeholders);
        texts.Skip(_texts.Count);
        var (replacing, restoring) = (texts.Replacing(), new TextWalk(guarded.Placeholders.Restore));
        for (var i = 0; i < _held.Count; i++)
        {
            var choice = StreamParts.ChoiceOf(_held[i]);
            var contents = new List<AIContent>(_held[i].Contents.Count);
            foreach (var content in _held[i].Contents)
            {
                if (_textOf.TryGetValue(content, out var text))
                    text.Give(WithCitations(content, replacing, restoring), contents);
                else if (Repeated(content, choice) is { } pieces)
                    contents.Add(pieces.Result is { } arguments ? StreamParts.With((FunctionCallContent)content, arguments) : content);
                else
                    contents.Add(Signed(restoring.Walk(replacing.Walk(content)), choice));
            }

            var given = _held[i].Clone();
            given.Contents = contents;
            if (StreamParts.BesideOf(given) is { } beside)
                given.AdditionalProperties = StreamParts.With(given.AdditionalProperties, restoring.Walk(replacing.Walk(beside)));
            if (_texts.Exists(text => text.Result is not null && text.Channel.Choice == choice))
                given.AdditionalProperties = StreamParts.WithoutSpelling(given.AdditionalProperties);
            _held[i] = given;
        }
    }

    /// <summary>
    /// Visits, in order, the parts that arrived in one piece and the citations of pieces and updates. A tool call that repeats its pieces
    /// is skipped.
    /// </summary>
    private void ForEachWhole(Action<AIContent> use)
    {
        foreach (var update in _held)
        {
            var choice = StreamParts.ChoiceOf(update);
            foreach (var content in update.Contents)
            {
                if (StreamParts.CitedBy(content) is { } cited)
                    use(cited);
                else if (!_textOf.ContainsKey(content) && Repeated(content, choice) is null)
                    use(content);
            }

            if (StreamParts.BesideOf(update) is { } beside)
                use(beside);
        }
    }

    private static AIContent WithCitations(AIContent piece, TextWalk replacing, TextWalk restoring) =>
        StreamParts.CitedBy(piece) is { } cited
            ? StreamParts.With((TextContent)piece, (TextContent)restoring.Walk(replacing.Walk(cited)))
            : piece;

    /// <summary>The text that a whole tool call repeats; null if its arguments did not arrive in pieces.</summary>
    private HeldText? Repeated(AIContent content, int choice) =>
        content is FunctionCallContent call && StreamParts.PiecesOf(call, choice) is { } pieces ? _open.GetValueOrDefault(pieces) : null;

    /// <summary>Removes the signature of reasoning that was changed.</summary>
    private AIContent Signed(AIContent content, int choice) =>
        content is TextReasoningContent reasoning
        && _texts.Exists(text => text is { Result: not null, Channel.Kind: StreamTextKind.Reasoning } && text.Channel.Choice == choice)
            ? StreamParts.Unsigned(reasoning)
            : content;

    /// <summary>One text of the stream.</summary>
    private sealed class HeldText(StreamChannel channel, bool isJson)
    {
        private bool _isGiven;

        public StreamChannel Channel => channel;

        public bool IsJson => isJson;

        public StringBuilder All { get; } = new();

        /// <summary>The text that replaces it; null if unchanged.</summary>
        public string? Result { get; private set; }

        /// <summary>Sets the text as the guards left it, and restores what was masked in the request.</summary>
        public void Become(string text, Placeholders placeholders)
        {
            var given = placeholders.Restore(text, isJson);
            Result = given == All.ToString() ? null : given;
        }

        /// <summary>Releases a piece: unchanged, or the whole replaced text with the first piece.</summary>
        public void Give(AIContent piece, List<AIContent> contents)
        {
            if (Result is null)
                contents.Add(piece);
            else if (!_isGiven || StreamParts.HasMore(piece))
                contents.Add(StreamParts.With(piece, _isGiven ? "" : Result, isChanged: true));
            _isGiven = true;
        }
    }
}

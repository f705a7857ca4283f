using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Guards;

/// <summary>
/// A stream that guards look at. Those that find in the text alone look piece by piece, and hold back only what may be the beginning of a
/// match; where one asks elsewhere and acts, the stream is held until all of it has been looked at. Not thread-safe.
/// </summary>
internal sealed class GuardedUpdates : UpdatesResponse
{
    private const int MostHeld = 8 * 1024 * 1024;

    private readonly UpdatesResponse _inner;
    private readonly GuardLook _look;
    private readonly GuardRule[] _scanning;
    private readonly GuardRule[] _asking;
    private readonly bool _holdsAll;
    private readonly Dictionary<string, GuardedText> _texts = new(StringComparer.Ordinal);
    private readonly Queue<ChatResponseUpdate> _ready = new();
    private ChatResponseUpdate? _last;
    private int _heldLetters;
    private bool _ended;

    public GuardedUpdates(UpdatesResponse inner, GuardLook look, GuardRule[] rules)
    {
        _inner = inner;
        _look = look;
        _scanning = Array.FindAll(rules, rule => rule.Guard is ITextScanner);
        _asking = Array.FindAll(rules, rule => rule.Guard is not ITextScanner);
        _holdsAll = Array.Exists(_asking, rule => rule.Enforces);
    }

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        while (Error is null)
        {
            if ((_ended || !_holdsAll) && _ready.TryDequeue(out var ready))
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

    /// <summary>Takes one update: its texts go through their guards, everything else stays in its place.</summary>
    private void Take(ChatResponseUpdate update)
    {
        var contents = new List<AIContent>(update.Contents.Count);
        var choice = update.AdditionalProperties?.GetValueOrDefault(CanonicalKeys.ChoiceIndex)?.ToString() ?? "";
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    Give(contents, $"{choice}text", text.Text, text, static (_, other) => new TextContent(other));
                    break;
                case TextReasoningContent { Text.Length: > 0 } reasoning:
                    Give(contents, $"{choice}reasoning", reasoning.Text, reasoning, static (from, other) => new TextReasoningContent(other)
                    {
                        ProtectedData = ((TextReasoningContent)from).ProtectedData,
                        AdditionalProperties = from.AdditionalProperties,
                    });
                    break;
                case ToolCallFragment fragment:
                    Flush(contents, choice, tools: false);
                    Give(contents, $"{choice}tool{fragment.Index}", fragment.Arguments, fragment, Copy);
                    break;
                case FunctionCallContent call:
                    Flush(contents, choice, tools: true);
                    // Its fragments have been counted; a client gets it or them.
                    contents.Add(new TextWalk(ScanWhole).Walk(call));
                    break;
                default:
                    Flush(contents, choice, tools: true);
                    contents.Add(content);
                    break;
            }

            if (Error is not null)
                return;
        }

        if (update.FinishReason is not null)
            Flush(contents, choice, tools: true);
        var isFirst = _last is null;
        var given = update.Clone();
        given.Contents = contents;
        _last = given;
        if (contents.Count > 0 || isFirst || update.FinishReason is not null || update.Contents.Count == 0)
            _ready.Enqueue(given);
        if (_holdsAll && (_heldLetters += update.Text.Length) > MostHeld)
            Stop(_asking[0].Failure());
    }

    private void Give(
        List<AIContent> contents, string channel, string piece, AIContent from, Func<AIContent, string, AIContent> make)
    {
        if (!_texts.TryGetValue(channel, out var text))
            _texts[channel] = text = new GuardedText(_look, _scanning, channel.Contains("tool", StringComparison.Ordinal));
        text.Keep(from, make);
        var released = text.Add(piece, out var refused);
        if (refused is not null)
        {
            Stop(refused);
            return;
        }

        if (released.Length > 0 || from is ToolCallFragment { CallId: not null })
            contents.Add(ReferenceEquals(released, piece) || released == piece ? from : make(from, released));
    }

    /// <summary>Gives out what is still held of a choice, before something else of it.</summary>
    private void Flush(List<AIContent> contents, string choice, bool tools)
    {
        foreach (var (channel, text) in _texts)
        {
            if (!channel.StartsWith(choice, StringComparison.Ordinal) || (!tools && channel.Contains("tool", StringComparison.Ordinal)))
                continue;
            var rest = text.End(out var refused);
            if (refused is not null)
                Stop(refused);
            else if (rest.Length > 0)
                contents.Add(text.Make(rest));
        }
    }

    private string ScanWhole(string text, bool isJson)
    {
        var whole = new GuardedText(_look, _scanning, isJson) { IsSilent = true };
        var given = whole.Add(text, out var refused);
        if (refused is null)
            given += whole.End(out refused);
        if (refused is not null)
            Stop(refused);
        return given == text ? text : given;
    }

    private async ValueTask EndAsync()
    {
        _ended = true;
        Error = _inner.Error;
        ErrorWasSent = _inner.ErrorWasSent;
        if (Error is not null)
            return;
        List<AIContent> rest = [];
        Flush(rest, "", tools: true);
        if (rest.Count > 0 && Error is null)
        {
            var last = _last!.Clone();
            last.Contents = rest;
            last.FinishReason = null;
            _ready.Enqueue(last);
        }

        if (Error is null && _asking.Length > 0)
        {
            List<string> texts = [.. _texts.Values.Select(text => text.All).Where(text => text.Length > 0)];
            var (_, refused) = await _look.AskAsync(_asking, GuardSide.Answer, texts).ConfigureAwait(false);
            if (refused is not null)
                Stop(refused);
        }
    }

    private void Stop(CallError refused)
    {
        Refuse(refused);
        _ready.Clear();
    }

    private static ToolCallFragment Copy(AIContent from, string arguments)
    {
        var fragment = (ToolCallFragment)from;
        return new ToolCallFragment
        {
            Index = fragment.Index,
            CallId = fragment.CallId,
            Name = fragment.Name,
            IsCustom = fragment.IsCustom,
            Arguments = arguments,
        };
    }
}

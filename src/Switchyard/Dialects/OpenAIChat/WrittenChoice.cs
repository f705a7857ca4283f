using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>One choice of a stream being written: which tool calls it has begun, under which index.</summary>
/// <param name="index">Its index.</param>
/// <param name="isLegacy">Whether the client reads calls of the old kind only, of which a message has one.</param>
internal sealed class WrittenChoice(int index, bool isLegacy)
{
    private readonly List<Call> _calls = [];

    public int Index { get; } = index;

    public bool IsOpen { get; set; }

    public ChatFinishReason? Finish { get; set; }

    public bool HasCalls => _calls.Count > 0;

    /// <summary>Whether the content is, or is a piece of, another call than the first.</summary>
    public bool IsOfFurtherCall(AIContent content) => _calls is [var first, ..] && content switch
    {
        ToolCallFragment fragment => first.Source != fragment.Index,
        FunctionCallContent call => call.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex) is { } source
            ? first.Source != source
            : first.Id != call.CallId,
        _ => false,
    };

    /// <summary>Adds content to the delta about to be written.</summary>
    public void Take(AIContent content, ref Delta delta)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                delta.Reasoning.Add(reasoning.Text);
                break;
            case TextContent text when ContentEncoder.IsRefusal(text):
                delta.Refusal.Add(text.Text);
                break;
            case TextContent { Text.Length: 0, Annotations.Count: > 0 }:
                break; // Its citations are written beside it.
            case TextContent text:
                delta.Text.Add(text.Text);
                break;
            case ToolCallFragment fragment:
                Take(fragment, ref delta);
                break;
            case FunctionCallContent call:
                Take(call, ref delta);
                break;
            case not null when AnswerMedia.IsImage(content) || AnswerMedia.IsAudio(content):
                delta.Add(content);
                break;
        }
    }

    private void Take(ToolCallFragment fragment, ref Delta delta)
    {
        var at = _calls.FindIndex(call => call.Source == fragment.Index);
        var opens = at < 0;
        if (opens)
        {
            at = _calls.Count;
            _calls.Add(new Call { Source = fragment.Index, Id = fragment.CallId, IsLegacy = isLegacy || IsLegacy(fragment) });
        }

        var call = _calls[at];
        call.HasArguments |= fragment.Arguments.Length > 0;
        if (!opens && fragment.Arguments.Length == 0)
            return;
        var id = opens ? fragment.CallId ?? "" : null;
        var name = opens ? fragment.Name ?? "" : null;
        delta.Add(new DeltaCall(at, id, name, fragment.Arguments, fragment.IsCustom, call.IsLegacy) { Others = call.New(fragment) });
    }

    /// <summary>A whole call: of a provider that does not stream arguments, or the end of one that has been written in fragments.</summary>
    private void Take(FunctionCallContent call, ref Delta delta)
    {
        int? source = call.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex);
        var at = source is null
            ? _calls.FindIndex(written => written.Source is not null && written.Id == call.CallId)
            : _calls.FindIndex(written => written.Source == source);
        var arguments = ToolCallEncoder.IsCustom(call)
            ? call.AdditionalProperties![CanonicalKeys.RawArguments] as string ?? ""
            : ToolArguments.ToText(call);
        if (at < 0)
        {
            at = _calls.Count;
            var begun = new Call { Source = source, Id = call.CallId, HasArguments = true };
            _calls.Add(begun);
            delta.Add(new DeltaCall(at, call.CallId, call.Name, arguments, ToolCallEncoder.IsCustom(call), IsOld(call))
            {
                Others = begun.New(call),
            });
            return;
        }

        var (isCustom, others) = (ToolCallEncoder.IsCustom(call), _calls[at].New(call));
        // A call without arguments must still add up to valid JSON.
        var lacksArguments = !_calls[at].HasArguments && !isCustom;
        if (!lacksArguments && others.Count == 0)
            return;
        _calls[at].HasArguments = true;
        delta.Add(new DeltaCall(at, null, null, lacksArguments ? arguments : "", isCustom, IsOld(call))
        {
            Others = others,
        });
    }

    private bool IsOld(FunctionCallContent call) => isLegacy || ToolCallEncoder.IsLegacy(call);

    private static bool IsLegacy(ToolCallFragment fragment) =>
        fragment.AdditionalProperties?.ContainsKey(CanonicalKeys.LegacyFunctionCall) == true;

    private sealed class Call
    {
        private HashSet<string>? _written;

        public int? Source { get; init; }

        public string? Id { get; init; }

        /// <summary>Whether it was made with the old <c>function_call</c>; set on its first fragment only.</summary>
        public bool IsLegacy { get; init; }

        public bool HasArguments { get; set; }

        /// <summary>The further members of a piece, or of the whole call, that have not been written yet.</summary>
        public List<KeyValuePair<string, JsonElement>> New(AIContent piece)
        {
            if (piece.AdditionalProperties is null)
                return [];
            List<KeyValuePair<string, JsonElement>> others = [];
            foreach (var other in ToolCallEncoder.Others(piece))
            {
                if ((_written ??= []).Add(other.Key))
                    others.Add(other);
            }

            return others;
        }
    }
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// One candidate of a stream being read. Function calls come whole; they come value by value only if the client asked for it.
/// </summary>
internal sealed class StreamedCandidate(int index, ToolCallBudget budget)
{
    private int _calls;
    private OpenCall? _open;

    public int Index { get; } = index;

    /// <summary>Whether an update of it has been emitted.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The wire's finish reason; null until it has come.</summary>
    public string? Finish { get; set; }

    /// <summary>The provider's message beside the finish reason; null without one.</summary>
    public string? FinishMessage { get; set; }

    public bool HasCalls => _calls > 0;

    /// <summary>The places in its text so far, which citations are counted by.</summary>
    public TextOffsets Offsets { get; } = new();

    /// <summary>Whether it has content: text, thoughts, a call.</summary>
    public bool SaidSomething { get; private set; }

    /// <summary>Reads the parts of one chunk.</summary>
    public void Decode(JsonElement parts, ChatResponseUpdate update, string? answerId)
    {
        foreach (var part in parts.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object)
                continue;
            if (part.Field("functionCall") is { ValueKind: JsonValueKind.Object } call && TakePiece(call, part, update, answerId))
                continue;
            var content = PartDecoder.Decode(part, "parts", name => CallIdMaker.Make(answerId, Index, _calls, name));
            if (content is FunctionCallContent whole)
                Add(whole, update);
            else if (content is TextContent { Text.Length: 0, AdditionalProperties: null })
                continue;
            else
                update.Contents.Add(content);
            SaidSomething |= content is not TextContent { Text.Length: 0 };
        }

        Offsets.Add(update.Contents);
    }

    /// <summary>Emits the open call, if its last piece was not marked as the last.</summary>
    public void Complete(ChatResponseUpdate update, string? answerId)
    {
        if (_open is not null)
            Close(update, answerId);
    }

    /// <returns>False for a call that came whole.</returns>
    private bool TakePiece(JsonElement call, JsonElement part, ChatResponseUpdate update, string? answerId)
    {
        var continues = call.Field("willContinue") is { ValueKind: JsonValueKind.True };
        var pieces = call.Field("partialArgs") is { ValueKind: JsonValueKind.Array } list ? list : default(JsonElement?);
        var name = call.FieldText("name") is { Length: > 0 } text ? text : null;
        // The end of a call in pieces that has been emitted already.
        if (_open is null && !call.EnumerateObject().Any())
            return true;
        if (pieces is null && !continues && (_open is null || name is not null))
        {
            // A whole call also ends the one still open.
            Complete(update, answerId);
            return false;
        }

        if (_open is not null && name is not null && name != _open.Name)
            Close(update, answerId);
        if (_open is null)
        {
            // Refused where a whole call without a name is.
            if (name is null)
                return false;
            _open = new OpenCall { Name = name, Id = call.FieldText("id") is { Length: > 0 } id ? id : null };
        }

        _open.Signature ??= part.FieldText("thoughtSignature") is { Length: > 0 } signature ? signature : null;
        if (call.Field("args") is { ValueKind: JsonValueKind.Object } whole)
        {
            budget.Take(whole.GetRawText());
            _open.Arguments.TakeWhole(whole);
        }

        if (pieces is { } values)
        {
            budget.Take(values.GetRawText());
            _open.Arguments.Take(values);
        }

        if (!continues)
            Close(update, answerId);
        return true;
    }

    private void Close(ChatResponseUpdate update, string? answerId)
    {
        var open = _open!;
        _open = null;
        var call = ToolArguments.ToCall(
            open.Id ?? CallIdMaker.Make(answerId, Index, _calls, open.Name), open.Name, open.Arguments.ToJson());
        if (open.Id is not null)
            call.AdditionalProperties![PartDecoder.HasWireId] = true;
        if (open.Signature is not null)
            ThoughtSignatures.Attach(call, open.Signature);
        Add(call, update);
        SaidSomething = true;
    }

    private void Add(FunctionCallContent call, ChatResponseUpdate update)
    {
        budget.Take(call);
        call.AdditionalProperties![CanonicalKeys.ToolCallIndex] = _calls++;
        update.Contents.Add(call);
    }

    private sealed class OpenCall
    {
        public required string Name { get; init; }

        public string? Id { get; init; }

        public string? Signature { get; set; }

        public PartialArguments Arguments { get; } = new();
    }
}

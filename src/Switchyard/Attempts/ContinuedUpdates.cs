using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Attempts;

/// <summary>
/// A chat stream that another target continues if it breaks off. The continuation belongs to the same message and repeats no text.
/// An answer that held anything but text so far is not continued: another model cannot complete half a tool call or half a thought.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="first">The answer that is open.</param>
/// <param name="request">The client's own request.</param>
/// <param name="next">Opens the continuing stream, from the text so far and the error; null if no target could continue.</param>
internal sealed class ContinuedUpdates(
    ModelCall call,
    UpdatesResponse first,
    CanonicalChatRequest request,
    Func<CanonicalChatRequest, string, CallError, ValueTask<UpdatesResponse?>> next)
    : UpdatesResponse
{
    private readonly StringBuilder _said = new();
    private UpdatesResponse _current = first;
    private ChatResponseUpdate? _opening;
    private TextSeam? _seam;
    private bool _canContinue = true;

    public override async ValueTask<ChatResponseUpdate?> ReadAsync()
    {
        while (true)
        {
            if (await _current.ReadAsync().ConfigureAwait(false) is { } update)
            {
                if (_seam is null || Join(update, _seam))
                    return Note(update);
                continue;
            }

            if (_current.Error is not { } error)
            {
                if (_seam?.Close() is { Length: > 0 } held)
                    return Note(AsOneMessage(new(ChatRole.Assistant, held)));
                IsComplete = _current.IsComplete;
                return null;
            }

            if (!_canContinue || !IsProviderFailure(error) || await ContinueAsync(error).ConfigureAwait(false) is not { } following)
            {
                Error ??= error;
                return null;
            }

            (_current, _seam) = (following, new TextSeam(_said.ToString()));
        }
    }

    protected override ValueTask ReleaseAsync() => _current.DisposeAsync();

    private async ValueTask<UpdatesResponse?> ContinueAsync(CallError error)
    {
        // Ends the attempt that broke off, before the next one begins.
        await _current.DisposeAsync().ConfigureAwait(false);
        return await next(request, _said.ToString(), error).ConfigureAwait(false);
    }

    private static bool IsProviderFailure(CallError error) =>
        error.Kind == CallErrorKind.StreamInterrupted || Faults.IsTriedElsewhere(Faults.Of(error));

    /// <summary>Records what the client receives.</summary>
    private ChatResponseUpdate Note(ChatResponseUpdate update)
    {
        _opening ??= update.Clone();
        // After a finish reason only the end of the stream is missing.
        if (update.FinishReason is not null || update.AdditionalProperties?.ContainsKey(CanonicalKeys.ChoiceIndex) is true)
            _canContinue = false;
        foreach (var content in update.Contents)
        {
            if (content is TextContent text && text.AdditionalProperties?.ContainsKey(CanonicalKeys.Refusal) is not true)
                _said.Append(text.Text);
            else if (content is not UsageContent)
                _canContinue = false;
        }

        return update;
    }

    /// <summary>Makes an update of the new target part of the message that has begun.</summary>
    /// <returns>False if nothing of it is left to send.</returns>
    private bool Join(ChatResponseUpdate update, TextSeam seam)
    {
        var contents = new List<AIContent>(update.Contents.Count + 1);
        foreach (var content in update.Contents)
        {
            if (content is TextReasoningContent)
            {
                // The client has the beginning of the answer already; reasoning comes before it.
                call.Attempt!.Losses.Drop("reasoning");
                continue;
            }

            var text = content is TextContent said ? seam.Take(said.Text) : content is UsageContent ? "" : seam.Close();
            if (text.Length > 0)
                contents.Add(new TextContent(text) { Annotations = content.Annotations });
            if (content is not TextContent)
                contents.Add(content);
        }

        if (update.FinishReason is not null && seam.Close() is { Length: > 0 } held)
            contents.Add(new TextContent(held));
        update.Contents = contents;
        AsOneMessage(update);
        return contents.Count > 0 || update.FinishReason is not null;
    }

    private ChatResponseUpdate AsOneMessage(ChatResponseUpdate update)
    {
        if (_opening is { } opening)
        {
            (update.ResponseId, update.MessageId) = (opening.ResponseId, opening.MessageId);
            (update.ModelId, update.CreatedAt) = (opening.ModelId, opening.CreatedAt);
        }

        return update;
    }
}

using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// The errors that a client in this process returns as <see cref="ErrorContent"/> instead of throwing them. The clients of
/// Microsoft.Extensions.AI do so with an error event in a stream, after which the stream ends normally, and with a refusal of the model.
/// Other errors may be warnings, so an error counts as a failure only where it is the end of its answer. Not thread-safe; one per answer.
/// </summary>
internal sealed class ReportedErrors
{
    // The code that these clients give to a refusal.
    private const string Refusal = "Refusal";

    // Of an error whose code is unknown.
    private const int BadGateway = 502;

    private ErrorContent? _last;

    /// <summary>Whether an error was taken last: the next update shows whether it is the end of the answer.</summary>
    public bool IsPending => _last is not null;

    /// <summary>Whether a content is a part of the answer itself.</summary>
    public static bool IsAnswerPart(AIContent content) => content switch
    {
        UsageContent => false,
        ErrorContent error => IsRefusal(error),
        TextContent text => text.Text.Length > 0,
        TextReasoningContent reasoning => reasoning.Text.Length > 0 || reasoning.ProtectedData is not null,
        _ => true,
    };

    /// <summary>Whether an error is a refusal of the model, which is an answer.</summary>
    public static bool IsRefusal(ErrorContent error) => error.ErrorCode == Refusal;

    /// <summary>The error that ended a whole answer; null if none did.</summary>
    public static CallError? EndingOf(ChatResponse answer, ModelCall call, string provider)
    {
        var errors = new ReportedErrors();
        foreach (var message in answer.Messages)
            errors.Take(message.Contents, finish: null);
        errors.Take([], answer.FinishReason);
        return errors.Ending(call, provider);
    }

    /// <summary>Takes the next update of the answer.</summary>
    public void Take(ChatResponseUpdate update) => Take(update.Contents, update.FinishReason);

    /// <summary>At the end of the answer: the error that ended it, with nothing and no finish reason after it; null if none did.</summary>
    public CallError? Ending(ModelCall call, string provider)
    {
        if (_last is not { } error)
            return null;
        var message = error.Message is { Length: > 0 } said ? said : "The provider reported an error without a message.";
        return UpstreamFailure.Finish(
            UpstreamErrors.Of(UpstreamErrors.StatusOf(error.ErrorCode) ?? BadGateway, provider, message, code: error.ErrorCode),
            call,
            provider);
    }

    private void Take(IList<AIContent> contents, ChatFinishReason? finish)
    {
        foreach (var content in contents)
        {
            if (content is ErrorContent error && !IsRefusal(error))
                _last = error;
            else if (IsAnswerPart(content))
                _last = null;
        }

        if (finish is not null)
            _last = null;
    }
}

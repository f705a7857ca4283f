using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// The attempt loop: tries the route's deployments in order until one answer is open. Only failures that say so
/// (<see cref="CallError.IsRetryable"/>) lead on, and only before a byte has reached the client.
/// </summary>
internal sealed partial class FallbackMiddleware(ILogger<FallbackMiddleware> logger) : ICallMiddleware
{
    /// <summary>The first target and three further ones.</summary>
    internal const int MaxTargets = 4;

    public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        CallResponse? last = null;
        foreach (var group in call.Route!.Groups)
        {
            foreach (var deployment in group.Deployments)
            {
                if (last is not null)
                {
                    if (!MayTryAnother(call, last))
                        return last;
                    if (!call.Body.CanBeSent)
                        return await SentOnceAsync(last);
                    LogFallback(call.Id, call.Attempt!.Deployment, last.Error!.Kind, last.Error.Message, deployment);
                    await last.DisposeAsync();
                }

                var attempt = call.BeginAttempt(deployment);
                last = await next(call);
                attempt.Error = last.Error;
                if (last.Error is null)
                    return last;
            }
        }

        return last!;
    }

    private static bool MayTryAnother(ModelCall call, CallResponse failed) =>
        failed.Error!.IsRetryable && !call.IsCommitted && call.AttemptCount < MaxTargets && !call.Aborted.IsCancellationRequested;

    /// <summary>An upload too large to hold cannot be sent again, and whoever asked for a fallback should know why there was none.</summary>
    private static async ValueTask<CallResponse> SentOnceAsync(CallResponse failed)
    {
        var error = failed.Error!;
        await failed.DisposeAsync();
        return new FailedResponse(error with
        {
            Message = $"{error.Message.TrimEnd('.')}. No other target was tried: the upload had been passed on already and was too large to keep.",
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "Call {RequestId}: {From} failed ({Kind}: {Reason}); falling back to {To}")]
    private partial void LogFallback(string requestId, Deployment from, CallErrorKind kind, string reason, Deployment to);
}

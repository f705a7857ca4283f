using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Tries the route's deployments in order until one answer is open. It falls back to the next one only after a retryable failure
/// (<see cref="CallError.IsRetryable"/>), and only before a byte has reached the client. Thread-safe.
/// </summary>
/// <param name="random">The source of random numbers for the selectors of the groups.</param>
/// <param name="logger">Logs each fallback.</param>
internal sealed partial class AttemptLoop(Random random, ILogger<AttemptLoop>? logger = null) : ICallMiddleware
{
    /// <summary>The most attempts of a call: the first target and three fallbacks.</summary>
    internal const int MaxAttempts = 4;

    private readonly ILogger _logger = logger ?? NullLogger<AttemptLoop>.Instance;

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        // With one deployment, the most common route, there is no fallback, so its task is returned without an async state machine.
        if (call.Route!.Only is { } only)
        {
            call.BeginAttempt(only);
            return next(call);
        }

        return TryInOrderAsync(call, call.Route, next);
    }

    private async ValueTask<CallResponse> TryInOrderAsync(ModelCall call, Route route, CallHandler next)
    {
        CallResponse? failed = null;
        var groups = route.Groups;
        for (var i = 0; i < groups.Count; i++)
        {
            var order = groups[i].Order(random);
            for (var j = 0; j < order.Length; j++)
            {
                var deployment = order[j];
                if (failed is not null)
                {
                    if (!MayTryAnother(call, failed))
                        return failed;
                    if (!call.Body.CanBeSent)
                        return await SentOnceAsync(failed).ConfigureAwait(false);
                    LogFallback(call, failed.Error!, deployment);
                    await failed.DisposeAsync().ConfigureAwait(false);
                }

                var isLast = (i == groups.Count - 1 && j == order.Length - 1) || call.AttemptCount == MaxAttempts - 1;
                var attempt = call.BeginAttempt(deployment, mayBeFollowed: !isLast);
                var response = await next(call).ConfigureAwait(false);
                if (response.Error is null)
                    return response;
                // Egress has ended the attempt already, unless a host's middleware failed it without sending.
                attempt.Fail(response.Error);
                failed = response;
            }
        }

        return failed!;
    }

    private static bool MayTryAnother(ModelCall call, CallResponse failed) =>
        failed.Error!.IsRetryable && !call.IsCommitted && call.AttemptCount < MaxAttempts && !call.Aborted.IsCancellationRequested;

    /// <summary>The failure of an upload that cannot be sent again, with a message that says why no fallback was tried.</summary>
    private static async ValueTask<CallResponse> SentOnceAsync(CallResponse failed)
    {
        var error = failed.Error!;
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(error with
        {
            Message = $"{error.Message.TrimEnd('.')}. "
                + "No other target was tried: the upload had been passed on already and was too large to keep.",
        });
    }

    private void LogFallback(ModelCall call, CallError error, Deployment to)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogFallback(
                call.Id, LogText.Escape($"{call.Attempt!.Deployment}"), error.Kind, LogText.Escape(error.Message), LogText.Escape($"{to}"));
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Call {RequestId}: {From} failed ({Kind}: {Reason}); falling back to {To}")]
    private partial void LogFallback(string requestId, string from, CallErrorKind kind, string reason, string to);
}

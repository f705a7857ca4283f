using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>Logs what is tried after a failure. Thread-safe.</summary>
internal sealed partial class AttemptLog(ILogger? logger)
{
    private readonly ILogger _logger = logger ?? NullLogger.Instance;

    public void Decision(ModelCall call)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
            LogDecision(call.Id, LogText.Escape($"{call.Decision}"));
    }

    public void Fallback(ModelCall call, CallError error, Deployment to)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogFallback(
                call.Id, LogText.Escape($"{call.Attempt!.Deployment}"), error.Kind, ReasonOf(call, error), LogText.Escape($"{to}"));
        }
    }

    public void Retry(ModelCall call, CallError error, in Candidate candidate, TimeSpan wait)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogRetry(
                call.Id, candidate.Tries, candidate.Deployment.Policy.Attempts, (long)wait.TotalMilliseconds,
                LogText.Escape($"{candidate.Deployment}"), ReasonOf(call, error));
        }
    }

    public void Hedge(ModelCall call, Deployment late, TimeSpan delay, Deployment other)
    {
        if (_logger.IsEnabled(LogLevel.Information))
            LogHedge(call.Id, LogText.Escape($"{late}"), (long)delay.TotalMilliseconds, LogText.Escape($"{other}"));
    }

    public void Continuation(ModelCall call, Deployment from, CallError broken, Deployment to)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
            LogContinuation(call.Id, LogText.Escape($"{from}"), ReasonOf(call, broken), LogText.Escape($"{to}"));
    }

    public void BudgetUsedUp(ModelCall call) => LogBudget(call.Id);

    private static string ReasonOf(ModelCall call, CallError error) =>
        CallLog.IsWithheld(call, error) ? CallLog.Withheld : LogText.Escape(error.Message);

    [LoggerMessage(1, LogLevel.Warning, "Call {RequestId}: {From} failed ({Kind}: {Reason}); falling back to {To}")]
    private partial void LogFallback(string requestId, string from, CallErrorKind kind, string reason, string to);

    [LoggerMessage(
        2, LogLevel.Warning,
        "Call {RequestId}: Request failed (attempt {Attempt}/{Attempts}), retrying in {Delay}ms: {Target}: {Reason}")]
    private partial void LogRetry(string requestId, int attempt, int attempts, long delay, string target, string reason);

    [LoggerMessage(4, LogLevel.Information, "Call {RequestId}: {Late} has not answered within {Delay} ms; {Other} is asked too")]
    private partial void LogHedge(string requestId, string late, long delay, string other);

    [LoggerMessage(5, LogLevel.Warning, "Call {RequestId}: the answer of {From} broke off ({Reason}); {To} continues it")]
    private partial void LogContinuation(string requestId, string from, string reason, string to);

    [LoggerMessage(6, LogLevel.Debug, "Call {RequestId}: {Decision}")]
    private partial void LogDecision(string requestId, string decision);

    [LoggerMessage(3, LogLevel.Warning, "Call {RequestId}: not retried, because the retries of all calls have used up retry.budget")]
    private partial void LogBudget(string requestId);
}

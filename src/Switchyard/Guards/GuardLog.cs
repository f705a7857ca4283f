using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Telemetry;

namespace Switchyard.Guards;

/// <summary>Reports what guards found on the call, in the log and in the metrics; never the text that was found. Thread-safe.</summary>
internal sealed partial class GuardLog(EngineMetrics metrics, ILogger<GuardLog>? logger = null)
{
    private const int LongestKind = 40;

    private readonly ILogger _logger = logger ?? NullLogger<GuardLog>.Instance;

    /// <summary>The distinct kinds of the matches. A plugin or a service may have supplied them, so they are sanitised.</summary>
    public static IReadOnlyList<string> KindsOf(IReadOnlyList<GuardMatch> matches) =>
        [.. matches.Select(match => Clean(match.Kind)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>A kind, reduced to the allowed characters.</summary>
    public static string Clean(string? kind)
    {
        var letters = (kind ?? "").ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' ? letter : '_');
        var clean = string.Concat(letters.Take(LongestKind));
        return clean.Length == 0 ? "match" : clean;
    }

    /// <summary>Reports that a guard found something.</summary>
    public void Found(ModelCall call, GuardRule rule, GuardSide side, GuardVerdict verdict)
    {
        var action = !rule.Enforces ? "reported" : verdict.Action == GuardAction.Block ? "blocked" : "masked";
        var kinds = KindsOf(verdict.Matches);
        Note(call, rule, action, kinds);
        if (_logger.IsEnabled(LogLevel.Information))
        {
            var where = side == GuardSide.Request ? "request" : "answer";
            LogFound(rule.Name, action, string.Join(", ", kinds), verdict.Matches.Count, where, call.Id);
        }
    }

    /// <summary>Reports that a guard failed.</summary>
    public void Failed(ModelCall call, GuardRule rule, Exception why)
    {
        Note(call, rule, "failed", []);
        var reason = LogText.Escape(call.Snapshot.Secrets.Redact(why.Message));
        LogFailed(rule.Name, call.Id, reason, rule is { FailsClosed: true, Enforces: true } ? "it is refused" : "it passes");
    }

    /// <summary>Reports that a guard skipped content that cannot be read as text, such as an upload.</summary>
    public void Skipped(ModelCall call, GuardRule rule) => Note(call, rule, "skipped", []);

    private void Note(ModelCall call, GuardRule rule, string action, IReadOnlyList<string> kinds)
    {
        var facts = call.Get(CallMarks.Guards);
        if (facts is null)
            call.Set(CallMarks.Guards, facts = new GuardFacts());
        facts.Note(rule.Name, action, kinds);
        metrics.GuardMatched(rule.Name, action);
    }

    [LoggerMessage(1, LogLevel.Information, "Guard {Guard} {Action} {Kinds} ({Count} places) in the {Side} of call {RequestId}")]
    private partial void LogFound(string guard, string action, string kinds, int count, string side, string requestId);

    [LoggerMessage(2, LogLevel.Warning, "Guard {Guard} could not check call {RequestId}: {Reason}; {Consequence}")]
    private partial void LogFailed(string guard, string requestId, string reason, string consequence);
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;
using Switchyard.Network;

namespace Switchyard.Telemetry;

/// <summary>
/// Reports each decision of the network policy as the event <c>egress.guard</c>: a log line (a warning if refused or reported, else level
/// debug), a count, and an event of the current span. Thread-safe.
/// </summary>
internal sealed partial class EgressEvents(EngineMetrics metrics, ILogger<EgressEvents>? logger = null) : IEgressObserver
{
    private const string EventName = "egress.guard";

    private readonly ILogger _logger = logger ?? NullLogger<EgressEvents>.Instance;

    public void OnDecided(in EgressDecision decision)
    {
        var outcome = decision.Reason == EgressReason.None ? "allowed" : decision.IsBlocked ? "blocked" : "reported";
        metrics.Decided(decision.Request.Provider ?? "", decision.Request.Action, outcome);
        if (Activity.Current is { IsAllDataRequested: true } span)
            span.AddEvent(new ActivityEvent(EventName, tags: Tags(decision, outcome)));
        var level = outcome == "allowed" ? LogLevel.Debug : LogLevel.Warning;
        if (_logger.IsEnabled(level))
            Log(level, decision);
    }

    private static ActivityTagsCollection Tags(in EgressDecision decision, string outcome) => new()
    {
        { "target", TargetOf(decision) },
        { "mode", ModeOf(decision) },
        { "decision", outcome },
        { "action", decision.Request.Action },
        { "provider", decision.Request.Provider },
        { "operation", OperationOf(decision) },
        { "model", decision.Request.Model },
        { "address", decision.Address?.ToString() },
    };

    private void Log(LogLevel level, in EgressDecision decision)
    {
        var request = decision.Request;
        LogDecided(
            level, Sentence(decision), LogText.Escape(TargetOf(decision)), ModeOf(decision), request.Action, request.Provider ?? "-",
            OperationOf(decision) ?? "-", LogText.Escape(request.Model ?? "-"), decision.Address is { } address ? $"{address}" : "-");
    }

    private static string Sentence(in EgressDecision decision) => (decision.Reason, decision.IsBlocked) switch
    {
        (EgressReason.None, _) => "egress allowed",
        (EgressReason.NotListed, true) => "egress blocked by policy, no entry of egress.allow names the host",
        (_, true) => "egress blocked by policy, the address is not public and no entry of egress.allow names it",
        (EgressReason.NotListed, false) => "egress would be blocked by policy, no entry of egress.allow names the host",
        _ => "egress would be blocked by policy, the address is not public and no entry of egress.allow names it",
    };

    /// <summary>
    /// The URL without its query, which may contain a secret; only the host of a URL from a client, because it is content.
    /// </summary>
    private static string TargetOf(in EgressDecision decision) => decision.Request.Target!.GetComponents(
        decision.Request.Action == EgressActions.MediaDownload
            ? UriComponents.SchemeAndServer
            : UriComponents.SchemeAndServer | UriComponents.Path,
        UriFormat.UriEscaped);

    private static string ModeOf(in EgressDecision decision) => decision.Mode == EgressEnforcement.Enforce ? "enforce" : "report";

    private static string? OperationOf(in EgressDecision decision) =>
        decision.Request.Operation is { } operation ? OperationNames.Label(operation) : null;

    [LoggerMessage(
        EventId = 1,
        EventName = EventName,
        SkipEnabledCheck = true,
        Message = "{Decision}: target={Target}, mode={Mode}, action={Action}, provider={Provider}, operation={Operation}, model={Model}, "
            + "address={Address}")]
    private partial void LogDecided(
        LogLevel level, string decision, string target, string mode, string action, string provider, string operation, string model,
        string address);
}

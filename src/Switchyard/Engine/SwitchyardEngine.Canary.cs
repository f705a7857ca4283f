using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Runtime;
using Switchyard.Routing;

namespace Switchyard.Engine;

/// <content>A candidate configuration for a share of the calls.</content>
public sealed partial class SwitchyardEngine
{
    (long Generation, CanarySide Stable, CanarySide Candidate) IConfigurationTarget.ReadCanary() =>
        _current?.Canary is not { } canary ? (0, new() { Calls = 0, Failed = 0 }, new() { Calls = 0, Failed = 0 })
        : (canary.Calls.Generation, canary.Gate.Stable.Read(), canary.Gate.Candidate.Read());

    /// <summary>The counts of a candidate continue when something else changes.</summary>
    private static CanaryGate GateOf(EngineSnapshot? before, CanaryPlan plan) =>
        before?.Canary is { Gate: var gate } && plan.IsSameAs(gate.Plan) ? gate : new(plan);

    /// <summary>
    /// The candidate beside the configuration in force: with the same providers and shared state, and with the candidate's own routes,
    /// clocks and prices. Null if it no longer fits the written configuration; all calls then run on the configuration in force.
    /// </summary>
    private EngineCanary? BuildCanary(
        CanaryGate gate, CallSnapshot stable, SwitchyardOptions written, RuntimeInForce runtime, SwitchyardOptions resolved,
        ProviderView providers)
    {
        var wanted = written.Copy();
        var layer = runtime.Layer.With(gate.Plan.Layer.Settings, written);
        if (layer.ApplyTo(wanted) is [var unread, ..])
            return Unfit(unread.ToString());
        if (OptionsCheck.FindErrors(wanted) is [var error, ..])
            return Unfit(error);
        var options = resolved.Copy();
        options.Models = wanted.Models;
        options.Routing = wanted.Routing;
        options.Timeouts = wanted.Timeouts;
        options.Retry = wanted.Retry;
        options.Circuit = wanted.Circuit;
        options.Prices = wanted.Prices;
        options.Strict = wanted.Strict;
        options.DefaultProvider = wanted.DefaultProvider;
        // The same objects: they identify a key of the store, and thus its revocation or rotation.
        options.Keys = resolved.Keys;
        var view = _providers.ViewOf(options, providers.Limits);
        var routes = new RouteTable(options.Models, view, options.DefaultProvider, options.Routing, options.Prices);
        var calls = SnapshotOf(options, view, routes, stable.Generation + 1, gate.Candidate, stable.HopId);
        LogTried(calls.Generation, PercentText.Format(gate.Plan.Share));
        return new(calls, gate);

        EngineCanary? Unfit(string reason)
        {
            LogUnfit(reason);
            return null;
        }
    }

    [LoggerMessage(11, LogLevel.Information, "Configuration {Generation} is tried on {Share} of the calls")]
    private partial void LogTried(long generation, string share);

    [LoggerMessage(12, LogLevel.Error, "The canary no longer fits the other settings, and gets no calls: {Reason}")]
    private partial void LogUnfit(string reason);
}

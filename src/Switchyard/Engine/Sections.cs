using Switchyard.Affinity;
using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Egress.Media;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Naming;
using Switchyard.Network;
using Switchyard.Statistics;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>Builds the sections of a snapshot: the values that each feature resolves from the options.</summary>
internal static class Sections
{
    /// <summary>Builds the sections.</summary>
    /// <param name="options">The options.</param>
    /// <param name="lasting">The state that outlives the snapshot.</param>
    /// <param name="limits">The limits, to which those of keys and tenants are added.</param>
    /// <param name="nameOf">Maps a provider's name in the configuration to its registered name.</param>
    public static CallSections From(
        SwitchyardOptions options, LastingState lasting, LimitTable limits, Func<string, string> nameOf) =>
        Identities(options, lasting, limits, nameOf)
        .With(AffinityPlan.Section, AffinityPlan.From(options, lasting.Affinities))
        .With(AnswerOwners.Section, lasting.Owners)
        .With(OpenPaths.Section, OpenPaths.From(options.Server.Open))
        .With(ForeignHeaders.Section, ForeignHeaders.From(options.Server.HeadersOf))
        .With(WebPolicy.Section, WebPolicy.From(
            [.. options.Server.AllowedHosts, .. ListenAddressPolicy.HostsOf(options.Server.Urls).Where(host => host != "*")],
            options.Server.Cors.Origins))
        .With(RequestLimits.Section, new RequestLimits(
            options.Server.MaxBodyBytes,
            options.Server.MaxBodiesBytes ?? RequestLimits.DefaultMaxBodies(options.Server.MaxBodyBytes)))
        .With(Heartbeats.Section, Heartbeats.Every(options.Server.Heartbeat))
        .With(CallPlaces.Section, options.Routing.Concurrency is not { } limit
            ? null
            : new CallPlaces(lasting.Places, limit, options.Routing.Queue, options.Routing.QueueWait))
        .With(AnswerNames.Section, AnswerNames.From(options))
        .With(MoneyPlan.Section, MoneyPlan.From(options, nameOf))
        .With(RetryPolicy.Section, new RetryPolicy
        {
            Base = options.Retry.Base,
            Max = options.Retry.Max,
            Budget = options.Retry.Budget,
        })
        .With(TelemetrySettings.Section, TelemetrySettings.From(options, lasting.Models))
        .With(StatisticsPlan.Section, StatisticsPlan.From(options.Statistics));

    /// <summary>Adds the addresses that calls, and URLs named by clients, may reach.</summary>
    public static CallSections WithReach(this CallSections sections, SwitchyardOptions options, ProviderSet providers) => sections
        .With(EgressGuard.Section, providers.Egress)
        .With(MediaPolicy.Section, MediaPolicy.From(options.Media, providers.Guards, providers.Egress));

    private static CallSections Identities(
        SwitchyardOptions options, LastingState lasting, LimitTable limits, Func<string, string> nameOf)
    {
        var tenants = TenantTable.From(options, limits, nameOf);
        return new CallSections()
            .With(AdminAccess.Section, AdminAccess.From(options.Admin))
            .With(TenantTable.Section, tenants)
            .With(CallerTable.Section, CallerTable.From(options, tenants, limits, lasting.Keys, lasting.Time, nameOf));
    }

    public static CallClocks Clocks(TimeoutOptions options) => new()
    {
        Connect = options.Connect,
        FirstToken = options.FirstToken,
        CommentsCount = options.CommentsCount,
        Attempt = options.Attempt,
        Idle = options.Idle,
        Write = options.Write,
        Total = options.Total,
    };
}

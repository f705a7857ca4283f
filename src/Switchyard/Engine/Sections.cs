using Switchyard.Affinity;
using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Egress.Media;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Network;
using Switchyard.Statistics;
using Switchyard.Targets;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>Builds the sections of a snapshot: the values that each feature resolves from the options.</summary>
internal static class Sections
{
    /// <summary>Builds the sections.</summary>
    /// <param name="options">The options.</param>
    /// <param name="places">The concurrency places of all calls, which outlive the snapshot.</param>
    /// <param name="models">The models known as data.</param>
    /// <param name="affinities">The targets of affinities, which outlive the snapshot.</param>
    /// <param name="owners">The accounts that store answers, which outlive the snapshot.</param>
    /// <param name="limits">The limits, to which those of keys and tenants are added.</param>
    /// <param name="keys">The store's keys and tenants, which outlive the snapshot.</param>
    /// <param name="time">The clock.</param>
    /// <param name="nameOf">Maps a provider's name in the configuration to its registered name.</param>
    public static CallSections From(
        SwitchyardOptions options, ConcurrencyGate places, ModelCatalog models, AffinityStore affinities, AnswerOwners owners,
        LimitTable limits, KeyDirectory keys, TimeProvider time, Func<string, string> nameOf) =>
        Identities(options, limits, keys, time, nameOf)
        .With(AffinityPlan.Section, AffinityPlan.From(options, affinities))
        .With(AnswerOwners.Section, owners)
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
            : new CallPlaces(places, limit, options.Routing.Queue, options.Routing.QueueWait))
        .With(MoneyPlan.Section, MoneyPlan.From(options, nameOf))
        .With(RetryPolicy.Section, new RetryPolicy
        {
            Base = options.Retry.Base,
            Max = options.Retry.Max,
            Budget = options.Retry.Budget,
        })
        .With(TelemetrySettings.Section, TelemetrySettings.From(options, models))
        .With(StatisticsSection.Key, StatisticsSection.From(options.Statistics));

    /// <summary>Adds the addresses that calls, and URLs named by clients, may reach.</summary>
    public static CallSections WithReach(this CallSections sections, SwitchyardOptions options, ProviderSet providers) => sections
        .With(EgressGuard.Section, providers.Egress)
        .With(MediaPolicy.Section, MediaPolicy.From(options.Media, providers.Guards, providers.Egress));

    private static CallSections Identities(
        SwitchyardOptions options, LimitTable limits, KeyDirectory keys, TimeProvider time, Func<string, string> nameOf)
    {
        var tenants = TenantTable.From(options, limits, nameOf);
        return new CallSections()
            .With(AdminAccess.Section, AdminAccess.From(options.Admin))
            .With(TenantTable.Section, tenants)
            .With(CallerTable.Section, CallerTable.From(options, tenants, limits, keys, time, nameOf));
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

using System.Collections.Frozen;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Models;

namespace Switchyard.Telemetry;

/// <summary>The settings of metrics. A section of the snapshot, absent if metrics are off. Immutable.</summary>
internal sealed class TelemetrySettings
{
    public static readonly SectionKey<TelemetrySettings> Section = new();

    private readonly FrozenSet<(string Provider, string Model)> _configured;
    private readonly ModelCatalog _catalog;

    private TelemetrySettings(SwitchyardOptions options, ModelCatalog catalog)
    {
        _catalog = catalog;
        DefaultTenant = TenantNames.DefaultLabel(options.Telemetry.Tenant, Environment.GetEnvironmentVariable);
        Names = options.Telemetry.Names.Count == 0 ? ["provider"] : [.. options.Telemetry.Names.Select(name => name.Trim())];
        var targets = options.Models.Values.SelectMany(alias => alias.Targets.Concat(alias.Fallback)).Select(target => target.Model);
        _configured = options.Providers.SelectMany(pair => pair.Value?.Models.Select(model => (pair.Key.ToLowerInvariant(), model)) ?? [])
            .Concat(targets.Where(target => target.Contains('/', StringComparison.Ordinal)).Select(Split))
            .ToFrozenSet();
    }

    /// <summary>The tenant label of calls that name none.</summary>
    public string DefaultTenant { get; }

    /// <summary>The sets of names that are served.</summary>
    public IReadOnlyCollection<string> Names { get; }

    public static TelemetrySettings? From(SwitchyardOptions options, ModelCatalog catalog) =>
        options.Telemetry.Metrics ? new(options, catalog) : null;

    /// <summary>Whether the configuration or the catalogue names a model, and not only a client.</summary>
    public bool Knows(string provider, string model) =>
        _configured.Contains((provider, model)) || _catalog.IsListed(provider, model);

    private static (string, string) Split(string target)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        return (target[..slash].Trim().ToLowerInvariant(), target[(slash + 1)..]);
    }
}

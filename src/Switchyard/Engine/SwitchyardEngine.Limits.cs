using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <content>The engine as the source of limits: those of the configuration in force.</content>
public sealed partial class SwitchyardEngine : ILimitSource
{
    /// <summary>The limits of requests and tokens: their counts, and methods to change and reset them.</summary>
    public RateLimits Limits => field ??= new RateLimits(this, _time);

    SharedCounting? ILimitSource.Shared => _providers.SharedLimits;

    LimitTable ILimitSource.Limits => Current.Providers.Limits;

    LimitOptions? ILimitSource.SettingsOf(string name) => InForce.Limits.GetValueOrDefault(name);

    IEnumerable<(string Provider, int PerMinute)> ILimitSource.ProvidersWithLimits => Current.Providers.ProvidersWithLimits;

    string ILimitSource.LimitNameOf(string name) =>
        TargetNames.ProviderOrTarget(name, provider => Registry.GetRegisteredName(provider) ?? provider);
}

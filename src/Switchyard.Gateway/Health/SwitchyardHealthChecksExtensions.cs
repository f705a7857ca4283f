using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Switchyard.Engine;
using Switchyard.Gateway.Health;
using Switchyard.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the engine to the health checks of its host.</summary>
public static class SwitchyardHealthChecksExtensions
{
    /// <summary>
    /// Adds a check of the engine added with <c>AddSwitchyard</c>: it fails while no call can be served, and is degraded while a provider
    /// is not healthy. It sends no request to a provider: it reports what calls and the monitor have shown.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returns.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">The status while no call can be served; null means <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags, by which a host selects checks.</param>
    public static IHealthChecksBuilder AddSwitchyard(
        this IHealthChecksBuilder builder, string name = "switchyard", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new EngineHealthCheck(
                services.GetRequiredService<SwitchyardEngine>(),
                services.GetRequiredService<HealthChecker>(),
                services.GetService<IHostApplicationLifetime>()),
            failureStatus,
            tags));
    }
}

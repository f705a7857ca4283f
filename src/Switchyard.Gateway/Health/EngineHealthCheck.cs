using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Targets;

namespace Switchyard.Gateway.Health;

/// <summary>
/// The engine in the health checks of its host: failed while no call can be served or the host is stopping, degraded while a provider is
/// not healthy, with the state of each provider as data. It sends no request to a provider.
/// </summary>
internal sealed class EngineHealthCheck(SwitchyardEngine engine, HealthChecker health, IHostApplicationLifetime? lifetime = null)
    : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (lifetime?.ApplicationStopping.IsCancellationRequested is true)
            return new(context.Registration.FailureStatus, "The host is being stopped.");
        try
        {
            await engine.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new(context.Registration.FailureStatus, "The engine could not be started.", e);
        }

        var statuses = health.Statuses;
        var data = statuses.ToDictionary(status => status.Name, object (status) => status.State.ToString());
        if (engine.NotReady is { } reason)
            return new(context.Registration.FailureStatus, reason, data: data);
        var unwell = statuses.Where(status => status.State is HealthState.Degraded or HealthState.Unhealthy).ToList();
        return unwell.Count == 0
            ? HealthCheckResult.Healthy("Calls can be served.", data)
            : HealthCheckResult.Degraded(
                string.Join(" ", unwell.Select(status => $"{status.Name} is {status.State}: {status.Error}")), data: data);
    }
}

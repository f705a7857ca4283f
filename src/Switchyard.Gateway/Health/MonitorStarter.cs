using Microsoft.Extensions.Hosting;
using Switchyard.Health;

namespace Switchyard.Gateway.Health;

/// <summary>Runs the health monitor as long as the host runs. The engine has been started before.</summary>
internal sealed class MonitorStarter(HealthMonitor monitor) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        monitor.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await monitor.DisposeAsync().AsTask().WaitAsync(cancellationToken);
}

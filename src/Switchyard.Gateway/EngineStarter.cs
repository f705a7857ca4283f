using Microsoft.Extensions.Hosting;
using Switchyard.Engine;

namespace Switchyard.Gateway;

/// <summary>Starts the engine before the server listens, so that an invalid configuration fails the start of the host.</summary>
internal sealed class EngineStarter(SwitchyardEngine engine) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken) => await engine.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

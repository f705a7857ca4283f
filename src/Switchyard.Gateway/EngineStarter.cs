using Microsoft.Extensions.Hosting;
using Switchyard.Engine;
using Switchyard.Gateway.Admin;

namespace Switchyard.Gateway;

/// <summary>Starts the engine before the server listens, so that an invalid configuration fails the start of the host.</summary>
internal sealed class EngineStarter(SwitchyardEngine engine, AdminAdmission admission) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await engine.StartAsync(cancellationToken);
        admission.Begin();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

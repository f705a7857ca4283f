using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Switchyard.Engine;

namespace Switchyard.Gateway.Health;

/// <summary>
/// Ends the calls that still run shortly before the host gives up waiting for them (<see cref="HostOptions.ShutdownTimeout"/>): a stream
/// gets its error event and a line in the log, where it would otherwise be cut.
/// </summary>
internal sealed class LastCalls(SwitchyardEngine engine, IOptions<HostOptions> host, TimeProvider time)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>The time left to write the errors.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1);

    private ITimer? _timer;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (host.Value.ShutdownTimeout == Timeout.InfiniteTimeSpan)
            return Task.CompletedTask;
        var left = host.Value.ShutdownTimeout - Reserve;
        _timer = time.CreateTimer(
            static state => ((SwitchyardEngine)state!).StopCalls(),
            engine,
            left > TimeSpan.Zero ? left : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();
}

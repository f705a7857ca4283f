namespace Switchyard.Server.Serving;

/// <summary>
/// Keeps the gateway listening for a moment after a stop signal, while <c>/health</c> reports that it stops: a load balancer gets the
/// time to send requests elsewhere, and no request is refused.
/// </summary>
internal sealed partial class StopDelay(TimeSpan delay, TimeProvider time, ILogger<StopDelay> logger) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping(delay.TotalSeconds);
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information,
        "Stopping: /health is 503 from now on, and new connections are refused in {Seconds} s (server.shutdown_delay)")]
    private partial void LogStopping(double seconds);
}

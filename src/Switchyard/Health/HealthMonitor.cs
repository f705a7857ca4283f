using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.Targets;

namespace Switchyard.Health;

/// <summary>
/// Checks, at every interval, the providers that had no call within it. It runs once <see cref="Start"/> was called: the gateway does so,
/// an in-process engine only when its host does. Results are in <see cref="HealthChecker.Statuses"/>. Thread-safe.
/// </summary>
public sealed partial class HealthMonitor : IAsyncDisposable, IDisposable
{
    private readonly SwitchyardEngine _engine;
    private readonly HealthChecker _checker;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private bool _isStarted;
    private PeriodicTimer? _timer;
    private Task _running = Task.CompletedTask;

    internal HealthMonitor(SwitchyardEngine engine, HealthChecker checker, TimeProvider time, ILogger<HealthMonitor> logger)
    {
        _engine = engine;
        _checker = checker;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Starts checking as configured (<c>health.monitor</c>, <c>health.interval</c>), and follows reloads. The first checks run after one
    /// interval. A second call does nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    /// <exception cref="ObjectDisposedException">The monitor was disposed.</exception>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        lock (_gate)
        {
            if (_isStarted)
                return;
            _isStarted = true;
        }

        _engine.Applied += Follow;
        Follow(this, EventArgs.Empty);
    }

    /// <summary>Stops checking, and waits for running checks.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _running.ConfigureAwait(false);
    }

    /// <summary>Stops checking without waiting, for containers that are disposed with <c>Dispose</c>.</summary>
    public void Dispose()
    {
        _engine.Applied -= Follow;
        lock (_gate)
        {
            _stopping.Cancel();
            _timer?.Dispose();
            _timer = null;
        }
    }

    /// <summary>Applies the current configuration.</summary>
    private void Follow(object? sender, EventArgs e)
    {
        var options = _engine.InForce.Health;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
                return;
            if (!options.Monitor)
            {
                // Ends the loop, which waits for this timer.
                _timer?.Dispose();
                _timer = null;
            }
            else if (_timer is null)
            {
                _timer = new PeriodicTimer(options.Interval, _time);
                _running = RunAsync(_timer, _running);
            }
            else if (_timer.Period != options.Interval)
            {
                _timer.Period = options.Interval;
            }
        }
    }

    private async Task RunAsync(PeriodicTimer timer, Task before)
    {
        await before.ConfigureAwait(false);
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            try
            {
                await SweepAsync(_engine.InForce.Health).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                // The engine was disposed.
                return;
            }
            catch (Exception e)
            {
                LogFailed(e);
            }
        }
    }

    /// <summary>Checks the providers that had no call within the interval.</summary>
    private Task<HealthResult[]> SweepAsync(HealthOptions options)
    {
        var now = _time.GetUtcNow();
        return Task.WhenAll(
            from name in _engine.ProviderNames
            let entry = _engine.Registry.FindEntry(name)
            where entry is { IsInstantiable: true } && !HadCall(entry.Health, now, options.Interval)
            select _checker.CheckAsync(name, LevelFor(entry.Provider, HealthLevels.Parse(options.Level)), _stopping.Token));
    }

    /// <summary>Whether the provider had a call within the interval. A call in the future was made before the clock was set back.</summary>
    private static bool HadCall(ProviderHealth health, DateTimeOffset now, TimeSpan interval) =>
        health.LastCall is { } last && last > now - interval && last < now + interval;

    /// <summary>Host-supplied providers are not called by the monitor: a call may cost money, or be slow on purpose.</summary>
    private static HealthLevel? LevelFor(IProvider? provider, HealthLevel? level) =>
        provider is IChatClientProvider && level == HealthLevel.RoundTrip ? HealthLevel.Reachability : level;

    [LoggerMessage(1, LogLevel.Error, "The health monitor failed, and continues")]
    private partial void LogFailed(Exception e);
}

using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;

namespace Switchyard.Configuration.Reload;

/// <summary>
/// Reloads the configuration when its file changes. A valid one is handed on to be swapped in; with an invalid one the one in force
/// stays, and every problem is logged. Works beside the calls, never in their way.
/// </summary>
/// <remarks>Thread-safe. Reloads run one at a time.</remarks>
public sealed class ConfigurationWatcher : IAsyncDisposable
{
    private readonly Func<ConfigurationRequest> _request;
    private readonly Func<SwitchyardOptions, CancellationToken, ValueTask<ReloadOutcome>> _apply;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private FileSystemWatcher? _notifications;
    private Task _watching = Task.CompletedTask;
    private FileFingerprint _seen;
    private long _generation;
    private volatile IReadOnlyList<ConfigurationProblem> _lastProblems = [];
    private int _disposed;

    /// <summary>A watcher that does nothing until <see cref="Start"/>.</summary>
    /// <param name="request">What was loaded at the start, and is loaded again. Asked anew each time, because code may have registered providers since.</param>
    /// <param name="generation">The number of the configuration in force.</param>
    /// <param name="apply">Swaps a valid configuration in, or says why not.</param>
    /// <param name="logger">Where reloads and problems are told.</param>
    /// <param name="time">The clock; null takes the system's.</param>
    public ConfigurationWatcher(
        Func<ConfigurationRequest> request,
        long generation,
        Func<SwitchyardOptions, CancellationToken, ValueTask<ReloadOutcome>> apply,
        ILogger logger,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(logger);
        _request = request;
        _generation = generation;
        _apply = apply;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _seen = FileFingerprint.Of(request());
    }

    /// <summary>How long the file must be left alone before it is read; editors write in several steps.</summary>
    /// <value>The default is 200 milliseconds.</value>
    public TimeSpan Debounce { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the file is looked at in case the system did not tell: network and container file systems often do not.</summary>
    /// <value>The default is 2 seconds.</value>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What was wrong at the last reload; empty when it was fine. Warnings may be there although it was applied.</summary>
    public IReadOnlyList<ConfigurationProblem> LastProblems => _lastProblems;

    /// <summary>Begins to watch. Call it once.</summary>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _notifications = Listen();
        _watching = Task.WhenAll(PollAsync(), WatchAsync());
    }

    /// <summary>Reloads now, changed or not: for a signal, or an administrator.</summary>
    public async Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken = default)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var request = _request();
            _seen = FileFingerprint.Of(request);
            var result = ConfigurationLoader.Load(request);
            _lastProblems = result.Problems;
            foreach (var problem in result.Problems)
                Log(problem);

            var outcome = result.Options is { } options
                ? await ApplyAsync(options, cancellationToken).ConfigureAwait(false)
                : new ReloadOutcome(false, _generation, Summarise(result.Problems));
            _generation = outcome.Generation;
            if (outcome.Applied)
                _logger.Applied(outcome.Generation, outcome.Reason is { } changes ? $" ({changes})" : "");
            else
                _logger.Kept(outcome.Generation, outcome.Reason ?? "it was not accepted");
            return outcome;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _notifications?.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async ValueTask<ReloadOutcome> ApplyAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await _apply(options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever went wrong while swapping, the calls go on with what they had.
            return new ReloadOutcome(false, _generation, failure.Message);
        }
    }

    private async Task PollAsync()
    {
        using var timer = new PeriodicTimer(PollInterval, _time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            _hints.Writer.TryWrite(true);
    }

    private async Task WatchAsync()
    {
        await foreach (var _ in _hints.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false))
        {
            try
            {
                if (await HasSettledOnSomethingNewAsync().ConfigureAwait(false))
                    await ReloadAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                _logger.WatchFailed(failure);
            }
        }
    }

    private async Task<bool> HasSettledOnSomethingNewAsync()
    {
        // Any file of the directory gives a hint; only a changed file costs more than one look.
        var last = _seen;
        var now = FileFingerprint.Of(_request());
        while (now != last)
        {
            await Task.Delay(Debounce, _time, _stopping.Token).ConfigureAwait(false);
            last = now;
            now = FileFingerprint.Of(_request());
        }

        // An empty file is most likely one that is being written: read as it is, it would mean every default, and no client keys.
        return now != _seen && now.Length != 0;
    }

    private FileSystemWatcher? Listen()
    {
        var request = _request();
        var directory = Path.GetDirectoryName(Path.GetFullPath(Path.Combine(request.WorkingDirectory, request.File ?? "switchyard.yaml")))!;
        try
        {
            var notifications = new FileSystemWatcher(directory);
            notifications.Changed += Hint;
            notifications.Created += Hint;
            notifications.Deleted += Hint;
            notifications.Renamed += Hint;
            notifications.EnableRaisingEvents = true;
            return notifications;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            _logger.OnlyPolling(failure.Message, DurationText.Format(PollInterval));
            return null;
        }

        void Hint(object sender, FileSystemEventArgs change) => _hints.Writer.TryWrite(true);
    }

    private void Log(ConfigurationProblem problem)
    {
        if (problem.Severity == ProblemSeverity.Warning)
            _logger.Warn(problem);
        else
            _logger.Problem(problem);
    }

    private static string Summarise(IReadOnlyList<ConfigurationProblem> problems)
    {
        var errors = problems.Count(problem => problem.Severity == ProblemSeverity.Error);
        return errors == 1 ? "the new configuration has a problem" : $"the new configuration has {errors} problems";
    }
}

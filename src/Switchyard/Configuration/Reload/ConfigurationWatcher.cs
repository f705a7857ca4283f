using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;

namespace Switchyard.Configuration.Reload;

/// <summary>
/// Reloads the configuration when its file changes. A valid one is passed on to be swapped in; if it is invalid, the current one stays,
/// and every problem is logged. Runs in the background and delays no call.
/// </summary>
/// <remarks>Thread-safe. Reloads run one at a time.</remarks>
internal sealed class ConfigurationWatcher : IAsyncDisposable
{
    private readonly Func<ConfigurationRequest> _request;
    private readonly Func<SwitchyardOptions, CancellationToken, ValueTask<ReloadOutcome>> _apply;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    // An object, because a channel of a struct would be compiled anew at each start.
    private static readonly object s_hint = new();
    private readonly Channel<object> _hints =
        Channel.CreateBounded<object>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private FileSystemWatcher? _notifications;
    private Task _watching = Task.CompletedTask;
    private FileFingerprint _loaded;
    private bool _hadFile;
    private long _generation;
    private int _disposed;

    /// <summary>A watcher that does nothing until <see cref="Start"/>.</summary>
    /// <param name="request">
    /// Returns the sources to load. Called again for each reload, because code may have registered providers since.
    /// </param>
    /// <param name="generation">The number of the current configuration.</param>
    /// <param name="apply">Swaps a valid configuration in, or returns the reason why not.</param>
    /// <param name="logger">Logs reloads and problems.</param>
    /// <param name="time">The clock; null takes the system's.</param>
    /// <param name="loaded">
    /// The fingerprint of the file when the current configuration was read; null takes the present one. A start may take minutes, and a
    /// change made meanwhile must not be mistaken for the loaded content.
    /// </param>
    public ConfigurationWatcher(
        Func<ConfigurationRequest> request,
        long generation,
        Func<SwitchyardOptions, CancellationToken, ValueTask<ReloadOutcome>> apply,
        ILogger logger,
        TimeProvider? time = null,
        FileFingerprint? loaded = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(apply);
        ArgumentNullException.ThrowIfNull(logger);
        _request = request;
        _generation = generation;
        _apply = apply;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _loaded = loaded ?? FileFingerprint.Of(request());
        _hadFile = _loaded.Length > 0;
    }

    /// <summary>How long the file must stay unchanged before it is read, because editors write in several steps.</summary>
    /// <value>The default is 200 milliseconds.</value>
    public TimeSpan Debounce { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the file is polled, because network and container file systems often report no changes.</summary>
    /// <value>The default is 2 seconds.</value>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Begins to watch. Call it once.</summary>
    public void Start()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _notifications = Listen();
        _watching = Task.WhenAll(PollAsync(), WatchAsync());
    }

    /// <summary>Reloads now, even if the file is unchanged: for a signal, or an administrator.</summary>
    public async Task<ReloadOutcome> ReloadAsync(CancellationToken cancellationToken = default)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var request = _request();
            _loaded = FileFingerprint.Of(request);
            var result = ConfigurationLoader.Load(request);
            foreach (var problem in result.Problems)
                Log(problem);

            var outcome = result.Options is not { } options ? Kept(Summarise(result.Problems))
                // Applied, it would mean every default, and no client keys. Most likely it is being written, or was lost.
                : result.SaysNothing && _hadFile ? Kept(NothingIn(result.File))
                : await ApplyAsync(options, cancellationToken).ConfigureAwait(false);
            _generation = outcome.Generation;
            _hadFile |= outcome.Applied && !result.SaysNothing;
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
            // A failed swap must end neither the watching nor the calls: the current configuration stays.
            return Kept(failure.Message);
        }
    }

    private ReloadOutcome Kept(string reason) => new() { Applied = false, Generation = _generation, Reason = reason };

    private async Task PollAsync()
    {
        using var timer = new PeriodicTimer(PollInterval, _time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            _hints.Writer.TryWrite(s_hint);
    }

    private async Task WatchAsync()
    {
        await foreach (var _ in _hints.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false))
        {
            try
            {
                if (await HasSettledChangeAsync().ConfigureAwait(false))
                    await ReloadAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                _logger.WatchFailed(failure);
            }
        }
    }

    private async Task<bool> HasSettledChangeAsync()
    {
        // Every file of the directory raises an event. For another file, this costs one fingerprint and no delay.
        var last = _loaded;
        var now = FileFingerprint.Of(_request());
        while (now != last)
        {
            await Task.Delay(Debounce, _time, _stopping.Token).ConfigureAwait(false);
            last = now;
            now = FileFingerprint.Of(_request());
        }

        // An empty file is most likely being written: applied, it would mean every default, and no client keys.
        return now != _loaded && now.Length != 0;
    }

    private FileSystemWatcher? Listen()
    {
        var request = _request();
        var file = Path.GetFullPath(Path.Combine(request.WorkingDirectory, request.File ?? "switchyard.yaml"));
        var directory = Path.GetDirectoryName(file)!;
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
        catch (Exception failure) when (
            failure is IOException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            _logger.OnlyPolling(failure.Message, DurationText.Format(PollInterval));
            return null;
        }

        void Hint(object sender, FileSystemEventArgs change) => _hints.Writer.TryWrite(s_hint);
    }

    private void Log(ConfigurationProblem problem)
    {
        if (problem.Severity == ProblemSeverity.Warning)
            _logger.Warn(ProblemLine.Of(problem));
        else
            _logger.Problem(ProblemLine.Of(problem));
    }

    private static string NothingIn(string? file) =>
        file is null ? "the configuration file is gone" : $"'{file}' holds no settings; restart to run without any";

    private static string Summarise(IReadOnlyList<ConfigurationProblem> problems)
    {
        var errors = problems.Count(problem => problem.Severity == ProblemSeverity.Error);
        return errors == 1 ? "the new configuration has a problem" : $"the new configuration has {errors} problems";
    }
}

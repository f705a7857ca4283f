using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class ReloadTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    private readonly Given _given = Given.Yaml("timeouts: { idle: 1s }");
    private readonly FakeLogger _log = new();
    private readonly List<ConfigurationWatcher> _watchers = [];
    private long _generation = 1;
    private SwitchyardOptions? _applied;

    /// <summary>
    /// Gives the file an old time. A file system may give two writes within some milliseconds the same time, and a change of the file is
    /// seen by its time and its length.
    /// </summary>
    public ReloadTests() => File.SetLastWriteTimeUtc(_given.File, DateTime.UnixEpoch);

    [Fact]
    public async Task A_written_file_takes_effect()
    {
        Start();

        _given.Write("timeouts: { idle: 2s }");

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Equal(2, _applied!.Timeouts.Idle.Seconds);
    }

    [Fact]
    public async Task A_file_written_while_the_server_was_starting_takes_effect()
    {
        var loaded = FileFingerprint.Of(_given.Request);
        _given.Write("timeouts: { idle: 22s }");

        Start(loaded: loaded);

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Equal(22, _applied!.Timeouts.Idle.Seconds);
    }

    [Fact]
    public async Task A_file_replaced_by_renaming_takes_effect()
    {
        Start();
        var draft = Path.Combine(_given.Directory, "draft");

        await File.WriteAllTextAsync(draft, "timeouts: { idle: 2s }");
        File.Move(draft, _given.File, overwrite: true);

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
    }

    [Fact]
    public async Task A_mounted_volume_that_swaps_a_link_takes_effect()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Links need rights that a Windows user does not usually have.");
        var volume = Directory.CreateDirectory(Path.Combine(_given.Directory, "volume")).FullName;
        var data = Path.Combine(volume, "..data");
        foreach (var version in new[] { "1", "2" })
        {
            Directory.CreateDirectory(Path.Combine(volume, version));
            await File.WriteAllTextAsync(Path.Combine(volume, version, "switchyard.yaml"), $"timeouts: {{ idle: {version}s }}");
        }

        Directory.CreateSymbolicLink(data, "1");
        File.CreateSymbolicLink(Path.Combine(volume, "switchyard.yaml"), Path.Combine("..data", "switchyard.yaml"));
        Start(_given.Request with { WorkingDirectory = volume, File = "switchyard.yaml" });

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "2");

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Equal(2, _applied!.Timeouts.Idle.Seconds);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_watched_is_looked_at()
    {
        var later = Path.Combine(_given.Directory, "later");
        Start(_given.Request with { WorkingDirectory = later });
        await _log.Collector.WaitForAsync("configuration: the directory cannot be watched");

        Directory.CreateDirectory(later);
        await File.WriteAllTextAsync(Path.Combine(later, "switchyard.yml"), "strict: true");

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.True(_applied!.Strict);
    }

    [Fact]
    public async Task An_unusable_file_leaves_the_old_one_in_force_and_says_why()
    {
        Start();

        _given.Write("timeouts: { idle: soon }");

        await _log.Collector.WaitForAsync("configuration: kept generation 1: the new configuration has a problem");
        Assert.Null(_applied);
        Assert.Contains(
            _log.Collector.Lines,
            line => line.Text.StartsWith(
                "configuration: switchyard.yaml:1:19: 'timeouts.idle' must be a duration", StringComparison.Ordinal));
        Assert.Single(_log.Collector.Lines, line => line.Text.StartsWith("configuration: switchyard.yaml:", StringComparison.Ordinal));

        _given.Write("timeouts: { idle: 3s }");

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Single(_log.Collector.Lines, line => line.Text.StartsWith("configuration: switchyard.yaml:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# server: { keys: [ secret ] }\n")]
    [InlineData("---\n")]
    [Covers("H11")]
    public async Task A_file_that_says_nothing_is_not_loaded_even_when_asked(string text)
    {
        var watcher = Start();
        _given.Write(text);

        var outcome = await watcher.ReloadAsync();

        Assert.False(outcome.Applied);
        Assert.Null(_applied);
        Assert.Contains("holds no settings", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("H11")]
    public async Task A_file_that_is_gone_is_not_taken_for_an_empty_one()
    {
        var watcher = Start(_given.Request with { File = null });
        File.Delete(_given.File);

        var outcome = await watcher.ReloadAsync();

        Assert.False(outcome.Applied);
        Assert.Null(_applied);
    }

    [Fact]
    [Covers("H11")]
    public void A_reload_never_takes_the_client_keys_away()
    {
        var (closed, open) = (new SwitchyardOptions { Server = { Keys = ["secret"] } }, new SwitchyardOptions());

        Assert.Contains("server.keys", ReloadGuard.Refuse(closed, open), StringComparison.Ordinal);
        Assert.Null(ReloadGuard.Refuse(open, closed));
        Assert.Null(ReloadGuard.Refuse(closed, new SwitchyardOptions { Server = { Keys = ["other"] } }));
        Assert.Null(ReloadGuard.Refuse(open, open));
    }

    [Fact]
    public async Task A_file_that_is_being_written_is_waited_for()
    {
        var clock = new TestClock();
        Start(time: clock);

        _given.Write("");
        // The timer of the polling, and the one until the file has settled: it is there again only if the empty file was not taken.
        await clock.WaitForTimersAsync(2);
        clock.Advance(s_poll);
        await clock.WaitForTimersAsync(2);
        Assert.Empty(_log.Collector.Lines);
        _given.Write("timeouts: { idle: 2s }");
        await Wait.ForAsync(() =>
        {
            clock.Advance(s_poll);
            return _applied is not null;
        });

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Equal(2, _applied!.Timeouts.Idle.Seconds);
    }

    [Fact]
    public async Task A_file_that_disappears_leaves_the_old_one_in_force()
    {
        Start(_given.Request with { File = "switchyard.yaml" });

        File.Delete(_given.File);

        await _log.Collector.WaitForAsync("configuration: kept generation 1");
        Assert.Contains(_log.Collector.Lines, line => line.Text.Contains("there is no file 'switchyard.yaml'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_files_of_the_directory_cause_no_reload()
    {
        Start();

        await File.WriteAllTextAsync(Path.Combine(_given.Directory, "other"), "x");
        _given.Write("timeouts: { idle: 2s }");

        await _log.Collector.WaitForAsync("configuration: generation 2 is in force");
        Assert.Single(_log.Collector.Lines);
    }

    [Fact]
    public async Task A_reload_that_is_refused_or_fails_leaves_the_old_one_in_force()
    {
        var refused = new ReloadOutcome { Applied = false, Generation = 7, Reason = "it would open the gateway" };
        var refusing = Watch((_, _) => ValueTask.FromResult(refused));
        var failing = Watch((_, _) => throw new InvalidOperationException("no memory for it"));

        Assert.Equal(refused, await refusing.ReloadAsync());
        Assert.Equal(new ReloadOutcome { Applied = false, Generation = 1, Reason = "no memory for it" }, await failing.ReloadAsync());
        Assert.Equal(
            ["configuration: kept generation 7: it would open the gateway", "configuration: kept generation 1: no memory for it"],
            _log.Collector.GetSnapshot().Select(record => record.Message));
    }

    [Fact]
    public async Task Reloads_run_one_at_a_time()
    {
        var running = 0;
        var most = 0;
        var watcher = Watch(async (_, cancellationToken) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return new ReloadOutcome { Applied = true, Generation = Interlocked.Increment(ref _generation) };
        });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => watcher.ReloadAsync()));

        Assert.Equal((1, 21), (most, _generation));
    }

    [Fact]
    public async Task Disposing_ends_the_watching()
    {
        var watcher = Start();

        await watcher.DisposeAsync().AsTask().WaitAsync(Patience);
        await watcher.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(watcher.Start);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watcher in _watchers)
            await watcher.DisposeAsync();
        _given.Dispose();
    }

    private ConfigurationWatcher Start(ConfigurationRequest? request = null, FileFingerprint? loaded = null, TimeProvider? time = null)
    {
        var watcher = Watch(
            (options, _) =>
            {
                _applied = options;
                return ValueTask.FromResult(new ReloadOutcome { Applied = true, Generation = Interlocked.Increment(ref _generation) });
            },
            request,
            loaded,
            time);
        watcher.Start();
        return watcher;
    }

    private ConfigurationWatcher Watch(
        Func<SwitchyardOptions, CancellationToken, ValueTask<ReloadOutcome>> apply,
        ConfigurationRequest? request = null,
        FileFingerprint? loaded = null,
        TimeProvider? time = null)
    {
        var watcher = new ConfigurationWatcher(() => request ?? _given.Request, generation: 1, apply, _log, time, loaded)
        {
            Debounce = TimeSpan.FromMilliseconds(20),
            PollInterval = s_poll,
        };
        _watchers.Add(watcher);
        return watcher;
    }
}

using System.Globalization;
using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Plugins;

/// <summary>
/// Follows the folder of plugins: loads new ones, replaces changed ones, unloads removed ones. It polls, because many file systems report
/// no changes, and acts only on folders unchanged between two polls, because files are copied one after the other. A version that cannot be
/// loaded is reported once, and the previous one stays. Thread-safe.
/// </summary>
internal sealed partial class PluginFolder(PluginDirectory plugins, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>The polling interval.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Skips unreadable folders, such as the lost+found of a volume; the depth is limited because a link to a parent folder forms a cycle.
    private static readonly EnumerationOptions s_deep = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 8,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.None,
    };

    private readonly Dictionary<string, Followed> _followed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile PluginStatus[] _failed = [];
    private Task? _watching;

    /// <summary>The plugins that could not be loaded.</summary>
    public IReadOnlyList<PluginStatus> Failed => _failed;

    /// <summary>Starts polling, if configured.</summary>
    /// <param name="now">Whether to poll at once as well, because the configuration of plugins has changed.</param>
    public void Follow(bool now)
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
                return;
            if (plugins.IsWatching)
                _watching ??= WatchAsync();
            if (now)
                _ = LookQuietlyAsync(waits: false);
        }
    }

    /// <summary>Polls once.</summary>
    /// <param name="waits">Whether to wait with a changed folder until it was the same in two polls.</param>
    public async Task LookAsync(bool waits)
    {
        await _looking.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            if (!PluginSupport.IsSupported)
            {
                _failed = [FailureOf(plugins.Folder ?? "", "", "", PluginSupport.Unsupported().Message)];
                LogFailed(plugins.Folder ?? "", PluginSupport.Unsupported().Message);
                return;
            }

            if (plugins.Folder is { } root && !Directory.Exists(root) && !waits)
                LogMissing(root);
            if (TryFind() is not { } found)
                return;
            foreach (var gone in _followed.Keys.Except(found.Keys, StringComparer.Ordinal).ToList())
                await RemoveAsync(gone).ConfigureAwait(false);
            foreach (var (folder, stamp) in found)
                await LookAtAsync(folder, stamp, waits).ConfigureAwait(false);
            ListFailed();
        }
        finally
        {
            _looking.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? watching;
        lock (_gate)
        {
            _stopping.Cancel();
            watching = _watching;
        }

        if (watching is not null)
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            if (plugins.IsWatching)
                await LookQuietlyAsync(waits: true).ConfigureAwait(false);
        }
    }

    private async Task LookQuietlyAsync(bool waits)
    {
        try
        {
            await LookAsync(waits).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!_stopping.IsCancellationRequested)
                LogFailed(plugins.Folder ?? "", e.Message);
        }
    }

    /// <summary>As <see cref="Find"/>; null if the folder cannot be read: its plugins then stay loaded.</summary>
    private SortedDictionary<string, string>? TryFind()
    {
        try
        {
            return Find();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var root = plugins.Folder ?? "";
            if (!Array.Exists(_failed, failed => failed.Reason == e.Message))
                LogFailed(root, LogText.Escape(e.Message));
            _failed = [FailureOf(root, "", "", e.Message)];
            return null;
        }
    }

    /// <summary>The folders of the selected plugins, each with a fingerprint that detects changes.</summary>
    private SortedDictionary<string, string> Find()
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (plugins.Folder is not { } root || !Directory.Exists(root))
            return found;
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            if (File.Exists(Path.Combine(folder, PluginManifest.FileName)) && StampOf(folder) is { } stamp)
                found[folder] = stamp;
        }

        return found;
    }

    private string? StampOf(string folder)
    {
        try
        {
            var files = string.Join('|', new DirectoryInfo(folder).EnumerateFiles("*", s_deep)
                .OrderBy(file => file.FullName, StringComparer.Ordinal)
                .Select(file => string.Create(
                    CultureInfo.InvariantCulture, $"{file.FullName}:{file.Length}:{file.LastWriteTimeUtc.Ticks}")));
            return plugins.WishesFor(NameOf(folder)) is { } wishes ? $"{files}|{wishes}" : null;
        }
        catch (IOException)
        {
            // It is being moved or removed: the next poll sees the result.
            return _followed.GetValueOrDefault(folder)?.Seen;
        }
    }

    /// <summary>The name in the manifest; the folder's name if the manifest cannot be read, which loading reports.</summary>
    private static string NameOf(string folder)
    {
        try
        {
            return PluginManifest.Read(folder).Name;
        }
        catch (PluginException)
        {
            return Path.GetFileName(folder);
        }
    }

    private async Task LookAtAsync(string folder, string stamp, bool waits)
    {
        if (!_followed.TryGetValue(folder, out var followed))
            _followed[folder] = followed = new Followed();
        var isSettled = !waits || followed.Seen == stamp;
        followed.Seen = stamp;
        if (!isSettled || followed.Done == stamp)
            return;
        if (!PluginSupport.IsSupported)
            return;
        followed.Done = stamp;
        var old = plugins.LoadedFrom(folder);
        try
        {
            await TakeAsync(folder, old).ConfigureAwait(false);
            followed.Failure = null;
        }
        catch (PluginException e)
        {
            followed.Failure = FailureOf(folder, Path.GetFileName(folder), "", old is null
                ? e.Message
                : $"{old} stays loaded: its new version was not loaded. {e.Message}");
            // Before logging: a reader of the log looks at this list next.
            ListFailed();
            LogFailed(folder, LogText.Escape(followed.Failure.Reason));
        }
    }

    private void ListFailed() => _failed = [.. _followed.Values.Select(followed => followed.Failure).OfType<PluginStatus>()];

    /// <summary>Not async: in a state machine the compiler does not recognise the feature guard.</summary>
    private Task TakeAsync(string folder, string? old)
    {
        if (!PluginSupport.IsSupported)
            throw PluginSupport.Unsupported();
        return old is null
            ? plugins.LoadAsync(folder, _stopping.Token).AsTask()
            : plugins.ReplaceNowAsync(folder, old, _stopping.Token).AsTask();
    }

    private async Task RemoveAsync(string folder)
    {
        _followed.Remove(folder);
        if (plugins.LoadedFrom(folder) is not { } id)
            return;
        try
        {
            await plugins.UnloadNowAsync(id, _stopping.Token).ConfigureAwait(false);
        }
        catch (PluginException)
        {
            // It was unloaded manually.
        }
    }

    private static PluginStatus FailureOf(string folder, string name, string version, string reason) => new()
    {
        Name = name,
        Version = version,
        State = PluginState.Failed,
        Reason = reason,
        Folder = folder,
    };

    [LoggerMessage(20, LogLevel.Error, "Plugin in {Folder} was not loaded: {Reason}")]
    private partial void LogFailed(string folder, string reason);

    [LoggerMessage(21, LogLevel.Warning, "The folder of plugins, {Folder}, does not exist: no plugin is loaded until it does")]
    private partial void LogMissing(string folder);

    /// <summary>A folder of a plugin.</summary>
    private sealed class Followed
    {
        /// <summary>The fingerprint at the last poll.</summary>
        public string? Seen { get; set; }

        /// <summary>The fingerprint when it was loaded or failed to load.</summary>
        public string? Done { get; set; }

        public PluginStatus? Failure { get; set; }
    }
}

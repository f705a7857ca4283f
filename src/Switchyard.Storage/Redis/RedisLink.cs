using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Switchyard.Storage.Redis;

/// <summary>
/// The process's one connection to Redis (<c>storage.redis</c>). Redis holds only what may be lost, so nothing waits for it long: an
/// operation that exceeds its time limit, or finds Redis away, yields nothing, and after three such the link is open for a second in
/// which Redis is not asked at all. A probe then finds out whether it is back. Thread-safe.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable, IDisposable
{
    private const int FailuresUntilAway = 3;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private static readonly string[] s_refusals =
    [
        "READONLY", "OOM command", "NOAUTH", "WRONGPASS", "NOPERM", "LOADING", "MISCONF", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN",
    ];

    private readonly ConfigurationOptions? _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _connecting = new();
    private Task<ConnectionMultiplexer>? _connection;
    private int _failures;
    private int _isAway;
    private long _retryAt;

    /// <summary>Creates the link. It connects with the first operation.</summary>
    /// <param name="address">The address (<c>storage.redis</c>); null or empty for no Redis.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs when Redis goes away and when it is back.</param>
    /// <exception cref="FormatException">The address is not valid.</exception>
    public RedisLink(string? address, TimeProvider time, ILogger<RedisLink> logger)
    {
        _settings = string.IsNullOrWhiteSpace(address) ? null : RedisAddress.Parse(address.Trim())
            ?? throw new FormatException("'storage.redis' must be redis://host:port, rediss://host:port or host:port");
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether a Redis is configured.</summary>
    public bool IsConfigured => _settings is not null;

    /// <summary>Whether Redis is away: its last operations failed or were late, and no probe has succeeded since.</summary>
    public bool IsAway => Volatile.Read(ref _isAway) != 0;

    /// <summary>How often an operation failed, was late, or was not begun because Redis was away or is not configured.</summary>
    public long Failures => Interlocked.Read(ref _failed);

    private long _failed;

    /// <summary>
    /// Runs an operation; its result, or the default of the type if Redis is not configured, away, failed or late. Never throws.
    /// </summary>
    /// <param name="operation">The operation. If it is late it continues in the background, and its result is dropped.</param>
    /// <param name="patience">How long to wait at most.</param>
    public async ValueTask<T?> TryAsync<T>(Func<IDatabase, Task<T>> operation, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (_settings is null || !MayAsk())
        {
            Interlocked.Increment(ref _failed);
            return default;
        }

        try
        {
            var connection = Connection();
            if (!connection.IsCompletedSuccessfully)
                await connection.WaitAsync(patience, _time).ConfigureAwait(false);
            var result = await operation((await connection.ConfigureAwait(false)).GetDatabase())
                .WaitAsync(patience, _time).ConfigureAwait(false);
            Succeeded();
            return result;
        }
        catch (Exception e) when (
            e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            Failed(e);
            return default;
        }
    }

    /// <summary>
    /// Subscribes to a channel; the handler gets each message. While Redis is away the client retries. Does nothing without a Redis.
    /// </summary>
    public async Task SubscribeAsync(string channel, Action<string> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (_settings is null)
            return;
        var connection = await Connection().ConfigureAwait(false);
        await connection.GetSubscriber().SubscribeAsync(
            RedisChannel.Literal(channel), (_, message) => handler(message.ToString())).ConfigureAwait(false);
    }

    /// <summary>Closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<ConnectionMultiplexer>? connection;
        lock (_connecting)
            connection = _connection;
        if (connection is null)
            return;
        try
        {
            await (await connection.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (RedisException)
        {
            // It never was connected.
        }
    }

    /// <summary>Synchronous <see cref="DisposeAsync"/>, for containers that are disposed with <c>Dispose</c>.</summary>
    public void Dispose()
    {
        Task<ConnectionMultiplexer>? connection;
        lock (_connecting)
            connection = _connection;
        // A connection that is still being opened ends by itself.
        if (connection is { IsCompletedSuccessfully: true })
            connection.Result.Dispose();
    }

    private Task<ConnectionMultiplexer> Connection()
    {
        lock (_connecting)
        {
            if (_connection is null or { IsFaulted: true } or { IsCanceled: true })
                _connection = ConnectionMultiplexer.ConnectAsync(_settings!);
            return _connection;
        }
    }

    /// <summary>Whether to ask Redis: always while it is there; while it is away one caller each second.</summary>
    private bool MayAsk()
    {
        if (Volatile.Read(ref _isAway) == 0)
            return true;
        var now = _time.GetTimestamp();
        var at = Volatile.Read(ref _retryAt);
        return now >= at && Interlocked.CompareExchange(ref _retryAt, now + Ticks(s_pause), at) == at;
    }

    private void Succeeded()
    {
        if (Volatile.Read(ref _failures) != 0)
            Volatile.Write(ref _failures, 0);
        if (Volatile.Read(ref _isAway) != 0 && Interlocked.Exchange(ref _isAway, 0) != 0)
            LogBack();
    }

    private void Failed(Exception e)
    {
        Interlocked.Increment(ref _failed);
        if (Interlocked.Increment(ref _failures) < FailuresUntilAway)
            return;
        Volatile.Write(ref _retryAt, _time.GetTimestamp() + Ticks(s_pause));
        if (Interlocked.Exchange(ref _isAway, 1) == 0)
            LogAway(ReasonOf(e));
    }

    // Not the client's message, which names addresses and internals over several lines; but the code in it by which Redis refuses.
    private static string ReasonOf(Exception failure) => failure is TimeoutException ? "it does not answer in time"
        : Array.Find(s_refusals, code => failure.Message.Contains(code, StringComparison.Ordinal)) ?? failure.GetType().Name;

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    /// <summary>The address without its password, for messages.</summary>
    public override string ToString() =>
        _settings is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{_settings.EndPoints[0]}");

    [LoggerMessage(1, LogLevel.Warning,
        "Redis is unavailable ({Reason}): this gateway uses its own limits and its own cache, and tries again every second")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "Redis is available again")]
    private partial void LogBack();
}

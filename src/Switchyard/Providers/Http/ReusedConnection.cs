using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Switchyard.Providers.Http;

/// <summary>
/// A connection that detects whether the server closed it as idle. Servers close idle connections, and a request may be written at that
/// very moment; the HTTP client then reports only a broken connection, as for a server that fails while working. If an earlier answer came
/// over the connection, no byte arrived since the request began, and it ends at once, this reports a <see cref="StaleConnectionException"/>
/// instead: the server never saw the request, or dropped it, so it can be sent again. A later end is an ordinary failure: the server may
/// have processed the request, and charge for it. It also finds the answer of a server that answers before it has the whole request, and
/// then closes the connection.
/// </summary>
/// <remarks>
/// Only for HTTP/1.1, which is used for providers. An exchange begins with the first write during a pending read: on a connection that was
/// idle the HTTP client starts to read before it writes. On one that it hands from an ended request to a waiting one it does not; there the
/// method at the beginning of a write marks the begin of the exchange. Reads and writes may run at the same time, each by one caller. A
/// waiting read allocates nothing: this object completes it, where an async method would need another object.
/// </remarks>
internal sealed class ReusedConnection : Stream, IValueTaskSource<int>
{
    /// <summary>
    /// The time within which a close by the server becomes visible: one round trip, or a few if packets are lost. Most answers take longer.
    /// </summary>
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(2);

    /// <summary>How much of an early answer is read at once, 4 KiB: most are short refusals.</summary>
    private const int EarlyLength = 4096;

    private readonly Stream _inner;
    private readonly TimeProvider _time;
    private readonly Action _onRead;
    private ManualResetValueTaskSourceCore<int> _source;
    private ValueTask<int> _read;
    private int _wanted;

    private volatile bool _hasAnswered;  // bytes have come over it: it has been used before
    private volatile bool _isReading;    // a read began that has brought nothing yet
    private volatile bool _hasAsked;     // a request began after the last bytes came
    private volatile bool _hasEnded;     // that read brought the end, before anything was written
    private long _askedAt;               // when the first of it was written
    private bool _isDeaf;                // writes fail, but the answer is there
    private ReadOnlyMemory<byte> _early; // the beginning of that answer

    public ReusedConnection(Stream inner, TimeProvider time)
    {
        _inner = inner;
        _time = time;
        _onRead = OnRead;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_early.IsEmpty)
            return new(ReadEarly(buffer.Span));
        _isReading = true;
        var read = _inner.ReadAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
            return Await(read, buffer.Length);
        var count = read.Result;
        return Took(count, buffer.Length) ? new(count) : ValueTask.FromException<int>(new StaleConnectionException(null));
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isDeaf && !BeginsRequest(buffer.Span))
            return default;
        if (_isDeaf || !MayWrite(buffer.Span))
            return ValueTask.FromException(new StaleConnectionException(null));
        var write = _inner.WriteAsync(buffer, cancellationToken);
        if (!write.IsCompletedSuccessfully)
            return AwaitWriteAsync(write);
        write.GetAwaiter().GetResult();
        return default;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => _inner.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => _inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [
        SuppressMessage(
            "Usage", "CA2215", Justification = "Stream.DisposeAsync would only call Dispose, which disposes the inner stream again."),
    ]
    public override ValueTask DisposeAsync() => _inner.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    int IValueTaskSource<int>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool WasAskedJustNow => _time.GetElapsedTime(Volatile.Read(ref _askedAt)) <= s_atOnce;

    private ValueTask<int> Await(ValueTask<int> read, int wanted)
    {
        _source.Reset();
        (_read, _wanted) = (read, wanted);
        var version = _source.Version;
        read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onRead);
        return new(this, version);
    }

    private void OnRead()
    {
        var read = _read;
        _read = default;
        int count;
        try
        {
            count = read.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            _source.SetException(e is IOException && !Took(0, 1) ? new StaleConnectionException(e) : e);
            return;
        }

        if (Took(count, _wanted))
            _source.SetResult(count);
        else
            _source.SetException(new StaleConnectionException(null));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitWriteAsync(ValueTask write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (IOException e)
        {
            if (!_isReading && await HasAnsweredEarlyAsync().ConfigureAwait(false))
                _isDeaf = true;
            else if (_hasAnswered && (_hasAsked || _isReading || _hasEnded) && WasAskedJustNow)
                throw new StaleConnectionException(e);
            else
                throw;
        }
    }

    /// <summary>
    /// Whether the server answered before it had the whole request, and then closed the connection: it refuses one that is too large, for
    /// example. The rest of the request is then left out, so that the HTTP client, which reads only after it has written, finds the answer.
    /// </summary>
    private async ValueTask<bool> HasAnsweredEarlyAsync()
    {
        if (_hasAnswered && !_hasAsked)
            return true;
        var answer = new byte[EarlyLength];
        try
        {
            // Completes at once: the connection is closed.
            var count = await _inner.ReadAsync(answer).ConfigureAwait(false);
            _early = answer.AsMemory(0, count);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Without an answer, or given up meanwhile: the failed write is reported.
            return false;
        }

        if (_early.IsEmpty)
            return false;
        _hasAnswered = true;
        _hasAsked = false;
        return true;
    }

    private int ReadEarly(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _early.Length);
        _early.Span[..count].CopyTo(buffer);
        _early = _early[count..];
        return count;
    }

    /// <summary>Records the result of a read.</summary>
    /// <returns>False if the connection ended right after a request, without an answer.</returns>
    private bool Took(int count, int wanted)
    {
        if (count > 0)
        {
            _hasAnswered = true;
            _isReading = _hasAsked = false;
            return true;
        }

        // A zero-byte read waits for bytes and takes none.
        if (wanted == 0)
            return true;
        _hasEnded = true;
        Interlocked.MemoryBarrier();
        return !(_hasAnswered && _hasAsked && WasAskedJustNow);
    }

    /// <summary>Records a write. Together with <see cref="Took"/>: of a concurrent end and write at least one sees the other.</summary>
    private bool MayWrite(ReadOnlySpan<byte> bytes)
    {
        if (!_isReading && !BeginsRequest(bytes))
            return true;
        if (!_hasAsked)
            Volatile.Write(ref _askedAt, _time.GetTimestamp());
        _hasAsked = true;
        Interlocked.MemoryBarrier();
        return !(_hasAnswered && _hasEnded && WasAskedJustNow);
    }

    /// <summary>Whether a write begins a request. A piece of a body hardly ever begins like this.</summary>
    private static bool BeginsRequest(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("POST "u8) || bytes.StartsWith("GET "u8) || bytes.StartsWith("DELETE "u8);
}

/// <summary>A used connection was closed before a byte of the answer came: see <see cref="ReusedConnection"/>.</summary>
internal sealed class StaleConnectionException(Exception? cause) : IOException("A used connection was closed as it was used again.", cause)
{
    /// <summary>Whether it is the cause of an HTTP client's exception, which wraps a stream's exception once or twice.</summary>
    public static bool IsCauseOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is StaleConnectionException)
                return true;
        }

        return false;
    }
}

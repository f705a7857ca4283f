using System.Text;
using Switchyard.Providers.Http;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

/// <summary>The kinds of closed connection that mean that the server never saw the request, in virtual time.</summary>
public sealed class ReusedConnectionTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly ScriptedStream _inner = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(300, false)]
    [InlineData(0, true)]
    [InlineData(300, true)]
    public async Task A_used_connection_that_ends_at_once_is_stale(int milliseconds, bool isReset)
    {
        await using var connection = await UsedAsync();
        var reading = await AskAsync(connection);

        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        End(isReset);

        await Assert.ThrowsAsync<StaleConnectionException>(() => reading);
    }

    [Fact]
    public async Task One_that_ends_when_the_server_may_have_worked_is_not()
    {
        await using var connection = await UsedAsync();
        var reading = await AskAsync(connection);

        _clock.Advance(TimeSpan.FromSeconds(20));
        End(isReset: false);

        Assert.Equal(0, await reading);
    }

    [Fact]
    public async Task One_that_is_reset_when_the_server_may_have_worked_is_not()
    {
        await using var connection = await UsedAsync();
        var reading = await AskAsync(connection);

        _clock.Advance(TimeSpan.FromSeconds(20));
        End(isReset: true);

        Assert.IsNotType<StaleConnectionException>(await Assert.ThrowsAnyAsync<IOException>(() => reading));
    }

    /// <summary>As with a long upload: a write after the end gives no more information than the end itself.</summary>
    [Fact]
    public async Task What_is_written_after_a_late_end_is_not_stale_either()
    {
        await using var connection = await UsedAsync();
        var reading = await AskAsync(connection);

        _clock.Advance(TimeSpan.FromSeconds(20));
        End(isReset: false);
        Assert.Equal(0, await reading);

        Assert.Null(await Record.ExceptionAsync(() => connection.WriteAsync(new byte[3]).AsTask()));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(20, false)]
    public async Task A_write_that_fails_is_stale_only_where_the_request_began_just_now(int seconds, bool isStale)
    {
        await using var connection = await UsedAsync();
        _ = await AskAsync(connection);

        _clock.Advance(TimeSpan.FromSeconds(seconds));
        _inner.BreakWrites();

        var thrown = await Assert.ThrowsAnyAsync<IOException>(() => connection.WriteAsync(new byte[3]).AsTask());
        Assert.Equal(isStale, thrown is StaleConnectionException);
    }

    [Fact]
    public async Task What_is_written_to_one_that_ended_long_before_is_stale()
    {
        await using var connection = await UsedAsync();
        var reading = connection.ReadAsync(new byte[8]).AsTask();
        End(isReset: false);
        Assert.Equal(0, await reading);

        _clock.Advance(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAsync<StaleConnectionException>(() => connection.WriteAsync(new byte[3]).AsTask());
    }

    [Fact]
    public async Task The_time_begins_with_each_request()
    {
        await using var connection = await UsedAsync();
        var answered = await AskAsync(connection);
        _clock.Advance(TimeSpan.FromSeconds(20));
        _inner.Bring(5);
        await answered;

        _clock.Advance(TimeSpan.FromSeconds(20));
        var reading = await AskAsync(connection);
        End(isReset: false);

        await Assert.ThrowsAsync<StaleConnectionException>(() => reading);
    }

    /// <summary>The HTTP client hands a connection from one request to the next that waits for one, without a read in between.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1", false, true)]
    [InlineData("GET / HTTP/1.1", true, true)]
    [InlineData("DELETE / HTTP/1.1", false, true)]
    [InlineData("a piece of a body", false, false)]
    public async Task A_request_that_is_written_before_a_read_begins_an_exchange(string written, bool isReset, bool isStale)
    {
        await using var connection = await UsedAsync();
        await connection.WriteAsync(Encoding.ASCII.GetBytes(written));
        var reading = connection.ReadAsync(new byte[8]).AsTask();

        End(isReset);

        Assert.Equal(isStale, await Record.ExceptionAsync(() => reading) is StaleConnectionException);
    }

    /// <summary>A server that refuses a large request answers before it has all of it, and closes the connection.</summary>
    [Fact]
    public async Task What_was_answered_before_all_was_written_is_read()
    {
        await using var connection = new ReusedConnection(_inner, _clock);
        await connection.WriteAsync("POST / HTTP/1.1"u8.ToArray());
        _inner.BreakWrites();

        var writing = connection.WriteAsync(new byte[3]).AsTask();
        _inner.Bring(5);
        await writing;

        await connection.WriteAsync(new byte[3]);
        Assert.Equal(2, await connection.ReadAsync(new byte[2]));
        Assert.Equal(3, await connection.ReadAsync(new byte[8]));
        await Assert.ThrowsAsync<StaleConnectionException>(() => connection.WriteAsync("POST / HTTP/1.1"u8.ToArray()).AsTask());
    }

    [Fact]
    public async Task So_is_what_came_on_a_used_connection()
    {
        await using var connection = await UsedAsync();
        var reading = connection.ReadAsync(new byte[8]).AsTask();
        await connection.WriteAsync("POST / HTTP/1.1"u8.ToArray());
        _inner.Bring(5);
        Assert.Equal(5, await reading);
        _inner.BreakWrites();

        Assert.Null(await Record.ExceptionAsync(() => connection.WriteAsync(new byte[3]).AsTask()));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public async Task A_write_that_fails_without_an_answer_is_a_failure(bool isReset, bool isUsed, bool isStale)
    {
        await using var connection = isUsed ? await UsedAsync() : new ReusedConnection(_inner, _clock);
        await connection.WriteAsync("POST / HTTP/1.1"u8.ToArray());
        _inner.BreakWrites();

        var writing = connection.WriteAsync(new byte[3]).AsTask();
        End(isReset);

        Assert.Equal(isStale, await Assert.ThrowsAnyAsync<IOException>(() => writing) is StaleConnectionException);
    }

    [Fact]
    public async Task A_write_that_fails_because_the_connection_is_given_up_is_an_ordinary_failure()
    {
        await using var connection = new ReusedConnection(_inner, _clock);
        await connection.WriteAsync("POST / HTTP/1.1"u8.ToArray());
        _inner.BreakWrites();

        var writing = connection.WriteAsync(new byte[3]).AsTask();
        _inner.Break(new ObjectDisposedException(nameof(ReusedConnection)));

        await Assert.ThrowsAsync<IOException>(() => writing);
    }

    public void Dispose() => _inner.Dispose();

    /// <summary>A connection that has already delivered an answer.</summary>
    private async Task<ReusedConnection> UsedAsync()
    {
        var connection = new ReusedConnection(_inner, _clock);
        var reading = connection.ReadAsync(new byte[8]).AsTask();
        _inner.Bring(5);
        Assert.Equal(5, await reading);
        return connection;
    }

    /// <summary>Begins to read and then writes, as the HTTP client does on a used connection.</summary>
    private static async Task<Task<int>> AskAsync(ReusedConnection connection)
    {
        var reading = connection.ReadAsync(new byte[8]).AsTask();
        await connection.WriteAsync(new byte[3]);
        return reading;
    }

    private void End(bool isReset)
    {
        if (isReset)
            _inner.Break();
        else
            _inner.Bring(0);
    }

    /// <summary>A connection whose reads end when the test ends them.</summary>
    private sealed class ScriptedStream : Stream
    {
        private TaskCompletionSource<int> _next = new();
        private bool _breaksWrites;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Bring(int count) => Take().SetResult(count);

        public void Break(Exception? cause = null) => Take().SetException(cause ?? new IOException("The connection was reset."));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(_next.Task);

        public void BreakWrites() => _breaksWrites = true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _breaksWrites ? ValueTask.FromException(new IOException("The connection was reset.")) : default;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private TaskCompletionSource<int> Take() => Interlocked.Exchange(ref _next, new());
    }
}

using Switchyard.Recorded;

namespace Switchyard.Providers.Replay;

/// <summary>The body of a recorded answer: a read never gives bytes of two pieces, and waits as long as the piece was waited for.</summary>
internal sealed class ReplayStream(RecordedAnswer answer, double speed, TimeProvider time) : Stream
{
    private int _piece = -1;
    private ReadOnlyMemory<byte> _rest;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Waits for a recorded time at a speed; 0 does not wait.</summary>
    public static ValueTask WaitAsync(TimeSpan recorded, double speed, TimeProvider time, CancellationToken cancellationToken) =>
        speed <= 0 || recorded <= TimeSpan.Zero ? default : new(Task.Delay(recorded / speed, time, cancellationToken));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
            return 0;
        while (_rest.IsEmpty)
        {
            if (_piece + 1 >= answer.Pieces.Count)
                return answer.BrokeOff ? throw new IOException("The connection broke off here when it was recorded.") : 0;
            _piece++;
            await WaitAsync(answer.Pieces[_piece].After, speed, time, cancellationToken).ConfigureAwait(false);
            _rest = answer.Pieces[_piece].Bytes;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}

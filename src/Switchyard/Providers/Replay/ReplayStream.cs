using Switchyard.Common;
using Switchyard.Recorded;

namespace Switchyard.Providers.Replay;

/// <summary>The body of a recorded answer: a read never returns bytes of two pieces, and waits as long as recorded.</summary>
internal sealed class ReplayStream(RecordedAnswer answer, double speed, TimeProvider time) : ForwardOnlyStream
{
    private int _piece = -1;
    private ReadOnlyMemory<byte> _rest;

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
}

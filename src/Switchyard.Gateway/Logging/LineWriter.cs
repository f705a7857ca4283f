using System.Buffers;
using System.Text;

namespace Switchyard.Gateway.Logging;

/// <summary>
/// Writes lines to a stream from a thread of its own, those of 20 ms in one write: waking a thread and asking the kernel once for each line
/// would cost a gateway a fifth of its time. Who logs never waits: lines beyond 1 MB that nobody has read are dropped and counted.
/// Thread-safe.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    private const int MostWaiting = 1024 * 1024, Batch = 64 * 1024;

    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the end waits for a reader; one that does not read must not hold the end up.</summary>
    private static readonly TimeSpan s_last = TimeSpan.FromSeconds(1);

    private readonly Lock _adding = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Stream _output;
    private readonly Func<long, string> _droppedLine;
    private readonly Thread _thread;
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _written = new();
    private long _dropped;
    private volatile bool _hurries;
    private volatile bool _ends;

    /// <param name="output">Takes the lines. It stays open.</param>
    /// <param name="droppedLine">The line that tells how many lines were dropped.</param>
    public LineWriter(Stream output, Func<long, string> droppedLine)
    {
        _output = output;
        _droppedLine = droppedLine;
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line with its end.</param>
    /// <param name="hurries">Whether it is written at once, because the process may be about to fail.</param>
    public void Add(StringBuilder line, bool hurries)
    {
        // Copied first: a chunk of a builder may end amid a character.
        var text = ArrayPool<char>.Shared.Rent(line.Length);
        line.CopyTo(0, text, line.Length);
        lock (_adding)
        {
            if (_ends || _waiting.WrittenCount > MostWaiting)
            {
                _dropped++;
            }
            else
            {
                var before = _waiting.WrittenCount;
                Encoding.UTF8.GetBytes(text.AsSpan(0, line.Length), _waiting);
                _hurries |= hurries;
                // Under the lock, which the thread takes once more before it ends: the event is disposed only after that.
                if (before == 0 || hurries || (before < Batch && _waiting.WrittenCount >= Batch))
                    _wake.Set();
            }
        }

        ArrayPool<char>.Shared.Return(text);
    }

    /// <summary>Writes what waits, and ends. A reader that does not read is waited for a second.</summary>
    public void Dispose()
    {
        _ends = true;
        _wake.Set();
        if (_thread.Join(s_last))
            _wake.Dispose();
    }

    private void Run()
    {
        try
        {
            while (Wait() is { } lines)
            {
                _output.Write(lines.WrittenSpan);
                _output.Flush();
                lines.ResetWrittenCount();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Whoever read the output is gone. There is nowhere to say so.
            _ends = true;
        }
    }

    /// <summary>Waits for lines; null at the end.</summary>
    private ArrayBufferWriter<byte>? Wait()
    {
        while (true)
        {
            // A line that was added while the last ones were being written has set the event.
            if (!_ends)
                _wake.WaitOne();
            if (!_ends && !_hurries && Volatile.Read(ref _waiting).WrittenCount < Batch)
                _wake.WaitOne(s_gather);
            lock (_adding)
            {
                if (_dropped > 0)
                    Encoding.UTF8.GetBytes(_droppedLine(_dropped), _waiting);
                _dropped = 0;
                _hurries = false;
                if (_waiting.WrittenCount > 0)
                {
                    (_waiting, _written) = (_written, _waiting);
                    return _written;
                }

                if (_ends)
                    return null;
            }
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Switchyard.Gateway.Logging;

/// <summary>
/// Formats and writes lines on its own thread, those of 20 ms together: waking a thread and asking the kernel once for each line would
/// cost a gateway a fifth of its time, and no call waits while its line becomes text. Waiting lines beyond 8,192, or beyond a million
/// characters, are dropped and counted; so are lines that the output refuses, as a full disk does, until it takes lines again. Thread-safe.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    private const string OwnCategory = "Switchyard.Gateway.Logging";

    private const int MostWaiting = 8192, MostLetters = 1024 * 1024;

    /// <summary>A batch of this many lines is written before 20 ms are over.</summary>
    private const int Batch = 512;

    /// <summary>The bytes of one write, 64 KiB.</summary>
    private const int Block = 64 * 1024;

    private static readonly byte[] s_newLine = Encoding.UTF8.GetBytes(Environment.NewLine);

    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the end waits for a reader, 1 s; one that does not read must not delay the end.</summary>
    private static readonly TimeSpan s_last = TimeSpan.FromSeconds(1);

    private readonly Lock _adding = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ILineFormat _format;
    private readonly TimeProvider _time;
    private readonly Stream _output;
    private readonly Thread _thread;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _block = new();
    private List<LogLine> _waiting = [];
    private List<LogLine> _taken = [];
    private int _letters;
    private long _dropped;
    private long _reported;
    private bool _isCut;
    private volatile bool _hurries;
    private volatile bool _ends;

    /// <param name="format">The format of a line.</param>
    /// <param name="time">The clock.</param>
    /// <param name="output">Takes the lines. It stays open.</param>
    public LineWriter(ILineFormat format, TimeProvider time, Stream output)
    {
        (_format, _time, _output) = (format, time, output);
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="hurries">Whether to write it at once, because the process may be about to fail.</param>
    public void Add(in LogLine line, bool hurries)
    {
        var letters = ((line.State as string)?.Length ?? 0) + (line.Exception?.Length ?? 0);
        lock (_adding)
        {
            if (_ends || _waiting.Count >= MostWaiting || _letters >= MostLetters)
            {
                _dropped++;
                return;
            }

            _waiting.Add(line);
            _letters += letters;
            _hurries |= hurries;
            // Under the lock, which the thread takes once more before it ends: the event is disposed only after that.
            if (hurries || _waiting.Count is 1 or Batch)
                _wake.Set();
        }
    }

    /// <summary>Writes the lines that wait, and ends. A reader that does not read is waited for a second.</summary>
    public void Dispose()
    {
        _ends = true;
        _wake.Set();
        if (_thread.Join(s_last))
            _wake.Dispose();
    }

    private void Run()
    {
        while (Wait())
        {
            var written = 0;
            try
            {
                WriteTaken(ref written);
            }
            catch (IOException)
            {
                // A full disk may have room again later. The lost lines are reported then.
                Lose(_taken.Count - written);
            }
            catch (ObjectDisposedException)
            {
                // The output is closed: there is no place to report that.
                _ends = true;
                return;
            }

            _taken.Clear();
        }
    }

    private void WriteTaken(ref int written)
    {
        var lines = CollectionsMarshal.AsSpan(_taken);
        for (var i = 0; i < lines.Length; i++)
        {
            Format(lines[i]);
            if (_block.WrittenCount < Block)
                continue;
            Write();
            written = i + 1;
        }

        Write();
        _output.Flush();
        written = lines.Length;
    }

    /// <summary>Counts the last lines of those taken as dropped: the output has not taken them.</summary>
    private void Lose(int lines)
    {
        _block.ResetWrittenCount();
        _isCut = true;
        lock (_adding)
            _dropped += _reported > 0 ? lines - 1 + _reported : lines;
    }

    /// <summary>
    /// Adds a line to the block, whole or not at all: a plugin's state that cannot format itself must not end the log.
    /// </summary>
    private void Format(in LogLine line)
    {
        _line.ResetWrittenCount();
        try
        {
            _format.Write(line, _line);
        }
        catch (Exception e) when (line.State is not string)
        {
            _line.ResetWrittenCount();
            _format.Write(line with { State = $"An event that cannot be written: {e.GetType().Name}", Values = null }, _line);
        }

        _block.Write(_line.WrittenSpan);
    }

    private void Write()
    {
        // The output may have taken a part of a block that failed: what follows must not continue its last line.
        if (_isCut)
            _output.Write(s_newLine);
        _isCut = false;
        _output.Write(_block.WrittenSpan);
        _block.ResetWrittenCount();
    }

    /// <summary>Waits for lines and takes them; false at the end.</summary>
    private bool Wait()
    {
        while (true)
        {
            // A line that was added while the last ones were being written has set the event.
            if (!_ends)
                _wake.WaitOne();
            if (!_ends && !_hurries && Volatile.Read(ref _waiting).Count < Batch)
                _wake.WaitOne(s_gather);
            lock (_adding)
            {
                // At the end, an output that refuses lines is not tried again for this line alone.
                _reported = _ends && _isCut ? 0 : _dropped;
                if (_reported > 0)
                    _waiting.Add(DroppedLine(_reported));
                _dropped -= _reported;
                (_letters, _hurries) = (0, false);
                if (_waiting.Count > 0)
                {
                    (_waiting, _taken) = (_taken, _waiting);
                    return true;
                }

                if (_ends)
                    return false;
            }
        }
    }

    private LogLine DroppedLine(long dropped) => new(
        _time.GetUtcNow().UtcDateTime, LogLevel.Warning, OwnCategory, 0,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{dropped} lines were dropped, because the log was not read fast enough or could not be written"));
}

using System.Buffers;
using System.Collections.Concurrent;
using Switchyard.Money;

namespace Switchyard.Storage.Journal;

/// <summary>
/// The last calls of this process, from the moment they begin until the database has them: two files that take turns. What is written to
/// one while the other is being copied to the database survives the end of the process, and is read by the next. Thread-safe.
/// </summary>
internal sealed class CallJournal : IDisposable
{
    /// <summary>The size of each file, 16 MiB: some 40,000 records.</summary>
    private const long SegmentSize = 16 * 1024 * 1024;

    private readonly JournalSegment[] _segments;
    private volatile JournalSegment _active;

    private CallJournal(JournalSegment[] segments)
    {
        _segments = segments;
        _active = segments[0];
    }

    /// <summary>What a record says.</summary>
    private enum Kind : byte
    {
        Began = 1,
        Ended = 2,
    }

    /// <summary>Opens the two files beside a database.</summary>
    /// <param name="path">The database's file.</param>
    /// <param name="left">What the process before wrote and the database may not have.</param>
    /// <exception cref="IOException">Another process has them.</exception>
    public static CallJournal Open(string path, out IReadOnlyList<JournalRecord> left)
    {
        var first = new JournalSegment($"{path}.journal-a", SegmentSize);
        JournalSegment second;
        try
        {
            second = new JournalSegment($"{path}.journal-b", SegmentSize);
        }
        catch
        {
            first.Dispose();
            throw;
        }

        left = [.. first.ReadAll().Concat(second.ReadAll()).Select(Parse)];
        return new CallJournal([first, second]);
    }

    /// <summary>Forgets what the process before left, once the database has it.</summary>
    public void Begin()
    {
        foreach (var segment in _segments)
            segment.ClearAll();
    }

    /// <summary>What was written and the database does not have yet, oldest first.</summary>
    public ConcurrentQueue<JournalRecord> Pending { get; } = new();

    /// <summary>Writes a record; false where the file is full, so that it is in memory alone.</summary>
    /// <param name="record">The record.</param>
    public bool TryAppend(JournalRecord record)
    {
        var entry = record.Entry;
        var buffer = ArrayPool<byte>.Shared.Rent(EntryCodec.MaxSizeOf(entry) + 1);
        try
        {
            buffer[0] = (byte)(record.IsIntent ? Kind.Began : Kind.Ended);
            var bytes = buffer.AsSpan(0, EntryCodec.Write(entry, buffer.AsSpan(1)) + 1);
            while (true)
            {
                var segment = _active;
                segment.Enter();
                try
                {
                    // It may have been turned away from, and be cleared, between the two lines above.
                    if (segment != _active)
                        continue;
                    // Before the segment is left: whoever clears it has waited for that, and then finds the record here.
                    Pending.Enqueue(record);
                    return segment.TryAppend(bytes);
                }
                finally
                {
                    segment.Leave();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Lets new records go to the other file, and returns the one written so far; null where the other has not been cleared yet. What was
    /// handed to the writer before this call is in the file returned.
    /// </summary>
    public JournalSegment? TryTurn()
    {
        var (old, other) = (_active, _active == _segments[0] ? _segments[1] : _segments[0]);
        if (!other.IsEmpty || other.IsBusy)
            return null;
        _active = other;
        return old;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var segment in _segments)
            segment.Dispose();
    }

    private static JournalRecord Parse(byte[] record) => new((Kind)record[0] == Kind.Began, EntryCodec.Read(record.AsSpan(1)));
}

/// <summary>A record that a process before this one has left.</summary>
/// <param name="IsIntent">Whether it says that a call has begun, rather than how it has ended.</param>
/// <param name="Entry">The entry.</param>
internal sealed record JournalRecord(bool IsIntent, LedgerEntry Entry);

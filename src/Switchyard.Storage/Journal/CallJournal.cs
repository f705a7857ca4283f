using System.Buffers;
using System.Collections.Concurrent;
using Switchyard.Money;

namespace Switchyard.Storage.Journal;

/// <summary>
/// The last calls of this process, from their start until the database has them, in two files that are used in turn. The records in one
/// survive the end of the process while the other is copied to the database, and the next process reads them. Thread-safe.
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

    /// <summary>The kind of a record.</summary>
    private enum Kind : byte
    {
        Began = 1,
        Ended = 2,
    }

    /// <summary>Opens the two files beside a database.</summary>
    /// <param name="path">The database's file.</param>
    /// <param name="left">The records of the previous process that the database may not have.</param>
    /// <exception cref="IOException">Another process uses them; or, with an inner exception, the disk is full.</exception>
    /// <exception cref="InvalidDataException">A newer version wrote them.</exception>
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

        try
        {
            left = [.. first.ReadAll().Concat(second.ReadAll()).Select(Parse)];
            return new CallJournal([first, second]);
        }
        catch
        {
            first.Dispose();
            second.Dispose();
            throw;
        }
    }

    /// <summary>Clears the records of the previous process, once the database has them.</summary>
    public void Begin()
    {
        foreach (var segment in _segments)
            segment.ClearAll();
    }

    /// <summary>The records that the database does not have yet, oldest first.</summary>
    public ConcurrentQueue<JournalRecord> Pending { get; } = new();

    /// <summary>Appends a record; false if the file is full, so that the record is in memory only.</summary>
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
                    // Between the two lines above the journal may have turned to the other file, and cleared this one.
                    if (segment != _active)
                        continue;
                    // Before the segment is left: the thread that clears it waits for that, and then finds the record here.
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
    /// Directs new records to the other file, and returns the one written so far; null if the other has not been cleared yet. Records that
    /// were handed to the writer before this call are in the returned file.
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

/// <summary>A record of the journal.</summary>
/// <param name="IsIntent">Whether it records that a call has begun, rather than how it has ended.</param>
/// <param name="Entry">The entry.</param>
internal sealed record JournalRecord(bool IsIntent, LedgerEntry Entry);

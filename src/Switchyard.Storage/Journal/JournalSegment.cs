using System.Buffers.Binary;
using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Storage.Journal;

/// <summary>
/// A file of records, mapped into memory: written bytes belong to the operating system at once, and survive the end of the process
/// without a system call. A record is a mark, its length, a checksum and its bytes, at a multiple of 8; the mark is written last, so
/// that a record cut off by the end of the process is ignored. Appending is thread-safe.
/// </summary>
internal sealed unsafe class JournalSegment : IDisposable
{
    private const int HeaderSize = 16;
    private const int Alignment = 8;

    // Nothing else in the file begins with it; the file is zeroed before it is used again.
    private const uint Mark = 0x53574A31;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;
    private readonly byte* _start;
    private readonly long _size;
    private long _next;
    private int _writers;

    /// <summary>Opens or creates a file of a size.</summary>
    /// <exception cref="IOException">Another process uses it; or, with an inner exception, the disk is full.</exception>
    public JournalSegment(string path, long size)
    {
        _size = size;
        // Not shared: another process on the same file would mix its records with ours.
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            Fill(stream, size);
            _size = stream.Length;
            _file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        }
        catch (Exception e)
        {
            // The next try must find the file unlocked.
            stream.Dispose();
            throw new IOException($"The journal {path} cannot be written: {e.Message}", e);
        }

        _view = _file.CreateViewAccessor(0, _size);
        _handle = _view.SafeMemoryMappedViewHandle;
        _handle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>Whether it contains no records of this process.</summary>
    public bool IsEmpty => Volatile.Read(ref _next) == 0;

    /// <summary>Whether a writer is using it now.</summary>
    public bool IsBusy => Volatile.Read(ref _writers) != 0;

    /// <summary>Announces that a record is about to be written; the segment is not cleared before <see cref="Leave"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _writers);

    /// <summary>Ends <see cref="Enter"/>.</summary>
    public void Leave() => Interlocked.Decrement(ref _writers);

    /// <summary>Appends a record; false if there is no room for it.</summary>
    public bool TryAppend(ReadOnlySpan<byte> record)
    {
        var length = (HeaderSize + record.Length + Alignment - 1) & ~(Alignment - 1);
        var at = Interlocked.Add(ref _next, length) - length;
        if (at + length > _size)
            return false;
        var space = new Span<byte>(_start + at, length);
        BinaryPrimitives.WriteInt32LittleEndian(space[4..], record.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(space[8..], XxHash3.HashToUInt64(record));
        record.CopyTo(space[HeaderSize..]);
        // Last, after all other bytes.
        Volatile.Write(ref *(uint*)(_start + at), Mark);
        return true;
    }

    /// <summary>Reads the records of the previous process, and skips bytes that are not a valid record.</summary>
    public List<byte[]> ReadAll()
    {
        var found = new List<byte[]>();
        var all = new ReadOnlySpan<byte>(_start, (int)_size);
        for (var at = 0; at + HeaderSize <= all.Length;)
        {
            var record = ReadAt(all[at..]);
            if (record is not null)
                found.Add(record);
            at += record is null ? Alignment : (HeaderSize + record.Length + Alignment - 1) & ~(Alignment - 1);
        }

        return found;
    }

    /// <summary>Clears the part that this process has written. There must be no writer meanwhile.</summary>
    public void Clear()
    {
        var used = Math.Min(Volatile.Read(ref _next), _size);
        new Span<byte>(_start, (int)used).Clear();
        Volatile.Write(ref _next, 0);
    }

    /// <summary>Clears the whole file.</summary>
    public void ClearAll()
    {
        Volatile.Write(ref _next, _size);
        Clear();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _handle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>Writes the whole file, so that a full disk is found now and not by a fault in the middle of a call.</summary>
    private static void Fill(FileStream stream, long size)
    {
        if (stream.Length >= size)
            return;
        var zeros = new byte[64 * 1024];
        stream.Position = stream.Length;
        while (stream.Length < size)
            stream.Write(zeros, 0, (int)Math.Min(zeros.Length, size - stream.Length));
        stream.Flush();
    }

    private static byte[]? ReadAt(ReadOnlySpan<byte> from)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Mark)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(from[4..]);
        if (length < 0 || HeaderSize + length > from.Length)
            return null;
        var record = from.Slice(HeaderSize, length);
        return XxHash3.HashToUInt64(record) == BinaryPrimitives.ReadUInt64LittleEndian(from[8..]) ? record.ToArray() : null;
    }
}

using System.Buffers;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// Bytes held to be written later, and again: the first of them in memory, what is beyond a limit in a temporary file. The file is gone
/// with this object; on systems that allow it, its name is gone at once, so that not even a crash leaves it behind.
/// </summary>
internal sealed class SpooledBytes : IDisposable
{
    /// <summary>How many bytes are held in memory.</summary>
    public const int MemoryLimit = 1024 * 1024;

    /// <summary>How the temporary files' names begin.</summary>
    public const string FilePrefix = "switchyard-upload-";

    private const int CopySize = 64 * 1024;

    private byte[] _memory = ArrayPool<byte>.Shared.Rent(CopySize);
    private int _inMemory;
    private FileStream? _file;
    private long _inFile;

    /// <summary>How many bytes are held.</summary>
    public long Length => _inMemory + _inFile;

    /// <summary>Holds further bytes.</summary>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var fits = Math.Min(bytes.Length, MemoryLimit - _inMemory);
        if (fits > 0)
        {
            Grow(_inMemory + fits);
            bytes[..fits].CopyTo(_memory.AsMemory(_inMemory));
            _inMemory += fits;
        }

        if (fits == bytes.Length)
            return;
        _file ??= CreateFile();
        await RandomAccess.WriteAsync(_file.SafeFileHandle, bytes[fits..], _inFile, cancellationToken);
        _inFile += bytes.Length - fits;
    }

    /// <summary>Writes a stretch of them.</summary>
    public async Task CopyToAsync(Stream output, long from, long to, CancellationToken cancellationToken)
    {
        if (from < _inMemory)
        {
            var end = (int)Math.Min(to, _inMemory);
            await output.WriteAsync(_memory.AsMemory((int)from, end - (int)from), cancellationToken);
            from = end;
        }

        if (from >= to)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(CopySize);
        try
        {
            while (from < to)
            {
                var wanted = (int)Math.Min(to - from, buffer.Length);
                var read = await RandomAccess.ReadAsync(_file!.SafeFileHandle, buffer.AsMemory(0, wanted), from - _inMemory, cancellationToken);
                if (read == 0)
                    throw new InvalidDataException("The temporary file of an upload has become shorter.");
                await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                from += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        var memory = Interlocked.Exchange(ref _memory, []);
        if (memory.Length > 0)
            ArrayPool<byte>.Shared.Return(memory);
    }

    private static FileStream CreateFile()
    {
        var path = Path.Combine(Path.GetTempPath(), FilePrefix + Path.GetRandomFileName());
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (OperatingSystem.IsWindows())
        {
            options.Options |= FileOptions.DeleteOnClose;
            return new FileStream(path, options);
        }

        // Uploads are somebody's words: nobody else on the machine may read them.
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        File.Delete(path);
        return file;
    }

    private void Grow(int size)
    {
        if (size <= _memory.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(size, _memory.Length * 2), MemoryLimit));
        _memory.AsSpan(0, _inMemory).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_memory);
        _memory = larger;
    }
}

using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// A buffer that can be written several times: the first 1 MiB in memory, the rest in a temporary file. The file is deleted when this
/// object is disposed; on Unix it is unlinked as soon as it is open, so that not even a crash leaves it behind. Not thread-safe.
/// </summary>
/// <param name="pool">The pool of the memory.</param>
/// <param name="limit">The most pooled memory of all bodies together.</param>
/// <param name="folder">The folder of the file; null uses the folder for temporary files.</param>
internal sealed class SpooledBytes(BodyPool pool, long limit, string? folder = null) : IDisposable
{
    /// <summary>The most bytes held in memory.</summary>
    public const int MemoryLimit = 1024 * 1024;

    /// <summary>The prefix of the names of temporary files.</summary>
    public const string FilePrefix = "switchyard-upload-";

    private const int CopySize = 64 * 1024;

    private byte[] _memory = pool.Rent(CopySize);
    private int _inMemory;
    private FileStream? _file;
    private long _inFile;

    /// <summary>The number of bytes held.</summary>
    public long Length => _inMemory + _inFile;

    /// <summary>Appends bytes.</summary>
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
        try
        {
            _file ??= CreateFile();
            await RandomAccess.WriteAsync(_file.SafeFileHandle, bytes[fits..], _inFile, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NoRoom(e);
        }

        _inFile += bytes.Length - fits;
    }

    /// <summary>Writes a range of the bytes.</summary>
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
                var read = await ReadFileAsync(buffer.AsMemory(0, wanted), from - _inMemory, cancellationToken);
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
            pool.Return(memory);
    }

    /// <summary>Not an <see cref="IOException"/>: during a request to a provider that would count as the provider's fault.</summary>
    private static CallException NoRoom(Exception cause) => new(new CallError(
        CallErrorKind.Overloaded,
        "The gateway cannot keep the upload: its folder for temporary files (the variable TMPDIR) is full, read-only or missing.")
    {
        Cause = cause,
    });

    private async ValueTask<int> ReadFileAsync(Memory<byte> buffer, long from, CancellationToken cancellationToken)
    {
        try
        {
            var read = await RandomAccess.ReadAsync(_file!.SafeFileHandle, buffer, from, cancellationToken);
            return read > 0 ? read : throw new IOException("The temporary file of an upload has become shorter.");
        }
        catch (IOException e)
        {
            throw NoRoom(e);
        }
    }

    private FileStream CreateFile()
    {
        var path = Path.Combine(folder ?? Path.GetTempPath(), FilePrefix + Path.GetRandomFileName());
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

        // Uploads are private data: other users of the machine must not read them.
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        File.Delete(path);
        return file;
    }

    private void Grow(int size)
    {
        if (size <= _memory.Length)
            return;
        var larger = pool.Rent(Math.Min(Math.Max(size, _memory.Length * 2), MemoryLimit), limit);
        _memory.AsSpan(0, _inMemory).CopyTo(larger);
        pool.Return(_memory);
        _memory = larger;
    }
}

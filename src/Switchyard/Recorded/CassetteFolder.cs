using System.Globalization;

namespace Switchyard.Recorded;

/// <summary>A folder of recordings on disk: read as a whole, written one by one.</summary>
internal static class CassetteFolder
{
    /// <summary>The file extension of recordings.</summary>
    public const string Extension = ".json";

    /// <summary>The largest file that is read.</summary>
    public const long MostFileBytes = 128L * 1024 * 1024;

    /// <summary>The maximum number of bytes that are read from a folder.</summary>
    public const long MostBytes = 1024L * 1024 * 1024;

    private const int MostFiles = 100_000;
    private const int Deepest = 16;

    /// <summary>Reads all recordings of a folder and its subfolders, or of one file, in the order of their names.</summary>
    /// <exception cref="CassetteException">A recording cannot be read; the message names it, and says what to do.</exception>
    public static async Task<IReadOnlyList<Cassette>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var root = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : Path.GetFullPath(path);
        List<Cassette> cassettes = [];
        var total = 0L;
        foreach (var file in Find(path))
        {
            var name = Path.GetRelativePath(root, file).Replace('\\', '/');
            var (bytes, problem) = await TryReadAsync(file, MostBytes - total, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
                throw new CassetteException($"{name} {problem}");
            total += bytes.Length;
            cassettes.Add(CassetteReader.Read(name, bytes));
        }

        return cassettes;
    }

    /// <summary>
    /// Writes a recording under an unused name, through a temporary file, so that a reader sees it whole or not at all.
    /// </summary>
    /// <param name="folder">The folder; created if missing.</param>
    /// <param name="name">The name; a number is appended if it is taken.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static string Write(string folder, string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (var file = new FileStream(temporary, NewFile()))
                file.Write(bytes);
            for (var number = 1; ; number++)
            {
                var suffix = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{number}");
                var path = Path.Combine(folder, $"{name}{suffix}{Extension}");
                if (File.Exists(path))
                    continue;
                try
                {
                    File.Move(temporary, path, overwrite: false);
                    return path;
                }
                catch (IOException) when (File.Exists(path))
                {
                    // Another recorder was first.
                }
            }
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>The number of recordings below a folder, and their total size in bytes.</summary>
    public static (int Files, long Bytes) Measure(string folder)
    {
        var (files, bytes) = (0, 0L);
        if (!Directory.Exists(folder))
            return (files, bytes);
        var depth = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Deepest, IgnoreInaccessible = true };
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles($"*{Extension}", depth))
            (files, bytes) = (files + 1, bytes + file.Length);
        return (files, bytes);
    }

    // Recordings contain users' prompts, so only the owner may read the files.
    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    private static List<string> Find(string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new CassetteException($"There is no folder of recordings {path}. Record some there, or name another.");
        List<string> files = [];
        Add(new DirectoryInfo(path), depth: 0, path, files);
        return files.Count > 0
            ? files
            : throw new CassetteException($"The folder {path} has no recordings: files whose names end in {Extension}.");
    }

    private static void Add(DirectoryInfo folder, int depth, string root, List<string> files)
    {
        try
        {
            foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                // A name that begins with a dot is a file being written, or belongs to a mount.
                if (entry.Name.StartsWith('.'))
                    continue;
                if (entry is FileInfo && entry.Name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
                    files.Add(entry.FullName);
                else if (entry is DirectoryInfo inner)
                    AddInner(inner, depth, root, files);
                if (files.Count > MostFiles)
                    throw new CassetteException($"The folder {root} has more than {MostFiles} recordings. Name a folder in it.");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CassetteException($"The folder {Path.GetRelativePath(root, folder.FullName)} cannot be read: {e.Message}", e);
        }
    }

    private static void AddInner(DirectoryInfo inner, int depth, string root, List<string> files)
    {
        var name = Path.GetRelativePath(root, inner.FullName).Replace('\\', '/');
        if (inner.LinkTarget is not null)
        {
            throw new CassetteException(
                $"{name} is a link to a folder, which is not followed, because such links may form a loop. Name that folder itself, "
                + "or put its recordings here.");
        }

        if (depth == Deepest)
            throw new CassetteException($"{name} is more than {Deepest} folders deep. Name a folder nearer to it.");
        Add(inner, depth + 1, root, files);
    }

    private static async Task<(ReadOnlyMemory<byte> Bytes, string? Problem)> TryReadAsync(
        string path, long left, CancellationToken cancellationToken)
    {
        try
        {
            using var file = new FileStream(
                path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            if (file.Length > MostFileBytes)
                return (default, $"has {file.Length} bytes; a recording has at most {MostFileBytes}. Remove it from the folder.");
            if (file.Length > left)
                return (default, $"exceeds the {MostBytes} bytes that are read of a folder. Name a folder in it.");
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            return (bytes, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (default, $"cannot be read: {Reason(e)}. Correct it or remove it from the folder.");
        }
    }

    // The system's message contains the full path, which must not be shown.
    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist, or is a broken link",
        UnauthorizedAccessException => "that is not permitted",
        EndOfStreamException => "it became shorter meanwhile",
        _ => "the system refuses it; perhaps it is a link in a loop",
    };
}

namespace Switchyard.Server.Commands;

/// <summary>Writes results into files that may exist already and may be the user's only copy.</summary>
internal static class WholeFile
{
    /// <summary>
    /// Writes a file. A non-empty one is replaced as a whole or stays unchanged; its permissions are kept, and a link still points to it.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        // Devices and pipes have no content to lose and cannot be replaced.
        if (Existing(path) is not { Length: > 0 } file || !await TryReplaceAsync(file, text, cancellationToken))
            await File.WriteAllTextAsync(path, text, cancellationToken);
    }

    private static FileInfo? Existing(string path)
    {
        if (!File.Exists(path))
            return null;
        var file = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        return file.Exists ? file : null;
    }

    /// <returns>False if the folder does not allow a new file; the file itself may still be writable.</returns>
    private static async Task<bool> TryReplaceAsync(FileInfo file, string text, CancellationToken cancellationToken)
    {
        var written = $"{file.FullName}.{Environment.ProcessId}.new";
        try
        {
            await File.WriteAllTextAsync(written, text, cancellationToken);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(written, file.UnixFileMode);
            File.Move(written, file.FullName, overwrite: true);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            File.Delete(written);
            return false;
        }
        catch
        {
            File.Delete(written);
            throw;
        }
    }
}

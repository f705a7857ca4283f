using System.Globalization;

namespace Switchyard.Secrets;

/// <summary>Marks that detect changes of files without reading them.</summary>
public static class FileStamp
{
    // More files than a mounted secret can have; limits the walk of a folder configured by mistake.
    private const int MostFiles = 1000;

    // In a mounted Kubernetes volume files are behind two links: from the file to ..data, and from there to a dated folder.
    private static readonly EnumerationOptions s_deep = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 2,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.None,
    };

    /// <summary>The mark of a file, with its links followed; the same for every missing file.</summary>
    public static string OfFile(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return target.Exists ? Mark(target) : "none";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "none";
        }
    }

    /// <summary>The mark of all files in a folder; the same for every missing folder.</summary>
    internal static string OfDirectory(string path)
    {
        try
        {
            var root = new DirectoryInfo(path);
            return root.Exists
                ? string.Join('\n', root.EnumerateFileSystemInfos("*", s_deep).Take(MostFiles).Select(Mark).Order(StringComparer.Ordinal))
                : "none";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "none";
        }
    }

    private static string Mark(FileSystemInfo file) => string.Create(
        CultureInfo.InvariantCulture,
        $"{file.FullName}|{(file as FileInfo)?.Length ?? 0}|{file.LastWriteTimeUtc.Ticks}|{file.LinkTarget}");
}

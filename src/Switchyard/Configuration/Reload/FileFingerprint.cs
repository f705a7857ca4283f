using Switchyard.Configuration.Yaml;

namespace Switchyard.Configuration.Reload;

/// <summary>
/// Detects a change of the file without reading it: the path behind its links, length and write time. A mounted Kubernetes volume
/// changes a symbolic link two levels up and nothing on the link itself, so the end of the chain is compared.
/// </summary>
internal readonly record struct FileFingerprint(string? File, string? Target, long Length, DateTime Written)
{
    public static FileFingerprint Of(ConfigurationRequest request)
    {
        var file = ConfigurationFile.Locate(request);
        if (file is null)
            return Missing(file: null);
        try
        {
            var info = new FileInfo(Path.Combine(request.WorkingDirectory, file));
            var target = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
            return target.Exists
                ? new FileFingerprint(file, Resolve(target), target.Length, target.LastWriteTimeUtc)
                : Missing(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Missing(file);
        }
    }

    private static FileFingerprint Missing(string? file) => new(file, null, -1, default);

    /// <summary>The path with a link among its directories followed: an update swaps the directory behind <c>..data</c>.</summary>
    private static string Resolve(FileInfo target) => target.Directory?.ResolveLinkTarget(returnFinalTarget: true) is { } directory
        ? Path.Combine(directory.FullName, target.Name)
        : target.FullName;
}

namespace Switchyard.LoadTest.Processes;

internal static class Programs
{
    /// <summary>Searches <c>PATH</c>, and the folders of servers that usually only root has on it.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}

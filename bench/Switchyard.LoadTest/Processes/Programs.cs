namespace Switchyard.LoadTest.Processes;

internal static class Programs
{
    /// <summary>Looks along <c>PATH</c>, and where servers live that only root usually has on it.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
}

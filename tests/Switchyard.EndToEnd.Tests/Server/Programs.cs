namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Optional programs of this machine that some tests need.</summary>
internal static class Programs
{
    /// <summary>Whether a program is found on the path.</summary>
    public static bool Exists(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, name)));
}

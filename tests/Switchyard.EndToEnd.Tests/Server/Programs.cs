namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Programs of this machine that a test needs and may do without.</summary>
internal static class Programs
{
    /// <summary>Whether a program is found on the path.</summary>
    public static bool Exists(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, name)));
}

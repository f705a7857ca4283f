using System.Diagnostics;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Native;

/// <summary><c>dotnet publish</c> in this clone.</summary>
internal static class Publishing
{
    /// <summary>Runs it to its end, and fails where it does.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["publish", .. arguments, "--nologo", "-v", "quiet"])
        {
            WorkingDirectory = NodeProcess.RepositoryFolder,
            RedirectStandardOutput = true,
        };
        // Servers that outlive the build would hold its output open, and we would wait for them.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var publish = Process.Start(start)!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, $"dotnet publish {string.Join(' ', arguments)} ended with {publish.ExitCode}: {said}");
        return said;
    }
}

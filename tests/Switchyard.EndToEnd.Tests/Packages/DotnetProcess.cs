using System.Diagnostics;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

/// <summary>The <c>dotnet</c> command, as a user runs it in a folder.</summary>
internal static class DotnetProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs it to its end, and fails where it does.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start =
            new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // The folder's own NuGet.config decides where packages are installed.
        foreach (var name in new[] { "NUGET_PACKAGES", "NUGET_FALLBACK_PACKAGES" })
            start.Environment.Remove(name);
        // A build server would live on and hold the output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        using var tooLong = new CancellationTokenSource(s_patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(tooLong.Token);
            var errors = process.StandardError.ReadToEndAsync(tooLong.Token);
            await process.WaitForExitAsync(tooLong.Token);
            Assert.True(
                process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output}{await errors}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} did not end within {s_patience}.");
        }
    }
}

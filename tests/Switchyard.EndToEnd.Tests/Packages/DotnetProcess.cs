using System.Diagnostics;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

/// <summary>The <c>dotnet</c> command, as a user runs it in a folder.</summary>
internal static class DotnetProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs it to its end, and fails where it does.</summary>
    /// <returns>What it printed.</returns>
    public static Task<string> RunAsync(string folder, params string[] arguments) => RunAsync(folder, isCI: false, arguments);

    /// <summary>Runs it to its end, and fails where it does.</summary>
    /// <param name="folder">Its working directory.</param>
    /// <param name="isCI">Whether it builds as eng/install-forms does, and so reuses its build output.</param>
    /// <param name="arguments">The command and its options.</param>
    public static async Task<string> RunAsync(string folder, bool isCI, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The folder's own NuGet.config decides where packages are installed.
        foreach (var name in new[] { "NUGET_PACKAGES", "NUGET_FALLBACK_PACKAGES" })
            start.Environment.Remove(name);
        // A build server would live on and hold the output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        if (isCI)
            start.Environment["CI"] = "true";
        var command = $"dotnet {string.Join(' ', arguments)}";
        using var process = Process.Start(start)!;
        using var tooLong = new CancellationTokenSource(s_patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(tooLong.Token);
            var errors = process.StandardError.ReadToEndAsync(tooLong.Token);
            await process.WaitForExitAsync(tooLong.Token);
            Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}: {await output}{await errors}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {s_patience}.");
        }
    }
}

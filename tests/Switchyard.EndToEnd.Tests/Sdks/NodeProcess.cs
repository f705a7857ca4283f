using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>Runs a script of <c>clients/</c> with Node.</summary>
internal static class NodeProcess
{
    private static readonly string[] s_notInherited =
    [
        "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "NODE_OPTIONS", "OPENAI_API_KEY", "OPENAI_BASE_URL",
        "OPENAI_API_VERSION", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI",
    ];

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private static readonly string s_folder = Path.Combine(SourceFolder(), "..", "clients");

    /// <summary>The repository's root.</summary>
    public static string RepositoryFolder => Path.GetFullPath(Path.Combine(s_folder, "..", "..", ".."));

    /// <summary>The folder of the packages and the scripts.</summary>
    public static string ClientsFolder => Path.GetFullPath(s_folder);

    /// <summary>Skips the test if the packages are missing, and explains how to install them.</summary>
    public static void SkipUnlessInstalled()
    {
        if (!Directory.Exists(Path.Combine(s_folder, "node_modules")))
            Assert.Skip(
                "The npm clients are not installed: run `npm ci` in tests/Switchyard.EndToEnd.Tests/clients, or ./test, which does it.");
    }

    /// <summary>Runs a script that prints one JSON object.</summary>
    public static async Task<JsonElement> RunAsync(string script, params string[] arguments) =>
        JsonElement.Parse(await PrintedAsync(script, arguments));

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> PrintedAsync(string script, params string[] arguments)
    {
        using var node = Start(script, arguments);
        using var tooLong = new CancellationTokenSource(s_patience);
        try
        {
            var output = node.StandardOutput.ReadToEndAsync(tooLong.Token);
            var errors = node.StandardError.ReadToEndAsync(tooLong.Token);
            await node.WaitForExitAsync(tooLong.Token);
            Assert.True(node.ExitCode == 0, $"{script} ended with {node.ExitCode}: {await errors}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            node.Kill(entireProcessTree: true);
            throw new TimeoutException($"{script} did not end within {s_patience}.");
        }
    }

    private static Process Start(string script, string[] arguments)
    {
        var start =
            new ProcessStartInfo("node") { WorkingDirectory = s_folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(script);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // A proxy of this machine must not be used for loopback.
        foreach (var name in s_notInherited)
            start.Environment.Remove(name);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node is not installed.");
            throw;
        }
    }

    /// <summary>Packages are beside the sources, not in the build output; they are found by walking up the folders.</summary>
    private static string SourceFolder([CallerFilePath] string file = "")
    {
        if (File.Exists(file))
            return Path.GetDirectoryName(file)!;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var here = Path.Combine(folder.FullName, "tests", "Switchyard.EndToEnd.Tests", "Sdks");
            if (Directory.Exists(here))
                return here;
        }

        return AppContext.BaseDirectory;
    }
}

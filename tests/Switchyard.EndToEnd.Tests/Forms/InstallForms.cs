using System.Diagnostics;
using System.Runtime.InteropServices;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Server;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Forms;

/// <summary>
/// The output of eng/install-forms for this machine, built once for all tests: the single file, the portable folder and the edge edition.
/// Warnings of the native compiler about the whole program, all packages included, are errors there.
/// </summary>
public sealed class InstallForms : IAsyncLifetime
{
    private static readonly string[] s_compilers = ["clang", "gcc"];

    private static readonly string s_dist = Path.Combine(NodeProcess.RepositoryFolder, "artifacts", "dist");

    private string? _missing;

    /// <summary>What the script printed.</summary>
    public string Said { get; private set; } = "";

    /// <summary>The lock files before the run.</summary>
    public IReadOnlyDictionary<string, string> Locks { get; } = Directory.EnumerateFiles(
        Path.Combine(NodeProcess.RepositoryFolder, "src"), "packages.lock.json", SearchOption.AllDirectories)
        .ToDictionary(file => file, File.ReadAllText);

    public async ValueTask InitializeAsync()
    {
        _missing = FindMissing();
        if (_missing is not null)
            return;
        var watch = Stopwatch.StartNew();
        TestContext.Current.SendDiagnosticMessage("Making what people install, one of them compiled ahead of time: two minutes or three…");
        Said = await MakeAsync("linux-x64", "portable", "edge");
        TestContext.Current.SendDiagnosticMessage("Made after {0:0} s.", watch.Elapsed.TotalSeconds);
    }

    /// <summary>Runs the script for some forms, and fails if it fails.</summary>
    /// <returns>What it printed.</returns>
    internal static async Task<string> MakeAsync(params string[] forms)
    {
        var start = new ProcessStartInfo(Path.Combine(NodeProcess.RepositoryFolder, "eng", "install-forms"), forms)
        {
            WorkingDirectory = NodeProcess.RepositoryFolder,
            RedirectStandardOutput = true,
        };
        using var script = Process.Start(start)!;
        var said = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, $"eng/install-forms {string.Join(' ', forms)} ended with {script.ExitCode}: {said}");
        return said;
    }

    /// <summary>The folder of a form: its archive, unpacked. Skips the test with the reason if the forms cannot be built.</summary>
    /// <param name="pattern">Its name, with a star for the version: <c>switchyard-*-portable</c>.</param>
    internal string Folder(string pattern)
    {
        if (_missing is not null)
            Assert.Skip(_missing);
        return Find(pattern);
    }

    internal static string Find(string pattern) => Directory.EnumerateDirectories(s_dist, pattern)
        // switchyard-*-linux-x64 is not switchyard-edge-…
        .Single(folder => pattern.Contains("edge", StringComparison.Ordinal)
            || !Path.GetFileName(folder).Contains("edge", StringComparison.Ordinal));

    internal string Checksums()
    {
        if (_missing is not null)
            Assert.Skip(_missing);
        return Path.Combine(s_dist, "SHA256SUMS");
    }

    /// <summary>The single file of the edge edition.</summary>
    internal string EdgeFile() => Path.Combine(Folder("switchyard-edge-*"), "switchyard-edge");

    /// <summary>Starts the edge edition, with a configuration if given; without arguments it serves.</summary>
    internal Task<Executable> StartEdgeAsync(string? yaml, params string[] arguments) => Executable.LaunchAsync(
        EdgeFile(), yaml, new Dictionary<string, string>(), address => arguments is [] ? ["--urls", address] : arguments);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            return "The forms are made here for Linux on x64 only.";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var hasCompiler = folders.Any(folder => s_compilers.Any(name => File.Exists(Path.Combine(folder, name))));
        return hasCompiler ? null : "Compiling ahead of time needs clang or gcc: install one, or run ./test, which does it.";
    }
}

/// <summary>Alone, after all others: the compiler takes the whole machine for a while, and other tests watch the clock.</summary>
[CollectionDefinition(nameof(InstallForms), DisableParallelization = true)]
public sealed class InstallFormsGroup : ICollectionFixture<InstallForms>;

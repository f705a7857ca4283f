using System.Diagnostics;
using System.Runtime.InteropServices;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Server;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Native;

/// <summary>
/// <c>samples/NativeGateway</c> as one native file, compiled once for all its tests. Warnings of the compiler about the whole program, all
/// packages included, are errors there.
/// </summary>
public sealed class NativeProgram : IAsyncLifetime
{
    private static readonly string[] s_compilers = ["clang", "gcc"];

    private static readonly string s_folder = Path.Combine(NodeProcess.RepositoryFolder, "artifacts", "publish", "NativeGateway", "tested");

    private string? _missing;

    public async ValueTask InitializeAsync()
    {
        _missing = FindMissing();
        if (_missing is not null)
            return;
        var watch = Stopwatch.StartNew();
        TestContext.Current.SendDiagnosticMessage("Compiling samples/NativeGateway ahead of time, which takes a minute or two…");
        await PublishAsync();
        TestContext.Current.SendDiagnosticMessage("Compiled after {0:0} s.", watch.Elapsed.TotalSeconds);
    }

    /// <summary>Starts it, with a configuration if given. Skips the test where it cannot be compiled, and says why.</summary>
    internal Task<Executable> StartAsync(string? yaml)
    {
        if (_missing is not null)
            Assert.Skip(_missing);
        return Executable.LaunchAsync(
            Path.Combine(s_folder, "NativeGateway"), yaml, new Dictionary<string, string>(), address => [$"server.urls={address}"]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            return "The sample is compiled for Linux on x64 only.";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var hasCompiler = folders.Any(folder => s_compilers.Any(name => File.Exists(Path.Combine(folder, name))));
        return hasCompiler ? null : "Compiling ahead of time needs clang or gcc: install one, or run ./test, which does it.";
    }

    private static Task<string> PublishAsync() =>
        Publishing.RunAsync(new Dictionary<string, string>(), "samples/NativeGateway", "-c", "Release", "-o", s_folder);
}

/// <summary>Alone, after all others: the compiler takes the whole machine for a while, and other tests watch the clock.</summary>
[CollectionDefinition(nameof(NativeProgram), DisableParallelization = true)]
public sealed class NativeProgramGroup : ICollectionFixture<NativeProgram>;

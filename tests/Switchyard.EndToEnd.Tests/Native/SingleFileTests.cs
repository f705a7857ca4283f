using System.Diagnostics;
using System.Runtime.InteropServices;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Native;

/// <summary>The gateway published as one file, as a build server does it.</summary>
[Collection(nameof(NativeProgram))]
public sealed class SingleFileTests
{
    [Covers("V11")]
    [Fact]
    public async Task One_file_for_a_platform_is_published_without_warnings_and_leaves_the_lock_files_alone()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            Assert.Skip("The test publishes for Linux on x64.");
        var folder = Directory.CreateTempSubdirectory("switchyard-single-").FullName;
        var locks = Directory.EnumerateFiles(
            Path.Combine(NodeProcess.RepositoryFolder, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.ReadAllText);

        var said = await Publishing.RunAsync(
            new Dictionary<string, string> { ["CI"] = "true" },
            "src/Switchyard.Server", "-c", "Release", "-r", "linux-x64", "-p:PublishSingleFile=true", "-p:RunAnalyzers=false",
            "--artifacts-path", Path.Combine(folder, "artifacts"), "-o", Path.Combine(folder, "out"));

        Assert.DoesNotContain("warning", said, StringComparison.OrdinalIgnoreCase);
        Assert.All(locks, file => Assert.Equal(file.Value, File.ReadAllText(file.Key)));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "out"), "*.dll"));
        var command = Path.Combine(folder, "out", "switchyard");
        using var program = Process.Start(new ProcessStartInfo(command, ["chat", "Hello", "--model", "mock"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        var printed = await program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();
        Assert.Contains("Mock response to: Hello", printed, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }
}

using System.IO.Compression;
using System.Reflection;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

/// <summary>
/// The packages, the tool and the templates, packed once from the build output beside the tests, in a folder that is their source.
/// </summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-packages-");

    /// <summary>The folder for programs that use the packages.</summary>
    public string Folder => _folder.FullName;

    public string Version { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var packed = Path.Combine(Folder, "packed");
        // Built beside the tests: artifacts/bin/PROJECT/CONFIGURATION.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string[] pack = ["pack", "Switchyard.slnx", "--no-build", "--nologo", "-v", "quiet", "-c", configuration, "-o", packed];
        await DotnetProcess.RunAsync(NodeProcess.RepositoryFolder, pack);
        var gateway = Directory.EnumerateFiles(packed, "Switchyard.Gateway.*.nupkg").Single();
        Version = Path.GetFileNameWithoutExtension(gateway)["Switchyard.Gateway.".Length..];
        // A package of this version in the machine's cache would be used instead of the new one, with the code of another day.
        var stale = Directory.GetDirectories(Cache(), "switchyard*").Select(folder => Path.Combine(folder, Version))
            .Where(Directory.Exists).ToList();
        Assert.True(stale.Count == 0, $"Remove these, or they are tested instead of this build: {string.Join(", ", stale)}");

        // The new packages are installed into a separate folder, because the machine's cache would keep this version for ever. Their
        // dependencies have been in the cache since the tests were built, so nothing is downloaded.
        await File.WriteAllTextAsync(Path.Combine(Folder, "NuGet.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="installed" /></config>
              <packageSources><clear /><add key="packed" value="packed" /></packageSources>
              <packageSourceMapping><clear /></packageSourceMapping>
              <fallbackPackageFolders><clear /><add key="cache" value="{Cache()}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>Opens a package by its name and extension.</summary>
    public ZipArchive Open(string name, string ending) => ZipFile.OpenRead(Path.Combine(Folder, "packed", $"{name}.{Version}.{ending}"));

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return default;
    }

    private static string Cache() =>
        typeof(PackedPackages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(data => data.Key == "NuGetPackageRoot").Value!;
}

/// <summary>One after the other: each starts builds, which use the whole machine.</summary>
[CollectionDefinition(nameof(PackedPackages))]
public sealed class PackedPackagesGroup : ICollectionFixture<PackedPackages>;

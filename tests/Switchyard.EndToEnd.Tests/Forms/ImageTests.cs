using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Switchyard.EndToEnd.Tests.Packages;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Forms;

/// <summary>
/// The image that the SDK builds without a container engine, on a base image of ours, because tests cannot download one. The test
/// covers the image settings of our project file, not the runtime in the real base image.
/// </summary>
[Collection(nameof(InstallForms))]
public sealed class ImageTests
{
    private static readonly string s_made = Path.Combine(NodeProcess.RepositoryFolder, "artifacts", "forms");

    [Fact]
    public async Task An_image_listens_without_root_and_holds_the_command_that_says_whether_it_is_well()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("The image is made for Linux.");
        await using var baseImage = await BaseImage.StartAsync();
        var folder = Directory.CreateTempSubdirectory("switchyard-image-");
        var archive = Path.Combine(folder.FullName, "switchyard.tar");

        // Reuses the build output of the other forms, which is already compiled ahead of time for the single file.
        await DotnetProcess.RunAsync(
            NodeProcess.RepositoryFolder,
            isCI: true,
            [
                "publish", "src/Switchyard.Server", "-t:PublishContainer", "-c", "Release", "--nologo", "-v", "quiet",
                "--artifacts-path", s_made, "-p:RunAnalyzers=false", $"-p:ContainerBaseImage={baseImage.Name}",
                $"-p:ContainerArchiveOutputPath={archive}",
            ]);

        var image = await ReadAsync(archive);
        var settings = image.Config.GetProperty("config");
        Assert.Equal("1654", settings.GetProperty("User").GetString());
        Assert.Equal(["/app/switchyard"], Strings(settings.GetProperty("Entrypoint")));
        Assert.Equal(["serve"], Strings(settings.GetProperty("Cmd")));
        Assert.Equal("8080/tcp", settings.GetProperty("ExposedPorts").EnumerateObject().Single().Name);
        Assert.Contains("PORT=8080", Strings(settings.GetProperty("Env")));
        Assert.Contains(Strings(settings.GetProperty("Env")), variable => variable.StartsWith("PATH=/app:", StringComparison.Ordinal));
        Assert.DoesNotContain(
            Strings(settings.GetProperty("Env")), variable => variable.Contains("KEY", StringComparison.OrdinalIgnoreCase));
        // `switchyard ping` is the health command for operators; the base image's layer is kept.
        Assert.True(image.Files.GetValueOrDefault("app/switchyard").HasFlag(UnixFileMode.OtherExecute), "The command cannot be started.");
        Assert.Contains("app/Switchyard.Server.dll", image.Files.Keys);
        Assert.Contains("etc/base-of-a-test", image.Files.Keys);
        // Its user may write no file of it, so it also works with a read-only root file system.
        Assert.All(image.Files.Values, mode => Assert.False(mode.HasFlag(UnixFileMode.OtherWrite)));
        folder.Delete(recursive: true);
    }

    private static async Task<Image> ReadAsync(string archive)
    {
        var parts = await EntriesAsync(archive);
        // An image layout of the Open Container Initiative: an index, which names the manifest, which names the settings and the layers.
        var manifest = JsonElement.Parse(Blob(JsonElement.Parse(parts["index.json"]).GetProperty("manifests")[0]));
        var files = new Dictionary<string, UnixFileMode>(StringComparer.Ordinal);
        foreach (var layer in manifest.GetProperty("layers").EnumerateArray())
        {
            await using var packed = Unpacked(new MemoryStream(Blob(layer)));
            await using var reader = new TarReader(packed);
            while (await reader.GetNextEntryAsync() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile)
                    files[entry.Name.TrimStart('.', '/')] = entry.Mode;
            }
        }

        return new Image(JsonElement.Parse(Blob(manifest.GetProperty("config"))), files);

        byte[] Blob(JsonElement named) => parts[$"blobs/{named.GetProperty("digest").GetString()!.Replace(':', '/')}"];
    }

    private static async Task<Dictionary<string, byte[]>> EntriesAsync(string archive)
    {
        await using var packed = Unpacked(File.OpenRead(archive));
        await using var reader = new TarReader(packed);
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry.DataStream is not { } content)
                continue;
            using var copy = new MemoryStream();
            await content.CopyToAsync(copy);
            parts[entry.Name.TrimStart('.', '/')] = copy.ToArray();
        }

        return parts;
    }

    /// <summary>The bytes of a file that is compressed or not: layers are, and whether the archive is depends on the SDK.</summary>
    private static Stream Unpacked(Stream file)
    {
        var isPacked = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        return isPacked ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static List<string> Strings(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetString()!)];

    private sealed record Image(JsonElement Config, IReadOnlyDictionary<string, UnixFileMode> Files);
}

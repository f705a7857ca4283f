using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Server;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Forms;

/// <summary>The output of eng/install-forms is correct: it starts, lists its components, and does not reveal the folder of the
/// build.</summary>
[Collection(nameof(InstallForms))]
public sealed class FormTests(InstallForms forms)
{
    public static TheoryData<string> Programs() => ["switchyard-*-linux-x64", "switchyard-*-portable", "switchyard-edge-*"];

    [Covers("V11")]
    [Fact]
    public async Task The_one_file_alone_without_dotnet_answers_the_readmes_first_call()
    {
        var folder = Directory.CreateTempSubdirectory("switchyard-single-");
        var alone = Path.Combine(folder.FullName, "switchyard");
        File.Copy(Path.Combine(forms.Folder("switchyard-*-linux-x64"), "switchyard"), alone);
        // No SDK and no runtime can be found from there.
        var bare = new Dictionary<string, string> { ["PATH"] = "", ["DOTNET_ROOT"] = folder.FullName };

        await using (var program = await (await Executable.LaunchAsync(
            alone, null, bare, address => ["serve", "--urls", address])).ServingAsync())
        {
            var (size, resident) = (new FileInfo(alone).Length / 1048576.0, ResidentMemory.Of(program.ProcessId) / 1048576.0);
            TestContext.Current.SendDiagnosticMessage("switchyard, one file: {0:0.0} MB, {1:0.0} MB resident.", size, resident);
            await ReadmeCall.AnswersAtAsync(program.Address);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_portable_folder_runs_on_the_runtime_of_the_machine()
    {
        var program = Path.Combine(forms.Folder("switchyard-*-portable"), "Switchyard.Server.dll");

        await using var gateway = await (await Executable.LaunchAsync(
            "dotnet", null, new Dictionary<string, string>(), address => [program, "--urls", address])).ServingAsync();

        await ReadmeCall.AnswersAtAsync(gateway.Address);
    }

    [Fact]
    public void Making_them_warns_of_nothing_and_leaves_the_lock_files_alone()
    {
        forms.Folder("switchyard-*-portable");

        Assert.DoesNotContain("warning", forms.Said, StringComparison.OrdinalIgnoreCase);
        Assert.All(forms.Locks, file => Assert.Equal(file.Value, File.ReadAllText(file.Key)));
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Beside_a_program_lie_its_licence_what_it_is_made_of_and_the_notices_of_all_that(string form)
    {
        var folder = forms.Folder(form);
        Assert.True(File.Exists(Path.Combine(folder, "LICENSE")));
        var notices = await File.ReadAllTextAsync(
            Path.Combine(folder, "THIRD-PARTY-NOTICES.txt"), TestContext.Current.CancellationToken);

        var components = await ComponentsAsync(folder);

        Assert.NotEmpty(components);
        Assert.All(components, component =>
        {
            var (name, version) = (component.GetProperty("name").GetString(), component.GetProperty("version").GetString());
            Assert.Contains($"{name} {version}: ", notices, StringComparison.Ordinal);
            Assert.Equal($"pkg:nuget/{name}@{version}", component.GetProperty("purl").GetString());
            Assert.NotEmpty(component.GetProperty("licenses").EnumerateArray());
            Assert.Equal(128, component.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length);
        });
        // Only self-contained forms include the runtime.
        Assert.Equal(
            !form.EndsWith("portable", StringComparison.Ordinal),
            components.Any(component => component.GetProperty("type").GetString() == "framework"));
    }

    /// <summary>The SDK lists what a program loads in its deps.json: independent of the restore from which the bill of materials is
    /// made.</summary>
    [Fact]
    public async Task No_package_that_is_loaded_is_missing_in_the_bill()
    {
        var folder = forms.Folder("switchyard-*-portable");
        var deps = JsonElement.Parse(await File.ReadAllBytesAsync(
            Path.Combine(folder, "Switchyard.Server.deps.json"), TestContext.Current.CancellationToken));

        var loaded = deps.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject()
            .Where(library => library.Value.TryGetProperty("runtime", out _) || library.Value.TryGetProperty("runtimeTargets", out _))
            .Select(library => library.Name).Where(name => !name.StartsWith("Switchyard", StringComparison.Ordinal));

        var billed = (await ComponentsAsync(folder))
            .Select(component => $"{component.GetProperty("name").GetString()}/{component.GetProperty("version").GetString()}");
        Assert.Empty(loaded.Except(billed));
    }

    /// <summary>A stack trace with the build folder reveals who built it and misleads the reader.</summary>
    [Theory]
    [MemberData(nameof(Programs))]
    public void No_file_holds_the_path_it_was_built_in(string form)
    {
        var path = NodeProcess.RepositoryFolder;
        foreach (var file in Directory.EnumerateFiles(forms.Folder(form), "*", SearchOption.AllDirectories))
        {
            var content = File.ReadAllBytes(file).AsSpan();
            Assert.True(
                content.IndexOf(Encoding.UTF8.GetBytes(path)) < 0 && content.IndexOf(Encoding.Unicode.GetBytes(path)) < 0,
                $"{Path.GetFileName(file)} holds {path}.");
        }
    }

    [Fact]
    public void Every_archive_has_the_sum_that_is_published()
    {
        var sums = forms.Checksums();
        var listed = File.ReadAllLines(sums).Select(line => line.Split("  ", 2)).ToList();

        Assert.All(listed, entry => Assert.Equal(
            entry[0], Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(sums)!, entry[1]))))));
        Assert.Equal(3, listed.Count(entry => entry[1].Contains("linux-x64", StringComparison.Ordinal)
            || entry[1].Contains("portable", StringComparison.Ordinal)));
    }

    /// <summary>Takes minutes and downloads each platform's runtime: runs only with <c>-explicit only -trait
    /// kind=forms</c>.</summary>
    [Trait("kind", "forms")]
    [Theory(Explicit = true)]
    [InlineData("linux-arm64", "switchyard", "libe_sqlite3.so")]
    [InlineData("osx-arm64", "switchyard", "libe_sqlite3.dylib")]
    [InlineData("win-x64", "switchyard.exe", "e_sqlite3.dll")]
    public async Task A_file_for_another_platform_is_one_of_that_platform(string platform, string program, string library)
    {
        await InstallForms.MakeAsync(platform);

        var folder = InstallForms.Find($"switchyard-*-{platform}");
        Assert.Equal(platform, PlatformOf(File.ReadAllBytes(Path.Combine(folder, program))));
        Assert.Equal(platform, PlatformOf(File.ReadAllBytes(Path.Combine(folder, library))));
        Assert.InRange(new FileInfo(Path.Combine(folder, program)).Length, 30_000_000, 250_000_000);
        Assert.Contains(
            await ComponentsAsync(folder),
            component => component.GetProperty("name").GetString()!.EndsWith(platform, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The format in the first bytes of a program: ELF, Mach-O or PE, and the processor.</summary>
    private static string PlatformOf(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("\u007FELF"u8))
            return file[18] == 0xB7 ? "linux-arm64" : file[18] == 0x3E ? "linux-x64" : "linux";
        if (file.StartsWith((ReadOnlySpan<byte>)[0xCF, 0xFA, 0xED, 0xFE]))
            return BitConverter.ToUInt32(file[4..]) == 0x0100000C ? "osx-arm64" : "osx";
        var header = BitConverter.ToInt32(file[0x3C..]);
        return file.StartsWith("MZ"u8) && BitConverter.ToUInt16(file[(header + 4)..]) == 0x8664 ? "win-x64" : "unknown";
    }

    private static async Task<List<JsonElement>> ComponentsAsync(string folder)
    {
        var bill = JsonElement.Parse(await File.ReadAllBytesAsync(
            Directory.EnumerateFiles(folder, "*.cdx.json").Single(), TestContext.Current.CancellationToken));
        Assert.Equal("CycloneDX", bill.GetProperty("bomFormat").GetString());
        return [.. bill.GetProperty("components").EnumerateArray()];
    }
}

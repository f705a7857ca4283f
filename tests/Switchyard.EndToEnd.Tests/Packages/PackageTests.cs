using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;
using Switchyard.EndToEnd.Tests.Sdks;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Packages;

[Collection(nameof(PackedPackages))]
public sealed class PackageTests(PackedPackages packages)
{
    private const string AppHost = "Switchyard.Aspire.Hosting";

    public static TheoryData<string> Names() =>
    [
        "Switchyard", "Switchyard.Gateway", "Switchyard.Storage", "Switchyard.Cloud", "Switchyard.Refinement", "Switchyard.Aspire", AppHost,
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_package_says_what_it_is_under_which_licence_and_what_changed(string name)
    {
        using var package = packages.Open(name, "nupkg");
        var files = package.Entries.Select(entry => entry.FullName).ToHashSet();
        Assert.Superset(
            new HashSet<string> { "README.md", "CHANGELOG.md", "icon.png", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml" }, files);

        using var nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        var about = XDocument.Load(nuspec).Descendants().ToLookup(element => element.Name.LocalName, element => element.Value);
        Assert.Equal(["MIT"], about["license"]);
        Assert.Equal(["README.md"], about["readme"]);
        Assert.Equal(["icon.png"], about["icon"]);
        // The publisher sets the source address: an address invented here could belong to another owner.
        Assert.Empty(about["projectUrl"]);
        Assert.Contains("CHANGELOG.md", Assert.Single(about["releaseNotes"]), StringComparison.Ordinal);
        Assert.Contains("llm", Assert.Single(about["tags"]).Split(' '));
        Assert.NotEqual("Package Description", Assert.Single(about["description"]));
        Assert.StartsWith($"# {name}\n", await TextAsync(package, "README.md"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Symbols_come_beside_it_without_the_paths_of_the_build_machine(string name)
    {
        using var symbols = packages.Open(name, "snupkg");
        using var file = new MemoryStream();
        await using (var entry = symbols.GetEntry($"lib/net10.0/{name}.pdb")!.Open())
            await entry.CopyToAsync(file, TestContext.Current.CancellationToken);
        file.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(file);
        var reader = provider.GetMetadataReader();
        var sources = reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)).ToList();
        Assert.NotEmpty(sources);
        // Paths are kept for debugging a local build; a release is built with CI=true.
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.All(sources, source => Assert.False(source.StartsWith(NodeProcess.RepositoryFolder, StringComparison.Ordinal), source));
    }

    /// <summary>The tool and the templates are packages too, but nothing is compiled against them.</summary>
    [Theory]
    [InlineData("Switchyard.Server", "DotnetTool")]
    [InlineData("Switchyard.Templates", "Template")]
    public async Task What_is_installed_with_dotnet_says_what_it_is(string name, string type)
    {
        using var package = packages.Open(name, "nupkg");
        Assert.Superset(
            new HashSet<string> { "README.md", "CHANGELOG.md", "icon.png" }, package.Entries.Select(entry => entry.FullName).ToHashSet());
        await using var nuspec = await package.GetEntry($"{name}.nuspec")!.OpenAsync(TestContext.Current.CancellationToken);
        var about = await XDocument.LoadAsync(nuspec, LoadOptions.None, TestContext.Current.CancellationToken);
        Assert.Equal(
            type, about.Descendants().Single(element => element.Name.LocalName == "packageType").Attribute("name")!.Value);
        Assert.DoesNotContain(about.Descendants(), element => element.Name.LocalName is "dependency" or "projectUrl");
    }

    [Fact]
    public async Task A_program_with_nothing_but_the_package_answers_as_the_readme_says()
    {
        await WriteAsync("console", "Microsoft.NET.Sdk", ["Switchyard"], await FirstProgramOfAsync("README.md"));
        await WriteAsync("web", "Microsoft.NET.Sdk.Web", [.. Names().Select(row => row.Data).Where(name => name != AppHost)], $$"""
            {{await FirstProgramOfAsync("src/Switchyard.Gateway/PACKAGE.md")}}
            app.Run();

            static class Sides
            {
                public static void AddTo(IServiceCollection services) =>
                    services.AddSwitchyard().AddSwitchyardCloud().AddSwitchyardStorage().AddSchemaRefinement();
            }
            """);
        await WriteAsync("client", "Microsoft.NET.Sdk.Web", ["Switchyard.Aspire"], $$"""
            using Microsoft.Extensions.AI;
            {{await FirstProgramOfAsync("src/Switchyard.Aspire/PACKAGE.md")}}
            """);
        await WriteAsync("apphost", "Microsoft.NET.Sdk", [AppHost, "Nerdbank.MessagePack", "Polly.Core"], $$"""
            using Aspire.Hosting;
            {{await FirstProgramOfAsync("src/Switchyard.Aspire.Hosting/PACKAGE.md")}}
            """);
        await File.WriteAllTextAsync(Path.Combine(packages.Folder, "programs.slnx"), """
            <Solution>
              <Project Path="console/console.csproj" /><Project Path="web/web.csproj" />
              <Project Path="client/client.csproj" /><Project Path="apphost/apphost.csproj" />
            </Solution>
            """, TestContext.Current.CancellationToken);

        await DotnetProcess.RunAsync(packages.Folder, "build", "programs.slnx", "--nologo", "-v", "quiet", "-warnaserror");
        var printed = await DotnetProcess.RunAsync(packages.Folder, Path.Combine("console", "bin", "Debug", "net10.0", "console.dll"));

        Assert.Equal("Mock response to: Hello", printed.TrimEnd());
    }

    private async Task WriteAsync(string name, string sdk, string[] references, string program)
    {
        var folder = Directory.CreateDirectory(Path.Combine(packages.Folder, name)).FullName;
        var packageReferences = references.Select(
            reference => $"""<PackageReference Include="{reference}" Version="{VersionOf(reference)}" />""");
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(packageReferences)}
              </ItemGroup>
            </Project>
            """, TestContext.Current.CancellationToken);
    }

    /// <summary>For a third-party package, the version of the repository's own restore: it is in this machine's cache.</summary>
    private string VersionOf(string package) => package.StartsWith("Switchyard", StringComparison.Ordinal)
        ? packages.Version
        : XDocument.Load(Path.Combine(NodeProcess.RepositoryFolder, "Directory.Packages.props")).Descendants("PackageVersion")
            .Single(entry => entry.Attribute("Include")!.Value == package).Attribute("Version")!.Value;

    /// <summary>The first C# of a page.</summary>
    private static async Task<string> FirstProgramOfAsync(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(NodeProcess.RepositoryFolder, page), TestContext.Current.CancellationToken);
        var blocks = text.Split("```csharp\n").Skip(1).Select(block => block.Split("```")[0].TrimEnd());
        // A page may show the usings in a separate block.
        var program = new List<string>();
        foreach (var block in blocks)
        {
            program.Add(block);
            if (!block.Split('\n').All(line => line.StartsWith("using ", StringComparison.Ordinal)))
                break;
        }

        return string.Join("\n\n", program);
    }

    private static async Task<string> TextAsync(ZipArchive package, string name)
    {
        using var reader = new StreamReader(package.GetEntry(name)!.Open());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}

using System.Reflection;
using System.Xml.Linq;
using Switchyard.Engine;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>The allowed project references: <c>Server → {Gateway, …} → Switchyard</c>.</summary>
public sealed class ProjectTests
{
    private static readonly string[] s_sides =
        ["Switchyard.Gateway", "Switchyard.Refinement", "Switchyard.Storage", "Switchyard.Cloud", "Switchyard.Dashboard"];

    /// <summary>Everything the library may refer to. Database drivers, vendor SDKs and ASP.NET Core are not allowed.</summary>
    private static readonly string[] s_libraryMayUse =
    [
        "System.", "Microsoft.Extensions.", "Microsoft.Win32.", "YamlDotNet", "netstandard", "mscorlib",
    ];

    public static TheoryData<string> Projects() =>
        [
            .. Repository.Files.Where(
                path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)),
        ];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_in_the_one_direction(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        string[] mayUse = name switch
        {
            "Switchyard" => [],
            "Switchyard.Server" => ["Switchyard", .. s_sides],
            "Switchyard.Edge" => ["Switchyard", "Switchyard.Gateway"],
            "Switchyard.Dashboard" => ["Switchyard", "Switchyard.Gateway"],
            "Switchyard.Gateway" => ["Switchyard", "Switchyard.Refinement"],
            "Switchyard.Aspire" => ["Switchyard"],
            // It runs in an app host, and configures the gateway by environment variables.
            "Switchyard.Aspire.Hosting" => [],
            _ when s_sides.Contains(name) => ["Switchyard"],
            _ => throw new Xunit.Sdk.XunitException(
                $"{name} has no place in the order of projects: give it one here and in CONTRIBUTING.md."),
        };
        Assert.Empty(Values(path, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Except(mayUse));
    }

    [Covers("S001-07")]
    [Fact]
    public void The_library_knows_no_web_server_no_database_and_no_vendors_sdk()
    {
        const string Path = "src/Switchyard/Switchyard.csproj";
        Assert.Empty(Values(Path, "FrameworkReference"));
        Assert.All(Values(Path, "PackageReference"), package => Assert.True(MayUse(package), package));
        Assert.All(References(typeof(SwitchyardEngine).Assembly), reference => Assert.True(MayUse(reference), reference));

        static bool MayUse(string name) => s_libraryMayUse.Any(allowed => name.StartsWith(allowed, StringComparison.Ordinal));
    }

    [Fact]
    public void The_gateway_knows_no_database_and_no_vendors_sdk()
    {
        var gateway = typeof(Microsoft.AspNetCore.Builder.SwitchyardGatewayExtensions).Assembly;
        Assert.All(References(gateway), reference => Assert.True(
            reference is "Switchyard" or "Switchyard.Refinement" || reference.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
                || reference.StartsWith("Microsoft.Net.Http.", StringComparison.Ordinal)
                // A decoder of request bodies, in managed code.
                || reference == "ZstdSharp"
                // Validates single sign-on tokens of any issuer.
                || reference.StartsWith("Microsoft.IdentityModel.", StringComparison.Ordinal)
                || s_libraryMayUse.Any(allowed => reference.StartsWith(allowed, StringComparison.Ordinal)),
            reference));
    }

    /// <summary>With the documentation file on, a public member without a comment is a warning, and warnings are errors.</summary>
    [Covers("S001-105")]
    [Fact]
    public void A_public_member_without_documentation_does_not_build()
    {
        var shared = XDocument.Load(Repository.FullPath("Directory.Build.props"));
        Assert.Contains(
            shared.Descendants("GenerateDocumentationFile"),
            element => element.Value == "true"
                && element.Parent!.Attribute("Condition")!.Value.Contains("$(MSBuildThisFileDirectory)src", StringComparison.Ordinal));
        Assert.Contains(shared.Descendants("TreatWarningsAsErrors"), element => element.Value == "true");
        foreach (var path in Repository.Files.Where(
            path => path.EndsWith(".csproj", StringComparison.Ordinal) || path.EndsWith(".props", StringComparison.Ordinal)))
            Assert.DoesNotContain("CS1591", Repository.Read(path), StringComparison.Ordinal);
        Assert.DoesNotContain("CS1591", Repository.Read(".editorconfig"), StringComparison.Ordinal);
        Assert.All(Repository.Sources("src"), file => Assert.DoesNotContain("CS1591", file.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("Switchyard.slnx");
        Assert.All(
            Repository.Projects,
            path => Assert.Contains($"\"{path}\"", solution, StringComparison.Ordinal));
    }

    /// <summary>A version in a project file would override the central one.</summary>
    [Fact]
    public void Package_versions_stand_in_one_file()
    {
        foreach (var path in Repository.Projects)
        {
            var packages = XDocument.Load(Repository.FullPath(path)).Descendants("PackageReference");
            Assert.DoesNotContain(
                packages, package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null);
        }
    }

    private static IEnumerable<string> References(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static List<string> Values(string path, string element) =>
        [
            .. XDocument.Load(Repository.FullPath(path)).Descendants(element)
                .Select(found => found.Attribute("Include")!.Value.Replace('\\', '/')),
        ];
}

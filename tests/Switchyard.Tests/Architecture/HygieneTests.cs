using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Switchyard.Engine;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>Rules for every file, so that reviews can concentrate on behaviour.</summary>
public sealed partial class HygieneTests
{
    private const int MaxLine = 140;

    /// <summary>The folders whose lines are wrapped.</summary>
    private static readonly string[] s_wrapped = ["src", "tests", "bench", "samples"];

    private static readonly string[] s_binary = [".png", ".ico", ".gz", ".woff2"];

    [Fact]
    public void No_file_is_too_long_to_be_read_at_once()
    {
        Assert.All(Repository.Sources("src"), file => Assert.True(file.Lines <= 400, $"{file.Path} has {file.Lines} lines; at most 400."));
        Assert.All(
            Repository.Sources("tests"), file => Assert.True(file.Lines <= 600, $"{file.Path} has {file.Lines} lines; at most 600."));
    }

    /// <summary>A line that is read without scrolling. Text in a raw literal is data, and does not count.</summary>
    [Fact]
    public void No_line_is_longer_than_an_editor_is_wide()
    {
        var found = s_wrapped.SelectMany(Repository.Sources).SelectMany(file => file.WithoutRawText.Split('\n')
            .Select((line, index) => (Place: $"{file.Path}:{index + 1}", line.Length)).Where(line => line.Length > MaxLine));
        Assert.Empty(found);
    }

    [Fact]
    public void Every_folder_with_code_says_what_is_in_it_and_what_holds()
    {
        var folders = Repository.Sources("src").Select(file => file.Path[..file.Path.LastIndexOf('/')]).Distinct();
        Assert.All(folders, folder => Assert.True(Repository.Exists($"{folder}/README.md"), $"{folder} has no README.md."));
    }

    [Fact]
    public void No_code_is_folded_away_and_nothing_is_left_to_do_without_an_issue()
    {
        foreach (var file in AllSources())
        {
            Assert.False(Region().IsMatch(file.Code), $"{file.Path} has a #region.");
            foreach (Match note in ToDo().Matches(file.Text))
                Assert.True(note.Groups["issue"].Success, $"{file.Path}: '{note.Value}' without an issue number, as in (#12).");
        }
    }

    [Fact]
    public void Comments_name_who_acts_with_a_noun_that_can_be_searched_for()
    {
        foreach (var file in Repository.Sources("src"))
        {
            var vague = VagueActor().Match(file.Text);
            Assert.False(vague.Success, $"{file.Path}: '{vague.Value.Trim()}'. Name who acts: the client, the provider …");
        }
    }

    [Fact]
    public void Classes_are_sealed_unless_they_are_made_to_be_derived_from()
    {
        var assemblies = new[]
        {
            typeof(SwitchyardEngine).Assembly, typeof(Microsoft.AspNetCore.Builder.SwitchyardGatewayExtensions).Assembly,
            typeof(Microsoft.Extensions.DependencyInjection.SwitchyardCloudExtensions).Assembly,
            typeof(Microsoft.Extensions.DependencyInjection.SwitchyardRefinementExtensions).Assembly,
            typeof(Microsoft.Extensions.DependencyInjection.SwitchyardStorageExtensions).Assembly,
        };
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()))
        {
            if (!type.IsClass || type.IsAbstract || type.IsSealed || type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
                || type.FullName!.Contains('<', StringComparison.Ordinal))
                continue;
            // The style of generated source is not ours.
            if (type.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is not null)
                continue;
            Assert.Fail($"{type.FullName} is neither sealed nor abstract.");
        }
    }

    /// <summary>A whole document is parsed only if it is small and ours; a request or an answer is read in one pass.</summary>
    [Fact]
    public void No_document_object_is_built_on_the_way_of_a_call()
    {
        foreach (var folder in new[]
        {
            "src/Switchyard/Providers", "src/Switchyard/Egress", "src/Switchyard/Attempts", "src/Switchyard/Routing",
            "src/Switchyard.Gateway/Ingress",
        })
            Assert.All(Repository.Sources(folder), file => Assert.DoesNotMatch(@"\bJsonDocument\b", file.Code));
    }

    /// <summary>
    /// <c>SwitchyardEngine.Options</c> copies the whole configuration: with thousands of keys that would be most of the work of a
    /// request.
    /// </summary>
    [Fact]
    public void Options_are_copied_only_once_for_a_configuration_or_where_an_operator_asks()
    {
        string[] once =
        [
            "src/Switchyard.Dashboard/Hosting/DashboardDoor.cs", "src/Switchyard.Dashboard/Pages/Connect/ConnectReader.cs",
            "src/Switchyard.Gateway/Refining/RefineEndpoint.cs",
            "src/Switchyard.Refinement/SchemaRefinement.cs", "src/Switchyard.Server/Serving/GatewayReload.cs",
        ];
        string[] operators = ["src/Switchyard.Gateway/Admin/Features/CacheAdmin.cs", "src/Switchyard.Gateway/Admin/AdminSignIn.cs"];

        var copying = Repository.Sources("src").Where(file => OptionsOfEngine().IsMatch(file.Code)).Select(file => file.Path);
        Assert.Empty(copying.Except([.. once, .. operators]));
    }

    [Fact]
    public void No_warning_is_switched_off_for_a_whole_file_or_project()
    {
        foreach (var file in Repository.Sources("src"))
        {
            var off = PragmaDisable().Count(file.Code);
            Assert.True(off == PragmaRestore().Count(file.Code), $"{file.Path} switches a warning off and not on again.");
        }

        Assert.All(
            Repository.Files.Where(
                path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)),
            path => Assert.DoesNotContain("NoWarn", Repository.Read(path), StringComparison.Ordinal));
    }

    [Fact]
    public void No_file_holds_a_path_of_the_machine_it_was_written_on()
    {
        foreach (var path in Repository.Files.Where(path => !s_binary.Contains(Path.GetExtension(path))))
        {
            var match = MachinePath().Match(Repository.Read(path));
            Assert.False(match.Success, $"{path} holds '{match.Value}'.");
        }
    }

    /// <summary>A lock file pins versions and hashes; where a package comes from is each machine's own setting.</summary>
    [Fact]
    public void No_lock_file_names_a_registry()
    {
        foreach (var path in Repository.Files.Where(path => path.EndsWith("packages.lock.json", StringComparison.Ordinal)))
            Assert.DoesNotContain("://", Repository.Read(path), StringComparison.Ordinal);
        foreach (var path in Repository.Files.Where(path => path.EndsWith("package-lock.json", StringComparison.Ordinal)))
            Assert.DoesNotMatch("\"resolved\": *\"(?!https://registry\\.npmjs\\.org/)", Repository.Read(path));
        foreach (var path in Repository.Files.Where(path => Path.GetFileName(path).ToLowerInvariant() is "nuget.config" or ".npmrc"))
            Assert.DoesNotContain("://", Repository.Read(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_project_with_packages_has_a_lock_file()
    {
        foreach (var project in Repository.Projects)
            Assert.Contains(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json").Replace('\\', '/'), Repository.Files);
    }

    private static IEnumerable<SourceFile> AllSources() =>
        new[] { "src", "tests", "bench", "samples" }.SelectMany(Repository.Sources);

    [GeneratedRegex(@"^\s*#region", RegexOptions.Multiline)]
    private static partial Regex Region();

    [GeneratedRegex(@"//.*\b(?:TO" + "DO|FIX" + @"ME|HA" + @"CK)\b[^\n(]*(?<issue>\(#\d+\))?")]
    private static partial Regex ToDo();

    [GeneratedRegex(@"^\s*//[^\n]*\b(?:[Ss]omebody|nobody|[Ww]hoever|nought|is told|told of)\b[^\n]*", RegexOptions.Multiline)]
    private static partial Regex VagueActor();

    [GeneratedRegex(@"^\s*#pragma warning disable", RegexOptions.Multiline)]
    private static partial Regex PragmaDisable();

    [GeneratedRegex(@"^\s*#pragma warning restore", RegexOptions.Multiline)]
    private static partial Regex PragmaRestore();

    // A home directory, a working directory or a temporary one; not part of a longer path or of a URL.
    [GeneratedRegex(@"\b_?engine\.Options\b", RegexOptions.IgnoreCase)]
    private static partial Regex OptionsOfEngine();

    [GeneratedRegex(@"(?<![\w./~$}-])/(?:wo" + @"rk|tm" + @"p|ho" + @"me|ro" + @"ot|Us" + @"ers)/\w")]
    private static partial Regex MachinePath();
}

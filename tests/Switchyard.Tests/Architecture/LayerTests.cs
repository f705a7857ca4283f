using System.Text.RegularExpressions;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>
/// Which folder of the library may know which. A folder is a namespace; a file knows another folder when it names its namespace, in a
/// using or in full, or names a type of the root namespace, which needs no using.
/// </summary>
public sealed partial class LayerTests
{
    private const string Library = "src/Switchyard";

    /// <summary>What stands for the root namespace: the engine, its builder, its pipeline.</summary>
    private const string Root = "(root)";

    /// <summary>The whole order. To add a line is a decision: say why in docs/decisions.</summary>
    private static readonly Dictionary<string, string[]> s_mayUse = new(StringComparer.Ordinal)
    {
        ["Calls"] = [],
        ["Pipeline"] = ["Calls"],
        ["Dialects"] = ["Calls"],
        ["Middleware"] = ["Calls", "Pipeline"],
        ["Configuration"] = ["Calls"],
        ["Models"] = ["Dialects"],
        ["Providers"] = ["Calls", "Dialects", "Models", "Configuration"],
        ["Routing"] = ["Calls", "Models", "Providers", "Configuration", Root],
        ["Egress"] = ["Calls", "Dialects", "Providers"],
        ["Client"] = ["Calls", "Configuration", Root],
        ["Checking"] = ["Calls", "Models", "Providers", "Client", Root],
    };

    private static readonly HashSet<string> s_rootTypes = [.. RootFiles().SelectMany(file => Declaration().Matches(file.Code).Select(match => match.Groups["name"].Value))];

    public static TheoryData<string> Folders() =>
        [.. Directory.EnumerateDirectories(Repository.FullPath(Library)).Select(path => Path.GetFileName(path)!).Where(name => name is not ("bin" or "obj"))];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_knows_only_what_stands_below_it(string folder)
    {
        Assert.True(s_mayUse.TryGetValue(folder, out var mayUse), $"{folder} has no place in the order of folders: give it one here and in CONTRIBUTING.md.");
        foreach (var file in Repository.Sources($"{Library}/{folder}"))
        {
            foreach (var used in UsedBy(file).Where(used => used != folder))
                Assert.True(mayUse!.Contains(used), $"{file.Path} uses {used}.");
        }
    }

    /// <summary>A global using would let a file know a folder without saying so.</summary>
    [Fact]
    public void Usings_are_written_in_the_file_that_needs_them()
    {
        Assert.All(Repository.Sources("src"), file => Assert.DoesNotContain("global using", file.Code, StringComparison.Ordinal));
        foreach (var project in Repository.Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)))
            Assert.DoesNotContain("<Using ", Repository.Read(project), StringComparison.Ordinal);
        Assert.DoesNotContain("<Using ", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (var file in Repository.Sources("src"))
        {
            // Extension classes live where their users already have a using.
            if (Namespace().Match(file.Code) is not { Success: true } match || match.Groups["name"].Value.StartsWith("Microsoft.", StringComparison.Ordinal))
                continue;
            var folder = Path.GetDirectoryName(file.Path)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');
            Assert.True(match.Groups["name"].Value == folder, $"{file.Path} declares {match.Groups["name"].Value}.");
        }
    }

    /// <summary>One format is not written in terms of another's internals: what they share is passed in.</summary>
    [Fact]
    public void A_dialect_does_not_know_another_dialect()
    {
        var dialects = Directory.EnumerateDirectories(Repository.FullPath($"{Library}/Dialects")).Select(path => Path.GetFileName(path)!).ToList();
        foreach (var dialect in dialects)
        {
            foreach (var file in Repository.Sources($"{Library}/Dialects/{dialect}"))
                Assert.All(dialects.Where(other => other != dialect), other => Assert.DoesNotMatch($@"\bDialects\.{other}\b|\b{other}Dialect\b", file.Code));
        }
    }

    [Fact]
    public void Dialects_never_send_and_providers_never_build_json()
    {
        Assert.All(Repository.Sources($"{Library}/Dialects"), file => Assert.DoesNotMatch(@"\b(Http\w*(Client|Invoker|Message|Content)|Socket\w*|FileStream)\b|\bFile\.[A-Z]", file.Code));
        // The mock is a model rather than a way to one: it makes up documents that fit a schema.
        Assert.All(
            Repository.Sources($"{Library}/Providers").Where(file => !file.Path.Contains("/Mock/", StringComparison.Ordinal)),
            file => Assert.DoesNotMatch(@"\b(Utf8JsonWriter|JsonObject|JsonNode)\b", file.Code));
    }

    [Fact]
    public void Calls_know_neither_side_of_http() =>
        Assert.All(Repository.Sources($"{Library}/Calls"), file => Assert.DoesNotMatch(@"\bHttp(Context|Client|Request|Response)\w*\b", file.Code));

    /// <summary>The reader of usings and names is itself only as good as these.</summary>
    [Theory]
    [InlineData("using Switchyard.Egress;", "Egress")]
    [InlineData("using X = Switchyard.Providers.Mock.MockProvider;", "Providers")]
    [InlineData("var x = global::Switchyard.Routing.RouteTable.Empty;", "Routing")]
    [InlineData("private SwitchyardEngine _engine;", Root)]
    [InlineData("// using Switchyard.Egress;", null)]
    [InlineData("var text = \"Switchyard.Egress\";", null)]
    public void What_a_file_uses_is_seen(string code, string? used) =>
        Assert.Equal(used is null ? [] : [used], UsedBy(new SourceFile($"{Library}/Calls/Any.cs", code)));

    private static SortedSet<string> UsedBy(SourceFile file)
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Match match in Mention().Matches(file.Code))
        {
            if (s_mayUse.ContainsKey(match.Groups["folder"].Value))
                used.Add(match.Groups["folder"].Value);
        }

        if (Word().Matches(file.Code).Any(word => s_rootTypes.Contains(word.Value)))
            used.Add(Root);
        return used;
    }

    private static IEnumerable<SourceFile> RootFiles() =>
        Repository.Sources(Library).Where(file => file.Path.LastIndexOf('/') == Library.Length);

    [GeneratedRegex(@"\bSwitchyard\.(?<folder>[A-Z]\w*)")]
    private static partial Regex Mention();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Word();

    // Not indented: a nested type is nobody else's.
    [GeneratedRegex(@"^(?:public|internal)[\w ]*\b(?:class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}

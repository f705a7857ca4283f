using System.Text.RegularExpressions;
using Switchyard.Engine;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>
/// Allowed uses between folders. A folder is a namespace; a file uses another folder when it names that namespace or, from below it, one of
/// its types, which needs no using.
/// </summary>
public sealed partial class LayerTests
{
    private const string Library = "src/Switchyard";

    /// <summary>
    /// The order of the library's folders: each uses only those above it in this list. Adding or moving a line is a decision: explain it in
    /// docs/decisions. The wire formats, which do not use each other, share a line.
    /// </summary>
    private static readonly string[] s_order =
    [
        "Common",
        "Canonical",
        "Targets",
        "Calls",
        "Pipeline",
        "Statistics",
        "Dialects.Json",
        "Dialects.Framing",
        "Dialects",
        "Dialects.Shared.Fields",
        "Dialects.Shared.Tools",
        "Dialects.Shared",
        "Dialects.AnthropicMessages", "Dialects.BedrockConverse", "Dialects.Cohere", "Dialects.Gemini", "Dialects.Ollama",
        "Dialects.OpenAIChat", "Dialects.OpenAIResponses", "Dialects.Plain",
        "Dialects.BuiltIn",
        "Models",
        "Configuration",
        "Network",
        "Configuration.Binding",
        "Configuration.Validation",
        "Configuration.Yaml",
        "Configuration.Loading",
        "Configuration.Reload",
        "Configuration.Runtime",
        "Limits",
        "Configuration.Schema",
        "Identity",
        "Auditing",
        "Money.Bounds",
        "Money",
        "Money.Reconciling",
        "Recorded",
        "Providers",
        "Providers.Http",
        "Providers.Catalogue",
        "Providers.Mock",
        "Providers.Replay",
        "Providers.Registry",
        "Secrets",
        "Routing.Selectors",
        "Routing",
        "Affinity",
        "Attempts",
        "Egress.Reasoning",
        "Egress.Fitting",
        "Egress.Exchange",
        "Egress.Media",
        "Egress.Answers",
        "Egress.InProcess",
        "Egress",
        "Caching",
        "Listing",
        "Telemetry",
        "Experiments",
        "Shadowing",
        "Guards",
        "Naming",
        "Recording",
        "Plugins",
        "Stored",
        "Engine",
        "Client",
        "Client.Media",
        "Health",
        "Overview",
        "Hosting",
        "Checking",
    ];

    private static readonly Lazy<ILookup<string, string>> s_folders = new(ReadUses);

    [Fact]
    public void A_folder_of_the_library_uses_only_those_before_it_in_the_order()
    {
        foreach (var folder in s_folders.Value)
        {
            if (!folder.Key.StartsWith("Switchyard.", StringComparison.Ordinal) || IsOutside(folder.Key))
                continue;
            var name = folder.Key["Switchyard.".Length..];
            var place = Array.IndexOf(s_order, name);
            Assert.True(place >= 0, $"{name} has no place in the order of folders: give it one here and in CONTRIBUTING.md.");
            foreach (var used in folder.Select(use => use.Split(' ')))
            {
                var at = Array.IndexOf(s_order, used[0]["Switchyard.".Length..]);
                Assert.True(at < place, $"{used[1]} uses {used[0]}, which comes after {name} in the order.");
            }
        }
    }

    [Fact]
    public void Nothing_stands_in_the_root_of_the_library() =>
        Assert.DoesNotContain(Repository.Sources(Library), file => file.Path.LastIndexOf('/') == Library.Length);

    /// <summary>The other projects are too small for a recorded order, but an order must exist.</summary>
    [Fact]
    public void No_two_folders_use_each_other()
    {
        var open = s_folders.Value.ToDictionary(folder => folder.Key, folder => folder.Select(use => use.Split(' ')[0]).ToHashSet());
        while (open.Count > 0)
        {
            var free = open.Where(folder => !folder.Value.Any(open.ContainsKey)).Select(folder => folder.Key).ToList();
            Assert.True(
                free.Count > 0, $"Some of these folders use each other: {string.Join(", ", open.Keys.Order(StringComparer.Ordinal))}.");
            free.ForEach(folder => open.Remove(folder));
        }
    }

    /// <summary>A global using would let a file use a folder without naming it.</summary>
    [Fact]
    public void Usings_are_written_in_the_file_that_needs_them()
    {
        Assert.All(Repository.Sources("src"), file => Assert.DoesNotContain("global using", file.Code, StringComparison.Ordinal));
        foreach (var project in Repository.Files.Where(
            path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)))
            Assert.DoesNotContain("<Using ", Repository.Read(project), StringComparison.Ordinal);
        Assert.DoesNotContain("<Using ", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (var file in Repository.Sources("src"))
        {
            // Extension classes, and resources of an app host, live for which their users already have a using.
            if (Namespace().Match(file.Code) is not { Success: true } match
                || match.Groups["name"].Value.StartsWith("Microsoft.", StringComparison.Ordinal)
                || match.Groups["name"].Value.StartsWith("Aspire.", StringComparison.Ordinal))
                continue;
            Assert.True(match.Groups["name"].Value == FolderOf(file), $"{file.Path} declares {match.Groups["name"].Value}.");
        }
    }

    /// <summary>A format does not use another format's internals: shared parts are passed in.</summary>
    [Fact]
    public void A_dialect_does_not_know_another_dialect()
    {
        string[] shared = ["Json", "Framing", "Shared", "BuiltIn"];
        var dialects = Directory.EnumerateDirectories(Repository.FullPath($"{Library}/Dialects")).Select(path => Path.GetFileName(path)!)
            .Except(shared).ToList();
        foreach (var dialect in dialects)
        {
            foreach (var file in Repository.Sources($"{Library}/Dialects/{dialect}"))
                Assert.All(
                    dialects.Where(other => other != dialect),
                    other => Assert.DoesNotMatch($@"\bDialects\.{other}\b|\b{other}Dialect\b", file.Code));
        }
    }

    [Fact]
    public void Dialects_never_send_and_providers_never_build_json()
    {
        Assert.All(
            Repository.Sources($"{Library}/Dialects"),
            file => Assert.DoesNotMatch(@"\b(Http\w*(Client|Invoker|Message|Content)|Socket\w*|FileStream)\b|\bFile\.[A-Z]", file.Code));
        // The mock plays the model as well: it generates documents that fit a schema.
        Assert.All(
            Repository.Sources($"{Library}/Providers").Where(file => !file.Path.Contains("/Mock/", StringComparison.Ordinal)),
            file => Assert.DoesNotMatch(@"\b(Utf8JsonWriter|JsonObject|JsonNode)\b", file.Code));
    }

    [Fact]
    public void Calls_know_neither_side_of_http() =>
        Assert.All(
            Repository.Sources($"{Library}/Calls"),
            file => Assert.DoesNotMatch(@"\bHttp(Context|Client|Request|Response)\w*\b", file.Code));

    /// <summary>Tests the reader of usings and names itself.</summary>
    [Theory]
    [InlineData("using Switchyard.Egress;", "Switchyard.Egress")]
    [InlineData("using X = Switchyard.Providers.Mock.MockProvider;", "Switchyard.Providers.Mock")]
    [InlineData("var x = global::Switchyard.Routing.RouteTable.Empty;", "Switchyard.Routing")]
    [InlineData("private SwitchyardEngine _engine;", null)]
    [InlineData("private IStreamEncoder _encoder;", "Switchyard.Dialects")]
    [InlineData("// using Switchyard.Egress;", null)]
    [InlineData("var text = \"Switchyard.Egress\";", null)]
    public void What_a_file_uses_is_seen(string code, string? used)
    {
        var types = TypesByFolder();
        Assert.Equal(used is null ? [] : [used], UsedBy(new SourceFile($"{Library}/Dialects/Shared/Any.cs", code), types));
    }

    private static bool IsOutside(string folder) =>
        Repository.Files.Any(path => path.EndsWith($"{string.Join('.', folder.Split('.').Take(2))}.csproj", StringComparison.Ordinal));

    private static string FolderOf(SourceFile file) =>
        Path.GetDirectoryName(file.Path)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');

    private static ILookup<string, string> ReadUses()
    {
        var types = TypesByFolder();
        return Repository.Sources("src")
            .SelectMany(file => UsedBy(file, types).Select(used => (Folder: FolderOf(file), Use: $"{used} {file.Path}")))
            .ToLookup(pair => pair.Folder, pair => pair.Use);
    }

    private static Dictionary<string, HashSet<string>> TypesByFolder() => Repository.Sources("src")
        .GroupBy(FolderOf)
        .ToDictionary(
            folder => folder.Key,
            folder => folder.SelectMany(file => Declaration().Matches(file.Code).Select(match => match.Groups["name"].Value)).ToHashSet());

    private static SortedSet<string> UsedBy(SourceFile file, Dictionary<string, HashSet<string>> types)
    {
        var mine = FolderOf(file);
        var used = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Match match in Mention().Matches(file.Code))
        {
            // The end of a type's full name is not a folder.
            for (var name = match.Value; name.Contains('.', StringComparison.Ordinal); name = name[..name.LastIndexOf('.')])
            {
                if (!types.ContainsKey(name))
                    continue;
                used.Add(name);
                break;
            }
        }

        var words = Word().Matches(file.Code).Select(word => word.Value).ToHashSet();
        for (var above = mine; above.Contains('.', StringComparison.Ordinal);)
        {
            above = above[..above.LastIndexOf('.')];
            if (types.TryGetValue(above, out var names) && names.Except(types.GetValueOrDefault(mine) ?? []).Any(words.Contains))
                used.Add(above);
        }

        used.Remove(mine);
        return used;
    }

    [GeneratedRegex(@"\bSwitchyard(?:\.[A-Z]\w*)+")]
    private static partial Regex Mention();

    // A name after a dot is a member, not a type of an outer namespace.
    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w*\b")]
    private static partial Regex Word();

    // Not indented: nested types do not count.
    [GeneratedRegex(@"^(?:public|internal)[\w ]*\b(?:class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}

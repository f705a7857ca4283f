using System.Text.RegularExpressions;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Providers.Catalogue;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>Everything that a page names exists.</summary>
public sealed partial class PageTests
{
    private static readonly string[] s_codeFolders = ["src", "tests", "samples", "bench"];

    /// <summary>Every word of the code: a page that names a missing type or member is out of date.</summary>
    private static readonly Lazy<HashSet<string>> s_words = new(() =>
        [
            .. s_codeFolders.SelectMany(Repository.Sources).SelectMany(file => Word().Matches(file.Code).Select(match => match.Value)),
            // A component has the name of its file.
            .. Repository.Files.Where(path => path.EndsWith(".razor", StringComparison.Ordinal))
                .Select(path => Path.GetFileNameWithoutExtension(path)!),
        ]);

    /// <summary>The file that declares each of our types.</summary>
    private static readonly Lazy<ILookup<string, SourceFile>> s_typeFiles = new(() =>
        s_codeFolders.SelectMany(Repository.Sources)
            .SelectMany(file => Declaration().Matches(file.Code).Select(match => (Name: match.Groups["name"].Value, File: file)))
            .ToLookup(pair => pair.Name, pair => pair.File));

    public static TheoryData<string> Pages() => [.. Page.All.Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_somewhere(string path)
    {
        var page = Page.Read(path);
        foreach (var link in page.Links)
        {
            var (file, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
            var target = file.Length == 0 ? path : Normalize(Path.Combine(Path.GetDirectoryName(path) ?? "", file));
            Assert.True(Repository.Exists(target), $"{path} links to {link}, which is not there.");
            if (anchor is not null && target.EndsWith(".md", StringComparison.Ordinal))
                Assert.True(Page.Read(target).Anchors.Contains(anchor), $"{path} links to {link}: {target} has no such heading.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Types_and_members_it_names_exist(string path)
    {
        // These pages name settings and metrics, not code.
        if (path is "docs/configuration.md" or "bench/README.md" or "bench/history.md")
            return;
        foreach (var span in Page.Read(path).CodeSpans.Where(span => Name().IsMatch(span)))
        {
            string? type = null;
            foreach (var word in Word().Matches(span).Select(match => match.Value))
            {
                Assert.True(s_words.Value.Contains(word), $"{path} names `{span}`, but no code says '{word}'.");
                if (type is not null && s_typeFiles.Value[type].ToList() is { Count: > 0 } files)
                    Assert.True(
                        files.Exists(file => Regex.IsMatch(file.Code, $@"\b{word}\b")),
                        $"{path} names `{span}`, but {type} has no {word}.");
                type = word;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Files_it_names_exist(string path)
    {
        foreach (var span in Page.Read(path).CodeSpans.Where(span => FilePath().IsMatch(span)))
            Assert.True(Repository.Exists(span.TrimEnd('/')), $"{path} names `{span}`, which is not there.");
    }

    /// <summary>Rows without a header are shown as text.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Its_tables_have_headers(string path)
    {
        var lines = Page.Read(path).WithoutBlocks.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith('|') && (i == 0 || !lines[i - 1].StartsWith('|')))
                Assert.True(i + 1 < lines.Length && Rule().IsMatch(lines[i + 1]), $"{path} has a table without a header: {lines[i]}");
        }
    }

    /// <summary>All C# on pages is compiled: it is a region of a program or a test, word for word.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Its_csharp_is_compiled_elsewhere_in_the_repository(string path)
    {
        foreach (var block in Page.Read(path).Blocks("csharp"))
            Assert.True(
                Regions().Contains(block),
                $"{path}: no region of samples/ or of a Snippets.cs in tests/ is this block:\n{block}");
    }

    [Fact]
    public void Every_region_is_shown_on_some_page()
    {
        var shown = Page.All.SelectMany(page => page.Blocks("csharp")).ToHashSet();
        Assert.NotEmpty(Regions());
        Assert.All(Regions(), region => Assert.Contains(region, shown));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Its_configuration_loads_without_a_problem(string path)
    {
        foreach (var block in Page.Read(path).Blocks("yaml"))
        {
            var directory = Directory.CreateTempSubdirectory("switchyard-docs-");
            try
            {
                File.WriteAllText(Path.Combine(directory.FullName, "switchyard.yaml"), block);
                var result = ConfigurationLoader.Load(new ConfigurationRequest
                {
                    WorkingDirectory = directory.FullName,
                    Environment = Variable().Matches(block).Select(match => match.Groups["name"].Value).Distinct()
                        .ToDictionary(name => name, name => $"given-in-{name}"),
                    IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
                });
                Assert.True(result.Problems.Count == 0, $"{path}: {string.Join("; ", result.Problems)}\n{block}");
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_commands_it_names_exist(string path)
    {
        var page = Page.Read(path);
        var verbs = Repository.Sources("src/Switchyard.Server").SelectMany(file => CommandName().Matches(file.Text))
            .Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.Contains("serve", verbs);
        foreach (Match match in page.CodeSpans.Concat(page.Blocks("console")).Concat(page.Blocks("bash"))
            .SelectMany(code => Command().Matches(code)))
            Assert.True(verbs.Contains(match.Groups["verb"].Value), $"{path} names `{match.Value}`, but there is no such verb.");
    }

    [Fact]
    public void The_two_commands_are_there_and_can_be_run()
    {
        foreach (var command in new[] { "run", "test" })
        {
            Assert.Contains($"./{command}", Repository.Read("README.md"), StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
                Assert.True(
                    File.GetUnixFileMode(Repository.FullPath(command)).HasFlag(UnixFileMode.UserExecute), $"{command} cannot be executed.");
        }
    }

    private static HashSet<string> Regions() =>
        [.. Repository.Sources("samples")
            .Concat(Repository.Sources("tests").Where(file => file.Path.EndsWith("Snippets.cs", StringComparison.Ordinal)))
            .SelectMany(file => Region().Matches(file.Text)).Select(match => Dedent(match.Groups["code"].Value))];

    private static string Dedent(string code)
    {
        var lines = code.Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : line.TrimStart()));
    }

    private static string Normalize(string path) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Repository.FullPath(path))).Replace('\\', '/');

    [GeneratedRegex(@"^\s*// begin: [^\n]+\n(?<code>.*?)^\s*// end$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"\b[A-Za-z_]\w*\b")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();

    // `ModelCall`, `CallErrorPolicy.Of`, `Replace()`: a capital first, another small letter in it.
    [GeneratedRegex(@"^[A-Z]\w*[a-z]\w*(?:<\w+>)?(?:\.[A-Z]\w*)*(?:\(\))?$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?:src|tests|docs|bench|samples|eng)/[\w./-]*$")]
    private static partial Regex FilePath();

    // The line below a table's header: `| --- | ---: |`.
    [GeneratedRegex(@"^\|(?: ?:?-+:? ?\|)+$")]
    private static partial Regex Rule();

    [GeneratedRegex(@"\$\{(?<name>\w+)")]
    private static partial Regex Variable();

    [GeneratedRegex("""new Command\(\s*"(?<name>[\w-]+)""")]
    private static partial Regex CommandName();

    [GeneratedRegex(@"(?:^|(?<=\s)|\./)(?:switchyard|run) (?<verb>[a-z]+)\b(?![./:=])", RegexOptions.Multiline)]
    private static partial Regex Command();
}

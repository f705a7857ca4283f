using System.Text.RegularExpressions;

namespace Switchyard.Tests.Architecture;

/// <summary>The files of this repository on disk.</summary>
internal static class Repository
{
    public static readonly string Root = FindRoot();

    private static readonly string[] s_generated =
    [
        "artifacts", ".git", "node_modules", "bin", "obj", ".vs", ".idea", "BenchmarkDotNet.Artifacts", "TestResults",
    ];

    private static readonly Lazy<IReadOnlyList<string>> s_all = new(() => [.. Walk(Root).Order(StringComparer.Ordinal)]);

    /// <summary>Every file that is not generated, by its path below the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files => s_all.Value;

    /// <summary>The projects that are built here; not those of templates, which are only text until instantiated.</summary>
    public static IEnumerable<string> Projects => Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)
        && !path.StartsWith("templates/switchyard-", StringComparison.Ordinal));

    public static IEnumerable<SourceFile> Sources(string folder) =>
        Files.Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(SourceFile.Read);

    public static string FullPath(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(FullPath(path));

    public static bool Exists(string path) => File.Exists(FullPath(path)) || Directory.Exists(FullPath(path));

    private static IEnumerable<string> Walk(string directory)
    {
        // In a worktree .git is a file.
        foreach (var file in Directory.EnumerateFiles(directory).Where(file => Path.GetFileName(file) != ".git"))
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        foreach (var below in Directory.EnumerateDirectories(directory))
        {
            if (s_generated.Contains(Path.GetFileName(below)))
                continue;
            foreach (var file in Walk(below))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Switchyard.slnx")))
                return directory.FullName;
        }

        throw new InvalidOperationException("The tests do not run below the repository.");
    }
}

/// <summary>One C# file, and its text without comments.</summary>
internal sealed partial record SourceFile(string Path, string Text)
{
    /// <summary>
    /// The code with the strings that are names or patterns; without comments and without sentences for display.
    /// </summary>
    public string CodeAndNames { get; } = Comments().Replace(Text, static match =>
        IsComment(match) ? " " : match.Value.Contains(' ', StringComparison.Ordinal) ? "\"\"" : match.Value);

    /// <summary>The code alone.</summary>
    public string Code { get; } = Comments().Replace(Text, static match => IsComment(match) ? " " : "\"\"");

    /// <summary>The text with every raw literal emptied but for its line breaks, so that lines keep their numbers.</summary>
    public string WithoutRawText => Comments().Replace(Text, static match =>
        IsRaw(match) ? string.Concat("\"\"\"", new string('\n', match.Value.Count('\n')), "\"\"\"") : match.Value);

    public int Lines => Text.AsSpan().Count('\n');

    /// <summary>Only the path, so that a failed test names the file and does not print it.</summary>
    public override string ToString() => Path;

    public static SourceFile Read(string path) => new(path, Repository.Read(path));

    private static bool IsRaw(Match match) => match.Value.StartsWith("\"\"\"", StringComparison.Ordinal);

    private static bool IsComment(Match match) => match.Value.StartsWith('/');

    // Raw, verbatim and ordinary strings, characters, comments: the one that begins first hides the others.
    [GeneratedRegex("""
        "{3,}[\s\S]*?"{3,}|\$?@\$?"(?:""|[^"])*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*[\s\S]*?\*/
        """)]
    private static partial Regex Comments();
}

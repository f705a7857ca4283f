using System.Text.RegularExpressions;
using Switchyard.Tests.Architecture;

namespace Switchyard.Tests.Docs;

/// <summary>A page of the documentation.</summary>
internal sealed partial record Page(string Path, string Text)
{
    /// <summary>Every page of the repository.</summary>
    public static IReadOnlyList<Page> All { get; } =
        [.. Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal)).Select(path => Read(path))];

    public static Page Read(string path) => new(path, Repository.Read(path));

    /// <summary>The relative targets of its links, in order.</summary>
    public IEnumerable<string> Links => Link().Matches(WithoutBlocks).Select(match => match.Groups["target"].Value)
        .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal));

    /// <summary>The page without its code blocks.</summary>
    public string WithoutBlocks => Block().Replace(Text, "");

    /// <summary>The texts between single back quotes outside code blocks.</summary>
    public IEnumerable<string> CodeSpans => Span().Matches(WithoutBlocks).Select(match => match.Groups["code"].Value);

    /// <summary>The anchors of its headings, as the usual renderers make them.</summary>
    public IEnumerable<string> Anchors => Heading().Matches(WithoutBlocks)
        .Select(match => NotInAnchor().Replace(match.Groups["title"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>The code blocks of a language; all if no language is given.</summary>
    public IEnumerable<string> Blocks(string? language = null) =>
        AllBlocks.Where(block => language is null || block.Language == language).Select(block => block.Code);

    /// <summary>Every code block with its language, in order.</summary>
    public IEnumerable<(string Language, string Code)> AllBlocks =>
        Block().Matches(Text).Select(match => (match.Groups["language"].Value, match.Groups["code"].Value));

    /// <summary>The rows of the table whose header begins with a cell, each without its border.</summary>
    public IReadOnlyList<string[]> Table(string firstHeader)
    {
        var lines = Text.Split('\n');
        var header = Array.FindIndex(lines, line => line.StartsWith($"| {firstHeader} |", StringComparison.Ordinal));
        return header < 0
            ? throw new InvalidOperationException($"{Path} has no table that begins with '{firstHeader}'.")
            : [
                .. lines[(header + 2)..].TakeWhile(line => line.StartsWith('|'))
                    .Select(line => line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())];
    }

    public override string ToString() => Path;

    [GeneratedRegex(@"(?<!!)\[[^\]]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```(?<language>[\w-]*)[^\n]*\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<!`)`(?<code>[^`\n]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"^#{1,6} (?<title>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}

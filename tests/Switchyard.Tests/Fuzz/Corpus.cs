using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Tests.Architecture;

namespace Switchyard.Tests.Fuzz;

/// <summary>Valid input to corrupt: a small folder of files per format, and the requests of the golden tests.</summary>
internal static class Corpus
{
    private const string Folder = "tests/Switchyard.Tests/Fuzz/Corpus";
    private const string Golden = "tests/Switchyard.Tests/Golden";

    /// <summary>Requests of a client's format.</summary>
    public static IReadOnlyList<Sample> Requests(DialectId dialect) =>
    [
        .. Named(dialect, "request-"),
        .. Directory.EnumerateFiles(Repository.FullPath(Golden), dialect.Value + ".json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(file => new Sample(CallOperation.Chat, File.ReadAllText(file))),
    ];

    /// <summary>Whole answers of a provider's format: of a chat, and of the other operations that it has.</summary>
    public static IReadOnlyList<Sample> Answers(DialectId dialect) =>
        [new(CallOperation.Chat, Read(dialect, "answer.json")), .. Named(dialect, "answer-")];

    /// <summary>A streamed answer, one line per frame.</summary>
    public static string[] Stream(DialectId dialect) => Read(dialect, "stream.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The body of an error.</summary>
    public static string Error(DialectId dialect) => Read(dialect, "error.json");

    private static string Read(DialectId dialect, string name) =>
        File.ReadAllText(Repository.FullPath($"{Folder}/{dialect.Value}/{name}"));

    private static IEnumerable<Sample> Named(DialectId dialect, string prefix)
    {
        var folder = Repository.FullPath($"{Folder}/{dialect.Value}");
        if (!Directory.Exists(folder))
            yield break;
        foreach (var file in Directory.EnumerateFiles(folder, prefix + "*.json").Order(StringComparer.Ordinal))
        {
            var operation = Enum.Parse<CallOperation>(Path.GetFileNameWithoutExtension(file)[prefix.Length..], ignoreCase: true);
            yield return new(operation, File.ReadAllText(file));
        }
    }

    /// <summary>A body and the operation it belongs to.</summary>
    internal sealed record Sample(CallOperation Operation, string Json);
}

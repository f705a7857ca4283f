using System.Text.RegularExpressions;
using Switchyard.Configuration;
using Switchyard.Providers.Catalogue;
using Switchyard.Server.Commands;
using Switchyard.Server.Importing;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>
/// An example of another product's configuration, written for these tests after its documentation. Its first lines state what is
/// expected: <c>expect: exact PATH</c>, <c>expect: approximated PATH</c>, <c>expect: refused PATH</c>, or <c>expect: yaml LINE</c>.
/// </summary>
internal sealed partial record ImportExample(IImporter Importer, string Name, string Text)
{
    private static readonly string s_folder = Path.Combine(FindRepository(), "tests/Switchyard.EndToEnd.Tests/Importing/Examples");

    public static IReadOnlyList<ImportExample> All { get; } =
    [
        .. ImportCommand.Importers.SelectMany(importer => Directory.EnumerateFiles(Path.Combine(s_folder, importer.Name))
            .Order(StringComparer.Ordinal).Select(file => new ImportExample(importer, Path.GetFileName(file), File.ReadAllText(file)))),
    ];

    [GeneratedRegex("^(?:#|//) expect: (?<kind>[a-z]+) (?<what>.*)$", RegexOptions.Multiline)]
    private static partial Regex Line { get; }

    public IEnumerable<(string Kind, string What)> Expected =>
        Line.Matches(Text).Select(match => (match.Groups["kind"].Value, match.Groups["what"].Value.TrimEnd()));

    public ImportResult Run() => Run(Importer, Text, Name);

    public static ImportExample Find(string product, string name) =>
        All.Single(example => example.Importer.Name == product && example.Name == name);

    public static ImportResult Run(IImporter importer, string text, string file = "given") =>
        new ImportRun(ImportCommand.Importers, Complete).Run(importer, text, file, importer.Name);

    public static IImporter Of(string product) => ImportCommand.Importers.Single(importer => importer.Name == product);

    public static ConfigurationRequest Complete(ConfigurationRequest request) => request with
    {
        IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
    };

    public static TheoryData<string, string> Names()
    {
        var data = new TheoryData<string, string>();
        foreach (var example in All)
            data.Add(example.Importer.Name, example.Name);
        return data;
    }

    public static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Switchyard.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}

using System.Text.RegularExpressions;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Commands;
using Switchyard.Server.Importing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>The two files of each page about another gateway: importing the first gives what the second says.</summary>
public sealed partial class PageExampleTests
{
    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)\}")]
    private static partial Regex Reference { get; }

    [Theory]
    [InlineData("litellm", "text")]
    [InlineData("portkey", "json")]
    [InlineData("bifrost", "json")]
    public void The_file_of_the_other_gateway_becomes_the_one_beside_it(string product, string language)
    {
        var page = File.ReadAllText(Path.Combine(ImportExample.FindRepository(), $"docs/from/{product}.md"));
        var importer = ImportExample.Of(product);
        var result = new ImportRun(ImportCommand.Importers, ImportExample.Complete).Run(importer, Block(page, language), "given", "fast");

        Assert.DoesNotContain(result.Findings, finding => finding.Outcome == Outcome.Refused);
        var (imported, written) = (Load(result.Yaml), Load(Block(page, "yaml")));
        Assert.Equal(written.Providers.Keys.Order(), imported.Providers.Keys.Order());
        Assert.All(imported.Models, alias => Assert.Equal(Facts(written.Models[alias.Key]), Facts(alias.Value)));
        Assert.Equal(written.Keys.Select(Facts), imported.Keys.Select(Facts));
        Assert.Equal(written.Retry.Attempts, imported.Retry.Attempts);
    }

    private static string Facts(ModelRouteOptions alias) =>
        $"{alias.Strategy}: {string.Join(", ", alias.Targets.Select(target => $"{target.Model} {target.Weight}"))}; "
        + string.Join(", ", alias.Fallback.Select(target => target.Model));

    private static string Facts(KeyValuePair<string, KeyOptions> key) => $"{key.Key}: {key.Value.Budget?.Usd} {key.Value.Budget?.Period}";

    /// <summary>The first block of a language.</summary>
    private static string Block(string page, string language)
    {
        var begin = page.IndexOf($"```{language}\n", StringComparison.Ordinal) + language.Length + 4;
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    private static SwitchyardOptions Load(string yaml)
    {
        using var folder = new TemporaryFolder();
        var names = Reference.Matches(yaml).Select(match => match.Groups["name"].Value).Distinct();
        var loaded = ConfigurationLoader.Load(ImportExample.Complete(new ConfigurationRequest
        {
            File = folder.Write("switchyard.yaml", yaml),
            Environment = names.ToDictionary(
                name => name, name => name == "SWITCHYARD_LEDGER" ? "sqlite:switchyard.db" : $"a-value-of-{name}"),
        }));
        Assert.True(loaded.Options is not null, string.Join("; ", loaded.Problems));
        return loaded.Options;
    }
}

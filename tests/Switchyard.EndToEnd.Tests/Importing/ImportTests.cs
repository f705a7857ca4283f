using System.Text.RegularExpressions;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Importing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>The importers' results for the examples.</summary>
public sealed partial class ImportTests
{
    public static TheoryData<string, string> Examples => ImportExample.Names();

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+)\}")]
    private static partial Regex Reference { get; }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_becomes_what_its_first_lines_say(string product, string name)
    {
        var example = ImportExample.Find(product, name);
        var result = example.Run();
        var lines = result.Yaml.Split('\n').Select(line => line.Trim()).ToHashSet();
        Assert.NotEmpty(example.Expected);
        foreach (var (kind, what) in example.Expected)
        {
            if (kind == "yaml")
            {
                Assert.True(lines.Contains(what), $"No line is: {what}\n{result.Yaml}");
                continue;
            }

            var found = result.Findings.Where(finding => Plain(finding.Setting) == Plain(what)).ToList();
            Assert.True(found.Count == 1, $"{found.Count} findings for {what}.");
            Assert.Equal(kind, found[0].Outcome.ToString(), ignoreCase: true);
        }

        static string Plain(string path) => path.Replace("\"", "", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_setting_of_an_example_has_one_finding_and_no_refusal_is_without_a_reason(string product, string name)
    {
        var example = ImportExample.Find(product, name);
        var root = SourceReader.Read(example.Text, name, example.Importer.Format, example.Importer.FoldsCase);
        var result = example.Run();

        Assert.Equal(
            root.Leaves.Select(leaf => (leaf.Path, leaf.Line)), result.Findings.Select(finding => (finding.Setting, finding.Line)));
        Assert.All(result.Findings, finding => Assert.False(finding.Outcome != Outcome.Exact && string.IsNullOrEmpty(finding.Reason)));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_result_loads_once_its_variables_are_set_and_needs_no_other(string product, string name)
    {
        var result = ImportExample.Find(product, name).Run();
        var folder = Directory.CreateTempSubdirectory("switchyard-imported-");
        try
        {
            var file = Path.Combine(folder.FullName, "switchyard.yaml");
            File.WriteAllText(file, result.Yaml);
            var loaded = ConfigurationLoader.Load(ImportExample.Complete(new ConfigurationRequest
            {
                File = file,
                Environment = result.Variables.ToDictionary(variable => variable.Name, variable => variable.Name switch
                {
                    "SWITCHYARD_LEDGER" => "postgres://127.0.0.1/switchyard",
                    _ => $"a-value-of-{variable.Name}",
                }),
            }));
            Assert.DoesNotContain(loaded.Problems, problem => problem.Severity == ProblemSeverity.Error);
            Assert.NotNull(loaded.Options);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Assert.Equal(
            Reference.Matches(result.Yaml).Select(match => match.Groups["name"].Value).Distinct().Order(),
            result.Variables.Select(variable => variable.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void No_secret_of_the_source_is_in_the_result_or_the_report(string product, string name)
    {
        var result = ImportExample.Find(product, name).Run();

        Assert.DoesNotContain("canary", result.Yaml, StringComparison.Ordinal);
        Assert.All(result.Findings, finding => Assert.DoesNotContain("canary", finding.ToString(), StringComparison.Ordinal));
        Assert.All(result.Variables, variable => Assert.DoesNotContain("canary", variable.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bedrock/invoke/anthropic.claude-3-haiku", "aws_region_name: eu-central-1", "anthropic.claude-3-haiku")]
    [InlineData("bedrock/converse/anthropic.claude-3-haiku", "aws_region_name: eu-central-1", "anthropic.claude-3-haiku")]
    [InlineData("openai/responses/gpt-4o", "api_key: os.environ/KEY", "gpt-4o")]
    [InlineData("azure/o_series/ours", "api_key: os.environ/KEY, api_base: \"https://our.openai.azure.com\"", "ours")]
    [InlineData("azure/gpt5_series/ours", "api_key: os.environ/KEY, api_base: \"https://our.openai.azure.com\"", "ours")]
    public void The_interface_by_which_LiteLLM_asks_a_model_is_no_part_of_its_name(string written, string more, string model)
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            $$"""
            model_list:
              - model_name: a
                litellm_params: { model: {{written}}, {{more}} }
            """);

        Assert.Contains($"/{model} ]", result.Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain($"{written.Split('/')[1]}/", result.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bedrock/us-west-2/anthropic.claude-3-haiku", "", "us-west-2")]
    [InlineData("bedrock/us-gov-west-1/anthropic.claude-3-haiku", "", "us-gov-west-1")]
    [InlineData("bedrock/converse/us-west-2/anthropic.claude-3-haiku", "", "us-west-2")]
    [InlineData("bedrock/us-west-2/anthropic.claude-3-haiku", ", aws_region_name: eu-central-1", "eu-central-1")]
    public void The_region_that_stands_before_a_model_of_Bedrock_is_where_it_is_asked(string written, string more, string region)
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            $$"""
            model_list:
              - model_name: a
                litellm_params: { model: {{written}}{{more}} }
            """);

        Assert.Contains("/anthropic.claude-3-haiku ]", result.Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain($"{written.Split('/')[^2]}/", result.Yaml, StringComparison.Ordinal);
        Assert.Contains($"region: {region}", result.Yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_fifteen_examples_of_each_product() =>
        Assert.All(ImportExample.All.GroupBy(example => example.Importer.Name), group => Assert.True(group.Count() >= 15));

    [Theory]
    [InlineData("litellm", "a: [1, 2", "given:", "not YAML")]
    [InlineData("litellm", "model_list: &all [ *all ]", "given:1", "names no anchor")]
    [InlineData("litellm", "", "given:1", "no settings")]
    [InlineData("litellm", "- one\n- two", "given:1", "map of settings")]
    [InlineData("litellm", "providers: {}", "given", "not a configuration of LiteLLM", "switchyard import bifrost")]
    [InlineData("bifrost", "{ \"providers\": }", "given:1", "not JSON")]
    [InlineData("bifrost", "{\n\"providers\": {\n", "given:", "not JSON")]
    [InlineData("bifrost", "[]", "given:1", "map of settings")]
    [InlineData("bifrost", "{ \"targets\": [] }", "given", "not a configuration of Bifrost", "switchyard import portkey")]
    [InlineData("portkey", "{ \"model_list\": [] }", "given", "not a configuration of Portkey", "switchyard import litellm")]
    [InlineData("portkey", "model_list: []", "given:1", "not JSON")]
    public void What_is_no_such_configuration_is_reported_with_its_place(string product, string text, params string[] parts)
    {
        var failure = Assert.Throws<ImportException>(() => ImportExample.Run(ImportExample.Of(product), text));

        Assert.All(parts, part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_too_large_or_expands_too_far_is_not_read_whole()
    {
        var large = $"model_list: []\n# {new string('x', SourceReader.LargestFile)}";
        var laughs = new System.Text.StringBuilder("model_list:\n  a: &a [ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 ]\n");
        for (var name = 'b'; name < 'j'; name++)
        {
            var aliases = string.Join(", ", Enumerable.Repeat($"*{(char)(name - 1)}", 10));
            laughs.Append(System.Globalization.CultureInfo.InvariantCulture, $"  {name}: &{name} [ {aliases} ]\n");
        }

        Assert.Contains("4MB", Failure(large), StringComparison.Ordinal);
        Assert.Contains("expands to more than", Failure(laughs.ToString()), StringComparison.Ordinal);

        static string Failure(string text) =>
            Assert.Throws<ImportException>(() => ImportExample.Run(ImportExample.Of("litellm"), text)).Message;
    }

    [Fact]
    public void A_value_that_the_validators_refuse_is_left_out_and_refused_in_their_words()
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            """
            model_list:
              - model_name: a
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/KEY, rpm: 0 }
            router_settings: { cooldown_time: 9000000, num_retries: 500 }
            """);

        Assert.Contains("openai/gpt-4o", result.Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("attempts", result.Yaml, StringComparison.Ordinal);
        foreach (var setting in (string[])["model_list[0].litellm_params.rpm", "router_settings.cooldown_time",
            "router_settings.num_retries"])
            Assert.Contains(
                result.Findings,
                finding => finding.Setting == setting && finding.Outcome == Outcome.Refused
                    && finding.Reason!.Contains("cannot be used here", StringComparison.Ordinal));
    }
}

using Switchyard.Configuration;
using Switchyard.Plugins;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>What people read of a problem: the place, the key, and the way out.</summary>
public sealed class ProblemLineTests
{
    [Theory]
    [InlineData("models: { fast: { strategy: fastest, targets: [ mock/m ] } }", "1:29: models.fast.strategy: 'fastest' is not one of: ")]
    [InlineData("models: { fast: { targets: [ gpt ] } }", "1:30: models.fast.targets.0.model: a target of 'fast' is not provider/model")]
    [InlineData("timeouts: { idle: soon }", "1:19: 'timeouts.idle' must be a duration")]
    [InlineData("provders: {}", "1:1: unknown key 'provders' at line 1; did you mean 'providers'?")]
    public void The_line_has_the_key_unless_the_message_has_it(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.StartsWith($"switchyard.yaml:{expected}", ProblemLine.Of(Assert.Single(given.Load().Problems)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_of_the_whole_file_or_of_no_file_has_none()
    {
        Assert.Equal(
            "switchyard.yaml: the file is empty",
            ProblemLine.Of(new ConfigurationProblem("providers", "the file is empty") { File = "switchyard.yaml" }));
        Assert.Equal("configuration: must be set", ProblemLine.Of(new ConfigurationProblem("server.id", "must be set")));
    }

    [Theory]
    [InlineData("secrets: { directory: \"a\\0b\" }", "1:23: 'secrets.directory' holds the character U+0000; remove it")]
    [InlineData("recording: { folder: \"\\0\", by_request: true }", "1:22: 'recording.folder' holds the character U+0000; remove it")]
    [InlineData("plugins: { directory: \"\\0\" }", "1:23: 'plugins.directory' holds the character U+0000; remove it")]
    [InlineData("providers: { mock: { models: [ \"\\0\" ] } }", "1:32: 'providers.mock.models.0' holds the character U+0000; remove it")]
    [InlineData("plugins: { directory: \"\" }", "1:23: plugins.directory: must name a folder")]
    [InlineData("plugins: { directory: \" \" }", "1:23: plugins.directory: must name a folder")]
    public void A_name_that_no_file_can_have_is_a_problem_with_its_place(string yaml, string expected)
    {
        // The second line asks for the names of the providers that plugins add.
        using var given = Given.Yaml(yaml + "\nbudgets: { any: { usd: 5, provider: elsewhere } }\n");

        var result = Switchyard.Configuration.Loading.ConfigurationLoader.Load(
            given.Request with { PluginProviders = plugins => PluginCheck.Of(plugins).Providers });

        Assert.Contains(result.Problems, problem => ProblemLine.Of(problem).StartsWith(
            $"switchyard.yaml:{expected}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("providers: { openai: { key: \"schlüssel\" } }", "1:29: providers.openai.key: the key of 'openai' holds a character")]
    [InlineData("providers: { openai: { keys: [ a, \"é\" ] } }", "1:35: providers.openai.keys.1.key: a key of 'openai' holds a character")]
    [InlineData(
        "providers: { openai: { headers: { x-a: \"😀\" } } }",
        "1:40: providers.openai.headers.x-a: the header 'x-a' has a value with a character that is not ASCII")]
    public void What_no_header_can_hold_is_found_before_a_call_is_made(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.StartsWith($"switchyard.yaml:{expected}", ProblemLine.Of(Assert.Single(given.Load().Problems)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_of_a_secret_may_have_any_letter()
    {
        using var given = Given.Yaml("providers: { openai: { key: { secret: schlüssel }, headers: { x-a: \"secret://é\" } } }");

        Assert.Equal("secret://schlüssel", given.Options().Providers["openai"].Key);
    }

    [Fact]
    public void A_file_in_UTF_16_without_a_mark_is_named_as_such()
    {
        using var given = Given.Yaml("");
        File.WriteAllBytes(given.File, System.Text.Encoding.Unicode.GetBytes("providers: { mock: {} }\n"));

        Assert.Equal("switchyard.yaml:1: the file holds a NUL byte, as UTF-16 text does; save it as UTF-8", given.Problem());
    }
}

using Switchyard.Configuration.Runtime;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>Names in the file, and the same names in capitals in variables and on the command line.</summary>
public sealed class SpellingTests
{
    private const string Written = """
        models: { fast: { targets: [ mock/a ] } }
        keys: { ci: { key: a-client-key } }
        tenants: { acme: {} }
        budgets: { daily: { usd: 5, period: day, cheaper_model: fast } }
        """;

    [Fact]
    public void A_variable_in_capitals_changes_an_entry_of_the_file_and_leaves_its_name()
    {
        using var given = Given.Yaml(Written)
            .With("SWITCHYARD__MODELS__FAST__STRATEGY", "cost")
            .With("SWITCHYARD__KEYS__CI__ENABLED", "false")
            .With("SWITCHYARD__TENANTS__ACME__ENABLED", "false")
            .With("SWITCHYARD__BUDGETS__DAILY__USD", "7");

        var options = given.Options();

        var (alias, route) = Assert.Single(options.Models);
        Assert.Equal(("fast", "cost"), (alias, route.Strategy));
        var (key, settings) = Assert.Single(options.Keys);
        Assert.Equal(("ci", false), (key, settings.Enabled));
        Assert.Equal("acme", Assert.Single(options.Tenants).Key);
        var (budget, amount) = Assert.Single(options.Budgets.Named);
        Assert.Equal(("daily", 7m), (budget, amount.Usd));
    }

    [Fact]
    public void So_does_a_setting_of_the_command_line()
    {
        using var given = Given.Yaml(Written).Set("models.Fast.strategy=cost");

        var (alias, route) = Assert.Single(given.Options().Models);

        Assert.Equal(("fast", "cost"), (alias, route.Strategy));
    }

    [Theory]
    [InlineData("""{"keys":{"CI":null}}""", "keys:ci")]
    [InlineData("""{"models":{"FAST":{"strategy":"cost"}}}""", "models:fast:strategy")]
    [InlineData("""{"keys:CI:enabled":false}""", "keys:ci:enabled")]
    [InlineData("""{"budgets":{"Daily":{"usd":7}}}""", "budgets:daily:usd")]
    [InlineData("""{"keys":{"Other":{"enabled":false}}}""", "keys:Other:enabled")]
    public void At_run_time_an_entry_is_meant_in_whatever_case_it_is_written(string document, string expected)
    {
        using var given = Given.Yaml(Written);
        var problems = new List<string>();

        var settings = SettingDocument.Read(SettingDocument.Parse(document), given.Options(), problems);

        Assert.Empty(problems);
        Assert.Equal([expected], settings.Keys);
    }

    [Fact]
    public void The_lists_of_the_file_keep_their_order()
    {
        using var given = Given.Yaml("server: { keys: [ a, b, c, d, e, f, g, h, i, j, k, l ] }").With("SWITCHYARD__SERVER__KEYS__10", "z");

        Assert.Equal("abcdefghijzl", string.Concat(given.Options().Server.Keys));
    }
}

using Switchyard.Configuration;
using Switchyard.Configuration.Validation;
using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>
/// A setting with a closed list of words that is empty, as an unset variable leaves it. Read as a word it would switch off what its
/// default enforces.
/// </summary>
public sealed class EmptyWordTests
{
    [Theory]
    [InlineData("egress: { mode: \"\" }", "'' is not one of: enforce, report, off")]
    [InlineData("egress: { mode: ${MODE} }", "'${MODE}' is not one of: enforce, report, off")]
    [InlineData("egress: { mode: ${NONE:-} }", "'${NONE:-}' is not one of: enforce, report, off")]
    [InlineData("budgets: { daily: { usd: 5, period: day, mode: \"\" } }", "'' is not one of: warn, strict")]
    [InlineData("budgets: { daily: { usd: 5, period: day, per: \"\" } }", "'' is not one of: key, tenant, end_user, session, tag")]
    [InlineData("guards: { pii: { type: mask, find: [ email ], mode: \"\" } }", "'' is not one of: enforce, report")]
    [InlineData("guards: { pii: { type: mask, find: [ email ], on_failure: \"\" } }", "'' is not one of: open, closed")]
    [InlineData("guards: { pii: { type: mask, find: [ email ], on: [ \"\" ] } }", "'' is not one of: request, answer")]
    [InlineData("prices: { unknown: \"\" }", "'' is not one of: flag, refuse")]
    [InlineData("storage: { durability: \"\" }", "'' is not one of: relaxed, strict")]
    public void It_is_refused_like_any_other_that_is_none(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml).With("MODE", "");

        Assert.Contains(given.Problems(), problem => problem.EndsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tag", 47)]
    [InlineData("model", 49)]
    public void So_is_a_budget_of_calls_with_an_empty_name_which_would_count_none(string name, int column)
    {
        using var given = Given.Yaml($"budgets: {{ daily: {{ usd: 5, period: day, {name}: \"\" }} }}");

        Assert.Equal(
            $"switchyard.yaml:1:{column}: the {name} is empty, so that no call would count; leave it out to count all calls",
            given.Problem());
    }

    [Fact]
    public void It_is_refused_from_a_variable_of_its_own()
    {
        using var given = Given.Yaml("egress: { allow: [ api.example.com ] }").With("SWITCHYARD__egress__mode", "");

        Assert.Equal("environment variable SWITCHYARD__egress__mode: '' is not one of: enforce, report, off", given.Problem());
    }

    [Fact]
    public void It_is_refused_from_code()
    {
        var options = new SwitchyardOptions { Egress = new EgressOptions { Mode = "" } };

        var known = new KnownNames(new ConfigurationRequest(), new PluginsOptions());

        var finding = Assert.Single(new WordValidator().Validate(options, known));

        Assert.Equal(("egress:mode", "'' is not one of: enforce, report, off"), (finding.Path, finding.Text));
    }

    [Fact]
    public void A_guard_without_a_type_is_reported_to_need_one_and_nothing_else()
    {
        using var given = Given.Yaml("guards: { pii: { find: [ email ] } }");

        Assert.EndsWith("needs a 'type': mask, block, check or plugin", given.Problem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("egress: { mode: }")]
    [InlineData("egress: { mode: ~ }")]
    public void Without_any_value_the_default_stays(string yaml)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("enforce", given.Options().Egress!.Mode);
    }
}

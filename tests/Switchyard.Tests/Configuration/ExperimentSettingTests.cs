using Xunit;

namespace Switchyard.Tests.Configuration;

/// <summary>The allowed values of <c>experiment</c> and <c>shadow</c> of an alias.</summary>
public sealed class ExperimentSettingTests
{
    private const string Two = "variants: [ { target: mock/a, share: 50% }, { target: mock/b, share: 50% } ]";

    [Fact]
    public void An_experiment_is_read_with_its_defaults()
    {
        using var given = Given.Yaml($"models: {{ fast: {{ targets: [ mock/a ], experiment: {{ {Two} }} }} }}");

        var experiment = given.Options().Models["fast"].Experiment!;

        Assert.Equal(["mock/a", "mock/b"], experiment.Variants.Select(variant => variant.Target));
        Assert.Equal(0.5, experiment.Variants[0].Share);
        Assert.Equal(("conversation", "latency", 0.05), (experiment.Sticky, experiment.Metric, experiment.Alpha));
    }

    [Fact]
    public void An_alias_without_them_has_neither()
    {
        using var given = Given.Yaml("models: { fast: { targets: [ mock/a ], experiment: , shadow: } }");

        Assert.Null(given.Options().Models["fast"].Experiment);
        Assert.Null(given.Options().Models["fast"].Shadow);
    }

    [Theory]
    [InlineData("", "an experiment needs at least two entries in variants: { target: provider/model, share: 50% }")]
    [InlineData(
        "variants: [ { target: mock/a, share: 50% } ]",
        "an experiment needs at least two entries in variants: { target: provider/model, share: 50% }")]
    [InlineData(
        "variants: [ { target: mock/a, share: 60% }, { target: mock/b, share: 50% } ]",
        "the shares of the variants add up to 110%, more than 100%")]
    [InlineData(
        "variants: [ { target: mock/a, share: 0% }, { target: mock/b, share: 50% } ]",
        "a variant needs a share greater than 0%, for example share: 50%")]
    [InlineData(
        "variants: [ { target: mock/a }, { target: mock/b, share: 50% } ]",
        "a variant needs a share greater than 0%, for example share: 50%")]
    [InlineData(
        "variants: [ { target: mock/a, share: 50% }, { target: mock/a, share: 50% } ]",
        "two variants have the same name or target; give each a name of its own")]
    [InlineData(
        "variants: [ { target: a, share: 50% }, { target: mock/b, share: 50% } ]",
        "a variant of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData(
        "variants: [ { target: opnai/m, share: 50% }, { target: mock/b, share: 50% } ]",
        "a variant of 'fast' names the provider 'opnai', which is neither configured nor in the catalogue; did you mean 'openai'?")]
    [InlineData(
        "variants: [ { target: groq/m, share: 50% }, { target: mock/b, share: 50% } ]",
        "a variant of 'fast' would get no calls: the provider 'groq' is not enabled")]
    [InlineData("sticky: ip, " + Two, "'ip' is not one of: conversation, end_user, caller, call")]
    [InlineData("metric: speed, " + Two, "'speed' is not one of: latency, first_token, errors, cost, feedback")]
    [InlineData("alpha: 50%, " + Two, "alpha is the chance of a false alarm: at least 0.1% and at most 20%")]
    [InlineData("alpha: 0.05, " + Two, "'models.fast.experiment.alpha' must be a percentage from 0% to 100%, such as 5%, not '0.05'")]
    [InlineData("name: a b, " + Two, "the name of an experiment is made of letters, digits, '.', '-' and '_'")]
    public void An_experiment_that_would_compare_nothing_is_refused(string experiment, string expected)
    {
        using var given = Given.Yaml($$"""
            providers: { mock: {}, openai: { key: k }, groq: { enabled: false } }
            models: { fast: { targets: [ mock/a ], experiment: { {{experiment}} } } }
            """);

        Assert.Contains(given.Problems(), problem => problem.EndsWith(": " + expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_experiments_of_one_name_are_refused()
    {
        using var given = Given.Yaml($$"""
            models:
              fast: { targets: [ mock/a ], experiment: { name: x, {{Two}} } }
              slow: { targets: [ mock/a ], experiment: { name: X, {{Two}} } }
            """);

        Assert.EndsWith("the aliases 'fast' and 'slow' have experiments of the same name", given.Problem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("target: mock/b, share: 0%", "the share that is copied must be greater than 0%; leave shadow out to copy nothing")]
    [InlineData("target: mock/b, concurrency: 0", "the copies that run at once must be from 1 to 1000")]
    [InlineData("target: mock/b, max_per_minute: 0", "the copies of a minute must be at least 1; leave it out for no limit")]
    [InlineData("target: mock/a", "'fast' goes to this target already, so its shadow would show nothing")]
    [InlineData("share: 5%", "the shadow of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData("target: groq/m", "the shadow of 'fast' would get no calls: the provider 'groq' is not enabled")]
    public void A_shadow_that_would_show_nothing_is_refused(string shadow, string expected)
    {
        using var given = Given.Yaml($$"""
            providers: { mock: {}, groq: { enabled: false } }
            models: { fast: { targets: [ mock/a ], shadow: { {{shadow}} } } }
            """);

        Assert.EndsWith(": " + expected, given.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_variant_is_reported_where_it_is_written()
    {
        using var given = Given.Yaml(
            "providers: { mock: {} }\nmodels:\n  fast:\n    targets: [ mock/a ]\n    experiment:\n      variants:\n"
                + "        - { target: mock/a, share: 50% }\n        - { target: mock/b, share: 50%, name: \"b b\" }\n");

        Assert.StartsWith("switchyard.yaml:8:47: the name of a variant", given.Problem(), StringComparison.Ordinal);
    }
}

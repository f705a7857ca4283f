using Switchyard.Configuration;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class ProblemTests
{
    [Fact]
    public void An_unknown_key_is_named_with_its_line_and_the_key_that_was_meant()
    {
        using var given = Given.Yaml("strict: true\n\nprovders:\n  openai: {}\n");

        var problem = Assert.Single(given.Load().Problems);

        Assert.Equal("switchyard.yaml:3:1: unknown key 'provders' at line 3; did you mean 'providers'?", problem.ToString());
        Assert.Equal(
            ("provders", "switchyard.yaml", 3, 1, ProblemSeverity.Error),
            (problem.Key, problem.File, problem.Line, problem.Column, problem.Severity));
    }

    [Theory]
    [InlineData(
        "providers: { openai: { base-url: x } }",
        "switchyard.yaml:1:24: unknown key 'providers.openai.base-url' at line 1; did you mean 'base_url'?")]
    [InlineData(
        "models: { fast: { target: [ mock/a ] } }",
        "switchyard.yaml:1:19: unknown key 'models.fast.target' at line 1; did you mean 'targets'?")]
    [InlineData(
        "timeouts: { first_tokne: 1s }", "switchyard.yaml:1:13: unknown key 'timeouts.first_tokne' at line 1; did you mean 'first_token'?")]
    [InlineData(
        "timeouts: { zzzzzzzz: 1s }",
        "switchyard.yaml:1:13: unknown key 'timeouts.zzzzzzzz' at line 1; "
            + "known here: connect, first_token, comments_count, attempt, idle, write, total")]
    public void An_unknown_key_is_found_at_every_depth(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Contains(expected, given.Problems());
    }

    [Fact]
    public void An_unknown_key_outside_the_file_names_where_it_came_from()
    {
        using var given = new Given().With("SWITCHYARD__servr__urls", "x").Set("provders.openai.key=x");

        Assert.Equal(
            [
                "--set provders.openai.key: unknown key 'provders'; did you mean 'providers'?",
                "environment variable SWITCHYARD__servr__urls: unknown key 'servr'; did you mean 'server'?",
            ],
            given.Problems());
    }

    [Theory]
    [InlineData("server.urls", "--set: a setting on the command line has no '='; write --set key=value")]
    [InlineData("=x", "--set: a setting on the command line names no key in ''; write --set key=value")]
    [InlineData("server..urls=x", "--set: a setting on the command line names no key in 'server..urls'; write --set key=value")]
    public void A_setting_that_is_none_is_a_problem(string setting, string expected)
    {
        using var given = new Given().Set(setting);

        Assert.Equal(expected, given.Problem());
    }

    [Fact]
    public void A_variable_that_names_no_key_is_a_problem()
    {
        using var given = new Given().With("SWITCHYARD__server____urls", "x");

        Assert.Equal("environment variable SWITCHYARD__server____urls: 'SWITCHYARD__server____urls' names no key", given.Problem());
    }

    [Fact]
    public void Variables_that_contradict_each_other_are_reported()
    {
        using var given = new Given()
            .With("SWITCHYARD__timeouts__idle", "2s").With("SWITCHYARD__TIMEOUTS__IDLE", "3s")
            .With("SWITCHYARD__strict", "true").With("SWITCHYARD__STRICT", "true");

        Assert.Equal(
            "environment variable SWITCHYARD__timeouts__idle: warning: 'timeouts.idle' has another value in the environment "
                + "variable SWITCHYARD__TIMEOUTS__IDLE, which is ignored: unset one of them",
            given.Problem());
        Assert.Equal(TimeSpan.FromSeconds(2), given.Load().Options!.Timeouts.Idle);
    }

    [Theory]
    [InlineData("strict: yep", "1:9: 'strict' must be true or false, not 'yep'")]
    [InlineData("strict: [ true ]", "1:1: 'strict' must be true or false, not a list")]
    [InlineData("timeouts:\n  idle: 30", "2:9: 'timeouts.idle' must be a duration such as 250ms, 5s, 10m, 2h or 1d, not '30'")]
    [InlineData("timeouts:\n  idle: -1s", "2:9: 'timeouts.idle' must be a duration such as 250ms, 5s, 10m, 2h or 1d, not '-1s'")]
    [InlineData("timeouts: 5s", "1:11: 'timeouts' must be a map of settings, not plain text")]
    [InlineData("timeouts: [ 5s ]", "1:1: 'timeouts' must be a map of settings, not a list")]
    [InlineData("server: { max_body: lots }", "1:21: 'server.max_body' must be a size such as 256KB, 32MB or 1GB, not 'lots'")]
    [InlineData("server: { keys: { a: b } }", "1:11: 'server.keys' must be a list, not a map")]
    [InlineData("server: { keys: secret }", "1:17: 'server.keys' must be a list, not plain text")]
    [InlineData("server: { keys: [ { a: b } ] }", "1:19: 'server.keys.0' must be text, not a map")]
    [InlineData("server: { keys: [ ~ ] }", "1:19: 'server.keys.0' must be text, but it has no value")]
    [InlineData("providers: [ openai ]", "1:1: 'providers' must be a map of names, not a list")]
    [InlineData("providers: { openai: [ x ] }", "1:14: 'providers.openai' must be a map of settings, not a list")]
    [InlineData("providers: { openai: { priority: 1.5 } }", "1:34: 'providers.openai.priority' must be a whole number, not '1.5'")]
    [InlineData("models: { fast: { targets: mock/a } }", "1:28: 'models.fast.targets' must be a list, not plain text")]
    [InlineData("providers: { openai: sk-123 }", "1:22: 'providers.openai' must be a map of settings, not plain text")]
    [InlineData(
        "models: { fast: { targets: [ [ mock/a ] ] } }",
        "1:30: 'models.fast.targets.0' must be plain text or a map of settings, not a list")]
    public void A_value_of_the_wrong_kind_says_what_was_expected_and_where(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData("telemetry: { content: true }", "1:14: 'telemetry.content' is not available in this version")]
    [InlineData(
        "models: { fast: { strategy: wheighted, targets: [ mock/a ] } }",
        "1:29: 'wheighted' is not one of: priority, cost, performance, round-robin, weighted, least-busy, manual; "
            + "did you mean 'weighted'?")]
    public void What_is_designed_but_not_built_is_refused_with_honest_words(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData(
        "mocks/*: { input: 1, output: 2 }", "the provider 'mocks' is neither configured nor in the catalogue; did you mean 'mock'?")]
    [InlineData("\"mocks*/*\": { input: 1, output: 2 }", "the pattern 'mocks*' matches no provider that is configured or in the catalogue")]
    [InlineData("gpt-4o: { input: 1, output: 2 }", "a price is for provider/model, for example \"local/*\"")]
    [InlineData("mock/a: { input: 1 }", "a price needs input and output; write output: 0 if there is none")]
    [InlineData("mock/a: { input: -1, output: 2 }", "a price is not negative")]
    [InlineData("mock/a: { input: 1, output: 2, cached: 3 }", "unknown key 'prices.mock/a.cached'")]
    [InlineData("mock/a: { input: free, output: 2 }", "'prices.mock/a.input' must be a number, not 'free'")]
    [InlineData("mock/a: { input: 1, output: 2, service_tiers: { priority: { input: 2 } } }", "a price needs input and output")]
    [InlineData("mock/a: { input: 1, output: 2, service_tiers: { flex: { input: 1, output: -1 } } }", "a price is not negative")]
    [InlineData("mock/a: { input: 1, output: 2, service_tiers: { default: { input: 1, output: 1 } } }", "a service tier is named")]
    [InlineData("mock/a: { input: 1, output: 2, service_tiers: { auto: { input: 1, output: 1 } } }", "a service tier is named")]
    [InlineData("mock/a: { input: 1, output: 2, service_tiers: { priority: 2 } }", "must be a map of settings")]
    [InlineData("mock/a: { tools: {} }", "a price needs input and output")]
    [InlineData("mock/a: { input: 1, tools: { web_search: 0.01 } }", "a price needs input and output")]
    [InlineData("mock/a: { tools: { web_search: -0.01 } }", "a price is not negative")]
    [InlineData("mock/a: { tools: { web_fetch: 0.01 } }", "unknown key 'prices.mock/a.tools.web_fetch'")]
    [InlineData("unknown: ignore", "'ignore' is not one of: flag, refuse")]
    [InlineData("unknwon: refuse", "'prices.unknwon' must be a map of settings, not plain text")]
    public void A_price_that_means_nothing_is_refused(string prices, string expected)
    {
        using var given = Given.Yaml($"prices: {{ {prices} }}");

        Assert.Contains(given.Problems(), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Prices_are_read_exactly_and_by_any_pattern()
    {
        using var given = Given.Yaml(
            "prices: { unknown: refuse, \"*/*\": { input: 0.1, output: 0.3 }, \"mock/a:b\": { input: 0, output: 0 } }");

        var prices = given.Options().Prices;

        Assert.Equal(("refuse", 0.1m, 0.3m), (prices.Unknown, prices.Models["*/*"].Input, prices.Models["*/*"].Output));
        Assert.Equal(0m, prices.Models["MOCK/A:B"].Input);
    }

    [Fact]
    public void All_problems_come_at_once_in_the_order_of_the_file()
    {
        using var given = Given.Yaml("timeouts: { idle: x }\nserver: { max_body: 2GB }\nmodels: { fast: {} }\nstrict: 7\n")
            .Set("auto_enable=x");

        var result = given.Load();

        Assert.Null(result.Options);
        Assert.Equal([1, 2, 3, 4, null], result.Problems.Select(problem => problem.Line));
    }

    [Fact]
    public void A_mistake_is_not_followed_by_what_only_follows_from_it()
    {
        using var given = Given.Yaml("providers: { local: { base_ulr: http://localhost/v1 } }");

        Assert.Equal("switchyard.yaml:1:23: unknown key 'providers.local.base_ulr' at line 1; did you mean 'base_url'?", given.Problem());
    }

    [Fact]
    public void A_warning_leaves_the_options_usable()
    {
        using var given = Given.Yaml("providers: { openai: { enabled: false } }\nmodels: { fast: { targets: [ openai/a, mock/a ] } }");

        var result = given.Load();

        Assert.NotNull(result.Options);
        Assert.Equal(
            "switchyard.yaml:2:30: warning: a target of 'fast' will be skipped: the provider 'openai' is not enabled",
            Assert.Single(result.Problems).ToString());
    }
}

using Microsoft.Extensions.Configuration;
using Switchyard.Configuration.Loading;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class LoadingTests
{
    private const string Typical = """
        # everything this version knows
        providers:
          openai: { key: ${OPENAI_API_KEY} }
          groq:
          mistral: {}
          local:
            dialect: openai-chat
            base_url: "http://127.0.0.1:8000/v1"
            timeout: 90s
            priority: 7
            models: [ llama3:8b, qwen ]
            headers: { x-team: blue }
            settings:
              delay: 20ms
        models:
          fast:
            strategy: priority
            targets: [ groq/llama-3.3-70b-versatile, { model: openai/gpt-4o-mini } ]
            fallback:
              - local/llama3:8b
          "llama3:8b":
            targets: [ local/llama3:8b ]
        timeouts: { connect: 2s, first_token: 1m, idle: 1500ms, total: 2h }
        server:
          urls: http://127.0.0.1:9000;http://[::1]:9000
          max_body: 8MB
          keys: [ "${CLIENT_KEY:-dev-key}", second ]
          shutdown_grace: 5s
        auto_enable: false
        default_provider: local
        strict: true
        """;

    [Fact]
    public void Every_key_of_the_file_reaches_its_option()
    {
        using var given = Given.Yaml(Typical).With("OPENAI_API_KEY", "sk-test");

        var options = given.Options();

        Assert.Equal("sk-test", options.Providers["openai"].Key);
        Assert.Equal(["groq", "local", "mistral", "openai"], options.Providers.Keys.Order());
        var local = options.Providers["local"];
        Assert.Equal(
            ("openai-chat", "http://127.0.0.1:8000/v1", 7, TimeSpan.FromSeconds(90)),
            (local.Dialect, local.BaseUrl, local.Priority, local.Timeout));
        Assert.Equal(["llama3:8b", "qwen"], local.Models);
        Assert.Equal("blue", local.Headers["X-Team"]);
        Assert.Equal("20ms", local.Settings["delay"]);
        Assert.Equal(["groq/llama-3.3-70b-versatile", "openai/gpt-4o-mini"], options.Models["fast"].Targets.Select(target => target.Model));
        Assert.Equal("local/llama3:8b", Assert.Single(options.Models["fast"].Fallback).Model);
        Assert.Equal("local/llama3:8b", Assert.Single(options.Models["llama3:8b"].Targets).Model);
        Assert.Equal(TimeSpan.FromSeconds(2), options.Timeouts.Connect);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Timeouts.FirstToken);
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.Timeouts.Idle);
        Assert.Equal(TimeSpan.FromHours(2), options.Timeouts.Total);
        Assert.Equal(8 * 1024 * 1024, options.Server.MaxBodyBytes);
        Assert.Equal(["dev-key", "second"], options.Server.Keys);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Server.ShutdownGrace);
        Assert.False(options.AutoEnable);
        Assert.True(options.Strict);
        Assert.Equal("local", options.DefaultProvider);
    }

    [Fact]
    public void Without_a_file_the_defaults_hold()
    {
        using var given = new Given();

        var result = given.Load();

        Assert.Null(result.File);
        Assert.Empty(result.Problems);
        Assert.Null(result.Options!.Timeouts.FirstToken);
        Assert.Equal("http://127.0.0.1:8080", result.Options.Server.Urls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("server:\nmodels: {}\nproviders: ~\n")]
    public void A_file_that_says_nothing_gives_the_defaults(string yaml)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal(32 * 1024 * 1024, given.Options().Server.MaxBodyBytes);
    }

    [Fact]
    public void A_file_asked_for_but_missing_is_a_problem_that_names_it()
    {
        using var given = new Given();

        var result = ConfigurationLoader.Load(given.Request with { File = "elsewhere.yaml" });

        Assert.Null(result.Options);
        Assert.Equal(
            $"elsewhere.yaml: there is no file 'elsewhere.yaml' in '{given.Directory}'", Assert.Single(result.Problems).ToString());
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_command_line_over_both()
    {
        using var given = Given.Yaml("timeouts: { connect: 1s, idle: 1s, first_token: 1s }")
            .With("SWITCHYARD__timeouts__idle", "2s").With("SWITCHYARD__TIMEOUTS__FIRST_TOKEN", "2s")
            .Set("timeouts.first_token=3s");

        var timeouts = given.Options().Timeouts;

        Assert.Equal([1, 2, 3], new[] { timeouts.Connect, timeouts.Idle, timeouts.FirstToken!.Value }.Select(time => time.Seconds));
    }

    [Fact]
    public void A_provider_can_be_made_from_the_environment_alone()
    {
        using var given = new Given().With("SWITCHYARD__PROVIDERS__OPENAI__KEY", "from-env");

        var (name, provider) = Assert.Single(given.Options().Providers);

        Assert.Equal(("openai", "from-env"), (name, provider.Key));
    }

    [Fact]
    public void A_name_with_a_dot_is_set_with_colons()
    {
        using var given = new Given().Set("providers:my.server:base_url=http://localhost:1/v1?".TrimEnd('?'));

        Assert.Equal("http://localhost:1/v1", given.Options().Providers["my.server"].BaseUrl);
    }

    [Fact]
    public void A_list_outside_the_file_is_written_with_commas_and_replaces_the_files()
    {
        using var given = Given.Yaml("server: { keys: [ a, b, c ] }\nmodels: { fast: { targets: [ mock/a, mock/b ] } }")
            .With("SWITCHYARD__server__keys", "x, y").Set("models.fast.targets=openai/z");

        var options = given.Options();

        Assert.Equal(["x", "y"], options.Server.Keys);
        Assert.Equal("openai/z", Assert.Single(options.Models["fast"].Targets).Model);
    }

    [Fact]
    public void One_entry_of_a_list_can_be_replaced_by_its_number()
    {
        using var given = Given.Yaml("server: { keys: [ a, b ] }").Set("server.keys.1=z");

        Assert.Equal(["a", "z"], given.Options().Server.Keys);
    }

    [Theory]
    [InlineData("alert: [ 50%, 90% ]", null, "50% 90%")]
    [InlineData("alert: []", null, "")]
    [InlineData("alert:", null, "80% 100%")]
    [InlineData("mode: warn", null, "80% 100%")]
    [InlineData("mode: warn", "budgets.total.alert=50%,60%", "50% 60%")]
    public void A_list_that_is_written_replaces_its_default(string written, string? set, string expected)
    {
        using var given = Given.Yaml($"budgets: {{ total: {{ usd: 5, {written} }} }}");
        if (set is not null)
            given.Set(set);

        Assert.Equal(expected, string.Join(' ', given.Options().Budgets.Named["total"].Alert));
    }

    [Fact]
    public void A_wrong_entry_of_a_list_with_a_default_is_reported_where_it_is_written()
    {
        using var given = Given.Yaml("budgets:\n  total:\n    usd: 5\n    alert: [ 50%, -5% ]\n");

        Assert.EndsWith("switchyard.yaml:4:19: '-5%' is not a percentage such as 80%", given.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hosts_own_configuration_replaces_the_default_of_a_list_too()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["budgets:total:usd"] = "5",
            ["budgets:total:alert:0"] = "50%",
        }).Build();

        Assert.Equal(["50%"], ConfigurationLoader.Bind(configuration).Options!.Budgets.Named["total"].Alert);
    }

    [Fact]
    public void A_later_source_may_write_a_target_in_the_other_form()
    {
        using var given = Given.Yaml("models: { fast: { targets: [ mock/a ] }, slow: { targets: [ { model: mock/a } ] } }")
            .Set("models.fast.targets.0.model=mock/b").Set("models.slow.targets.0=mock/b");

        var models = given.Options().Models;

        Assert.Equal(["mock/b", "mock/b"], models.Values.Select(route => Assert.Single(route.Targets).Model));
    }

    [Fact]
    public void A_hosts_own_configuration_takes_the_same_keys_and_checks()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Switchyard:providers:openai:key"] = "k",
            ["Switchyard:models:fast:targets:0"] = "openai/gpt-4o",
            ["Switchyard:timeouts:idle"] = "soon",
            ["Switchyard:strikt"] = "true",
        }).Build();

        var result = ConfigurationLoader.Bind(configuration.GetSection("Switchyard"));

        Assert.Equal(
            [
                "configuration: unknown key 'strikt'; did you mean 'strict'?",
                "configuration: 'timeouts.idle' must be a duration such as 250ms, 5s, 10m, 2h or 1d, not 'soon'",
            ],
            result.Problems.Select(problem => problem.ToString()));
    }
}

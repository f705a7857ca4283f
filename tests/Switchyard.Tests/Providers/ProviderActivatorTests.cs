using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Mock;
using Switchyard.Providers.Registry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderActivatorTests
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly SwitchyardOptions _options = new();

    [Covers("S002-41")]
    [Fact]
    public async Task A_fresh_machine_has_the_mock_alone()
    {
        var activation = Activate();
        var mock = Assert.Single(activation.Providers);
        Assert.Equal(("mock", ProviderOrigin.Fallback), (mock.Name, mock.Origin));
        Assert.Empty(activation.Problems);
        await using var provider = mock.Factory();
        Assert.IsType<MockProvider>(provider);
    }

    [Covers("S000-51", "S002-11")]
    [Fact]
    public void Each_vendor_whose_key_variable_is_set_is_enabled_and_the_mock_is_not()
    {
        _environment["OPENAI_API_KEY"] = Some.Secret;
        _environment["HUG_API_KEY"] = "hf_abc";
        var activation = Activate();
        Assert.Equal(["openai", "huggingface"], activation.Providers.Select(one => one.Name));
        Assert.All(activation.Providers, one => Assert.Equal(ProviderOrigin.KeyVariable, one.Origin));
        Assert.Equal(Some.Secret, activation.Providers[0].Settings.ApiKey);
        Assert.DoesNotContain(Some.Secret, activation.Providers[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("your-api-key")]
    [InlineData("your_openai_api_key_here")]
    [InlineData("YOUR_API_KEY")]
    [InlineData("sk-your-key-here")]
    [InlineData("<your key>")]
    [InlineData("${OPENAI_API_KEY}")]
    [InlineData("changeme")]
    [InlineData("sk-...")]
    [InlineData("xxxxxxxx")]
    [InlineData("sk-xxxx")]
    [InlineData("placeholder")]
    public void A_placeholder_is_no_key(string value)
    {
        _environment["OPENAI_API_KEY"] = value;
        Assert.Equal("mock", Assert.Single(Activate().Providers).Name);
    }

    [Theory]
    [InlineData("sk-proj-abcdefghijklmnop")]
    [InlineData("sk-test")]
    [InlineData("gsk_yourself12345")]
    [InlineData("test-key")]
    public void What_could_be_a_key_is_one(string value)
    {
        _environment["OPENAI_API_KEY"] = value;
        Assert.Equal("openai", Assert.Single(Activate().Providers).Name);
    }

    [Fact]
    public void A_local_server_is_not_enabled_by_a_key_and_one_key_enables_one_vendor()
    {
        _environment["VLLM_API_KEY"] = "k";
        _environment["OLLAMA_API_KEY"] = "k";
        _environment["ZHIPU_API_KEY"] = "k";
        Assert.Equal(["zhipu", "ollama-cloud"], Activate().Providers.Select(one => one.Name));
    }

    [Fact]
    public void A_vendor_whose_address_is_incomplete_or_unknown_is_not_enabled_by_its_key()
    {
        _environment["CLOUDFLARE_API_TOKEN"] = "k";
        _environment["ALPACA_NETWORK_API_KEY"] = "k";
        _environment["GITHUB_TOKEN"] = "k";
        Assert.Equal("mock", Assert.Single(Activate().Providers).Name);
        _environment["CLOUDFLARE_ACCOUNT_ID"] = "abc";
        Assert.Equal("cloudflare", Assert.Single(Activate().Providers).Name);
    }

    [Fact]
    public void Auto_enabling_can_be_switched_off_for_all_and_for_one()
    {
        _environment["OPENAI_API_KEY"] = "k";
        _environment["GROQ_API_KEY"] = "k";
        _options.Providers["groq"] = new ProviderOptions { Enabled = false };
        Assert.Equal(["openai"], Activate().Providers.Select(one => one.Name));
        _options.AutoEnable = false;
        Assert.Empty(Activate().Providers);
    }

    [Fact]
    [Covers("V12")]
    public void Providers_that_are_named_are_the_whole_list_unless_others_are_asked_for()
    {
        _environment["OPENAI_API_KEY"] = "k";
        _environment["GROQ_API_KEY"] = "k";
        _options.Providers["groq"] = new ProviderOptions();
        Assert.Equal(["groq"], Activate().Providers.Select(one => one.Name));
        _options.AutoEnable = true;
        Assert.Equal(["groq", "openai"], Activate().Providers.Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    [Covers("V2")]
    public void The_mock_is_enabled_only_where_nothing_at_all_is_configured()
    {
        Assert.True(Activate().IsMock);
        _options.Server.Urls = "http://127.0.0.1:9000";
        _options.Logs.Format = "json";
        Assert.True(Activate().IsMock);
        Action<SwitchyardOptions>[] configured =
        [
            options => options.Server.Keys.Add("secret"),
            options => options.AutoEnable = false,
            options => options.AutoEnable = true,
            options => options.DefaultProvider = "openai",
            options => options.Models["fast"] = new ModelRouteOptions { Targets = [new TargetOptions { Model = "openai/gpt-4o" }] },
            options => options.Providers["openai"] = new ProviderOptions { Enabled = false },
            options => options.Timeouts.Idle = TimeSpan.FromSeconds(9),
            options => options.Server.MaxBodyBytes = 1 << 20,
            options => options.Server.Cors.Origins.Add("https://app.example.com"),
            options => options.Media.Fetch = false,
            options => options.Strict = true,
        ];
        foreach (var configure in configured)
        {
            var options = new SwitchyardOptions();
            configure(options);
            Assert.Empty(new ProviderActivator(context: new ProviderContext { Environment = _ => null }).Activate(options).Providers);
        }
    }

    [Fact]
    [Covers("W10")]
    public void A_certificate_that_cannot_be_read_is_its_providers_problem_and_the_path_is_not_repeated()
    {
        _options.Providers["mine"] = new ProviderOptions
        {
            BaseUrl = "https://models.example.com/v1",
            Tls = { Ca = "/nowhere/ca.pem", Certificate = "/nowhere/own.pem" },
        };

        var problems = Activate().Problems;

        Assert.Equal(2, problems.Count);
        Assert.All(problems, problem => Assert.Contains("there is no such file", problem, StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.DoesNotContain("nowhere", problem, StringComparison.Ordinal));
    }

    [Fact]
    public void A_catalogue_name_takes_its_facts_from_the_catalogue_and_its_key_from_its_variable()
    {
        _environment["GROQ_API_KEY"] = "from-env";
        _options.Providers["groq"] = new ProviderOptions();
        var groq = Assert.Single(Activate().Providers);
        Assert.Equal(("groq", "from-env", ProviderOrigin.Configured), (groq.Settings.Type, groq.Settings.ApiKey, groq.Origin));
        Assert.Equal("https://api.groq.com/openai/v1", groq.Descriptor.BaseUrl);
    }

    [Fact]
    public void What_the_user_writes_wins()
    {
        _environment["GROQ_API_KEY"] = "from-env";
        _options.Providers["groq"] = new ProviderOptions
        {
            Key = "mine",
            BaseUrl = "https://proxy.example.com/{a}",
            Priority = 5,
            Timeout = TimeSpan.FromSeconds(9),
            Models = ["m"],
            Headers = { ["X-A"] = "b" },
            Settings = { ["a"] = "b" },
        };
        var groq = Assert.Single(Activate().Providers);
        Assert.Equal(("mine", "https://proxy.example.com/{a}"), (groq.Settings.ApiKey, groq.Settings.BaseUrl));
        Assert.Equal(5, groq.Descriptor.Priority);
        Assert.Equal(TimeSpan.FromSeconds(9), groq.Settings.Timeout);
        Assert.Equal(["m"], groq.Settings.Models);
        Assert.Equal("b", groq.Settings.Headers["x-a"]);
        Assert.Equal("b", groq.Settings.Metadata["A"]);
    }

    [Theory]
    [InlineData("groq", null, "regoin", "it has none")]
    [InlineData("own", "https://{tenant}.example.com/v1", "tennant", "it has tenant")]
    [InlineData("cloudflare", null, "acount_id", "it has account_id")]
    [Covers("V7")]
    public void A_setting_that_has_no_effect_is_a_problem_that_names_those_that_have(
        string name, string? address, string setting, string known)
    {
        _options.Providers[name] = new ProviderOptions { Key = "k", BaseUrl = address, Settings = { [setting] = "x", ["tenant"] = "y" } };
        if (name != "own")
            _options.Providers[name].Settings.Remove("tenant");

        Assert.Contains(
            Activate().Problems, problem => problem.Contains($"no setting '{setting}': {known}", StringComparison.Ordinal));
    }

    [Covers("S000-51")]
    [Fact]
    public async Task A_server_of_the_users_own_needs_only_an_address()
    {
        _environment["MY_PROVIDER_API_KEY"] = "k";
        _options.Providers["local"] = new ProviderOptions { Dialect = "openai-chat", BaseUrl = "http://127.0.0.1:8000/v1" };
        _options.Providers["my-provider"] = new ProviderOptions { BaseUrl = "https://my.example.com/v1" };
        var activation = Activate();
        Assert.Empty(activation.Problems);
        Assert.Equal(["local", "my-provider"], activation.Providers.Select(one => one.Name).Order());
        Assert.Null(activation.Providers.Single(one => one.Name == "local").Settings.ApiKey);
        Assert.Equal("k", activation.Providers.Single(one => one.Name == "my-provider").Settings.ApiKey);
        await using var registry = new ProviderRegistry();
        var report = await registry.LoadAllAsync(activation.Providers, cancellationToken: Some.Token);
        Assert.Empty(report.Errors);
        Assert.Equal(
            "http://127.0.0.1:8000/v1", (await registry.GetAsync<IHttpProvider>("local", Some.Token))!.Endpoint.BaseUrl.AbsoluteUri);
    }

    [Fact]
    public void A_vendor_may_be_had_twice_under_names_of_ones_own()
    {
        _options.Providers["openai-eu"] = new ProviderOptions { Type = "OpenAI", Key = "eu", BaseUrl = "https://eu.api.openai.com/v1" };
        _options.Providers["openai-us"] = new ProviderOptions { Type = "openai", Key = "us" };
        var activation = Activate();
        Assert.Empty(activation.Problems);
        Assert.All(activation.Providers, one => Assert.Equal("openai", one.Descriptor.Name));
        Assert.Equal(["openai-eu", "openai-us"], activation.Providers.Select(one => one.Name).Order());
    }

    [Fact]
    public void An_alias_stands_for_its_vendor_and_cannot_be_written_beside_it()
    {
        _environment["HF_TOKEN"] = "k";
        _options.Providers["hug"] = new ProviderOptions();
        Assert.Equal("huggingface", Assert.Single(Activate().Providers).Name);
        _options.Providers["huggingface"] = new ProviderOptions();
        Assert.Contains("configured twice", Assert.Single(Activate().Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gorq", null, null, "Provider 'gorq' is not in the catalogue and has no base_url. Did you mean groq or grok?")]
    [InlineData("mine", "opnai", null, "Provider 'mine' has a type that is not in the catalogue: 'opnai'. Did you mean openai?")]
    [InlineData("groq", null, null, "groq API key is not configured: set GROQ_API_KEY or providers.groq.key.")]
    [InlineData(
        "fireworks", null, null,
        "fireworks API key is not configured: set FIREWORKS_API_KEY or FIREWORKS_AI_API_KEY or providers.fireworks.key.")]
    [InlineData("mine", null, "nonsense", "The base_url of provider 'mine' must be an absolute http or https address.")]
    [InlineData("a/b", null, "https://x.example.com", "'a/b' cannot be a provider's name: use letters, digits, '-', '_' and '.'.")]
    public void A_problem_is_reported_with_the_way_out(string name, string? type, string? baseUrl, string expected)
    {
        _options.Providers[name] = new ProviderOptions { Type = type, BaseUrl = baseUrl };
        Assert.Equal(expected, Assert.Single(Activate().Problems));
    }

    [Fact]
    public void A_timeout_below_a_second_is_a_problem()
    {
        _options.Providers["vllm"] = new ProviderOptions { Timeout = TimeSpan.FromMilliseconds(500) };
        Assert.Equal("Provider 'vllm': Timeout must be at least 1000ms.", Assert.Single(Activate().Problems));
    }

    [Covers("S000-63")]
    [Fact]
    public async Task A_provider_with_a_problem_answers_with_it_and_the_mock_does_not_take_its_place()
    {
        _options.Providers["groq"] = new ProviderOptions();
        var activation = Activate();
        Assert.Equal("groq", Assert.Single(activation.Providers).Name);
        await using var registry = new ProviderRegistry();
        await registry.LoadAllAsync(activation.Providers, cancellationToken: Some.Token);
        var error = registry.Explain("groq");
        Assert.Equal(503, error.Status);
        Assert.Contains("groq API key is not configured: set GROQ_API_KEY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_mock_takes_its_settings_from_the_configuration()
    {
        _options.Providers["slow"] = new ProviderOptions { Type = "mock", Settings = { ["answer"] = "pong" } };
        var activation = Activate();
        Assert.Empty(activation.Problems);
        await using var registry = new ProviderRegistry();
        await registry.LoadAllAsync(activation.Providers, cancellationToken: Some.Token);
        Assert.Equal("pong", (await registry.GetAsync<MockProvider>("slow", Some.Token))!.Options.Answer);
    }

    [Fact]
    public void The_same_configuration_gives_equal_facts_so_that_a_reload_can_tell_what_changed()
    {
        _environment["OPENAI_API_KEY"] = "k";
        _options.Providers["local"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:8000/v1" };
        _options.Providers["groq"] = new ProviderOptions { Key = "k", Priority = 5 };
        var activator = new ProviderActivator(context: Context);
        var (first, second) = (activator.Activate(_options), activator.Activate(_options));
        Assert.Equal(first.Providers.Select(one => one.Descriptor), second.Providers.Select(one => one.Descriptor));
        _options.Providers["groq"].Priority = 6;
        Assert.NotEqual(
            first.Providers.Select(one => one.Descriptor), activator.Activate(_options).Providers.Select(one => one.Descriptor));
    }

    [Covers("S003-20")]
    [Fact]
    public void Providers_come_by_priority()
    {
        foreach (var variable in new[] { "MORPHEUS_API_KEY", "OPENROUTER_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY" })
            _environment[variable] = "k";
        Assert.Equal(["openai", "openrouter", "groq", "morpheus"], Activate().Providers.Select(one => one.Name));
    }

    [Covers("S004-01", "S004-63")]
    [Fact]
    public async Task A_host_with_every_key_loads_every_usable_vendor()
    {
        foreach (var descriptor in ProviderCatalog.Default.All)
        {
            foreach (var variable in descriptor.KeyEnv)
                _environment[variable] = "k";
            foreach (var variable in descriptor.Variables.Values.SelectMany(names => names))
                _environment[variable] = descriptor.BaseUrl!.StartsWith('{') ? "https://x.example.com" : "x";
        }

        var activation = Activate();
        await using var registry = new ProviderRegistry(context: Context);
        var report = await registry.LoadAllAsync(activation.Providers, cancellationToken: Some.Token);
        Assert.Empty(report.Errors);
        Assert.Equal(
            ProviderCatalog.Default.All.Count(p => p is { Local: false, Unavailable: null, KeyEnv.Count: > 0 }), report.Loaded.Count);
    }

    [Covers("B25")]
    [Theory]
    [InlineData("enforce", "Calls to 'up' are refused: egress.allow does not name up.example:443.", true)]
    [InlineData("report", "Calls to 'up' would be refused, if egress.mode were enforce: egress.allow does not name up.example:443.", false)]
    public void A_provider_that_may_not_be_reached_is_found_before_the_first_call(string mode, string sentence, bool isProblem)
    {
        _options.Providers["up"] = new ProviderOptions { BaseUrl = "https://up.example/v1" };
        _options.Providers["box"] = new ProviderOptions { BaseUrl = "http://10.0.0.7:8000/v1" };
        _options.Egress = new EgressOptions { Mode = mode, Allow = ["10.0.0.0/8"] };

        var activation = Activate();

        Assert.Equal(["up", "box"], activation.Providers.Select(one => one.Name).OrderDescending());
        Assert.Equal(isProblem ? [sentence] : [], activation.Problems);
        Assert.Equal(isProblem ? [] : [sentence], activation.Warnings);
        _options.Egress.Mode = "off";
        Assert.Empty(Activate().Problems.Concat(Activate().Warnings));
    }

    [Covers("B25")]
    [Fact]
    public void A_vendor_that_is_there_for_its_key_alone_is_only_warned_about()
    {
        _environment["GROQ_API_KEY"] = "k";
        _options.AutoEnable = true;
        _options.Providers["box"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:8000/v1" };
        _options.Egress = new EgressOptions { Allow = ["*"] };
        var activation = Activate();
        Assert.Equal(
            "Calls to 'box' are refused: 127.0.0.1 is not a public address, which a wildcard in egress.allow does not admit; "
                + "name the address or its network.",
            Assert.Single(activation.Problems));

        _options.Egress.Allow = ["127.0.0.1"];
        activation = Activate();
        Assert.Empty(activation.Problems);
        Assert.Equal("Calls to 'groq' are refused: egress.allow does not name api.groq.com:443.", Assert.Single(activation.Warnings));
    }

    private ProviderContext Context => new() { Environment = _environment.GetValueOrDefault };

    private ProviderActivation Activate() => new ProviderActivator(context: Context).Activate(_options);
}

using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

public sealed class CheckTests
{
    [Fact]
    public async Task Providers_are_tried_out_and_the_result_is_printed_for_programs()
    {
        await using var program = await Executable.StartAsync(
            "providers: { mock: {} }\n", "check", "--live", "mock", "--model", "mock-model-v2", "--json");

        Assert.Equal(0, await program.EndAsync());
        using var report = JsonDocument.Parse(program.Printed);
        var provider = Assert.Single(report.RootElement.EnumerateArray());
        Assert.True(provider.GetProperty("can_chat").GetBoolean());
        Assert.Equal(
            "yes",
            provider.GetProperty("probes").EnumerateArray().Single(probe => probe.GetProperty("probe").GetString() == "parallel_tools")
                .GetProperty("result").GetString());
        Assert.Contains("asking mock: tools", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_cannot_chat_is_reported_with_the_reason_without_its_key_and_with_the_exit_code()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"error":{"message":"Your plan has ended, key sk-very-secret-key.","type":"billing","code":"no_plan"}}""", 403);
        await using var program = await Executable.StartAsync(
            $"providers:\n  up: {{ base_url: \"{upstream.BaseUrl}\", key: sk-very-secret-key, models: [ some-model ] }}\n  mock: {{}}\n",
            "check", "--live");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("up with some-model: does not work", program.Printed, StringComparison.Ordinal);
        Assert.Contains("mock with mock-model-v1: works", program.Printed, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", program.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_may_be_a_provider_that_a_plugin_adds_and_it_answers_when_the_gateway_has_started()
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(PluginFolders.Greeting))!;
        var settings = $$"""
            plugins: { directory: "{{folder}}" }
            models: { fast: { targets: [ greeter/polite ] } }
            limits: { greeter: { rpm: 100 } }

            """;
        await using var check = await Executable.StartAsync(settings, "check");
        Assert.Equal(0, await check.EndAsync());
        Assert.DoesNotContain("skips", check.Said, StringComparison.Ordinal);

        await using var wrong = await Executable.StartAsync(settings.Replace("greeter/", "greter/", StringComparison.Ordinal), "check");
        Assert.Equal(1, await wrong.EndAsync());
        Assert.Contains("did you mean 'greeter'?", wrong.Said, StringComparison.Ordinal);

        await using var gateway = await (await Executable.StartAsync(settings)).ServingAsync();
        using var response = await gateway.Http.PostAsync(
            new Uri("/v1/chat/completions", UriKind.Relative),
            new StringContent(
                """{"model":"fast","messages":[{"role":"user","content":"Ada"}]}""", System.Text.Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("Hello, Ada!", body, StringComparison.Ordinal);
    }

    [Fact]
    public void The_folders_of_plugins_are_read_once_for_a_check()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("mine", "1", adds: ["provider:mine"]);
        folder.Write(
            "switchyard.yaml", $"plugins: {{ directory: \"{folder.FullPath}\" }}\nmodels: {{ fast: {{ targets: [ mine/any ] }} }}\n");
        var checks = new ConfigurationChecks();
        var request = new ConfigurationRequest { WorkingDirectory = folder.FullPath, Environment = new Dictionary<string, string>() };
        var options = ConfigurationLoader.Load(checks.Complete(request)).Options!;
        File.Delete(Path.Combine(folder["mine"], "plugin.json"));

        // Secrets are resolved into a copy.
        var filled = options.Copy();

        Assert.DoesNotContain(checks.FindWarnings(filled), warning => warning.Message.Contains("skips", StringComparison.Ordinal));
        Assert.Empty(checks.FindProviderProblems(filled));
        Assert.Empty(checks.FindPluginProblems(filled));
        // Another configuration is a separate reading.
        Assert.Null(ConfigurationLoader.Load(checks.Complete(request)).Options);
    }

    [Covers("V7", "W4", "W14")]
    [Theory]
    [InlineData("server: { urls: \"http://0.0.0.0:8080\" }", "", "refusing to listen on http://0.0.0.0:8080 without client keys")]
    [InlineData("server: { urls: \"https://127.0.0.1:8443\" }", "", "an https address needs server.tls.certificate")]
    [InlineData(
        "models: { fast: { targets: [ mock/a, groq/b ] } }", ":2:38",
        "models.fast.targets.1: 'fast' skips groq/b: the provider 'groq' is not enabled")]
    [InlineData(
        "prices: { \"groq/*\": { input: 1, output: 2 } }", ":2:11",
        "the price of 'groq/*' has no effect: the provider 'groq' is not enabled")]
    public async Task What_serves_otherwise_than_meant_is_warned_about(string setting, string place, string warning)
    {
        await using var program = await Executable.StartAsync($"providers: {{ mock: {{}} }}\n{setting}\n", "check");

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains($"switchyard.yaml{place}: warning: ", program.Printed, StringComparison.Ordinal);
        Assert.Contains(warning, program.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limits: { openai/gpt-4o-mimi: { rpm: 5 } }", "'openai/gpt-4o-mimi' is neither", "did you mean 'openai/gpt-4o-mini'?")]
    [InlineData("budgets: { a: { usd: 1, model: fasst } }", "'fasst' is neither", "did you mean 'fast'?")]
    [InlineData("budgets: { a: { usd: 1, model: gpt-4o-mimi } }", "'gpt-4o-mimi' is neither", "did you mean 'gpt-4o-mini'?")]
    [InlineData("budgets: { a: { usd: 1, model: \"mine/smal\" } }", null, "")]
    [InlineData("limits: { mine/anything: { rpm: 5 }, openai/gpt-4o-2024-08-06: { rpm: 5 } }", null, "")]
    [InlineData("budgets: { a: { usd: 1, model: fast }, b: { usd: 1, model: small }, c: { usd: 1, model: \"openai/*\" } }", null, "")]
    [InlineData("limits: { azure-openai/my-deployment: { rpm: 5 } }", null, "")]
    [InlineData("budgets: { a: { usd: 1, model: tried }, b: { usd: 1, model: copied } }", null, "")]
    [InlineData("budgets: { a: { usd: 1, provider: mine, model: anything } }", null, "")]
    [InlineData("budgets: { a: { usd: 1, provider: openai, model: gpt-4o-mimi } }", "'openai/gpt-4o-mimi' is", "'openai/gpt-4o-mini'?")]
    public async Task A_limit_or_budget_of_a_model_that_is_probably_misspelt_is_warned_about(string setting, string? warning, string near)
    {
        const string providers =
            "providers: { mock: {}, openai: { key: k }, mine: { base_url: \"http://127.0.0.1:9/v1\", models: [ small ] } }";
        const string models = "models: { fast: { targets: [ mock/mock-model-v1 ], shadow: { target: mine/copied },"
            + " experiment: { variants: [ { target: mock/mock-model-v1, share: 50% }, { target: mine/tried, share: 50% } ] } } }";
        await using var program = await Executable.StartAsync($"{providers}\n{models}\n{setting}\n", "check");

        Assert.Equal(0, await program.EndAsync());
        if (warning is null)
        {
            Assert.DoesNotContain("is neither an alias", program.Printed, StringComparison.Ordinal);
            return;
        }

        Assert.Contains("switchyard.yaml:3:", program.Printed, StringComparison.Ordinal);
        Assert.Contains(warning, program.Printed, StringComparison.Ordinal);
        Assert.Contains(near, program.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_cannot_be_loaded_is_reported_without_running_it()
    {
        using var folder = new TemporaryFolder();
        folder.Plugin("mine", "1", change: manifest => manifest["contract"] = 2);
        await using var program = await Executable.StartAsync(
            $"providers: {{ mock: {{}} }}\nplugins: {{ directory: \"{folder.FullPath}\", use: {{ his: {{}} }} }}\n", "check");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("Plugin 'mine' was written for contract 2", program.Printed, StringComparison.Ordinal);
        Assert.Contains("plugins.use.his is set, and no folder", program.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secrets:\n  vault: { mount: kv }", "switchyard.yaml:2:", "Vault needs its address")]
    [InlineData("secrets: { directory: /tmp }\nserver:\n  keys:\n    - secret://that-is-not-there", "switchyard.yaml:5:", "server.keys")]
    [InlineData("server:\n  tls:\n    certificate: nowhere.pem", "switchyard.yaml:4:", "The certificate of server.tls")]
    [InlineData("plugins:\n  use:\n    his: {}", "switchyard.yaml:4:", "plugins.use.his")]
    [InlineData("plugins:\n  directory: /nowhere/at/all", "switchyard.yaml:3:", "plugins.directory")]
    public async Task What_is_found_after_loading_is_reported_at_its_line(string settings, string place, string message)
    {
        await using var program = await Executable.StartAsync($"providers: {{ mock: {{}} }}\n{settings}\n", "check");

        Assert.Equal(1, await program.EndAsync());
        var line = Assert.Single(program.Printed.Split('\n'), printed => printed.Contains(message, StringComparison.Ordinal));
        Assert.Contains(place, line, StringComparison.Ordinal);
    }

    [Covers("B25")]
    [Theory]
    [InlineData("enforce", 1, "Calls to 'up' are refused: egress.allow does not name up.example.test:443.")]
    [InlineData("report", 0, "warning: Calls to 'up' would be refused, if egress.mode were enforce")]
    public async Task A_provider_that_the_network_policy_refuses_is_found(string mode, int code, string sentence)
    {
        await using var program = await Executable.StartAsync(
            "providers: { up: { base_url: \"https://up.example.test/v1\" } }\n"
                + $"egress: {{ mode: {mode}, allow: [ api.openai.com ] }}\n",
            "check");

        Assert.Equal(code, await program.EndAsync());
        Assert.Contains(sentence, program.Printed, StringComparison.Ordinal);
    }

    [Covers("W10")]
    [Fact]
    public async Task A_provider_whose_certificate_is_not_looked_at_is_warned_about()
    {
        await using var program = await Executable.StartAsync(
            "providers: { up: { base_url: \"https://up.example.test/v1\", tls: { insecure: true } } }\n", "check");

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains(
            "warning: providers.up.tls.insecure: any certificate is accepted for 'up'", program.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "check", "mock")]
    [InlineData(2, "check", "--live", "--model", "m")]
    [InlineData(2, "check", "--live", "--timeout", "0")]
    [InlineData(1, "check", "--live", "nobody")]
    [InlineData(0, "check")]
    public async Task A_question_that_makes_no_sense_is_not_asked(int code, params string[] arguments)
    {
        await using var program = await Executable.StartAsync("providers: { mock: {} }\n", arguments);

        Assert.Equal(code, await program.EndAsync());
    }

    [Fact]
    public async Task Models_are_printed_with_what_they_cost()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"object":"list","data":[{"id":"gpt-4o-mini"},{"id":"made-up"}]}""");
        await using var program = await Executable.StartAsync(
            $"providers:\n  openai: {{ base_url: \"{upstream.BaseUrl}\", key: sk-none }}\n  mock: {{}}\n", "models", "--provider", "openai",
            "--json");

        Assert.Equal(0, await program.EndAsync());
        using var models = JsonDocument.Parse(program.Printed);
        var byName = models.RootElement.EnumerateArray().ToDictionary(model => model.GetProperty("name").GetString()!);
        Assert.DoesNotContain("mock/mock-model-v1", byName.Keys);
        Assert.Equal("0.15", byName["openai/gpt-4o-mini"].GetProperty("input_price").GetRawText());
        Assert.Equal("2026-07-02", byName["openai/gpt-4o-mini"].GetProperty("price_date").GetString());
        Assert.Equal(JsonValueKind.Null, byName["openai/made-up"].GetProperty("input_price").ValueKind);
    }
}

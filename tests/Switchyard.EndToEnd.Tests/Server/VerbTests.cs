using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The output of the verbs as text and as JSON.</summary>
public sealed class VerbTests
{
    private const string Mock = "auto_enable: false\nproviders: { mock: {} }\n";

    [Covers("V7")]
    [Fact]
    public async Task Check_says_what_would_be_in_force_and_where_it_comes_from()
    {
        var key = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "sk-none" };
        await using var program = await Executable.StartAsync("providers: { mock: {} }\nauto_enable: true\n", key, "check");
        await using var json = await Executable.StartAsync("providers: { mock: {} }\nauto_enable: true\n", key, "check", "--json");

        Assert.Equal((0, 0), (await program.EndAsync(), await json.EndAsync()));
        Assert.Contains("ok (2 providers, 0 aliases)", program.Printed, StringComparison.Ordinal);
        Assert.Contains("  mock: configured", program.Printed, StringComparison.Ordinal);
        Assert.Contains("  openai: its key variable is set", program.Printed, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(json.Printed);
        Assert.Equal(
            ["mock", "openai"],
            report.RootElement.GetProperty("enabled").EnumerateArray().Select(row => row.GetProperty("name").GetString()));
    }

    [Covers("V7")]
    [Theory]
    [InlineData("success_rate: 7", "success_rate must be between 0")]
    [InlineData("delay: soon", "delay must be a duration")]
    [InlineData("speed: 9", "'speed' is not known")]
    public async Task Check_finds_a_wrong_setting_of_the_mock(string setting, string problem)
    {
        await using var program = await Executable.StartAsync($"providers:\n  mock:\n    settings: {{ {setting} }}\n", "check");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains(problem, program.Printed, StringComparison.Ordinal);
    }

    [Covers("V7")]
    [Fact]
    public async Task A_reload_says_which_change_needs_a_restart()
    {
        await using var program = await (await Executable.StartAsync(Mock)).ServingAsync();

        const string Changed = "urls: \"http://127.0.0.1:1\", shutdown_grace: 3s, shutdown_delay: 2s, path_base: /ai";
        await program.WriteConfigurationAsync(Mock + $"server: {{ {Changed}, tls: {{ certificate: other.pem }} }}\n");

        await program.UntilItSaysAsync(
            "server.path_base and server.tls and server.shutdown_delay and server.shutdown_grace: needs a restart");
    }

    [Covers("H11", "V2")]
    [Fact]
    public async Task A_reload_that_leaves_no_provider_is_not_applied()
    {
        await using var program = await (await Executable.StartAsync(Mock)).ServingAsync();

        await program.WriteConfigurationAsync("timeouts: { idle: 9s }\n");

        await program.UntilItSaysAsync("enables no provider");
        using var health = await program.Http.GetAsync("/health");
        Assert.Equal(System.Net.HttpStatusCode.OK, health.StatusCode);
    }

    [Covers("V8")]
    [Fact]
    public async Task A_misspelt_provider_is_an_error_with_the_near_name()
    {
        await using var program = await Executable.StartAsync(Mock, "models", "-p", "mok");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("Did you mean mock?", program.Errors, StringComparison.Ordinal);
        Assert.Empty(program.Printed);
    }

    [Covers("V8")]
    [Theory]
    [InlineData]
    [InlineData("-")]
    public async Task Chat_reads_what_is_piped_in_and_prints_the_answer_alone_beside_a_line_of_usage(params string[] more)
    {
        await using var program = await Executable.PipeAsync(Mock, "Hello there", ["chat", .. more]);

        Assert.Equal(0, await program.EndAsync());
        Assert.Equal("Mock response to: Hello there", program.Printed.Trim());
        Assert.Contains("mock/mock-model-v1: 3 tokens in, 8 out,", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_begins_like_a_file_of_arguments_is_a_message()
    {
        await using var program = await Executable.StartAsync(Mock, "chat", "@ann says hello");

        Assert.True(await program.EndAsync() == 0, program.Errors);
        Assert.Equal("Mock response to: @ann says hello", program.Printed.Trim());
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_reported_without_the_name_of_an_exception()
    {
        var key = new Dictionary<string, string> { ["SWITCHYARD_ADMIN_KEY"] = "an-admin-key-of-some-length" };
        await using var program = await Executable.StartAsync(
            null, key, "config", "import", "gone.yaml", "--url", "http://127.0.0.1:1");

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith("switchyard: Could not find file", program.Errors, StringComparison.Ordinal);
        Assert.Contains("gone.yaml", program.Errors, StringComparison.Ordinal);
    }

    [Covers("V8")]
    [Fact]
    public async Task A_streamed_chat_ends_with_the_line_of_usage_too()
    {
        await using var program = await Executable.StartAsync(Mock, "chat", "--stream", "Hello there");

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains("mock/mock-model-v1: 3 tokens in, 8 out,", program.Errors, StringComparison.Ordinal);
    }

    [Covers("V8")]
    [Theory]
    [InlineData("info")]
    [InlineData("WARN")]
    [InlineData("warning")]
    [InlineData("err")]
    [InlineData("fatal")]
    [InlineData("off")]
    public async Task The_usual_names_of_log_levels_are_understood(string level)
    {
        await using var program = await (await Executable.StartAsync(Mock, "serve", "--log-level", level)).ServingAsync();
    }

    [Covers("V8")]
    [Fact]
    public async Task Another_log_level_is_refused_with_those_there_are()
    {
        await using var program = await Executable.StartAsync(Mock, "serve", "--log-level", "loud");

        Assert.Equal(2, await program.EndAsync());
        Assert.Contains("'loud'", program.Errors, StringComparison.Ordinal);
        Assert.Contains("info, warn", program.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Microsoft.", program.Errors, StringComparison.Ordinal);
    }

    [Covers("V8")]
    [Theory]
    [InlineData]
    [InlineData("serve")]
    [InlineData("check")]
    [InlineData("providers")]
    [InlineData("health")]
    [InlineData("models")]
    [InlineData("explain")]
    [InlineData("chat")]
    [InlineData("schema")]
    public async Task Help_fits_eighty_columns_and_ends_with_examples(params string[] verb)
    {
        await using var program = await Executable.StartAsync(Mock, [.. verb, "--help"]);

        Assert.Equal(0, await program.EndAsync());
        var lines = program.Printed.Split('\n');
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Contains("Examples:", lines);
        Assert.Contains("switchyard " + string.Join(' ', verb), program.Printed, StringComparison.Ordinal);
    }

    [Covers("S002-31", "S002-49")]
    [Fact]
    public async Task Health_asks_each_provider_and_ends_with_one_where_one_is_not_well()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 503);
        var yaml = $"providers: {{ mock: {{}}, up: {{ base_url: \"{upstream.BaseUrl}\" }} }}\nhealth: {{ timeout: 30s }}\n";
        await using var table = await Executable.StartAsync(yaml, "health");
        await using var json = await Executable.StartAsync(yaml, "health", "--json");
        await using var mock = await Executable.StartAsync(yaml, "health", "mock", "--level", "round-trip");

        Assert.Equal((1, 1, 0), (await table.EndAsync(), await json.EndAsync(), await mock.EndAsync()));
        Assert.Matches(@"mock +healthy +\d+\.\d\d\b", table.Printed);
        Assert.Matches(@"up +unhealthy +\d+\.\d\d +HTTP 503", table.Printed);
        using var printed = JsonDocument.Parse(json.Printed);
        Assert.Equal(
            [("mock", true, null), ("up", false, "HTTP 503")],
            printed.RootElement.EnumerateArray().Select(row => (
                row.GetProperty("name").GetString(), row.GetProperty("healthy").GetBoolean(), row.GetProperty("error").GetString())));
    }

    [Fact]
    public async Task Explain_shows_where_a_call_would_go_and_why_and_the_same_again_for_its_seed()
    {
        const string yaml = """
            providers: { mock: {}, other: { type: mock } }
            models: { fast: { strategy: weighted, targets: [ mock/a, { model: other/b, weight: 3 } ], fallback: [ mock/c ] } }
            """;
        await using var table = await Executable.StartAsync(yaml, "explain", "fast", "--seed", "7");
        await using var json = await Executable.StartAsync(yaml, "explain", "fast", "--seed", "7", "--json");
        await using var unknown = await Executable.StartAsync(yaml, "explain", "fsat");

        Assert.Equal((0, 0, 1), (await table.EndAsync(), await json.EndAsync(), await unknown.EndAsync()));
        Assert.Contains("fast: strategy weighted, seed 7", table.Printed, StringComparison.Ordinal);
        using var printed = JsonDocument.Parse(json.Printed);
        var chosen = printed.RootElement.GetProperty("chosen");
        var (provider, model) = (chosen.GetProperty("provider").GetString(), chosen.GetProperty("model").GetString());
        Assert.Matches($@"1 +{provider}/{model} +1 +0\.\d+", table.Printed);
        Assert.Matches(@"3 +mock/c +2 ", table.Printed);
        Assert.Equal(3, printed.RootElement.GetProperty("candidates").GetArrayLength());
        Assert.Contains("Did you mean 'fast'?", unknown.Errors, StringComparison.Ordinal);
    }

    [Covers("V6")]
    [Fact]
    public async Task Models_are_what_the_provider_lists_and_all_of_the_catalogue_on_request()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"object":"list","data":[{"id":"gpt-4o-mini"},{"id":"made-up"}]}""");
        var yaml = $"providers:\n  openai: {{ base_url: \"{upstream.BaseUrl}\", key: sk-none, models: [ tuned ] }}\n";

        var listed = await ModelsAsync(yaml, "models", "--json");
        Assert.Equal(
            [("openai/gpt-4o-mini", "provider"), ("openai/made-up", "provider"), ("openai/tuned", "configuration")],
            listed.Select(model => (model.GetProperty("name").GetString(), model.GetProperty("listed_by").GetString())));

        var all = await ModelsAsync(yaml, "models", "--all", "--json");
        Assert.Contains(all, model => model.GetProperty("listed_by").GetString() == "catalogue");
    }

    private static async Task<List<JsonElement>> ModelsAsync(string yaml, params string[] arguments)
    {
        await using var program = await Executable.StartAsync(yaml, arguments);
        Assert.Equal(0, await program.EndAsync());
        using var printed = JsonDocument.Parse(program.Printed);
        return [.. printed.RootElement.Clone().EnumerateArray()];
    }
}

using System.Text;
using System.Text.Json;
using Switchyard.Server.Composition;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>
/// Providers with a name of their own: an alias of the catalogue with another address, or a second one of a type. Commands take each name
/// that a call may have.
/// </summary>
public sealed class ProviderNameTests
{
    [Theory]
    [InlineData("openai", "openai", "openai")]
    [InlineData("OpenAI", "openai", "openai")]
    [InlineData("google", "gemini", "gemini")]
    [InlineData("google", "google", "google")]
    [InlineData("gemini", "google", "google")]
    [InlineData("google", "google,gemini", "google")]
    [InlineData("google", "openai", "gemini")]
    [InlineData("House", "house", "house")]
    public void A_name_is_found_as_a_call_finds_it(string name, string registered, string found)
    {
        Assert.Equal(found, new RegisteredNames(registered.Split(',')).Find(name));
    }

    [Fact]
    public async Task A_provider_with_the_name_of_an_alias_is_found_by_every_command()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        var yaml = $$"""
            auto_enable: false
            providers: { google: { base_url: "{{upstream.BaseUrl}}", dialect: openai-chat, key: any, models: [ script ] } }
            models: { fast: { targets: [ google/script ] } }
            prices: { "google/*": { input: 1, output: 2 } }
            storage: { ledger: "sqlite:{{folder["ledger.db"]}}" }
            """;
        await using var gateway = await (await Executable.StartAsync(yaml, "serve")).ServingAsync();
        using var response = await gateway.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest("fast"), Encoding.UTF8, "application/json"));
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());

        await Wait.ForAsync(async () => await CountAsync(yaml, "google") == 1);

        Assert.Equal(1, await CountAsync(yaml, "gemini"));
        Assert.Equal(0, await CountAsync(yaml, "openai"));
        var dearer = yaml.Replace("input: 1, output: 2", "input: 10, output: 20", StringComparison.Ordinal);
        var repriced = await RunAsync(dearer, "usage", "reprice", "--since", "yesterday", "--provider", "google", "--json");
        Assert.Equal(
            "google/script", Assert.Single(repriced.GetProperty("models").EnumerateArray()).GetProperty("model").GetString());
        var models = await RunAsync(yaml, "models", "--provider", "gemini", "--json");
        Assert.Contains(models.EnumerateArray(), row => row.GetProperty("name").GetString() == "google/script");
        var check = await RunAsync(yaml, "check", "--json");
        Assert.DoesNotContain("is not enabled", check.GetProperty("problems").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_provider_of_a_type_is_listed_under_its_own_name()
    {
        const string Yaml = """
            auto_enable: false
            providers: { mock: {}, house: { type: openai, base_url: "http://127.0.0.1:1/v1", key: any }, google: { type: mock } }
            """;

        var rows = (await RunAsync(Yaml, "providers", "--json")).EnumerateArray().ToList();

        var house = Assert.Single(rows, row => row.GetProperty("name").GetString() == "house");
        Assert.True(house.GetProperty("enabled").GetBoolean());
        Assert.Equal("http://127.0.0.1:1/v1", house.GetProperty("base_url").GetString());
        Assert.True(Assert.Single(rows, row => row.GetProperty("name").GetString() == "google").GetProperty("enabled").GetBoolean());
        Assert.False(Assert.Single(rows, row => row.GetProperty("name").GetString() == "openai").GetProperty("enabled").GetBoolean());
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.GetProperty("name").GetString()).Count());
    }

    [Covers("S001-05")]
    [Fact]
    public async Task The_list_of_providers_has_the_usual_names_of_the_eight_built_in_vendors()
    {
        var rows = (await RunAsync("providers: { mock: {} }", "providers", "--json")).EnumerateArray()
            .ToDictionary(row => row.GetProperty("name").GetString()!);

        var names = rows.Values.SelectMany(row => row.GetProperty("aliases").EnumerateArray()).Select(alias => alias.GetString()!)
            .Concat(rows.Keys).ToHashSet();
        string[] usual = ["openai", "anthropic", "google", "azureopenai", "bedrock", "mistral", "openrouter", "local_ollama"];
        Assert.All(usual, name => Assert.Contains(name, names));
        Assert.Contains(
            "google", rows["gemini"].GetProperty("aliases").EnumerateArray().Select(alias => alias.GetString()));
    }

    private static async Task<long> CountAsync(string yaml, string provider) =>
        (await RunAsync(yaml, "usage", "--json", "--since", "yesterday", "--provider", provider))
            .GetProperty("total_requests").GetInt64();

    private static async Task<JsonElement> RunAsync(string yaml, params string[] arguments)
    {
        await using var program = await Executable.StartAsync(yaml, arguments);
        Assert.True(await program.EndAsync() == 0, program.Said);
        return JsonElement.Parse(program.Printed);
    }
}

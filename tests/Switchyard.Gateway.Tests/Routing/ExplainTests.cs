using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary><c>POST /route/explain</c>, and the header by which a call explains itself.</summary>
public sealed class ExplainTests
{
    [Fact]
    public async Task An_explanation_names_every_candidate_and_calls_none()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var answer = await ExplainAsync(gateway, Some.ChatRequest("fast"));

        Assert.Equal(("fast", "fast", "weighted"), (Text(answer, "model"), Text(answer, "route"), Text(answer, "strategy")));
        var first = answer.GetProperty("candidates")[0];
        Assert.Equal(Text(first, "provider"), Text(answer.GetProperty("chosen"), "provider"));
        Assert.Equal(["one", "three", "two"], answer.GetProperty("candidates").EnumerateArray().Select(c => Text(c, "provider")).Order());
        Assert.Equal(
            ["provider", "model", "credential", "group", "score", "excluded", "reason"], first.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ("m", 1, false),
            (Text(first, "model"), first.GetProperty("credential").GetInt32(), first.GetProperty("excluded").GetBoolean()));
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task The_seed_a_call_tells_repeats_its_choice()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        for (var i = 0; i < 5; i++)
        {
            using var called = await gateway.ChatAsync(Some.ChatRequest("fast"), ("x-switchyard-explain", "true"));
            await called.Content.ReadAsStringAsync();
            var told = called.Headers.GetValues("x-switchyard-explain").Single();
            Assert.Matches(@"^strategy=weighted seed=\d+; \w+/m [0-9.]+, \w+/m [0-9.]+, \w+/m [0-9.]+$", told);
            var seed = told.Split("seed=")[1].Split(';')[0];

            var answer = await ExplainAsync(gateway, Some.ChatRequest("fast"), $"?seed={seed}");

            Assert.Equal(called.Headers.GetValues("x-switchyard-provider").Single(), Text(answer.GetProperty("chosen"), "provider"));
            Assert.Equal(seed, answer.GetProperty("seed").GetRawText());
        }
    }

    [Fact]
    public async Task A_call_that_is_not_asked_explains_nothing_but_at_the_level_debug()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var called = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.False(called.Headers.Contains("x-switchyard-explain"));
        var line = Assert.Single(gateway.Log.GetSnapshot(), line => line.Message.Contains("strategy=weighted", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Debug, line.Level);
    }

    [Fact]
    public async Task A_direct_target_explains_itself_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        using var called = await gateway.ChatAsync(Some.ChatRequest("one/m"), ("x-switchyard-explain", "TRUE"));

        Assert.EndsWith("; one/m 0", called.Headers.GetValues("x-switchyard-explain").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"fast","messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("""{"model":"fast","max_tokens":5,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("""{"model":"fast","input":"Hi"}""")]
    [InlineData("""{"model":"fast","contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""")]
    [InlineData("""{"model":"fast","input":["Hi"],"dimensions":8}""")]
    [InlineData("""{"model":"fast","prompt":"Hi"}""")]
    [InlineData("""{"model":"fast"}""")]
    public async Task Every_client_format_is_taken(string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        Assert.Equal("fast", Text(await ExplainAsync(gateway, body), "route"));
    }

    [Fact]
    public async Task Errors_are_those_of_a_call()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys = ["client-key"]);
        (string, string) key = ("Authorization", "Bearer client-key");

        using var keyless = await gateway.PostAsync("/route/explain", Some.ChatRequest("fast"));
        using var unknown = await gateway.PostAsync("/route/explain", """{"model":"fasst"}""", key);
        using var nameless = await gateway.PostAsync("/route/explain", "{}", key);
        using var broken = await gateway.PostAsync("/route/explain", """{"model":""", key);
        using var badSeed = await gateway.PostAsync("/route/explain?seed=x", """{"model":"fast"}""", key);
        using var well = await gateway.PostAsync("/route/explain", """{"model":"fast","seed":7}""", key);

        Assert.Equal(HttpStatusCode.Unauthorized, keyless.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("Did you mean 'fast'?", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            [HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest],
            [nameless.StatusCode, broken.StatusCode, badSeed.StatusCode]);
        using var answer = JsonDocument.Parse(await well.Content.ReadAsStringAsync());
        Assert.Equal(7, answer.RootElement.GetProperty("seed").GetInt64());
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                foreach (var name in (string[])["one", "two", "three"])
                    options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = $"key-of-{name}" };
                options.Models["fast"] = new()
                {
                    Strategy = "weighted",
                    Targets = [new() { Model = "one/m" }, new() { Model = "two/m", Weight = 2 }, new() { Model = "three/m", Weight = 3 }],
                };
                configure?.Invoke(options);
            },
            build => build.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug)));

    private static async Task<JsonElement> ExplainAsync(GatewayHost gateway, string body, string query = "")
    {
        using var response = await gateway.PostAsync($"/route/explain{query}", body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static string? Text(JsonElement parent, string name) => parent.GetProperty(name).GetString();
}

using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>The most common first problems: the gateway's message explains how to solve each.</summary>
public sealed class TroubleshootingTests
{
    private const string Hello = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";

    [Covers("S001-106")]
    [Theory]
    [InlineData("moc", "mock")]
    [InlineData("groq", "GROQ_API_KEY")]
    public async Task A_provider_that_is_not_found_is_reported_with_near_names_or_with_what_enables_it(string named, string wayOut)
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/chat", $$"""{"provider":"{{named}}",{{Hello}}}""");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(wayOut, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("S001-106")]
    [Fact]
    public async Task A_credential_that_is_not_found_is_reported_with_its_variable_to_the_caller_and_in_health()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.PostAsync("/chat", $$"""{"provider":"xai",{{Hello}}}""");
        var health = await gateway.Http.GetStringAsync("/health/providers");

        foreach (var told in new[] { await response.Content.ReadAsStringAsync(), health })
            Assert.Contains("set XAI_API_KEY or providers.xai.key", told, StringComparison.Ordinal);
        Assert.Contains("unhealthy", health, StringComparison.Ordinal);
    }

    [Covers("S001-106")]
    [Fact]
    public async Task Metrics_that_may_not_be_seen_are_refused_with_a_reason_and_otherwise_show_every_provider_called()
    {
        await using var closed = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Server.Keys.Add("sk-client");
        });
        using var refused = await closed.Http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("key", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await using var open = await GatewayHost.StartAsync();
        using var answer = await open.PostAsync("/chat", $$"""{"provider":"mock",{{Hello}}}""");
        // A call is measured when it has ended, a moment after its answer.
        await Wait.ForAsync(async () =>
            (await open.Http.GetStringAsync("/metrics")).Contains("provider=\"mock\"", StringComparison.Ordinal));
    }

    [Covers("S001-106")]
    [Fact]
    public async Task A_health_check_that_fails_says_why()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("{}", 503);

        using var response = await gateway.Http.GetAsync("/health/providers?test=true");
        var up = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetRawText();

        Assert.Contains("503", up, StringComparison.Ordinal);
    }

    /// <summary>A gateway with a provider that has no key: one whose key is rarely set in an environment.</summary>
    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(options =>
    {
        options.Providers["mock"] = new();
        options.Providers["xai"] = new ProviderOptions();
    });
}

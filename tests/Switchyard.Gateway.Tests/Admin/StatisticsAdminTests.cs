using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Statistics;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The attempts at each provider below <c>/admin/statistics</c>.</summary>
public sealed class StatisticsAdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Covers("S003-77", "S003-78", "S003-79", "S003-80")]
    [Fact]
    public async Task Providers_are_listed_with_their_counts_in_the_order_that_is_asked_for()
    {
        await using var gateway = await StartAsync();

        var all = await ReadAsync(gateway, "/admin/statistics");
        var best = await ReadAsync(gateway, "/admin/statistics?order=success&limit=1");
        var next = await ReadAsync(gateway, $"/admin/statistics?order=success&limit=1&cursor={best["next"]}");

        Assert.Equal(["fails", "works"], Providers(all));
        Assert.Equal(["works"], Providers(best));
        Assert.Equal(["fails"], Providers(next));
        Assert.Null(next["next"]);
        var works = all["data"]![1]!;
        Assert.Equal(
            (1, 1, 0, 1.0),
            ((int)works["total_requests"]!, (int)works["successful_requests"]!, (int)works["failed_requests"]!,
                (double)works["success_rate"]!));
        Assert.Equal((double)works["total_response_ms"]!, (double)works["max_response_ms"]!);
        Assert.Null(works["last_failure_time"]);
        Assert.NotNull(works["last_success_time"]);
        Assert.Equal(2, Providers(await ReadAsync(gateway, "/admin/statistics?order=slowest")).Count);
        Assert.Equal(2, Providers(await ReadAsync(gateway, "/admin/statistics?order=fastest&since=5m")).Count);
    }

    [Covers("S003-77", "S003-81", "S003-82")]
    [Fact]
    public async Task One_provider_has_its_errors_with_their_shares_and_a_timeline()
    {
        await using var gateway = await StartAsync();

        var fails = await ReadAsync(gateway, "/admin/statistics/fails?interval_minutes=60");
        var idle = await ReadAsync(gateway, "/admin/statistics/idle");

        Assert.Equal((1, 1), ((int)fails["totals"]!["total_requests"]!, (int)fails["totals"]!["failed_requests"]!));
        var error = Assert.Single(fails["errors"]!.AsArray())!;
        Assert.Equal(
            ("Simulated mock provider failure", 1, 100.0),
            ((string?)error["error"], (int)error["count"]!, (double)error["percentage"]!));
        var hour = Assert.Single(fails["timeline"]!.AsArray())!;
        Assert.Equal((1, 0, 1), ((int)hour["requests"]!, (int)hour["successful"]!, (int)hour["failed"]!));
        Assert.Equal(0, DateTimeOffset.Parse((string)hour["timestamp"]!, System.Globalization.CultureInfo.InvariantCulture).Minute);
        Assert.Equal((0, 0, 0), (
            (int)idle["totals"]!["total_requests"]!, idle["errors"]!.AsArray().Count, idle["timeline"]!.AsArray().Count));
    }

    [Theory]
    [InlineData("/admin/statistics/nobody", "provider_not_found")]
    [InlineData("/admin/statistics?order=best", "invalid_order")]
    [InlineData("/admin/statistics?since=noon", "invalid_since")]
    [InlineData("/admin/statistics/works?interval_minutes=0", "invalid_interval")]
    public async Task What_is_wrong_with_a_question_is_said(string path, string code)
    {
        await using var gateway = await StartAsync();

        Assert.Equal(code, (string?)(await ReadAsync(gateway, path))["code"]);
    }

    private static List<string?> Providers(JsonObject list) =>
        [.. list["data"]!.AsArray().Select(totals => (string?)totals!["provider"])];

    /// <summary>A gateway with one call to a provider that answers, and one to a provider that fails.</summary>
    private static async Task<GatewayHost> StartAsync()
    {
        var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Admin.Key = Key;
            options.Retry.Attempts = 1;
            options.Providers["works"] = new() { Type = "mock" };
            options.Providers["idle"] = new() { Type = "mock" };
            options.Providers["fails"] = new() { Type = "mock", Settings = new() { ["success_rate"] = "0" } };
        });
        foreach (var provider in (string[])["works", "fails"])
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest($"{provider}/mock-model-v1"));
            await answer.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
            Assert.Equal(provider == "works" ? HttpStatusCode.OK : HttpStatusCode.BadGateway, answer.StatusCode);
        }

        var statistics = gateway.Services.GetRequiredService<ProviderStatistics>();
        await Wait.ForAsync(() => statistics.GetAllMetrics().Count == 2);
        return gateway;
    }

    private static async Task<JsonObject> ReadAsync(GatewayHost gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Authorization", $"Bearer {Key}" } } };
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
    }
}

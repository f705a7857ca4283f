using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The admin API's figures over time: circuits, spending of budgets, certainty of experiments.</summary>
public sealed class WatchAdminTests
{
    private const string Admin = "an-admin-key-of-some-length";
    private const string Viewer = "a-viewers-key-of-some-length";

    [Fact]
    public async Task A_circuit_says_when_it_opened_and_when_it_closed()
    {
        var clock = new TestClock();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Circuit = new() { Failures = 1, Open = TimeSpan.FromMinutes(1) }, clock);
        Assert.Empty(await ListAsync(gateway, "/admin/circuits"));

        upstream.ThenJson("""{"error":{"message":"broken"}}""", 500).ThenJson(Some.ChatCompletion());
        await CallAsync(gateway);
        var open = Assert.Single(await ListAsync(gateway, "/admin/circuits"))!;
        clock.Advance(TimeSpan.FromMinutes(2));
        await CallAsync(gateway);
        // A circuit closes when the attempt has ended, a moment after its answer.
        await Wait.ForAsync(async () => (string?)Assert.Single(await ListAsync(gateway, "/admin/circuits"))!["state"] == "closed");
        var closed = Assert.Single(await ListAsync(gateway, "/admin/circuits"))!;

        Assert.Equal(("up", "some-model", "open"), ((string?)open["provider"], (string?)open["model"], (string?)open["state"]));
        Assert.True((double)open["probe_in_seconds"]! is > 0 and <= 60);
        Assert.Equal("closed", (string?)closed["state"]);
        Assert.Equal([true, false], closed["changes"]!.AsArray().Select(change => (bool)change!["opened"]!));
        var changes = closed["changes"]!.AsArray().Select(change => (DateTimeOffset)change!["at"]!).ToList();
        Assert.Equal(TimeSpan.FromMinutes(2), changes[1] - changes[0]);
    }

    [Fact]
    public async Task A_budget_burns_down_with_what_its_calls_cost()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 1, Period = "month" };
            options.Budgets.Named["of-a-model"] = new BudgetOptions { Usd = 1, Model = "up/*" };
            options.Storage.Ledger = $"sqlite:{folder["ledger.db"]}";
        });
        upstream.ThenJson(Some.ChatCompletion());
        await CallAsync(gateway);
        // A call is charged when it has ended, a moment after its answer.
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account is { Budget: "total", Spent: > 0 }));
        var accounts = (await ListAsync(gateway, "/admin/budgets")).ToDictionary(account => (string)account!["budget"]!);

        var curve = await AskAsync(gateway, $"/admin/budgets/burn-down?id={Uri.EscapeDataString((string)accounts["total"]!["id"]!)}");
        var ofModel = await AskAsync(
            gateway, $"/admin/budgets/burn-down?id={Uri.EscapeDataString((string)accounts["of-a-model"]!["id"]!)}");
        using var none = await SendAsync(gateway, HttpMethod.Get, "/admin/budgets/burn-down?id=nobodys", Viewer);

        Assert.Equal((decimal)accounts["total"]!["spent_usd"]!, (decimal)curve["spent"]!.AsArray()[^1]!["spent_usd"]!);
        Assert.True((decimal)accounts["total"]!["spent_usd"]! > 0);
        Assert.Null(ofModel["spent"]);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Contains("budget_not_found", await none.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_without_an_end_whose_first_call_still_runs_begins_now()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new PriceOptions { Input = 1, Output = 10 };
            options.Budgets.Named["for-good"] = new BudgetOptions { Usd = 1, Period = "lifetime" };
            options.Storage.Ledger = $"sqlite:{folder["ledger.db"]}";
        });
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            arrived.SetResult();
            await goOn.Task;
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion());
        });

        var asking = gateway.ChatAsync(Some.ChatRequest("up/some-model"));
        await arrived.Task;
        var account = Assert.Single(await ListAsync(gateway, "/admin/budgets"))!;
        var curve = await AskAsync(gateway, $"/admin/budgets/burn-down?id={Uri.EscapeDataString((string)account["id"]!)}");
        goOn.SetResult();
        (await asking).Dispose();

        Assert.Equal(0, (decimal)Assert.Single(curve["spent"]!.AsArray())!["spent_usd"]!);
    }

    [Fact]
    public async Task An_experiment_is_stopped_and_promoted_by_an_operator_and_not_by_a_viewer()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Models["tried"] = new()
        {
            Targets = [new() { Model = "up/some-model" }],
            Experiment = new()
            {
                Variants =
                [
                    new() { Name = "a", Target = "up/some-model", Share = 0.5 },
                    new() { Name = "b", Target = "up/other-model", Share = 0.5 },
                ],
            },
        });

        using var refused = await SendAsync(gateway, HttpMethod.Post, "/admin/experiments/tried/stop", Viewer);
        using var stopped = await SendAsync(gateway, HttpMethod.Post, "/admin/experiments/tried/stop", Admin);
        using var unknown = await SendAsync(gateway, HttpMethod.Post, "/admin/experiments/tried/promote", Admin, """{"variant":"c"}""");
        using var unnamed = await SendAsync(gateway, HttpMethod.Post, "/admin/experiments/tried/promote", Admin, "{}");
        using var promoted = await SendAsync(gateway, HttpMethod.Post, "/admin/experiments/tried/promote", Admin, """{"variant":"b"}""");

        Assert.Equal(HttpStatusCode.BadRequest, unnamed.StatusCode);
        Assert.StartsWith(
            "'variant' is missing",
            JsonElement.Parse(await unnamed.Content.ReadAsStringAsync()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.NoContent, HttpStatusCode.NotFound, HttpStatusCode.NoContent),
            (refused.StatusCode, stopped.StatusCode, unknown.StatusCode, promoted.StatusCode));
        Assert.Equal("up/other-model", Assert.Single(gateway.Engine.Options.Models["tried"].Targets).Model);
        Assert.Null(gateway.Engine.Experiments.Find("tried"));
        Assert.Equal("admin", gateway.Engine.Configuration.GetHistory()[0].Who);
        using var gone = await SendAsync(gateway, HttpMethod.Get, "/admin/experiments/tried/curve", Viewer);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions> configure, TestClock? clock = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Admin.Key = Admin;
                options.Admin.Keys["looks"] = new() { Key = Viewer };
                options.Providers["up"].Models = ["some-model", "other-model"];
                configure(options);
            },
            switchyard =>
            {
                switchyard.AddSwitchyardStorage();
                if (clock is not null)
                    switchyard.Services.AddSingleton<TimeProvider>(clock);
            });

    /// <summary>Makes a call, and reads its whole answer: a client that leaves before has abandoned the call.</summary>
    private static async Task CallAsync(GatewayHost gateway)
    {
        using var answer = await gateway.ChatAsync(Some.ChatRequest("up/some-model"));
        await answer.Content.LoadIntoBufferAsync();
    }

    private static async Task<JsonNode> AskAsync(GatewayHost gateway, string path)
    {
        using var answer = await SendAsync(gateway, HttpMethod.Get, path, Viewer);
        return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    private static async Task<JsonArray> ListAsync(GatewayHost gateway, string path) => (await AskAsync(gateway, path))["data"]!.AsArray();

    private static async Task<HttpResponseMessage> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await gateway.Http.SendAsync(request);
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Overview;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The running calls, listed and ended by operators.</summary>
public sealed class RunningCallTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Theory]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/messages", false)]
    [InlineData("/v1/responses", false)]
    [InlineData("/v1beta/models/up%2Fsome-model:streamGenerateContent?alt=sse", false)]
    public async Task The_client_of_a_call_that_is_ended_gets_an_error_in_its_own_format(string path, bool whole)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        if (whole)
            upstream.ThenHang();
        else
            upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        await using var gateway = await StartAsync(upstream);
        var pending = gateway.PostAsync(path, BodyOf(path, whole), ("x-request-id", "call-1"));
        if (!whole)
            await pending;
        else
            await Wait.ForAsync(() => upstream.Requests.Count > 0);

        var seen = await WaitForAsync(gateway, whole ? "waiting_for_provider" : "answering");
        var (status, ended) = await SendAsync(gateway, HttpMethod.Delete, "/admin/calls/in-flight/call-1");

        Assert.Equal(
            ("call-1", "anonymous", "up", "some-model", !whole),
            (Text(seen, "id"), Text(seen, "caller"), Text(seen, "provider"), Text(seen, "provider_model"),
                seen.GetProperty("stream").GetBoolean()));
        Assert.Equal((HttpStatusCode.OK, 1), (status, ended.GetProperty("ended").GetInt32()));
        var response = await pending;
        var answer = await response.Content.ReadAsStringAsync();
        Assert.Equal(whole ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("The gateway's operator has ended this request", answer, StringComparison.Ordinal);
        if (whole)
            Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(gateway, HttpMethod.Delete, "/admin/calls/in-flight/call-1")).Status);
    }

    [Fact]
    public async Task A_call_that_is_ended_goes_to_no_other_target_harms_none_and_gives_its_reservation_back()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Circuit.Enabled = true;
            options.Providers["mock"] = new();
            options.Models["fast"] = new() { Targets = [new() { Model = "up/some-model" }, new() { Model = "mock/mock-model-v1" }] };
            options.Budgets.Named["total"] = new() { Usd = 5 };
            options.Prices.Models["up/*"] = options.Prices.Models["mock/*"] = new() { Input = 1, Output = 1 };
        });
        var pending = gateway.ChatAsync(Some.ChatRequest("fast", extra: ",\"max_tokens\":50"), ("x-request-id", "call-1"));
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        var held = Assert.Single(gateway.Engine.Budgets.List()).Reserved;

        Assert.Equal(1, gateway.Engine.EndCalls("call-1"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await pending).StatusCode);
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.True(held > 0);
        // Its reservation is released at its end, a moment after it leaves the list of running calls.
        await Wait.ForAsync(() => Assert.Single(gateway.Engine.Budgets.List()).Reserved == 0);
        var status = await gateway.Services.GetRequiredService<StatusReader>().ReadAsync();
        Assert.NotEqual("unhealthy", status.Providers.Single(provider => provider.Name == "up").Health!.Status);
        Assert.DoesNotContain("mock", status.Metrics.Keys);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_place_is_ended_where_it_waits()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Routing.Concurrency = 1;
            options.Routing.QueueWait = TimeSpan.FromMinutes(10);
        });
        var first = gateway.ChatAsync(Some.ChatRequest(), ("x-request-id", "first"));
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        var second = gateway.ChatAsync(Some.ChatRequest(), ("x-request-id", "second"));
        await Wait.ForAsync(() => gateway.Engine.ListRunning().Any(call => call is { Id: "second", Phase: CallPhase.Queued }));

        Assert.Equal(1, gateway.Engine.EndCalls("second"));

        using var answer = JsonDocument.Parse(await (await second).Content.ReadAsStringAsync());
        Assert.Equal("ended_by_operator", Text(answer.RootElement.GetProperty("error"), "code"));
        Assert.False(first.IsCompleted);
        // A call leaves the list after its answer.
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 1);
        Assert.Equal("first", Assert.Single(gateway.Engine.ListRunning()).Id);
        gateway.Engine.EndCalls("first");
        await first;
    }

    [Fact]
    public async Task Of_those_who_share_an_answer_only_the_one_that_is_ended_ends()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var release = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await release.Task;
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion("shared"));
        });
        await using var gateway = await StartAsync(upstream, options => options.Cache = new());
        var first = gateway.ChatAsync(Some.ChatRequest(), ("x-request-id", "first"));
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        var second = gateway.ChatAsync(Some.ChatRequest(), ("x-request-id", "second"));
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 2);

        await Wait.ForAsync(() => gateway.Engine.EndCalls("second") == 1);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await second).StatusCode);
        release.SetResult();

        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Single(upstream.Requests);
    }

    [Covers("S003-93")]
    [Fact]
    public async Task The_state_of_the_gateway_is_one_document()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Admin.Key = Key;
            options.Providers["mock"] = new() { Priority = 7 };
            options.Providers["openai"] = new() { Key = "sk-secret-of-openai", Enabled = false };
            options.Cache = new();
            options.Limits["mock"] = new() { RequestsPerMinute = 100 };
            options.Budgets.Named["total"] = new() { Usd = 5 };
            options.Prices.Models["up/*"] = options.Prices.Models["mock/*"] = new() { Input = 1, Output = 1 };
        });
        var answer = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1", extra: ",\"max_tokens\":50"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await gateway.Log.WaitForAsync(1, "answered by mock/mock-model-v1");
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);

        var (_, status) = await SendAsync(gateway, HttpMethod.Get, "/admin/status");

        Assert.Equal(1, status.GetProperty("cache").GetProperty("total_entries").GetInt32());
        Assert.Equal("mock", Text(status.GetProperty("rateLimits")[0], "name"));
        // So little of the budget is spent that it would never run out.
        Assert.Equal(5, status.GetProperty("costs").GetProperty("budgets")[0].GetProperty("limit").GetDecimal());
        Assert.Equal("There is no ledger (storage.ledger).", Text(status.GetProperty("costs"), "problem"));
        Assert.Equal(1, status.GetProperty("metrics").GetProperty("mock").GetProperty("successful_requests").GetInt32());
        Assert.Equal("priority", Text(status.GetProperty("config"), "strategy"));
        var providers = status.GetProperty("providers").EnumerateArray().ToList();
        Assert.Equal(["mock", "openai"], providers.Select(provider => Text(provider, "name")));
        Assert.Equal([true, false], providers.Select(provider => provider.GetProperty("enabled").GetBoolean()));
        Assert.Equal(7, providers[0].GetProperty("priority").GetInt32());
        Assert.Equal("healthy", Text(providers[0].GetProperty("health"), "status"));
        Assert.Equal(1, status.GetProperty("generation").GetInt32());
        Assert.Equal(0, status.GetProperty("calls_in_flight").GetInt32());
        Assert.DoesNotContain("sk-secret-of-openai", status.ToString(), StringComparison.Ordinal);
    }

    private static string BodyOf(string path, bool whole) => path switch
    {
        "/v1/chat/completions" => Some.ChatRequest(stream: !whole),
        "/v1/messages" => Some.ChatRequest(stream: true, extra: ",\"max_tokens\":9"),
        "/v1/responses" => """{"model":"up/some-model","input":"Hi","stream":true}""",
        _ => """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""",
    };

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream, options =>
        {
            options.Admin.Key = Key;
            configure?.Invoke(options);
        });

    private static async Task<JsonElement> WaitForAsync(GatewayHost gateway, string phase)
    {
        JsonElement call = default;
        using var tooLong = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var (_, list) = await SendAsync(gateway, HttpMethod.Get, "/admin/calls/in-flight");
            if (list.GetProperty("data").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } found)
                call = found;
            if (call.ValueKind == JsonValueKind.Object && Text(call, "phase") == phase)
                return call;
            await Task.Delay(5, tooLong.Token);
        }
    }

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString() ?? "";

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(GatewayHost gateway, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var response = await gateway.Http.SendAsync(request);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, json.RootElement.Clone());
    }
}

using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Limits;

/// <summary>Limits of client keys and tenants.</summary>
public sealed class CallerLimitTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public async Task A_key_is_refused_over_its_limit_before_anybody_is_asked_and_others_are_not()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Keys["ci"] = new() { Key = "key-of-ci", Limits = new() { RequestsPerMinute = 1 } };
            options.Keys["other"] = new() { Key = "key-of-other" };
        });

        var answer = await AskAsync(gateway, "key-of-ci");
        var refused = await AskAsync(gateway, "key-of-ci");

        Assert.Equal((HttpStatusCode.OK, "0"), (answer.StatusCode, Header(answer, "x-ratelimit-remaining-requests")));
        Assert.Equal((HttpStatusCode.TooManyRequests, "60"), (refused.StatusCode, Header(refused, "Retry-After")));
        Assert.Equal("0", Header(refused, "x-ratelimit-remaining-requests"));
        Assert.Contains("keys.ci.limits.rpm", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "key-of-other")).StatusCode);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_tenant_shares_its_limit_with_those_below_it_and_what_one_refuses_counts_for_none()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Tenants["acme"] = new() { Limits = new() { RequestsPerMinute = 3 } };
            options.Tenants["acme/build"] = new() { Limits = new() { RequestsPerMinute = 1 } };
            options.Keys["ci"] = new() { Key = "key-of-ci", Tenant = "acme/build" };
            options.Keys["boss"] = new() { Key = "key-of-boss", Tenant = "acme" };
        });

        await AskAsync(gateway, "key-of-ci");
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync(gateway, "key-of-ci")).StatusCode);

        var limits = gateway.Engine.Limits;
        Assert.Equal(1, limits.GetStatus("acme", LimitScope.Tenant)!.RequestCount);
        Assert.Equal(1, limits.GetStatus("acme/build", LimitScope.Tenant)!.RequestCount);
        Assert.Equal("1", Header(await AskAsync(gateway, "key-of-boss"), "x-ratelimit-remaining-requests"));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "key-of-boss")).StatusCode);
        var refused = await AskAsync(gateway, "key-of-boss");
        Assert.Contains("tenants.acme.limits.rpm", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tokens_of_a_call_are_those_of_all_its_attempts()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"error":{"message":"busy"}}""", 503).ThenJson(Some.ChatCompletion());
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Retry.Attempts = 2;
            options.Retry.Base = TimeSpan.Zero;
            options.Keys["ci"] = new() { Key = "key-of-ci", Limits = new() { TokensPerMinute = 1000 } };
        });

        var answer = await AskAsync(gateway, "key-of-ci");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await answer.Content.ReadAsStringAsync();

        // 9 of the prompt and 3 of the answer; the failed attempt used none.
        await gateway.Log.WaitForAsync(1, "answered by up");
        Assert.Equal(12, gateway.Engine.Limits.GetStatus("ci", LimitScope.Key)!.Rules.Single().Used);
    }

    [Fact]
    public async Task What_a_key_has_used_stays_counted_when_the_configuration_changes()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Keys["ci"] = new() { Key = "key-of-ci", Limits = new() { RequestsPerMinute = 2 } });
        await AskAsync(gateway, "key-of-ci");

        await gateway.Engine.ApplyAsync(
            options => options.Keys["ci"].Limits = new() { RequestsPerMinute = 1 }, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync(gateway, "key-of-ci")).StatusCode);
        await gateway.Engine.ApplyAsync(options => options.Keys["ci"].Limits = null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, "key-of-ci")).StatusCode);
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions> configure) => GatewayHost.StartAsync(
        upstream, configure, builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static Task<HttpResponseMessage> AskAsync(GatewayHost gateway, string key) =>
        gateway.ChatAsync(Some.ChatRequest(), ("Authorization", $"Bearer {key}"));

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}

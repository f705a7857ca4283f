using System.Net;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>
/// The configuration may use any name of a provider that has several, as clients may: a rule for the provider
/// always applies.
/// </summary>
public sealed class ProviderAliasTests
{
    [Theory]
    [InlineData("xai/some-model")]
    [InlineData("grok/some-model")]
    [InlineData("some-model")]
    public async Task A_budget_of_a_provider_holds_by_whichever_name_it_is_given(string asked)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Budgets.Named["little"] = new() { Usd = 0.000001m, Period = "lifetime", Provider = "grok" });

        await IsRefusedAsync(gateway, upstream, asked, HttpStatusCode.PaymentRequired);
    }

    [Theory]
    [InlineData("xai/some-model", "grok/some-model")]
    [InlineData("some-model", "grok/some-*")]
    public async Task A_budget_of_a_model_holds_by_whichever_name_of_its_provider_it_is_given(string asked, string model)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Budgets.Named["little"] = new() { Usd = 0.000001m, Period = "lifetime", Model = model });

        await IsRefusedAsync(gateway, upstream, asked, HttpStatusCode.PaymentRequired);
    }

    [Theory]
    [InlineData("xai/some-model")]
    [InlineData("grok/some-model")]
    [InlineData("some-model")]
    public async Task A_guard_of_a_model_holds_by_whichever_name_of_its_provider_it_is_given(string asked)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream,
            options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"], Models = ["grok/some-model"] });

        await IsRefusedAsync(gateway, upstream, asked, HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("xai/some-model", HttpStatusCode.OK)]
    [InlineData("grok/some-model", HttpStatusCode.OK)]
    [InlineData("some-model", HttpStatusCode.OK)]
    [InlineData("up/some-model", HttpStatusCode.Forbidden)]
    public async Task A_key_or_a_tenant_may_call_a_provider_by_whichever_name_it_is_allowed(string asked, HttpStatusCode expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-up" };
            options.Keys["ci"] = new() { Key = "sk-ci", Models = ["grok/*"], Tenant = "acme" };
            options.Tenants["acme"] = new() { Models = ["grok/some-*"] };
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest(asked), ("Authorization", "Bearer sk-ci"));

        Assert.Equal(expected, answer.StatusCode);
        if (expected == HttpStatusCode.Forbidden)
            Assert.Contains("It may call: grok/*.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grok/some-model")]
    [InlineData("grok")]
    public async Task A_target_is_selected_by_the_name_it_is_given(string selected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-up" };
            options.Models["fast"] = Fast("manual");
            options.Models["fast"].Selected = selected;
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal("xai", answer.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Fact]
    public async Task A_provider_is_preferred_by_whichever_name_it_is_given()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-up" };
            options.Routing.Preferred = ["grok"];
            options.Models["fast"] = Fast("priority");
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal("xai", answer.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Fact]
    public async Task A_budget_of_a_tag_holds_for_it_as_clients_write_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, options => options.Budgets.Named["little"] = new() { Usd = 0.000001m, Period = "lifetime", Tag = "night jobs" });

        using var other = await gateway.ChatAsync(Some.ChatRequest("some-model"), ("x-switchyard-tag", "day jobs"));
        using var refused = await gateway.ChatAsync(Some.ChatRequest("some-model"), ("x-switchyard-tag", "night jobs"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.PaymentRequired), (other.StatusCode, refused.StatusCode));
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions> configure) =>
        GatewayHost.StartAsync(options =>
        {
            options.Providers["xai"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-of-provider", Models = ["some-model"] };
            options.Prices.Models["xai/*"] = new() { Input = 1, Output = 10 };
            configure(options);
        });

    private static ModelRouteOptions Fast(string strategy) => new()
    {
        Strategy = strategy,
        Targets = [new() { Model = "up/some-model" }, new() { Model = "grok/some-model" }],
    };

    private static async Task IsRefusedAsync(GatewayHost gateway, FakeUpstream upstream, string asked, HttpStatusCode expected)
    {
        using var answer = await gateway.ChatAsync(Some.ChatRequest(asked, "on project x", extra: ",\"max_tokens\":50"));

        Assert.Equal(expected, answer.StatusCode);
        Assert.Empty(upstream.Requests);
    }
}

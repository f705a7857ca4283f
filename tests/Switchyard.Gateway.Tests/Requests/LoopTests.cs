using System.Net;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Gateways whose base URLs form a loop: one round, then 508.</summary>
public sealed class LoopTests
{
    [Covers("B25", "H5")]
    [Fact]
    public async Task Two_gateways_that_lead_to_each_other_end_a_request_after_one_turn()
    {
        await using var first = await StartAsync("http://127.0.0.1:1/first");
        await using var second = await StartAsync(Url(first));
        await PointAsync(first, second);

        var response = await first.ChatAsync(Some.ChatRequest("some-model"));

        Assert.Equal(HttpStatusCode.LoopDetected, response.StatusCode);
        Assert.Contains("base_url", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("H5")]
    [Fact]
    public async Task A_circle_of_three_ends_as_well_in_the_clients_format()
    {
        await using var first = await StartAsync("http://127.0.0.1:1/first");
        await using var second = await StartAsync(Url(first));
        await using var third = await StartAsync(Url(second));
        await PointAsync(first, third);

        var response = await first.PostAsync(
            "/v1/messages", """{"model":"some-model","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal(HttpStatusCode.LoopDetected, response.StatusCode);
        Assert.StartsWith("""{"type":"error","error":""", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("H5")]
    [Fact]
    public async Task A_request_that_comes_back_to_another_copy_of_the_gateway_is_recognised()
    {
        await using var copy = await StartAsync("http://127.0.0.1:1/v1");
        // Behind one load balancer both have the same configuration; here it points to the copy.
        await PointAsync(copy, copy);
        await using var asked = await StartAsync(Url(copy));

        Assert.Equal(HttpStatusCode.LoopDetected, (await asked.ChatAsync(Some.ChatRequest("some-model"))).StatusCode);
        Assert.Equal(asked.Engine.Snapshot.HopId, copy.Engine.Snapshot.HopId);
    }

    [Covers("H5")]
    [Fact]
    public async Task Gateways_one_after_the_other_pass_a_request_on_with_their_ids()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var inner = await StartAsync(upstream.BaseUrl);
        await using var outer = await StartAsync(Url(inner));

        Assert.Equal(HttpStatusCode.OK, (await outer.ChatAsync(Some.ChatRequest("some-model"))).StatusCode);
        Assert.Equal(
            $"{outer.Engine.Snapshot.HopId}, {inner.Engine.Snapshot.HopId}", upstream.LastRequest.Headers["x-switchyard-hop"]);
    }

    [Covers("H5")]
    [Fact]
    public void The_id_follows_the_configuration_and_can_be_chosen()
    {
        var id = GatewayId.Of(Options("http://a/v1"));
        var chosen = Options("http://a/v1");
        chosen.Server.Id = "edge";

        Assert.Equal(id, GatewayId.Of(Options("http://a/v1")));
        Assert.NotEqual(id, GatewayId.Of(Options("http://b/v1")));
        Assert.NotEqual(id, GatewayId.Of(chosen));
        Assert.Matches("^[0-9a-f]{32}$", id);
    }

    [Covers("H5")]
    [Theory]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("me", true)]
    [InlineData("a,me", true)]
    [InlineData("a, me ,b", true)]
    [InlineData("mee, m", false)]
    public void A_list_of_ids_is_a_loop_where_it_holds_the_own_one(string ids, bool isLoop) => Assert.Equal(isLoop, Hop.IsLoop(ids, "me"));

    [Covers("H5")]
    [Fact]
    public void No_list_grows_without_bound()
    {
        Assert.True(Hop.IsLoop(string.Join(',', Enumerable.Range(0, 16)), "me"));
        Assert.True(Hop.IsLoop(new string('x', 2000), "me"));
        Assert.False(Hop.IsLoop(string.Join(',', Enumerable.Range(0, 15)), "me"));
    }

    private static Task<GatewayHost> StartAsync(string baseUrl) =>
        GatewayHost.StartAsync(options => options.Providers["up"] = Options(baseUrl).Providers["up"]);

    private static SwitchyardOptions Options(string baseUrl)
    {
        var options = new SwitchyardOptions();
        options.Providers["up"] = new ProviderOptions { BaseUrl = baseUrl, Models = ["some-model"] };
        return options;
    }

    private static string Url(GatewayHost gateway) => new Uri(gateway.Address, "/v1").ToString();

    private static async Task PointAsync(GatewayHost gateway, GatewayHost target)
    {
        var outcome = await gateway.Engine.ApplyAsync(options => options.Providers["up"].BaseUrl = Url(target));
        Assert.True(outcome.Applied);
    }
}

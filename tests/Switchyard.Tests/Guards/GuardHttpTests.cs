using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Guards;
using Switchyard.Network;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Connections to services of guards if the environment has a proxy.</summary>
public sealed class GuardHttpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_on_this_machine_is_reached_without_the_proxy()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"pass"}""");
        using var http = new GuardHttp(new WebProxy(proxy.BaseUrl));

        using var request = new HttpRequestMessage(HttpMethod.Post, service.BaseUrl);
        using var answer = await http.SendAsync(request, policy: null, Stop);

        Assert.Equal("pass", (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!["verdict"]);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task The_policy_is_asked_for_the_service_and_not_for_the_proxy()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        proxy.ThenJson("""{"verdict":"pass"}""");
        using var http = new GuardHttp(new WebProxy(proxy.BaseUrl));
        var policy = new EgressGuard(new EgressPolicy(EgressEnforcement.Enforce, [AllowEntry.Parse("guard.example", out _)!]));

        using var request = new HttpRequestMessage(HttpMethod.Post, "http://guard.example/check");
        using var answer = await http.SendAsync(request, policy, Stop);
        using var other = new HttpRequestMessage(HttpMethod.Post, "http://other.example/check");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(proxy.Requests);
        await Assert.ThrowsAsync<EgressBlockedException>(() => http.SendAsync(other, policy, Stop));
    }
}

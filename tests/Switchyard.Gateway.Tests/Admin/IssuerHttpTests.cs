using System.Net;
using Switchyard.Gateway.Admin;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Connections to an issuer if the environment has a proxy.</summary>
public sealed class IssuerHttpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_issuer_on_this_machine_is_reached_without_the_proxy()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        await using var issuer = await FakeUpstream.StartAsync();
        issuer.ThenJson("""{"issuer":"here"}""");
        using var http = new IssuerHttp(new WebProxy(proxy.BaseUrl));

        using var request = new HttpRequestMessage(HttpMethod.Post, issuer.BaseUrl);
        using var answer = await http.SendAsync(request, Stop);

        Assert.Contains("here", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task An_issuer_elsewhere_is_reached_through_it()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        proxy.ThenJson("""{"issuer":"elsewhere"}""");
        using var http = new IssuerHttp(new WebProxy(proxy.BaseUrl));

        using var request = new HttpRequestMessage(HttpMethod.Post, "http://login.example/token");
        using var answer = await http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(proxy.Requests);
    }
}

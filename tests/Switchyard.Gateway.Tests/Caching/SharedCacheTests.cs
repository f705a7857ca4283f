using System.Net;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Caching;

/// <summary>
/// A cache between clients and the gateway ignores <c>x-api-key</c>, and must not give one key's answer to another.
/// </summary>
public sealed class SharedCacheTests
{
    [Theory]
    [InlineData("/v1/models", HttpStatusCode.OK)]
    [InlineData("/v1beta/models", HttpStatusCode.OK)]
    [InlineData("/v1/responses/resp_of_nobody", HttpStatusCode.NotFound)]
    public async Task What_a_key_may_see_is_not_for_caches_on_the_way(string path, HttpStatusCode expected)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("x-api-key", "secret");

        using var response = await gateway.Http.SendAsync(request);
        using var stranger = await gateway.Http.GetAsync(path);

        Assert.Equal((expected, HttpStatusCode.Unauthorized), (response.StatusCode, stranger.StatusCode));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("no-store", stranger.Headers.CacheControl?.ToString());
    }
}

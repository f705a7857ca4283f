using System.Net;
using System.Text;
using Switchyard.Server.Composition;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The address and the key that the commands for a running gateway use.</summary>
public sealed class AdminClientTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:8080/", "http://127.0.0.1:8080")]
    [InlineData("https://ai.example.com/gateway", "https://ai.example.com/gateway")]
    [InlineData("https://ai.example.com/gateway/", "https://ai.example.com/gateway")]
    public async Task A_request_goes_below_the_gateways_own_path(string gateway, string expected)
    {
        var stop = TestContext.Current.CancellationToken;
        using var seen = new Seen();
        using var http = new HttpMessageInvoker(seen);
        using var client = new AdminClient(http, new Uri(gateway), "a-key");

        await client.SendAsync(HttpMethod.Get, "/admin/keys/a%2Fb", null, stop);
        await client.ReadTextAsync("/admin/config/export", stop);
        await client.ListAsync("/admin/limits?blocked=true", 5, stop);

        Assert.Equal(
            [$"{expected}/admin/keys/a%2Fb", $"{expected}/admin/config/export", $"{expected}/admin/limits?blocked=true&limit=5"],
            seen.Addresses);
    }

    private sealed class Seen : HttpMessageHandler
    {
        public List<string> Addresses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Addresses.Add(request.RequestUri!.AbsoluteUri);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"data":[],"next":null}""", Encoding.UTF8, "application/json"),
            });
        }
    }
}

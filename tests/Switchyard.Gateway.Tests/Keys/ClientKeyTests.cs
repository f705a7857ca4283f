using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Gateway.Security;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

public sealed class ClientKeyTests
{
    [Fact]
    [Covers("W2")]
    public async Task A_configured_key_that_ends_in_a_line_break_is_the_key_without_it()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret\r\n"));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, ("Authorization", "Bearer secret")));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, ("Authorization", "Bearer other")));
    }

    [Theory]
    [InlineData("x-api-key")]
    [InlineData("api-key")]
    [InlineData("x-goog-api-key")]
    [Covers("W3")]
    public async Task The_right_key_counts_beside_a_foreign_one(string header)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, (header, "secret")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, ("Authorization", "Bearer of-another"), (header, "secret")));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, ("Authorization", "Bearer secret"), (header, "of-another")));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(gateway, ("Authorization", "Bearer of-another"), (header, "wrong")));
    }

    [Fact]
    [Covers("W3")]
    public async Task The_key_in_the_address_counts_beside_a_foreign_one()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"));

        var response = await gateway.PostAsync(
            "/v1/chat/completions?key=secret", Some.ChatRequest("mock/mock-model-v1"), ("x-goog-api-key", "of-another"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("HTTP/1.1", 1)]
    [InlineData("HTTP/2", 0)]
    [InlineData("HTTP/3", 0)]
    public async Task A_key_is_kept_with_its_connection_only_where_requests_follow_one_another(string protocol, int kept)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"));
        var connection = new Connection();
        var http = new DefaultHttpContext();
        http.Features.Set<IConnectionItemsFeature>(connection);
        http.Request.Protocol = protocol;
        http.Request.Headers.Authorization = "Bearer secret";

        ClientKeys.Check(http, gateway.Engine.Snapshot);

        Assert.Equal(kept, connection.Items.Count);
    }

    /// <summary>The items of a connection: a plain dictionary, which simultaneous requests would corrupt.</summary>
    private sealed class Connection : IConnectionItemsFeature
    {
        public IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, params (string, string)[] headers) =>
        (await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), headers)).StatusCode;
}

using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Gateway.Security;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>The paths that are served without a client key (<c>server.open</c>).</summary>
public sealed class OpenPathTests
{
    [Theory]
    [InlineData(null, null, true)]
    [InlineData("a-client-key", null, false)]
    [InlineData("a-client-key", "/metrics", true)]
    [InlineData("a-client-key", "/health/providers", false)]
    public async Task A_path_needs_a_key_where_keys_are_configured_unless_it_is_open(string? key, string? open, bool served)
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Server.Keys = key is null ? [] : [key];
            options.Server.Open = open is null ? [] : [open];
        });

        var refused = Record.Exception(
            () => ClientKeys.CheckUnlessOpen(new DefaultHttpContext(), gateway.Engine.Snapshot, "/metrics"));

        Assert.Equal(served, refused is null);
        if (!served)
            Assert.Contains("server.open", Assert.IsType<CallException>(refused).Message, StringComparison.Ordinal);
    }
}

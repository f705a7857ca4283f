using Switchyard.Server.Serving;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>What <c>switchyard ping</c> takes for a gateway.</summary>
public sealed class GatewayPingTests
{
    private const string Foreign = "answered, but not like a Switchyard gateway";

    [Theory]
    [InlineData(200, """{"status":"ok","service":"switchyard","version":"2.3.4","config_generation":1}""", null)]
    [InlineData(200, """{"status":"ok","version":"0.1.0"}""", null)]
    [InlineData(200, """{"status":"ok"}""", Foreign)]
    [InlineData(200, """{"status":"ok","version":"1.2.3"}""", Foreign)]
    [InlineData(200, """{"status":"ok","service":"other","version":"0.1.0"}""", Foreign)]
    [InlineData(200, """{"status":{},"service":"switchyard"}""", Foreign)]
    [InlineData(200, """{"service":"switchyard"}""", Foreign)]
    [InlineData(200, """{"status":"ok","status":"ok","service":"switchyard"}""", Foreign)]
    [InlineData(200, "[]", Foreign)]
    [InlineData(200, "OK", Foreign)]
    [InlineData(200, "<html>Welcome</html>", Foreign)]
    [InlineData(200, "", Foreign)]
    [InlineData(503, """{"status":"unavailable","service":"switchyard","reason":"No provider is usable.","version":"1.0.0"}""", "No provider is usable.")]
    [InlineData(503, """{"status":"stopping","version":"0.1.0"}""", "answered 503")]
    [InlineData(503, """{"reason":"other"}""", "answered 503")]
    [InlineData(503, "<html>Bad Gateway</html>", Foreign)]
    [InlineData(404, "<html>Not Found</html>", "answered 404")]
    public async Task Only_an_answer_of_a_gateway_means_that_it_is_ready(int status, string body, string? reason)
    {
        await using var other = new RawUpstream((_, _) => RawUpstream.Answer(body, status: status));

        var said = await GatewayPing.AskAsync(new Uri(other.BaseUrl), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(reason, said);
    }

    [Fact]
    public async Task Of_an_endless_answer_only_a_part_is_read()
    {
        await using var other = new RawUpstream((_, _) => RawUpstream.Answer(new string(' ', 4 * 1024 * 1024)));

        var said = await GatewayPing.AskAsync(new Uri(other.BaseUrl), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(Foreign, said);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Requests that arrive while the host stops, before the server closes its connections.</summary>
public sealed class StoppingTests
{
    [Theory]
    [InlineData("""{"model":"mock-model-v1","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"mock-model-v1","stream":true,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"no-such-model","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":""")]
    public async Task An_answer_while_the_gateway_stops_ends_its_connection_so_that_no_request_is_lost_on_it(string request)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["mock"] = new());

        using var before = await gateway.ChatAsync(request);
        await before.Content.ReadAsStringAsync();
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var stopping = await gateway.ChatAsync(request);

        Assert.Null(before.Headers.ConnectionClose);
        Assert.True(stopping.Headers.ConnectionClose);
        Assert.Equal(before.StatusCode, stopping.StatusCode);
    }
}

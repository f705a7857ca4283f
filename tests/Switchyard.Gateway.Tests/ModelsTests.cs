using System.Net;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

public sealed class ModelsTests
{
    [Theory]
    [InlineData("mock/mock-model-v1")]
    [InlineData("mock%2Fmock-model-v1")]
    [InlineData("mock%2fmock-model-v1")]
    public async Task A_model_is_found_however_the_slash_in_its_name_is_written(string id)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.Http.GetAsync($"/v1/models/{id}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var model = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("mock/mock-model-v1", model.RootElement.GetProperty("id").GetString());
    }
}

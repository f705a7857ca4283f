using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

public sealed class BadRequestTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync(options => options.Server.MaxBodyBytes = 4096);

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("", 400)]
    [InlineData("not json", 400)]
    [InlineData("[]", 400)]
    [InlineData("{\"model\":\"mock-model-v1\"", 400)]
    [InlineData("{\"model\":\"mock-model-v1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]} trailing", 400)]
    [InlineData("{\"model\":\"a\",\"model\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400)]
    [InlineData("{\"model\":\"a\",\"mod\\u0065l\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400)]
    [InlineData("{\"model\":\"a\",\"stream\":true,\"stream\":false,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400)]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400)]
    [InlineData("{\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 400)]
    [InlineData("{\"model\":\"mock-model-v1\"}", 400)]
    [InlineData("{\"model\":\"mock-model-v1\",\"messages\":[]}", 400)]
    [InlineData("{\"model\":\"mock-model-v1\",\"messages\":[7]}", 400)]
    [InlineData("{\"model\":\"no-such-thing\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 404)]
    public async Task A_bad_body_is_answered_with_a_typed_error(string body, int status)
    {
        var response = await _gateway.ChatAsync(body);

        Assert.Equal(status, (int)response.StatusCode);
        await AssertTypedErrorAsync(response);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "")]
    [InlineData("/v1/chat/completions", " \r\n")]
    [InlineData("/v1/responses", "")]
    [InlineData("/v1/messages", "")]
    [InlineData("/v1/embeddings", "")]
    [InlineData("/v1beta/models/mock-model-v1:generateContent", "")]
    public async Task A_body_that_was_forgotten_is_called_empty(string path, string body)
    {
        var response = await _gateway.PostAsync(path, Encoding.UTF8.GetBytes(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("The request body is empty", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_utf8_is_refused()
    {
        var body = Encoding.UTF8.GetBytes(Some.ChatRequest("mock-model-v1", "XX"));
        var at = body.AsSpan().IndexOf("XX"u8);
        (body[at], body[at + 1]) = (0xC3, 0x28);

        var response = await _gateway.PostAsync("/v1/chat/completions", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("UTF-8", (await AssertTypedErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absurd_depth_is_refused()
    {
        var body = Some.ChatRequest("mock-model-v1", extra: $",\"x\":{new string('[', 1000)}{new string(']', 1000)}");

        var response = await _gateway.ChatAsync(body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await AssertTypedErrorAsync(response);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        var response = await _gateway.ChatAsync(Some.ChatRequest("mock-model-v1", new string('x', 5000)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("max_body", (await AssertTypedErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunked_body_over_the_limit_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(Some.ChatRequest("mock-model-v1", new string('x', 5000))))),
        };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

        var response = await _gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    public async Task Another_content_type_is_refused_with_the_way_out(string type)
    {
        using var content = new StringContent(Some.ChatRequest("mock-model-v1"), Encoding.UTF8, type);

        var response = await _gateway.Http.PostAsync("/v1/chat/completions", content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains(
            "Content-Type: application/json", (await AssertTypedErrorAsync(response)).GetProperty("message").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_is_a_404_that_names_near_matches()
    {
        var response = await _gateway.ChatAsync(Some.ChatRequest("mock-modl-v1"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var error = await AssertTypedErrorAsync(response);
        Assert.Equal("model_not_found", error.GetProperty("code").GetString());
        Assert.Contains("mock-model-v1", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/chat/completions", "/v1/chat/completions")]
    [InlineData("/v1/nonsense", "Unknown request")]
    public async Task An_unknown_path_is_answered_with_the_way(string path, string hint)
    {
        var response = await _gateway.PostAsync(path, Some.ChatRequest());

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(hint, (await AssertTypedErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wrong_method_is_refused_with_the_right_one()
    {
        var response = await _gateway.Http.GetAsync("/v1/chat/completions");

        Assert.Contains("POST", (await AssertTypedErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_goes_on_after_all_of_them()
    {
        for (var i = 0; i < 50; i++)
            await _gateway.ChatAsync("{{{");

        Assert.Equal(HttpStatusCode.OK, (await _gateway.ChatAsync(Some.ChatRequest("mock-model-v1"))).StatusCode);
    }

    private static async Task<JsonElement> AssertTypedErrorAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("x-request-id"));
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        Assert.NotEqual("", error.GetProperty("type").GetString());
        Assert.True(error.TryGetProperty("param", out _));
        Assert.NotEqual("", error.GetProperty("code").GetString());
        return error.Clone();
    }
}

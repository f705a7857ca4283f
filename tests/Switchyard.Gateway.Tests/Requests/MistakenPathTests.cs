using System.Net;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

public sealed class MistakenPathTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("//v1/chat/completions", "/v1/chat/completions")]
    [InlineData("/v1//chat/completions", "/v1/chat/completions")]
    [InlineData("/v1/v1/messages", "/v1/messages")]
    [InlineData("/anthropic/v1/v1/messages", "/anthropic/v1/messages")]
    [InlineData("/v1/v1beta/models/mock-model-v1:generateContent", "/v1beta/models/mock-model-v1:generateContent")]
    [InlineData("/v1beta/v1beta/models/mock-model-v1:generateContent", "/v1beta/models/mock-model-v1:generateContent")]
    [InlineData("/v1beta//models/mock-model-v1:generateContent", "/v1beta/models/mock-model-v1:generateContent")]
    [Covers("W12")]
    public async Task A_path_that_repeats_something_is_refused_with_the_right_one(string path, string right)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.Address.ToString().TrimEnd('/') + path));

        var response = await _gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains($"Did you mean {right}?", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/openai/chat/completions", "/openai/v1/chat/completions")]
    [InlineData("/anthropic/messages", "/anthropic/v1/messages")]
    [InlineData("/genai/models/mock-model-v1:generateContent", "/genai/v1beta/models/mock-model-v1:generateContent")]
    [InlineData("/v1/openai/v1/chat/completions", "/openai/v1/chat/completions")]
    [InlineData("/api/v1/responses", "/v1/responses")]
    [InlineData("/v1/chat/completions/chat/completions", "/v1/chat/completions")]
    [InlineData("/engines/gpt-4o/chat/completions", "/v1/chat/completions")]
    [InlineData("/v1/embeddings%20", "/v1/embeddings")]
    [Covers("W12")]
    public async Task A_base_URL_with_too_much_or_too_little_is_refused_with_the_right_path(string path, string right)
    {
        var response = await _gateway.Http.PostAsync(path, null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains($"Did you mean {right}?", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_alone_is_answered_with_the_paths_to_begin_with()
    {
        var response = await _gateway.Http.GetAsync("/");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("GET /v1/models lists the models", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_of_thousands_of_parts_costs_little_to_answer()
    {
        // The longest allowed request line.
        var path = string.Concat(Enumerable.Repeat("/a", 3_900)) + "/messages";
        UnknownPath.Hint(path);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var hint = UnknownPath.Hint(path);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8_000_000);
        Assert.Contains("Did you mean /v1/messages?", hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/chat")]
    [InlineData("/")]
    [InlineData("/nothing/of/it")]
    [Covers("W12")]
    public async Task A_path_that_is_nothing_here_is_not_given_a_wrong_hint(string path)
    {
        var response = await _gateway.Http.PostAsync(path, null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.DoesNotContain("Did you mean", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", "POST")]
    [InlineData("PUT", "/v1/messages", "POST")]
    [InlineData("GET", "/chat", "POST")]
    [InlineData("DELETE", "/v1beta/models/mock-model-v1:generateContent", "POST")]
    [InlineData("GET", "/v1beta/models/mock-model-v1:generateContent", "POST")]
    [InlineData("HEAD", "/v1beta/models/mock/mock-model-v1:countTokens/", "POST")]
    [InlineData("GET", "/v1/models/mock-model-v1:streamGenerateContent", "POST")]
    [InlineData("GET", "/genai/v1beta/models/llama3:8b:embedContent", "POST")]
    [InlineData("GET", "/genai/v1/models/mock-model-v1:generateContent", "POST")]
    [InlineData("POST", "/v1/models", "GET")]
    [InlineData("POST", "/health", "GET")]
    [Covers("W6")]
    public async Task A_wrong_method_is_a_405_that_says_which_are_allowed(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var response = await _gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Contains(allowed, response.Content.Headers.Allow);
        if (method != "HEAD")
            Assert.Contains(allowed, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>A colon alone makes no method: Ollama's models have tags.</summary>
    [Theory]
    [InlineData("/v1beta/models/llama3:8b")]
    [InlineData("/v1/models/llama3:8b")]
    [InlineData("/openai/v1/models/llama3:8b")]
    public async Task A_model_with_a_colon_in_its_name_can_be_read(string path) =>
        Assert.Equal(HttpStatusCode.OK, (await _gateway.Http.GetAsync(path)).StatusCode);

    [Theory]
    [InlineData("/health")]
    [InlineData("/v1/models")]
    [InlineData("/v1/capabilities")]
    [InlineData("/v1beta/models")]
    [Covers("W6")]
    public async Task HEAD_is_answered_where_GET_is(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        var response = await _gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }
}

using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Reranking, and operations that not every provider serves.</summary>
public sealed class RerankTests
{
    private const string Request = """{"model":"up/some-model","query":"q","documents":["a",{"text":"b"}],"top_n":1}""";
    private const string Answer = """{"id":"r","results":[{"index":1,"relevance_score":0.9}],"usage":{"total_tokens":7}}""";

    [Theory]
    [InlineData("/v1/rerank")]
    [InlineData("/v2/rerank")]
    [InlineData("/rerank")]
    [InlineData("/openai/v1/rerank")]
    [InlineData("/openai/v2/rerank")]
    [InlineData("/openai/rerank")]
    public async Task A_rerank_is_forwarded_from_every_path_clients_use(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(Answer);

        var response = await gateway.PostAsync(path, Request);

        Assert.Equal(Answer, await response.Content.ReadAsStringAsync());
        Assert.Equal("/v1/rerank", upstream.LastRequest.Path);
        Assert.Equal(Request.Replace("up/", "", StringComparison.Ordinal), upstream.LastRequest.Text);
    }

    [Theory]
    [InlineData("/v1/rerank", """{"model":"groq/x","query":"q","documents":["a"]}""", "reranking")]
    [InlineData("/v1/images/generations", """{"model":"groq/x","prompt":"a cat"}""", "image generation")]
    [InlineData("/v1/embeddings", """{"model":"groq/x","input":"a"}""", "embeddings")]
    public async Task An_operation_the_provider_lacks_is_named_with_the_providers_that_have_it(
        string path, string request, string operation)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Providers["groq"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k" });

        var response = await gateway.PostAsync(path, request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await ErrorAsync(response);
        Assert.Equal("unsupported_operation", error.GetProperty("code").GetString());
        Assert.Equal(
            $"groq does not serve {operation}. Enabled providers that do: up. Ask for one of their models.",
            error.GetProperty("message").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("/v1/audio/speech", """{"model":"mock/mock-model-v1","input":"hi"}""")]
    [InlineData("/v1/rerank", """{"model":"mock/mock-model-v1","query":"q","documents":["a"]}""")]
    [InlineData("/v1/moderations", """{"model":"mock/mock-model-v1","input":"hi"}""")]
    public async Task A_provider_in_this_process_cannot_be_asked_for_everything(string path, string request)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var error = await ErrorAsync(await gateway.PostAsync(path, request));

        Assert.Equal("unsupported_operation", error.GetProperty("code").GetString());
        Assert.Contains("No other enabled provider does", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_for_a_provider_in_this_process_is_refused_the_same_way()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.Http.PostAsync(
            "/v1/audio/transcriptions", new MultipartForm().Field("model", "mock/mock-model-v1").File("file", [1]).ToContent());

        Assert.Equal("unsupported_operation", (await ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_bare_model_name_goes_to_a_provider_that_serves_the_operation()
    {
        await using var chat = await FakeUpstream.StartAsync();
        await using var all = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["groq"] =
                new ProviderOptions { BaseUrl = chat.BaseUrl, Key = "k", Models = ["shared-model"], Priority = 900 };
            options.Providers["all"] = new ProviderOptions { BaseUrl = all.BaseUrl, Key = "k", Models = ["shared-model"], Priority = 5 };
        });
        all.ThenJson(Answer);

        await gateway.ChatAsync(Some.ChatRequest("shared-model"));
        var response = await gateway.PostAsync("/v1/rerank", """{"model":"shared-model","query":"q","documents":["a"]}""");
        await gateway.ChatAsync(Some.ChatRequest("shared-model"));

        Assert.Equal("all", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal(2, chat.Requests.Count);
        Assert.Single(all.Requests);
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
}

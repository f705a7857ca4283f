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

    private const string List =
        """{"object":"list","data":[{"index":1,"relevance_score":0.9}],"model":"m","usage":{"total_tokens":0}}""";

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

    [Fact]
    public async Task A_provider_whose_format_lacks_the_operation_is_not_named_as_one_that_has_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            foreach (var dialect in (string[])["anthropic-messages", "gemini", "cohere", "ollama", "openai-responses"])
                options.Providers[$"my-{dialect}"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect };
        });

        var images = await ErrorAsync(await gateway.PostAsync("/v1/images/generations", """{"model":"my-gemini/x","prompt":"a cat"}"""));
        var ranks = await ErrorAsync(await gateway.PostAsync("/v1/rerank", """{"model":"my-ollama/x","query":"q","documents":["a"]}"""));

        Assert.Equal(
            "my-gemini does not serve image generation. Enabled providers that do: up. Ask for one of their models.",
            images.GetProperty("message").GetString());
        Assert.Equal(
            ["my-cohere", "up"],
            ranks.GetProperty("message").GetString()!.Split("that do: ")[1].Split(". ")[0].Split(", ").Order(StringComparer.Ordinal));
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

    [Fact]
    public async Task An_alias_answers_from_its_first_target_that_serves_the_operation_and_the_others_stay_in_service()
    {
        await using var chat = await FakeUpstream.StartAsync();
        await using var all = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["groq"] = new ProviderOptions { BaseUrl = chat.BaseUrl, Key = "k" };
            options.Providers["all"] = new ProviderOptions { BaseUrl = all.BaseUrl, Key = "k" };
            options.Models["both"] = new() { Targets = [new() { Model = "groq/a" }, new() { Model = "all/b" }] };
            options.Models["none"] = new() { Targets = [new() { Model = "groq/a" }, new() { Model = "groq/b" }] };
            options.Circuit.Failures = 1;
        });
        all.ThenJson(Answer);
        all.ThenJson("""{"created":1,"data":[]}""");

        var ranked = await gateway.PostAsync("/v1/rerank", """{"model":"both","query":"q","documents":["a"]}""");
        var form = await gateway.Http.PostAsync(
            "/v1/images/edits", new MultipartForm().Field("model", "both").Field("prompt", "p").File("image", [1]).ToContent());
        var refused = await gateway.PostAsync("/v1/rerank", """{"model":"none","query":"q","documents":["a"]}""");
        var chatted = await gateway.ChatAsync(Some.ChatRequest("both"));

        Assert.Equal((HttpStatusCode.OK, "all"), (ranked.StatusCode, ranked.Headers.GetValues("x-switchyard-provider").Single()));
        Assert.Equal(HttpStatusCode.OK, form.StatusCode);
        Assert.Equal("unsupported_operation", (await ErrorAsync(refused)).GetProperty("code").GetString());
        Assert.Equal("groq", chatted.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Single(chat.Requests);
    }

    [Theory]
    [InlineData("""{"index":2,"relevance_score":0.9}""", HttpStatusCode.BadGateway)]
    [InlineData("""{"index":1,"relevance_score":0.9}""", HttpStatusCode.OK)]
    public async Task A_ranking_of_a_document_that_was_not_sent_is_the_providers_fault(string result, HttpStatusCode expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "cohere" });
        upstream.ThenJson($$"""{"id":"r","results":[{{result}}]}""");

        var response = await gateway.PostAsync("/v1/rerank", """{"model":"up/m","query":"q","documents":["a","b"],"top_k":1}""");

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("""{"model":"m","query":"q","documents":["a","b"],"top_n":1}""", upstream.LastRequest.Text);
        if (expected != HttpStatusCode.OK)
            Assert.Equal("upstream_unavailable", (await ErrorAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("\"top_k\":1", List)]
    [InlineData("\"top_k\":null", List)]
    [InlineData("\"top_n\":1", """{"id":"r","model":"m","results":[{"index":1,"relevance_score":0.9}],"meta":{}}""")]
    public async Task A_client_that_sends_top_k_gets_a_list_from_any_provider(string bound, string expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "cohere" });
        upstream.ThenJson("""{"id":"r","results":[{"index":1,"relevance_score":0.9}]}""");

        var response = await gateway.PostAsync("/v1/rerank", $$"""{"model":"up/m","query":"q","documents":["a","b"],{{bound}}}""");

        Assert.Equal(expected, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Cohere's API returns positions alone.</summary>
    [Theory]
    [InlineData(",\"return_documents\":true", "[one, ada@example.com]")]
    [InlineData(",\"return_documents\":true,\"top_k\":2", "[one, ada@example.com]")]
    [InlineData(",\"return_documents\":false", "[, ]")]
    [InlineData("", "[, ]")]
    public async Task Documents_that_a_provider_cannot_return_are_those_of_the_request(string field, string expected)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "cohere" };
            options.Guards["pii"] = new() { Type = "mask", Restore = true };
        });
        upstream.ThenJson("""{"id":"r","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.5}]}""");

        var response = await gateway.PostAsync(
            "/v1/rerank", $$"""{"model":"up/m","query":"q","documents":["ada@example.com",{"text":"one"}]{{field}}}""");

        Assert.DoesNotContain("ada@", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var results = answer.TryGetProperty("results", out var usual) ? usual : answer.GetProperty("data");
        Assert.Equal(expected, $"[{string.Join(", ", results.EnumerateArray().Select(DocumentOf))}]");

        static string? DocumentOf(JsonElement result) => !result.TryGetProperty("document", out var document) ? null
            : document.ValueKind == JsonValueKind.String ? document.GetString()
            : document.GetProperty("text").GetString();
    }

    [Fact]
    public async Task What_a_guard_masked_in_a_document_is_restored_where_the_ranking_repeats_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Guards["pii"] = new()
        {
            Type = "mask", Restore = true,
        });
        upstream.ThenJson("""
            {"results":[{"index":1,"relevance_score":0.9,"document":{"text":"[EMAIL_1]"}},
             {"index":0,"relevance_score":0.5,"document":{"text":"a"}}]}
            """);

        var response = await gateway.PostAsync(
            "/v1/rerank", """{"model":"up/some-model","query":"q","documents":["a","ada@example.com"],"return_documents":true}""");

        Assert.DoesNotContain("ada@", upstream.LastRequest.Text, StringComparison.Ordinal);
        var results = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("results");
        Assert.Equal(
            ["ada@example.com", "a"],
            results.EnumerateArray().Select(result => result.GetProperty("document").GetProperty("text").GetString()));
    }

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
}

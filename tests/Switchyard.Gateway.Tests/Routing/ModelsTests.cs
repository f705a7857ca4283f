using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

public sealed class ModelsTests
{
    private const string List =
        """{"object":"list","data":[{"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"system"},{"id":"o4-mini","object":"model","created":1744225308,"owned_by":"system"},{"id":"text-embedding-3-small","object":"model","created":1705948997,"owned_by":"system"},{"id":"made-up","object":"model","created":1,"owned_by":"me"}]}""";

    [Theory]
    [InlineData("mock/mock-model-v1")]
    [InlineData("mock%2Fmock-model-v1")]
    [InlineData("mock%2fmock-model-v1")]
    public async Task A_model_is_found_however_the_slash_in_its_name_is_written(string id)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var model = await GetAsync(gateway, $"/v1/models/{id}");

        Assert.Equal("mock/mock-model-v1", model.RootElement.GetProperty("id").GetString());
    }

    [Covers("S000-44")]
    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/openai/v1/models")]
    public async Task A_list_says_what_is_known_of_each_model(string path)
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var list = await GetAsync(gateway, path);
        var models = list.RootElement.GetProperty("data").EnumerateArray().ToDictionary(model => model.GetProperty("id").GetString()!);

        Assert.Equal("list", list.RootElement.GetProperty("object").GetString());
        var model = models["openai/gpt-4o"];
        Assert.Equal(1715367049, model.GetProperty("created").GetInt64());
        Assert.Equal("system", model.GetProperty("owned_by").GetString());
        Assert.Equal(128000, model.GetProperty("context_window").GetInt32());
        Assert.Equal(16384, model.GetProperty("max_output_tokens").GetInt32());
        Assert.True(model.GetProperty("features").GetProperty("tools").GetBoolean());
        Assert.Equal("2.5", model.GetProperty("pricing").GetProperty("input").GetRawText());
        Assert.Equal("anomalyco/models.dev", model.GetProperty("pricing").GetProperty("source").GetString());
        Assert.Equal("2026-07-02", model.GetProperty("pricing").GetProperty("date").GetString());
        Assert.Equal("embedding", models["openai/text-embedding-3-small"].GetProperty("kind").GetString());
        Assert.Equal(
            ["low", "medium", "high"],
            models["openai/o4-mini"].GetProperty("reasoning").GetProperty("efforts").EnumerateArray().Select(word => word.GetString()));
    }

    [Fact]
    public async Task An_unknown_price_is_null_and_not_zero()
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var model = await GetAsync(gateway, "/v1/models/openai/made-up");

        Assert.Equal(JsonValueKind.Null, model.RootElement.GetProperty("pricing").ValueKind);
        Assert.Equal(JsonValueKind.Null, model.RootElement.GetProperty("source").ValueKind);
        Assert.False(model.RootElement.TryGetProperty("context_window", out _));
    }

    [Fact]
    public async Task An_alias_is_described_by_its_first_target()
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var alias = await GetAsync(gateway, "/v1/models/fast");
        using var list = await GetAsync(gateway, "/v1/models");

        var first = list.RootElement.GetProperty("data")[0];
        foreach (var model in new[] { alias.RootElement, first })
        {
            Assert.Equal("fast", model.GetProperty("id").GetString());
            Assert.Equal("switchyard", model.GetProperty("owned_by").GetString());
            Assert.Equal(
                ["openai/gpt-4o", "openai/o4-mini"], model.GetProperty("targets").EnumerateArray().Select(target => target.GetString()));
            Assert.Equal(128000, model.GetProperty("context_window").GetInt32());
            Assert.Equal("10", model.GetProperty("pricing").GetProperty("output").GetRawText());
        }
    }

    [Theory]
    [InlineData("?provider=openai", "fast openai/gpt-4o openai/made-up openai/o4-mini", "mock/mock-model-v1")]
    [InlineData("?provider=mock", "mock/mock-model-v1", "fast openai/gpt-4o")]
    [InlineData("?feature=reasoning", "openai/o4-mini", "fast openai/gpt-4o openai/made-up mock/mock-model-v1")]
    [InlineData("?provider=openai&feature=temperature", "fast openai/gpt-4o", "openai/o4-mini openai/made-up")]
    public async Task A_list_can_be_narrowed(string query, string kept, string leftOut)
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var list = await GetAsync(gateway, "/v1/models" + query);

        Assert.Empty(kept.Split(' ').Except(Ids(list)));
        Assert.Empty(leftOut.Split(' ').Intersect(Ids(list)));
    }

    [Fact]
    public async Task A_feature_there_is_not_is_refused_with_those_there_are()
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.Http.GetAsync("/v1/models?feature=telepathy");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("json_schema", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models", true)]
    [InlineData("/anthropic/v1/models", false)]
    public async Task A_client_of_the_messages_format_pages_through_its_own_shape(string path, bool header)
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);
        if (header)
            gateway.Http.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");

        using var first = await GetAsync(gateway, path + "?limit=2");
        var last = first.RootElement.GetProperty("last_id").GetString();
        using var second = await GetAsync(gateway, $"{path}?after_id={Uri.EscapeDataString(last!)}");
        using var back = await GetAsync(gateway, $"{path}?limit=1&before_id={Uri.EscapeDataString(last!)}");
        using var one = await GetAsync(gateway, path + "/openai/gpt-4o");

        Assert.Equal("fast", first.RootElement.GetProperty("first_id").GetString());
        Assert.Equal(last, Ids(first).ElementAt(1));
        Assert.True(first.RootElement.GetProperty("has_more").GetBoolean());
        Assert.False(second.RootElement.GetProperty("has_more").GetBoolean());
        Assert.DoesNotContain(last, Ids(second));
        Assert.Contains("openai/o4-mini", Ids(second));
        Assert.Equal(["fast"], Ids(back));
        Assert.Equal("model", one.RootElement.GetProperty("type").GetString());
        Assert.Equal("GPT-4o", one.RootElement.GetProperty("display_name").GetString());
        Assert.Equal("2024-05-10T18:50:49Z", one.RootElement.GetProperty("created_at").GetString());
    }

    [Theory]
    [InlineData("/anthropic/v1/models?limit=0", "limit")]
    [InlineData("/anthropic/v1/models?limit=x", "limit")]
    [InlineData("/anthropic/v1/models?after_id=nobody", "after_id")]
    [InlineData("/v1beta/models?pageSize=-1", "pageSize")]
    [InlineData("/v1beta/models?pageToken=%%%", "pageToken")]
    [InlineData("/v1beta/models?pageToken=bm9ib2R5", "pageToken")]
    public async Task A_page_there_cannot_be_is_refused(string path, string parameter)
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(parameter, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1beta/models")]
    [InlineData("/genai/v1beta/models")]
    public async Task A_client_of_the_generate_content_format_pages_through_its_own_shape(string path)
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var first = await GetAsync(gateway, path + "?pageSize=2");
        using var second = await GetAsync(gateway, $"{path}?pageToken={first.RootElement.GetProperty("nextPageToken").GetString()}");
        using var one = await GetAsync(gateway, path + "/openai/gpt-4o");

        Assert.Equal(2, first.RootElement.GetProperty("models").GetArrayLength());
        Assert.Equal("models/fast", first.RootElement.GetProperty("models")[0].GetProperty("name").GetString());
        var rest = second.RootElement.GetProperty("models").EnumerateArray().ToList();
        Assert.False(second.RootElement.TryGetProperty("nextPageToken", out _));
        Assert.Equal(
            "embedContent",
            rest.Single(model => model.GetProperty("name").GetString() == "models/openai/text-embedding-3-small")
                .GetProperty("supportedGenerationMethods")[0].GetString());
        Assert.Equal(128000, one.RootElement.GetProperty("inputTokenLimit").GetInt32());
        Assert.Equal(16384, one.RootElement.GetProperty("outputTokenLimit").GetInt32());
        Assert.Contains(
            "generateContent",
            one.RootElement.GetProperty("supportedGenerationMethods").EnumerateArray().Select(method => method.GetString()));
    }

    [Covers("S003-95")]
    [Fact]
    public async Task Capabilities_say_what_a_model_can_be_asked_in_which_formats_and_who_says_so()
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var answer = await GetAsync(gateway, "/v1/capabilities?model=fast");
        using var all = await GetAsync(gateway, "/v1/capabilities");

        var model = Assert.Single(answer.RootElement.GetProperty("data").EnumerateArray());
        Assert.Equal("fast", model.GetProperty("id").GetString());
        Assert.Equal("openai-chat", model.GetProperty("provider_dialect").GetString());
        Assert.Equal(["chat", "completion", "count_tokens", "compaction"], Operations(model));
        Assert.Contains(
            "openai-chat",
            model.GetProperty("operations")[0].GetProperty("dialects").EnumerateArray().Select(dialect => dialect.GetString()));
        Assert.True(model.GetProperty("features").GetProperty("vision").GetBoolean());
        Assert.False(model.GetProperty("features").GetProperty("reasoning").GetBoolean());
        Assert.Equal("2026-07-02", model.GetProperty("source").GetProperty("date").GetString());

        var models = all.RootElement.GetProperty("data").EnumerateArray().ToDictionary(one => one.GetProperty("id").GetString()!);
        Assert.Equal(["embedding"], Operations(models["openai/text-embedding-3-small"]));
        Assert.Equal(JsonValueKind.Null, models["openai/made-up"].GetProperty("features").ValueKind);
    }

    [Covers("S000-43", "S000-44", "S000-57")]
    [Fact]
    public async Task What_a_providers_class_states_of_its_models_is_in_the_lists()
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var list = await GetAsync(gateway, "/v1/models?provider=mock");
        using var all = await GetAsync(gateway, "/v1/capabilities?provider=mock");
        using var seeing = await GetAsync(gateway, "/v1/models?provider=mock&feature=vision");

        Assert.Equal(["mock/mock-model-v1", "mock/mock-model-v2"], Ids(list));
        Assert.Equal(["mock/mock-model-v2"], Ids(seeing));
        var models = list.RootElement.GetProperty("data").EnumerateArray().ToList();
        foreach (var (model, window, isFull) in new[] { (models[0], 4096, false), (models[1], 8192, true) })
        {
            Assert.Equal(window, model.GetProperty("context_window").GetInt32());
            Assert.Equal("chat", model.GetProperty("kind").GetString());
            var features = model.GetProperty("features");
            Assert.True(features.GetProperty("streaming").GetBoolean());
            Assert.Equal(
                (isFull, isFull), (features.GetProperty("tools").GetBoolean(), features.GetProperty("vision").GetBoolean()));
            Assert.Equal(JsonValueKind.Null, features.GetProperty("reasoning").ValueKind);
        }

        var operations = all.RootElement.GetProperty("data").EnumerateArray().Select(Operations).ToList();
        Assert.Equal((false, true), (operations[0].Contains("embedding"), operations[1].Contains("embedding")));
        Assert.All(operations, one => Assert.Contains("chat", one));
    }

    [Theory]
    [InlineData("/v1/models/nowhere")]
    [InlineData("/v1/capabilities?model=nowhere")]
    [InlineData("/v1beta/models/nowhere")]
    public async Task A_name_that_leads_nowhere_is_not_found(string path)
    {
        await using var upstream = await UpstreamAsync();
        await using var gateway = await StartAsync(upstream);

        using var response = await gateway.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Models_are_listed_for_those_with_a_key()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys = ["sk-client"]);

        foreach (var path in new[] { "/v1/models", "/v1beta/models", "/anthropic/v1/models", "/v1/capabilities" })
        {
            using var response = await gateway.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    private static async Task<FakeUpstream> UpstreamAsync() => (await FakeUpstream.StartAsync()).ThenJson(List);

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) => GatewayHost.StartAsync(options =>
    {
        options.Providers["openai"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" };
        options.Providers["mock"] = new ProviderOptions();
        options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "openai/gpt-4o" }],
            Fallback = [new TargetOptions { Model = "openai/o4-mini" }],
        };
    });

    private static async Task<JsonDocument> GetAsync(GatewayHost gateway, string path)
    {
        using var response = await gateway.Http.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text);
    }

    private static IEnumerable<string?> Ids(JsonDocument list) =>
        list.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString());

    private static IEnumerable<string?> Operations(JsonElement model) =>
        model.GetProperty("operations").EnumerateArray().Select(operation => operation.GetProperty("name").GetString());
}

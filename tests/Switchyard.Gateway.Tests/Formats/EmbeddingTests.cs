using System.Net;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Embeddings: their prices, and what clients of other servers ask of the vectors.</summary>
public sealed class EmbeddingTests
{
    private const string Answer = """
        {"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,0]}],"model":"m",
         "usage":{"prompt_tokens":1,"total_tokens":1}}
        """;

    /// <summary>The catalogue has no rate for the answers of such models, because they have no tokens.</summary>
    [Fact]
    public async Task A_price_of_the_prompt_alone_is_known_and_compared()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            foreach (var name in (string[])["openai", "voyage"])
                options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = "k" };
            options.Prices.Unknown = "refuse";
            // 0.06 and 0.02 dollars.
            options.Models["cheapest"] = new()
            {
                Strategy = "cost", Targets = [new() { Model = "voyage/voyage-3.5" }, new() { Model = "openai/text-embedding-3-small" }],
            };
        });
        upstream.ThenJson(Answer);
        upstream.ThenJson(Answer);

        using var named = await PostAsync(gateway, "voyage/voyage-3.5");
        using var cheapest = await PostAsync(gateway, "cheapest");
        using var unknown = await PostAsync(gateway, "openai/text-of-tomorrow");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (named.StatusCode, cheapest.StatusCode));
        Assert.Equal("openai", cheapest.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("price_unknown", (await ErrorAsync(unknown)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("cohere")]
    [InlineData("gemini")]
    [InlineData("ollama")]
    public async Task Vectors_of_a_type_that_cannot_be_had_are_refused_before_anything_is_sent(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect });

        using var refused = await gateway.PostAsync("/v1/embeddings", """{"model":"up/m","input":"a","output_dtype":"int8"}""");

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("output_dtype", (await ErrorAsync(refused)).GetProperty("param").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_generator_in_this_process_makes_vectors_of_the_size_that_its_client_named()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["mock"] = new());

        using var answer = await gateway.PostAsync(
            "/v1/embeddings", """{"model":"mock/mock-model-v1","input":"a","output_dimension":3,"encoding_format":"float"}""");
        using var refused = await gateway.PostAsync(
            "/v1/embeddings", """{"model":"mock/mock-model-v1","input":"a","output_dtype":"binary"}""");

        var vector = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("data")[0].GetProperty("embedding");
        Assert.Equal(3, vector.GetArrayLength());
        Assert.Equal("output_dtype", (await ErrorAsync(refused)).GetProperty("param").GetString());
    }

    /// <summary>Vectors of bytes in base64, which are no floats, and members that only one server has.</summary>
    [Theory]
    [InlineData("/v1/embeddings", """{"model":"up/m","input":"a","encoding_format":"base64","output_dtype":"int8"}""",
        """{"data":[{"embedding":"gH//AH8=","index":0}],"model":"m","usage":{"total_tokens":1},"own":1}""")]
    [InlineData("/v1/rerank", """{"model":"up/m","query":"q","documents":["a"]}""",
        """{"results":[{"index":0,"relevance_score":0.5,"own":1}]}""")]
    public async Task A_guard_that_changes_nothing_leaves_an_answer_without_texts_as_it_was(string path, string request, string sent)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Guards["pii"] = new() { Type = "mask", Restore = true };
            options.Guards["words"] = new() { Type = "block", Words = ["forbidden"] };
        });
        upstream.ThenJson(sent);

        using var answer = await gateway.PostAsync(path, request);
        using var refused = await gateway.PostAsync(path, request.Replace("\"a\"", "\"forbidden\"", StringComparison.Ordinal));

        Assert.Equal(sent, await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(request.Replace("up/", "", StringComparison.Ordinal), Assert.Single(upstream.Requests).Text);
    }

    /// <summary>OpenAI's clients request base64 unless told otherwise, and read a list as the bytes of base64.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(200_000)]
    public async Task A_server_that_ignores_base64_is_answered_for_in_base64(int size)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var numbers = string.Join(',', Enumerable.Repeat("0.5", size));
        upstream.ThenJson($$$"""
            {"object":"list","data":[{"object":"embedding","index":1,"embedding":[1]},
             {"object":"embedding","index":0,"embedding":[{{{numbers}}}]}],
             "model":"theirs","usage":{"prompt_tokens":4,"total_tokens":4}}
            """);

        using var response = await gateway.PostAsync(
            "/v1/embeddings", """{"model":"up/m","input":["a","b"],"encoding_format":"base64","own":1}""");

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var vector = answer.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal((size * 4, 0.5f), (vector.Length, BitConverter.ToSingle(vector)));
        Assert.Equal("AACAPw==", answer.GetProperty("data")[1].GetProperty("embedding").GetString());
        Assert.Equal("theirs", answer.GetProperty("model").GetString());
        Assert.Equal(4, answer.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("""{"model":"m","input":["a","b"],"encoding_format":"base64","own":1}""", upstream.LastRequest.Text);
    }

    /// <summary>Several vectors of a text, as of models that compare word by word, and kinds of vectors by name.</summary>
    [Theory]
    [InlineData("[[0.5,1],[2,3]]")]
    [InlineData("{\"float\":[0.5]}")]
    [InlineData("null")]
    [InlineData("[ null, 1 ]")]
    public async Task Vectors_that_have_no_form_in_base64_are_passed_on_as_they_are(string vector)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var sent = $$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":{{{vector}}}}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}""";
        upstream.ThenJson(sent);

        using var response = await gateway.PostAsync("/v1/embeddings", """{"model":"up/m","input":"a","encoding_format":"base64"}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
    }

    /// <summary>They are what was requested, or nothing was.</summary>
    [Theory]
    [InlineData("""{"model":"up/m","input":"base64","encoding_format":"float"}""", "[1,0]")]
    [InlineData("""{"model":"up/m","input":"base64"}""", "[1,0]")]
    [InlineData("""{"model":"up/m","input":"a","encoding_format":"base64"}""", "\"AACAPw==\"")]
    [InlineData("""{"model":"up/m","messages":[{"role":"user","content":"a"}],"encoding_format":"base64"}""", "[1,0]")]
    public async Task Other_vectors_are_passed_on_as_they_came(string request, string vector)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var sent = $$$"""{"data":[{"object":"embedding","embedding":{{{vector}}},"own":1}],"usage":{"total_tokens":1}}""";
        upstream.ThenJson(sent);

        using var response = await gateway.PostAsync("/v1/embeddings", request);

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string model) =>
        gateway.PostAsync("/v1/embeddings", $$"""{"model":"{{model}}","input":"a"}""");

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
}

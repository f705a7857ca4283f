using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>The clients of Azure OpenAI: a special key header, a version in the query, and the model in the path.</summary>
public sealed class AzurePathTests
{
    private const string Deployment = "/openai/deployments/up/some-model";

    public static TheoryData<string, string, string> Operations() => new()
    {
        { "chat/completions", """{"messages":[{"role":"user","content":"x"}]}""", "/v1/chat/completions" },
        { "completions", """{"prompt":"x"}""", "/v1/completions" },
        { "embeddings", """{"input":"x"}""", "/v1/embeddings" },
        { "images/generations", """{"prompt":"x"}""", "/v1/images/generations" },
        { "images/edits", """{"prompt":"x","images":[]}""", "/v1/images/edits" },
        { "audio/speech", """{"input":"x","voice":"alloy"}""", "/v1/audio/speech" },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task The_model_stands_in_the_path_whatever_the_body_says(string operation, string body, string asked)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        foreach (var said in (string[])["", "\"model\":\"another\",", "\"model\":null,", "\"model\":\"\","])
        {
            var response = await PostAsync(gateway, $"{Deployment}/{operation}?api-version=2024-10-21", "{" + said + body[1..]);

            Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            Assert.Equal(asked, upstream.LastRequest.Path);
            Assert.Equal("some-model", JsonElement.Parse(upstream.LastRequest.Text).GetProperty("model").GetString());
            Assert.Equal(1, upstream.LastRequest.Text.Split("\"model\"").Length - 1);
        }
    }

    [Theory]
    [InlineData("/openai/deployments/up%2Fsome-model/chat/completions")]
    [InlineData("/openai/deployments/fast/chat/completions")]
    [InlineData("/openai/deployments/some-model/chat/completions/")]
    [InlineData("/OpenAI/Deployments/some-model/Chat/Completions")]
    public async Task A_deployment_is_an_alias_or_a_model_of_a_provider(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Models["fast"] = new() { Targets = [new() { Model = "up/some-model" }] });

        var response = await PostAsync(gateway, path, """{"messages":[{"role":"user","content":"x"}]}""");

        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        Assert.Equal("""{"model":"some-model","messages":[{"role":"user","content":"x"}]}""", upstream.LastRequest.Text);
    }

    [Fact]
    public async Task It_streams()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream());

        var response = await PostAsync(
            gateway, $"{Deployment}/chat/completions", """{"stream":true,"messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_in_the_path_is_asked_of_a_provider_of_another_format_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["ours"] =
            new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "anthropic-messages", Models = ["their-model"] });
        upstream.ThenJson("""
            {"id":"m","type":"message","role":"assistant","model":"their-model","content":[{"type":"text","text":"Hi."}],
            "stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}
            """);

        var response = await PostAsync(
            gateway, "/openai/deployments/their-model/chat/completions", """{"model":"x","messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal("Hi.", JsonElement.Parse(await response.Content.ReadAsStringAsync())
            .GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("their-model", JsonElement.Parse(upstream.LastRequest.Text).GetProperty("model").GetString());
    }

    [Theory]
    [InlineData("audio/transcriptions", 1_000)]
    [InlineData("audio/translations", 3_000_000)]
    [InlineData("images/edits", 1_000)]
    public async Task A_form_without_a_model_gets_the_one_of_the_path(string operation, int size)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("{}");
        var form = new MultipartForm().File("file", new byte[size]).Field("language", "de");

        var response = await gateway.Http.PostAsync($"{Deployment}/{operation}?api-version=2024-10-21", form.ToContent());

        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var expected = new MultipartForm().Field("model", "some-model").File("file", new byte[size]).Field("language", "de").ToBytes();
        Assert.Equal(expected, upstream.LastRequest.Body);
        Assert.Equal(
            expected.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), upstream.LastRequest.Headers["Content-Length"]);
    }

    [Fact]
    public async Task A_form_with_another_model_gets_the_one_of_the_path()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("{}");

        await gateway.Http.PostAsync(
            $"{Deployment}/audio/transcriptions", new MultipartForm().File("file", new byte[10]).Field("model", "whisper-1").ToContent());

        Assert.Equal(new MultipartForm().File("file", new byte[10]).Field("model", "some-model").ToBytes(), upstream.LastRequest.Body);
    }

    [Theory]
    [InlineData("audio/transcriptions")]
    [InlineData("images/edits")]
    public async Task A_model_in_the_path_begins_no_part_of_its_own_in_a_form(string operation)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("{}");
        var form = new MultipartForm().File("file", new byte[10]).ToContent();
        var boundary = form.Headers.ContentType!.Parameters.Single(parameter => parameter.Name == "boundary").Value!.Trim('"');
        var second = Uri.EscapeDataString($"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nanother");

        var response = await gateway.Http.PostAsync($"{Deployment}{second}/{operation}", form);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("api-key", "sk-own", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer sk-own", HttpStatusCode.OK)]
    [InlineData("api-key", "sk-wrong", HttpStatusCode.Unauthorized)]
    [InlineData("api-key", "sk-narrow", HttpStatusCode.Forbidden)]
    public async Task The_key_is_that_of_the_gateway_and_goes_no_further(string header, string value, HttpStatusCode status)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Keys["own"] = new() { Key = "sk-own", Models = ["up/some-model"] };
            options.Keys["narrow"] = new() { Key = "sk-narrow", Models = ["another"] };
        });

        var response = await PostAsync(
            gateway, $"{Deployment}/chat/completions", """{"model":"another","messages":[{"role":"user","content":"x"}]}""", (header, value));

        Assert.Equal(status, response.StatusCode);
        Assert.DoesNotContain(
            upstream.Requests, request => request.Headers.Any(sent => sent.Value.Contains("sk-own", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/openai/deployments/up/some-model", "chat/completions")]
    [InlineData("/openai/deployments/up/some-model/nothing", "chat/completions")]
    [InlineData("/openai/deployments/chat/completions", "deployments/MODEL/chat/completions")]
    public async Task Another_end_of_such_a_path_is_refused_with_those_there_are(string path, string told)
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await PostAsync(gateway, path, """{"messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains(told, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_twice_in_the_body_stays_refused()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await PostAsync(
            gateway, "/openai/deployments/mock-model-v1/chat/completions",
            """{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/openai/responses?api-version=2025-04-01-preview")]
    [InlineData("GET", "/openai/models?api-version=2024-10-21")]
    [InlineData("GET", "/openai/models/mock-model-v1")]
    public async Task What_has_no_deployment_is_served_without_a_version(string method, string path)
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = new StringContent("""{"model":"mock-model-v1","input":"x"}""", Encoding.UTF8, "application/json");

        var response = await gateway.Http.SendAsync(request);

        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    private static async Task<HttpResponseMessage> PostAsync(
        GatewayHost gateway, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await gateway.Http.SendAsync(request);
    }
}

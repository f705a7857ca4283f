using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>A key with a list of models, and requests that name further models for their provider to fall back to.</summary>
public sealed class FurtherModelTests
{
    private static readonly (string, string) s_key = ("x-api-key", "sk-ci");

    [Theory]
    [InlineData("""
        "models":["some-model","other-model"]
        """, "models")]
    [InlineData("""
        "mod\u0065ls":["other-model"],"route":"fallback"
        """, "models")]
    [InlineData("""
        "fallbacks":["other-model"]
        """, "fallbacks")]
    [InlineData("""
        "fallbacks":[{"model":"other-model","temperature":0}]
        """, "fallbacks")]
    [InlineData("""
        "fallbacks":[{"some-model":["other-model"]}]
        """, "fallbacks")]
    [InlineData("""
        "fallback_models":["other-model"]
        """, "fallback_models")]
    [InlineData("""
        "providerOptions":{"gateway":{"models":["other-model"]}}
        """, "providerOptions.gateway.models")]
    [InlineData("""
        "tools":[{"type":"function","function":{"name":"f"}},[],{"type":"image_generation","model":"other-model"}]
        """, "tools[].model")]
    [InlineData("""
        "to\u006fls":[{"model":"some-model","mod\u0065l":"other-model","type":"advisor"}]
        """, "tools[].model")]
    public async Task A_key_reaches_no_other_model_by_naming_it_for_the_provider(string members, string param)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "up/some-model");

        using var answer = await gateway.ChatAsync(Some.ChatRequest(extra: "," + members), s_key);

        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var error = json.RootElement.GetProperty("error");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("model_not_allowed", error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        var message = error.GetProperty("message").GetString();
        Assert.StartsWith("The key 'ci' may not call 'up/other-model'.", message, StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"up/some-model","messages":[{"role":"user","content":"Hi"}],"models":["other-model"]}""")]
    [InlineData(
        "/v1/chat/completions",
        """{"model":"up/some-model","stream":true,"messages":[{"role":"user","content":"Hi"}],"models":["other-model"]}""")]
    [InlineData("/v1/responses", """{"model":"up/some-model","input":"Hi","models":["other-model"]}""")]
    [InlineData("/v1/responses", """{"model":"up/some-model","stream":true,"input":"Hi","models":["other-model"]}""")]
    [InlineData(
        "/v1/messages",
        """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"models":["other-model"]}""")]
    [InlineData("/v1/responses", """{"model":"up/some-model","input":"Hi","tools":[{"type":"image_generation","model":"other-model"}]}""")]
    [InlineData(
        "/v1/messages",
        """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"advisor_20260301","name":"advisor","model":"other-model"}]}""")]
    public async Task That_holds_in_every_format_forwarded_and_translated(string path, string body)
    {
        foreach (var dialect in (string[])["openai-chat", "openai-responses"])
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(
                upstream, "up/some-model", configure: options => options.Providers["up"].Dialect = dialect);

            using var answer = await gateway.PostAsync(path, body, s_key);

            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("up/other-model", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Empty(upstream.Requests);
        }
    }

    [Theory]
    [InlineData("up/some-model", "up/other-*")]
    [InlineData("*", null)]
    [InlineData(null, null)]
    public async Task What_is_allowed_for_the_provider_goes_on_as_it_came(string? allowed, string? also)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, allowed, also);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"models\": [\"some-model\",\"other-model\"]"), s_key);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"models\": [\"some-model\",\"other-model\"]", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_beside_a_name_is_no_model()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "up/some-model");

        using var answer = await gateway.ChatAsync(
            Some.ChatRequest(extra: ",\"fallbacks\":[{\"model\":\"some-model\",\"stop\":[\"END\"]}]"), s_key);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("""[{"type":"function","function":{"name":"f","parameters":{"properties":{"model":{"const":"other-model"}}}}}]""")]
    [InlineData("""[{"type":"image_generation","model":"some-model"}]""")]
    [InlineData("null")]
    public async Task A_tool_that_names_no_model_or_an_allowed_one_goes_on(string tools)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "up/some-model");

        using var answer = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"tools\":" + tools), s_key);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Of_an_alias_only_those_targets_are_tried_whose_provider_may_be_asked_for_it()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(first, "both", "second/*", options =>
        {
            options.Providers["second"] = new() { BaseUrl = second.BaseUrl, Key = "k", Models = ["some-model"] };
            options.Models["both"] = new() { Targets = [new() { Model = "up/some-model" }, new() { Model = "second/some-model" }] };
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest("both", extra: ",\"models\":[\"other-model\"]"), s_key);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(first.Requests);
        Assert.Single(second.Requests);
    }

    private static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, string? allowed, string? also = null, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream, options =>
        {
            options.Keys["ci"] = new() { Key = "sk-ci", Models = [.. new[] { allowed, also }.OfType<string>()] };
            configure?.Invoke(options);
        });
}

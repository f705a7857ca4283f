using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>The short form, <c>POST /chat</c>: its requests, answers and errors.</summary>
public sealed class ShortFormTests
{
    [Covers("S001-03", "S001-80", "S001-82")]
    [Fact]
    public async Task The_provider_that_is_named_answers_with_its_text_its_usage_and_an_id_to_trace()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion("Hello!"));

        using var response = await AskAsync(gateway);
        var answer = await ReadAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            ["output", "provider", "model", "finishReason", "usage", "traceId"], answer.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("Hello!", "up"), (answer.GetProperty("output").GetString(), answer.GetProperty("provider").GetString()));
        Assert.Equal(
            """{"promptTokens":9,"completionTokens":3,"totalTokens":12}""", answer.GetProperty("usage").GetRawText());
        Assert.Equal(response.Headers.GetValues("x-request-id").Single(), answer.GetProperty("traceId").GetString());
        Assert.Contains("\"some-model\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("provider", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Covers("S001-38")]
    [Fact]
    public async Task The_output_is_the_first_choices_text_without_the_space_around_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"\n  First of two. \n"},"finish_reason":"stop"},{"index":1,"message":{"role":"assistant","content":"Second."},"finish_reason":"stop"}]}""");

        using var response = await AskAsync(gateway);

        Assert.Equal("First of two.", (await ReadAsync(response)).GetProperty("output").GetString());
    }

    [Covers("S001-40")]
    [Theory]
    [InlineData("", null)]
    [InlineData(",\"usage\":null", null)]
    [InlineData(",\"usage\":{\"prompt_tokens\":4}", """{"promptTokens":4,"totalTokens":4}""")]
    [InlineData(
        ",\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":0,\"total_tokens\":4}",
        """{"promptTokens":4,"completionTokens":0,"totalTokens":4}""")]
    public async Task What_the_provider_did_not_count_is_not_there(string counted, string? usage)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson($$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]{{{counted}}}}""");

        using var response = await AskAsync(gateway);
        var answer = await ReadAsync(response);

        Assert.Equal(usage, answer.TryGetProperty("usage", out var told) ? told.GetRawText() : null);
    }

    [Covers("S001-03")]
    [Fact]
    public async Task Warnings_say_what_was_lost_and_who_failed_before()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(first, options =>
        {
            options.Providers["next"] = new ProviderOptions { BaseUrl = second.BaseUrl, Dialect = "anthropic-messages" };
            options.Models["both"] = new()
            {
                Targets = [new TargetOptions { Model = "up/some-model" }],
                Fallback = [new TargetOptions { Model = "next/m" }],
            };
        });
        first.ThenJson("""{"error":{"message":"No more today.","type":"server_error"}}""", 503);
        second.ThenJson(ProviderFormat.Of("anthropic-messages").Whole);

        foreach (var stream in (bool[])[false, true])
        {
            if (stream)
                second.ThenBytes(ProviderFormat.Of("anthropic-messages").Stream, "text/event-stream");
            using var response = await gateway.PostAsync(
                "/chat", Some.ChatRequest("both", stream: stream, extra: ",\"logit_bias\":{\"7\":1}"));
            var text = await response.Content.ReadAsStringAsync();
            var answer = JsonElement.Parse(stream ? text.Split("data: ")[^1] : text);

            Assert.Equal(
                ["Provider 'up' failed with status 503, so that another attempt answered.", "'logit_bias' could not be carried."],
                answer.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
        }
    }

    [Covers("S001-03", "S001-39")]
    [Fact]
    public async Task A_warning_about_an_empty_answer_has_the_status_of_the_failure_and_not_200()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(first, options =>
        {
            options.Providers["next"] = new ProviderOptions { BaseUrl = second.BaseUrl };
            options.Models["both"] = new()
            {
                Targets = [new TargetOptions { Model = "up/some-model" }],
                Fallback = [new TargetOptions { Model = "next/m" }],
            };
        });
        first.ThenJson(Some.ChatCompletion(" "));
        second.ThenJson(Some.ChatCompletion("Hello!"));

        using var response = await gateway.PostAsync("/chat", Some.ChatRequest("both"));

        Assert.Equal(
            ["Provider 'up' failed with status 502, so that another attempt answered."],
            (await ReadAsync(response)).GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
    }

    [Covers("S001-81")]
    [Theory]
    [InlineData("""{"provider":"up"}""")]
    [InlineData("""{"provider":"up","messages":[]}""")]
    [InlineData("""{"provider":"up","messages":"Hello"}""")]
    public async Task Without_messages_it_says_that_they_are_required(string request)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        using var response = await gateway.PostAsync("/chat", request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("messages array is required", (await ReadAsync(response)).GetProperty("error").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Covers("S001-39")]
    [Fact]
    public async Task An_answer_without_content_is_a_502_that_is_asked_for_once()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Retry.Attempts = 4);
        upstream.ThenJson(Some.ChatCompletion(" "));

        using var response = await AskAsync(gateway);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains(
            "returned an empty response", (await ReadAsync(response)).GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Single(upstream.Requests);
    }

    private static Task<HttpResponseMessage> AskAsync(GatewayHost gateway) => gateway.PostAsync(
        "/chat", """{"provider":"up","model":"some-model","messages":[{"role":"user","content":"Hello"}]}""");

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync());
}

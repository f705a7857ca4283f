using System.Net;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>
/// Numbers that no provider accepts are refused with the client's own names before a call; others are adjusted and reported.
/// </summary>
public sealed class NumberTests
{
    [Theory]
    [InlineData("anthropic-messages", "max_tokens", "0", "max_tokens")]
    [InlineData("anthropic-messages", "max_tokens", "-1", "max_tokens")]
    [InlineData("anthropic-messages", "top_p", "1.5", "top_p")]
    [InlineData("anthropic-messages", "temperature", "-0.1", "temperature")]
    [InlineData("anthropic-messages", "top_k", "-2", "top_k")]
    [InlineData("anthropic-messages", "thinking", """{"type":"enabled","budget_tokens":0}""", "thinking.budget_tokens")]
    [InlineData("openai-responses", "max_output_tokens", "0", "max_output_tokens")]
    [InlineData("openai-responses", "max_output_tokens", "-5", "max_output_tokens")]
    [InlineData("openai-responses", "top_p", "-1", "top_p")]
    [InlineData("gemini", "maxOutputTokens", "0", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", "maxOutputTokens", "-5", "generationConfig.maxOutputTokens")]
    [InlineData("gemini", "candidateCount", "0", "generationConfig.candidateCount")]
    [InlineData("gemini", "topP", "2", "generationConfig.topP")]
    [InlineData("gemini", "presencePenalty", "-3", "generationConfig.presencePenalty")]
    [InlineData("gemini", "thinkingConfig", """{"thinkingBudget":-2}""", "generationConfig.thinkingConfig.thinkingBudget")]
    [InlineData("openai-chat", "max_tokens", "0", "max_tokens")]
    [InlineData("openai-chat", "max_completion_tokens", "-7", "max_completion_tokens")]
    [InlineData("openai-chat", "n", "0", "n")]
    [InlineData("openai-chat", "temperature", "2.1", "temperature")]
    public async Task A_number_that_can_be_nowhere_is_refused_before_a_provider_is_asked(
        string client, string field, string value, string param)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, client == "openai-chat" ? "anthropic-messages" : "openai-chat");

        using var response = await gateway.PostAsync(PathOf(client), BodyOf(client, field, value));

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, text);
        Assert.Contains(param, text, StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("openai-chat", "max_tokens", "-1")]
    [InlineData("openai-responses", "max_output_tokens", "-1")]
    [InlineData("gemini", "maxOutputTokens", "-1")]
    public async Task No_limit_as_local_servers_say_it_is_none(string client, string field, string value)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var format = client == "openai-chat" ? "gemini" : "openai-chat";
        await using var gateway = await StartAsync(upstream, format);
        upstream.ThenJson(ProviderFormat.Of(format).Whole);

        using var response = await gateway.PostAsync(PathOf(client), BodyOf(client, field, value));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.DoesNotContain("-1", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("axOutput", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("max_", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anthropic-messages", "stop_sequences", "openai", """["1","2","3","4"]""", "stop[4], stop[5]")]
    [InlineData("gemini", "stopSequences", "openai", """["1","2","3","4"]""", "stop[4], stop[5]")]
    [InlineData("anthropic-messages", "stop_sequences", "together", """["1","2","3","4","5","6"]""", null)]
    public async Task More_stop_sequences_than_a_provider_takes_are_left_out_and_named(
        string client, string field, string provider, string sent, string? dropped)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers[provider] =
            new() { BaseUrl = upstream.BaseUrl, Key = "k", Models = ["some-model"] });
        upstream.ThenJson(ProviderFormat.Of("openai-chat").Whole);

        using var response = await gateway.PostAsync(
            PathOf(client, provider), BodyOf(client, field, """["1","2","3","4","5","6"]""", provider));

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(sent, JsonElement.Parse(upstream.LastRequest.Text).GetProperty("stop").GetRawText());
        Assert.Equal(dropped, response.Headers.TryGetValues("x-switchyard-dropped", out var names) ? names.Single() : null);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string format) =>
        GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = format);

    private static string PathOf(string client, string provider = "up") => client switch
    {
        "anthropic-messages" => "/v1/messages",
        "openai-responses" => "/v1/responses",
        "gemini" => $"/v1beta/models/{provider}/some-model:generateContent",
        _ => "/v1/chat/completions",
    };

    private static string BodyOf(string client, string field, string value, string provider = "up")
    {
        var template = client switch
        {
            "anthropic-messages" => """{"model":"MODEL","max_tokens":5000,"messages":[{"role":"user","content":"x"}],"FIELD":VALUE}""",
            "openai-responses" => """{"model":"MODEL","input":"x","FIELD":VALUE}""",
            "gemini" => """{"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{"FIELD":VALUE}}""",
            _ => """{"model":"MODEL","messages":[{"role":"user","content":"x"}],"FIELD":VALUE}""",
        };
        if (field == "max_tokens")
            template = template.Replace("\"max_tokens\":5000,", "", StringComparison.Ordinal);
        return template.Replace("MODEL", provider + "/some-model", StringComparison.Ordinal)
            .Replace("FIELD", field, StringComparison.Ordinal).Replace("VALUE", value, StringComparison.Ordinal);
    }
}

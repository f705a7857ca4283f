using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Mistral's reasoning is a list in <c>content</c>, where OpenAI's clients accept only a string.</summary>
public sealed class ThinkingPartTests
{
    private const string Parts = """[{"type":"thinking","thinking":[{"type":"text","text":"I add."}]},{"type":"text","text":"Four."}]""";

    [Fact]
    public async Task A_client_of_OpenAI_gets_a_text_and_its_reasoning_beside_it()
    {
        using var response = await AskAsync("", stream: false);

        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var message = answer.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("Four.", message.GetProperty("content").GetString());
        Assert.Equal("I add.", message.GetProperty("reasoning_content").GetString());
        Assert.Equal(3, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.False(response.Headers.Contains("x-switchyard-dropped"));
    }

    [Fact]
    public async Task So_it_does_in_a_stream()
    {
        using var response = await AskAsync("", stream: true);

        var (content, reasoning) = ("", "");
        foreach (var line in (await response.Content.ReadAsStringAsync()).Split('\n'))
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
                continue;
            var choices = JsonElement.Parse(line[6..]).GetProperty("choices");
            if (choices.GetArrayLength() == 0)
                continue;
            var delta = choices[0].GetProperty("delta");
            content += delta.TryGetProperty("content", out var text) ? text.GetString() : "";
            reasoning += delta.TryGetProperty("reasoning_content", out var thought) ? thought.GetString() : "";
        }

        Assert.Equal(("Four.", "I add."), (content, reasoning));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_of_Mistral_gets_the_answer_unchanged(bool stream)
    {
        using var response = await AskAsync("\"prompt_mode\":\"reasoning\",", stream);

        Assert.Contains("\"type\":\"thinking\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> AskAsync(string member, bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["mistral"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });
        const string usage = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}";
        if (stream)
        {
            upstream.ThenStream(
                Chunk("""{"role":"assistant","content":""}"""),
                Chunk("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"I add."}]}]}"""),
                Chunk("""{"content":"Four."}"""), Chunk("""{"content":""}""", "\"stop\"", "," + usage), "data: [DONE]\n\n");
        }
        else
        {
            upstream.ThenJson($$$"""
                {"id":"x","object":"chat.completion","created":1,"model":"m",{{{usage}}},
                "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,"content":{{{Parts}}}}}]}
                """);
        }

        var response = await gateway.PostAsync(
            "/v1/chat/completions",
            $$$"""{"model":"mistral/magistral-medium-latest",{{{member}}}"stream":{{{(stream ? "true" : "false")}}},"messages":[{"role":"user","content":"2+2"}]}""");
        await response.Content.LoadIntoBufferAsync();
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return response;
    }

    private static string Chunk(string delta, string finish = "null", string more = "") =>
        $$$"""data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{finish}}}}]{{{more}}}}""" + "\n\n";
}

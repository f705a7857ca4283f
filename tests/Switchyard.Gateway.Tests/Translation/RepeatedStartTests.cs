using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>Mistral repeats the beginning of an answer that its client has written; in other formats the answer goes on after it.</summary>
public sealed class RepeatedStartTests
{
    [Theory]
    [InlineData("{\"a\": 1}", " 1}")]
    [InlineData("{\"a\":", "")]
    [InlineData("Well, {\"a\": 1}", "Well, {\"a\": 1}")]
    [InlineData("{\"a", "{\"a")]
    [InlineData("{\"b\": 1}", "{\"b\": 1}")]
    public async Task A_client_of_another_format_gets_what_comes_after_it(string answered, string expected)
    {
        for (var cut = 0; cut <= answered.Length; cut++)
            Assert.Equal(expected, await AnswerAsync("/v1/messages", stream: true, answered[..cut], answered[cut..]));
        Assert.Equal(expected, await AnswerAsync("/v1/messages", stream: true, [.. answered.Select(letter => letter.ToString())]));
        Assert.Equal(expected, await AnswerAsync("/v1/messages", stream: false, answered));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_of_its_own_format_gets_the_answer_unchanged(bool stream) =>
        Assert.Equal("{\"a\": 1}", await AnswerAsync("/v1/chat/completions", stream, "{\"a\": 1}"));

    private static async Task<string> AnswerAsync(string path, bool stream, params string[] pieces)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["mistral"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "k" });
        if (stream)
        {
            var chunks = pieces.Select(piece => Chunk($$"""{"content":{{JsonSerializer.Serialize(piece)}}}""", "null"));
            upstream.ThenStream([.. chunks, Chunk("{}", "\"stop\""), "data: [DONE]\n\n"]);
        }
        else
        {
            upstream.ThenJson($$$"""
                {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",
                 "message":{"role":"assistant","content":{{{JsonSerializer.Serialize(pieces[0])}}}}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}
                """);
        }

        using var response = await gateway.PostAsync(
            path,
            $$"""
            {"model":"mistral/mistral-large-latest","max_tokens":99,"stream":{{(stream ? "true" : "false")}},"messages":[
             {"role":"user","content":"Go"},{"role":"assistant","content":"{\"a\":"}]}
            """);

        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return path == "/v1/messages" ? OfMessages(body, stream) : OfChat(body, stream);
    }

    private static string Chunk(string delta, string reason) =>
        $$$"""data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{reason}}}}]}"""
        + "\n\n";

    private static string OfMessages(string body, bool stream) => stream
        ? string.Concat(Events(body).Where(data => Member(data, "type") == "content_block_delta")
            .Select(data => data.GetProperty("delta").GetProperty("text").GetString()))
        : string.Concat(JsonElement.Parse(body).GetProperty("content").EnumerateArray()
            .Select(part => part.GetProperty("text").GetString()));

    private static string OfChat(string body, bool stream) => stream
        ? string.Concat(Events(body).SelectMany(data => data.GetProperty("choices").EnumerateArray())
            .Select(choice => Member(choice.GetProperty("delta"), "content")))
        : JsonElement.Parse(body).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static IEnumerable<JsonElement> Events(string body) => body.Split('\n')
        .Where(line => line.StartsWith("data: {", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..]));

    private static string? Member(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? value.GetString() : null;
}

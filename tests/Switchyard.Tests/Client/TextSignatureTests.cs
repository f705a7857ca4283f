using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Gemini's signature of a streamed text, when the answer is joined and sent back.</summary>
public sealed class TextSignatureTests
{
    private const string Sent = "\"parts\":[{\"text\":\"It is noon.\",\"thoughtSignature\":\"U0lH\"}]";

    [Theory]
    [InlineData("""{"text":""}""", """{"text":"It is "}""", """{"text":"noon."}""", """{"text":"","thoughtSignature":"U0lH"}""")]
    [InlineData("""{"text":"It is "}""", """{"text":"noon.","thoughtSignature":"U0lH"}""")]
    [InlineData("""{"text":"It is ","thoughtSignature":"U0lH"}""", """{"text":"noon."}""")]
    public async Task It_is_sent_back_with_the_joined_text(params string[] parts)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        var answer = await AnswerAsync(upstream, given, parts);

        upstream.ThenStream(Frame("""{"text":"Yes."}""", ",\"finishReason\":\"STOP\""));
        await given.Chat.GetStreamingResponseAsync(Conversation(answer), new ChatOptions { ModelId = "up/m" }).ToListAsync();

        Assert.Contains(Sent, upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_text_does_not_get_that_of_an_earlier_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        var answer = await AnswerAsync(
            upstream, given, """{"text":"One.","thoughtSignature":"U0lH"}""", """{"text":"Hm.","thought":true}""", """{"text":"Two."}""");

        upstream.ThenStream(Frame("""{"text":"Yes."}""", ",\"finishReason\":\"STOP\""));
        await given.Chat.GetStreamingResponseAsync(Conversation(answer), new ChatOptions { ModelId = "up/m" }).ToListAsync();

        Assert.Contains("{\"text\":\"One.\",\"thoughtSignature\":\"U0lH\"}", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("{\"text\":\"Two.\"}", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_provider_does_not_get_it_and_nothing_is_reported_as_lost()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        var answer = await AnswerAsync(upstream, given, """{"text":"It is "}""", """{"text":"noon.","thoughtSignature":"U0lH"}""");

        upstream.ThenJson(Some.ChatCompletion());
        var next = await given.Chat.GetResponseAsync(Conversation(answer), new ChatOptions { ModelId = "other/m" });

        Assert.DoesNotContain("U0lH", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(AnswerFacts.Dropped, next.AdditionalProperties!.Keys);
    }

    private static async Task<ChatResponse> AnswerAsync(FakeUpstream upstream, Given given, params string[] parts)
    {
        upstream.ThenStream([.. parts.Select((part, at) => Frame(part, at == parts.Length - 1 ? ",\"finishReason\":\"STOP\"" : ""))]);
        var updates = await given.Chat.GetStreamingResponseAsync("When?", new ChatOptions { ModelId = "up/m" }).ToListAsync();
        return updates.ToChatResponse();
    }

    private static List<ChatMessage> Conversation(ChatResponse answer) =>
        [new(ChatRole.User, "When?"), .. answer.Messages, new(ChatRole.User, "Sure?")];

    private static string Frame(string part, string more) =>
        $$$"""data: {"candidates":[{"content":{"parts":[{{{part}}}],"role":"model"}{{{more}}},"index":0}],"modelVersion":"m","responseId":"r"}""" + "\r\n\r\n";

    private static Given AnEngine(FakeUpstream upstream) => Given.AnEngine(options =>
    {
        options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "gemini", Models = ["m"] };
        options.Providers["other"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = "openai-chat", Models = ["m"] };
    });
}

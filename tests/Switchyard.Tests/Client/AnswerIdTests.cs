using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>The ids of answers: the provider's, or the call's where the provider's format has none.</summary>
public sealed class AnswerIdTests
{
    private const string Answer =
        """{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Noon."},"done":true,"done_reason":"stop"}""";

    [Theory]
    [InlineData("ollama", Answer)]
    [InlineData("bedrock-converse",
        """{"output":{"message":{"role":"assistant","content":[{"text":"Noon."}]}},"stopReason":"end_turn"}""")]
    public async Task An_answer_without_an_id_has_that_of_its_call(string dialect, string answer)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, dialect);
        upstream.ThenJson(answer);

        var response = await given.Chat.GetResponseAsync("When?", new ChatOptions { ModelId = "up/m" });

        Assert.Equal(Assert.Single(given.Ended).Id, response.ResponseId);
        Assert.NotEqual("", response.ResponseId);
    }

    [Fact]
    public async Task All_updates_of_a_stream_without_an_id_have_that_of_their_call()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "ollama");
        const string First = """{"model":"m","message":{"role":"assistant","content":"It is "},"done":false}""";
        upstream.ThenBytes(Encoding.UTF8.GetBytes(First + "\n" + Answer + "\n"), "application/x-ndjson");

        var updates = await given.Chat.GetStreamingResponseAsync("When?", new ChatOptions { ModelId = "up/m" }).ToListAsync();

        Assert.Equal([Assert.Single(given.Ended).Id], updates.Select(update => update.ResponseId).Distinct());
        Assert.Equal("It is Noon.", updates.ToChatResponse().Text);
    }

    private static Given AnEngine(FakeUpstream upstream, string dialect) => Given.AnEngine(
        options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect, Models = ["m"] });
}

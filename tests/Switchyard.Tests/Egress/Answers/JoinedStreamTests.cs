using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Egress.Answers;

/// <summary>A stream of events in place of a whole answer, and whole answers that only look like one.</summary>
public sealed class JoinedStreamTests
{
    [Fact]
    public async Task Usage_behind_the_finish_reason_is_read_although_the_connection_stays_open()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "openai-chat");
        upstream.ThenStreamAndHang(Some.ChatStream(usage: true));

        var response = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "up/m" }).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal("Hi there", response.Text);
        var call = Assert.Single(given.Ended);
        Assert.Equal((9, 2), (call.Usage.Input, call.Usage.Output));
    }

    [Fact]
    public async Task A_whole_answer_is_read_to_its_end_whatever_its_pieces_begin_with()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "openai-chat");
        var whole = Some.ChatCompletion("See data: [DONE]\\n\\n.").Replace(",\"usage\"", "\n\n,\"usage\"", StringComparison.Ordinal);
        var cut = whole.IndexOf("data:", StringComparison.Ordinal);
        upstream.ThenStream(whole[..cut], whole[cut..]);

        var response = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "up/m" });

        Assert.Equal("See data: [DONE]\n\n.", response.Text);
        var call = Assert.Single(given.Ended);
        Assert.Equal((9, 3), (call.Usage.Input, call.Usage.Output));
    }

    [Fact]
    public async Task What_a_stream_says_of_the_prompt_is_of_the_answer_and_not_of_its_message()
    {
        const string Candidate = """{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP","index":0,"avgLogprobs":-0.1}""";
        const string Event = $$$"""data: {"candidates":[{{{Candidate}}}],"promptFeedback":{"safetyRatings":[]}}""";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "gemini");
        upstream.ThenBytes(Encoding.UTF8.GetBytes(Event + "\n\n"), "text/event-stream");

        var response = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "up/m" });

        Assert.Equal((true, false), Holds(response, "promptFeedback"));
        Assert.Equal((false, true), Holds(response, "avgLogprobs"));
    }

    private static (bool Answer, bool Message) Holds(ChatResponse response, string name) =>
        (KeptFields.Find(response.AdditionalProperties, DialectId.Gemini, name) is not null,
            KeptFields.Find(Assert.Single(response.Messages).AdditionalProperties, DialectId.Gemini, name) is not null);

    private static Given AnEngine(FakeUpstream upstream, string dialect) => Given.AnEngine(
        options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k", Dialect = dialect, Models = ["m"] });
}

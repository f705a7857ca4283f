using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// The application or function calling sends an answer back with the next question: only the message is sent on, without the data
/// beside it in the answer, which a provider refuses or another has no place for.
/// </summary>
public sealed class AnsweredHistoryTests
{
    private const string Beside = ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\"";

    private const string ChoiceBeside =
        """
        "content_filter_results":{"hate":{"filtered":false}},"logprobs":{"content":[{"token":"Noon","logprob":-0.1,"bytes":null,"top_logprobs":[]}],"refusal":null}
        """;

    private const string Candidate = """{"candidates":[{"content":{"role":"model","parts":[{"text":"Noon."}]},"finishReason":"STOP","index":0,"avgLogprobs":-0.2,"safetyRatings":[{"category":"HARM_CATEGORY_HATE_SPEECH","probability":"NEGLIGIBLE"}]}],"modelVersion":"m","responseId":"r1"}""";

    /// <summary>The names of the data beside the message in the answers below, and of the additions made here.</summary>
    private static readonly string[] s_beside =
    [
        "service_tier", "system_fingerprint", "content_filter_results", "logprobs", "vendor_note", "avgLogprobs", "safetyRatings",
        "container", "of_updates", "x-switchyard-", "x-request-id",
    ];

    private static readonly Dictionary<string, (string Whole, string[] Frames)> s_answers = new()
    {
        ["openai-chat"] = (
            $$"""{"id":"c1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Noon.","refusal":null},{{ChoiceBeside}},"finish_reason":"stop"}]{{Beside}}}""",
            [
                Some.Chunk("""{"role":"assistant","content":""}""", extra: Beside),
                $$$"""data: {"id":"chatcmpl-2","object":"chat.completion.chunk","created":1790000001,"model":"m","choices":[{"index":0,"delta":{"content":"Noon.","vendor_note":{"a":1}},{{{ChoiceBeside}}},"finish_reason":null}]{{{Beside}}}}""" + "\n\n",
                Some.Chunk("{}", "\"stop\"", Beside),
                Some.Done,
            ]),
        ["gemini"] = (Candidate, [$"data: {Candidate}\r\n\r\n"]),
        ["anthropic-messages"] = (
            ProviderFormat.Of("anthropic-messages").Whole.Replace("Hi there", "Noon.", StringComparison.Ordinal),
            [
                Event("""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}"""),
                Event("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
                Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Noon."}}"""),
                Event("""{"type":"content_block_stop","index":0}"""),
                Event("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,"container":{"id":"cont_1"}},"usage":{"output_tokens":2}}"""),
                Event("""{"type":"message_stop"}"""),
            ]),
    };

    public static TheoryData<string, string, bool> Turns()
    {
        var turns = new TheoryData<string, string, bool>();
        foreach (var first in s_answers.Keys)
        {
            foreach (var next in ProviderFormat.Names)
            {
                turns.Add(first, next, false);
                turns.Add(first, next, true);
            }
        }

        return turns;
    }

    [Theory]
    [MemberData(nameof(Turns), DisableDiscoveryEnumeration = true)]
    public async Task The_next_question_holds_what_was_said_and_nothing_that_stood_beside_it(string first, string next, bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options =>
        {
            options.Strict = true;
            options.Providers["first"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = first };
            options.Providers["next"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = next };
        });
        Answer(upstream, first, stream);
        upstream.ThenJson(ProviderFormat.Of(next).Whole);

        List<ChatMessage> history = [new(ChatRole.User, "When?")];
        history.AddMessages(await AskAsync(given.Chat, "first/some-model", history, stream));
        history.Add(new ChatMessage(ChatRole.User, "And where?"));
        var loaded = JsonSerializer.Deserialize<List<ChatMessage>>(
            JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        foreach (var messages in new[] { history, loaded })
        {
            // Strict mode refuses content for which the format has no place.
            await given.Chat.GetResponseAsync(messages, new ChatOptions { ModelId = "next/some-model" });

            var sent = upstream.LastRequest.Text;
            Assert.Contains("Noon.", sent, StringComparison.Ordinal);
            Assert.Contains("And where?", sent, StringComparison.Ordinal);
            foreach (var name in s_beside)
                Assert.DoesNotContain(name, sent, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Function_calling_in_a_stream_sends_a_call_back_without_the_members_of_its_chunks()
    {
        const string Call = """[{"index":0,"id":"call_1","type":"function","function":{"name":"clock","arguments":"{}"}}]""";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, options => options.Strict = true);
        upstream
            .ThenStream(
                Some.Chunk($$"""{"role":"assistant","content":null,"tool_calls":{{Call}}}""", extra: Beside),
                Some.Chunk("{}", "\"tool_calls\"", Beside), Some.Done)
            .ThenStream(Some.ChatStream());
        using var client = given.Chat.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { ModelId = "up/some-model", Tools = [AIFunctionFactory.Create(() => "12:00", "clock")] };

        var answer = await client.GetStreamingResponseAsync("When?", options).ToChatResponseAsync();

        Assert.Equal("Hi there", answer.Messages[^1].Text);
        var sent = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]![1]!.AsObject();
        Assert.Equal(["role", "content", "tool_calls"], sent.Select(member => member.Key));
    }

    [Fact]
    public async Task A_field_that_the_application_sets_on_a_message_that_was_answered_is_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, "openai-chat", stream: true);
        upstream.ThenJson(Some.ChatCompletion());
        List<ChatMessage> history = [new(ChatRole.User, "When?")];
        history.AddMessages(await AskAsync(given.Chat, "up/some-model", history, stream: true));
        (history[1].AdditionalProperties ??= [])["prefix"] = JsonElement.Parse("true");

        await AskAsync(given.Chat, "up/some-model", history, stream: false);

        var sent = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]![1]!.AsObject();
        Assert.Equal(["role", "content", "prefix"], sent.Select(member => member.Key));
    }

    [Fact]
    public async Task A_conversation_is_the_same_to_the_cache_whichever_provider_gave_its_earlier_answers()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, options => options.Cache = new CacheOptions());
        Answer(upstream, "openai-chat", stream: true);
        upstream.ThenStream(Some.ChatStream());
        for (var time = 0; time < 2; time++)
        {
            List<ChatMessage> history = [new(ChatRole.User, "When?")];
            history.AddMessages(await AskAsync(given.Chat, "up/some-model", history, stream: true));
            history.Add(new ChatMessage(ChatRole.User, "And where?"));
            Assert.Equal("Hi there", (await AskAsync(given.Chat, "up/some-model", history, stream: true)).Text);
        }

        Assert.Equal(2, upstream.Requests.Count);
    }

    private static void Answer(FakeUpstream upstream, string dialect, bool stream)
    {
        if (stream)
            upstream.ThenStream(s_answers[dialect].Frames);
        else
            upstream.ThenJson(s_answers[dialect].Whole);
    }

    private static Task<ChatResponse> AskAsync(IChatClient client, string model, List<ChatMessage> messages, bool stream)
    {
        var options = new ChatOptions { ModelId = model };
        return stream
            ? client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : client.GetResponseAsync(messages, options);
    }

    private static Given AnEngine(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) => Given.AnEngine(options =>
    {
        options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl };
        configure?.Invoke(options);
    });

    private static string Event(string json) =>
        $"event: {JsonElement.Parse(json).GetProperty("type").GetString()}\ndata: {json}\n\n";
}

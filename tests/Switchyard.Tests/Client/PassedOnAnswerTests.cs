using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>
/// What a library of agents makes of answers before it sends them back: it names the author of every message, and gives one agent's answer
/// to another as a user's message.
/// </summary>
public sealed class PassedOnAnswerTests
{
    /// <summary>Answers with reasoning, signed where the format has signatures.</summary>
    private static readonly Dictionary<string, string> s_answers = new()
    {
        ["openai-chat"] = """{"id":"c1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Noon.","reasoning_content":"I thought."},"finish_reason":"stop"}]}""",
        ["openai-responses"] = """{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"m","store":false,"output":[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"I thought."}],"encrypted_content":"U0lH"},{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Noon.","annotations":[]}]}]}""",
        ["anthropic-messages"] = """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"I thought.","signature":"U0lH"},{"type":"text","text":"Noon."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":2}}""",
        ["gemini"] = """{"candidates":[{"content":{"parts":[{"text":"I thought.","thought":true,"thoughtSignature":"U0lH"},{"text":"Noon."}],"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r1"}""",
        ["bedrock-converse"] = """{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"I thought.","signature":"U0lH"}}},{"text":"Noon."}]}},"stopReason":"end_turn","usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}""",
        ["cohere"] = """{"id":"a1","message":{"role":"assistant","content":[{"type":"thinking","thinking":"I thought."},{"type":"text","text":"Noon."}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":9,"output_tokens":2}}}""",
        ["ollama"] = """{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Noon.","thinking":"I thought."},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}""",
    };

    public static TheoryData<string> Dialects => [.. s_answers.Keys];

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task An_answer_given_to_another_agent_as_a_users_message_is_only_what_was_said(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, dialect);
        upstream.ThenJson(s_answers[dialect]).ThenJson(s_answers[dialect]);
        var options = new ChatOptions { ModelId = "up/some-model" };
        var answered = await given.Chat.GetResponseAsync("When?", options);
        Assert.Equal("I thought.", answered.Messages[0].Contents.OfType<TextReasoningContent>().Single().Text);
        answered.Messages[0].Role = ChatRole.User;

        var next = await given.Chat.GetResponseAsync([new(ChatRole.User, "When?"), answered.Messages[0]], options);

        var sent = upstream.LastRequest.Text;
        Assert.Contains("Noon.", sent, StringComparison.Ordinal);
        foreach (var part in new[] { "I thought.", "U0lH", "msg_1", "rs_1" })
            Assert.DoesNotContain(part, sent, StringComparison.Ordinal);
        var dropped = Assert.IsType<string[]>(next.AdditionalProperties![AnswerFacts.Dropped]);
        Assert.Contains(dropped, name => name.StartsWith("messages[1].", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_streamed_answer_given_as_a_users_message_has_no_members_of_its_chunks(bool isStored)
    {
        const string Beside = ",\"service_tier\":\"default\"";
        const string LogProbs = """
            "logprobs":{"content":[{"token":"Noon","logprob":-0.1,"bytes":null,"top_logprobs":[]}],"refusal":null}
            """;
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "openai-chat");
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant","content":""}""", extra: Beside),
            Some.Chunk("""{"content":"Noon.","vendor_note":{"a":1}}""", extra: Beside)
                .Replace("\"logprobs\":null", LogProbs.Trim(), StringComparison.Ordinal),
            Some.Chunk("{}", "\"stop\"", Beside), Some.Done).ThenJson(Some.ChatCompletion());
        var options = new ChatOptions { ModelId = "up/some-model" };
        List<ChatMessage> history = [new(ChatRole.User, "When?")];
        history.AddMessages(await given.Chat.GetStreamingResponseAsync(history, options).ToChatResponseAsync());
        history[1].Role = ChatRole.User;
        if (isStored)
        {
            history = JsonSerializer.Deserialize<List<ChatMessage>>(
                JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
        }

        await given.Chat.GetResponseAsync(history, options);

        Assert.Equal(
            """[{"role":"user","content":"When?"},{"role":"user","content":"Noon."}]""",
            JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.ToJsonString());
    }

    [Theory]
    [InlineData("Bot", false)]
    [InlineData("clock", true)]
    public async Task A_result_has_a_name_only_if_it_is_its_functions(string author, bool isSent)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "openai-chat");
        upstream.ThenJson(Some.ChatCompletion());

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "When?"),
                new(ChatRole.Assistant, [new FunctionCallContent("c1", "clock")]) { AuthorName = "Bot" },
                new(ChatRole.Tool, [new FunctionResultContent("c1", "12:00")]) { AuthorName = author },
            ],
            new ChatOptions { ModelId = "up/some-model" });

        var messages = JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!;
        Assert.Equal("Bot", (string?)messages[1]!["name"]);
        Assert.Equal(isSent ? "clock" : null, (string?)messages[2]!["name"]);
    }

    [Fact]
    public async Task A_text_whose_only_properties_are_the_applications_or_another_formats_signature_is_a_string()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "gemini", "openai-chat");
        upstream
            .ThenJson("""{"candidates":[{"content":{"parts":[{"text":"Noon.","thoughtSignature":"U0lH"}],"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"m","responseId":"r1"}""")
            .ThenJson(Some.ChatCompletion());
        var answered = await given.Chat.GetResponseAsync("When?", new ChatOptions { ModelId = "up/some-model" });

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, [new TextContent("When?") { AdditionalProperties = new() { ["of_the_program"] = new object() } }]),
                .. answered.Messages,
                new(ChatRole.User, "Sure?"),
            ],
            new ChatOptions { ModelId = "next/some-model" });

        Assert.Equal(
            """[{"role":"user","content":"When?"},{"role":"assistant","content":"Noon."},{"role":"user","content":"Sure?"}]""",
            JsonNode.Parse(upstream.LastRequest.Text)!["messages"]!.ToJsonString());
    }

    [Theory]
    [InlineData("cohere", false)]
    [InlineData("cohere", true)]
    [InlineData("bedrock-converse", false)]
    [InlineData("bedrock-converse", true)]
    public async Task An_answer_in_a_format_that_names_no_model_has_the_one_that_was_called(string dialect, bool stream)
    {
        var format = ProviderFormat.Of(dialect);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, dialect);
        if (stream)
            upstream.ThenBytes(format.Stream, format.StreamType);
        else
            upstream.ThenJson(format.Whole);
        var options = new ChatOptions { ModelId = "up/some-model" };

        var answer = stream
            ? await given.Chat.GetStreamingResponseAsync("When?", options).ToChatResponseAsync()
            : await given.Chat.GetResponseAsync("When?", options);

        Assert.Equal(("Hi there", "some-model"), (answer.Text, answer.ModelId));
    }

    [Fact]
    public async Task A_history_of_agents_is_sent_after_storage_as_before()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, "openai-responses");
        upstream.ThenJson(s_answers["openai-responses"]).ThenJson(s_answers["openai-responses"]).ThenJson(s_answers["openai-responses"]);
        var options = new ChatOptions { ModelId = "up/some-model" };
        List<ChatMessage> history = [new(ChatRole.User, "When?")];
        history.AddMessages(await given.Chat.GetResponseAsync(history, options));
        history[1].Role = ChatRole.User;
        var loaded = JsonSerializer.Deserialize<List<ChatMessage>>(
            JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;

        await given.Chat.GetResponseAsync(history, options);
        var before = upstream.LastRequest.Text;
        await given.Chat.GetResponseAsync(loaded, options);

        Assert.Equal(before, upstream.LastRequest.Text);
    }

    private static Given AnEngine(FakeUpstream upstream, string dialect, string? next = null) => Given.AnEngine(options =>
    {
        options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect };
        if (next is not null)
            options.Providers["next"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = next };
    });
}

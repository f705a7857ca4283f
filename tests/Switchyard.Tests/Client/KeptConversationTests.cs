using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>An in-process caller continues a conversation that the provider stores, by its <c>ConversationId</c>.</summary>
public sealed class KeptConversationTests
{
    private const string Said = """{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Noon.","annotations":[]}]}""";
    private const string Called = """{"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"clock","arguments":"{}"}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_kept_says_what_the_next_call_goes_on_from(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, "resp_1", "\"store\":true", stream: stream);
        var first = await AskAsync(given.Chat, Asking("up/m", store: true), stream);
        Answer(upstream, "resp_2", "\"store\":true,\"previous_response_id\":\"resp_1\"", stream: stream);
        var second = await AskAsync(given.Chat, Asking("up/m", first.ConversationId), stream);

        Assert.Equal(("resp_1", "resp_2"), (first.ConversationId, second.ConversationId));
        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal("resp_1", sent.GetProperty("previous_response_id").GetString());
        Assert.False(sent.TryGetProperty("store", out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_not_kept_is_not_gone_on_from(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, "resp_1", "\"store\":false", stream: stream);

        Assert.Null((await AskAsync(given.Chat, Asking("up/m"), stream)).ConversationId);
        Assert.False(JsonElement.Parse(upstream.LastRequest.Body).GetProperty("store").GetBoolean());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_result_of_a_tool_goes_into_the_conversation_that_the_provider_keeps(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream);
        Answer(upstream, "resp_1", "\"store\":true,\"previous_response_id\":\"resp_0\"", Called, stream);
        Answer(upstream, "resp_2", "\"store\":true,\"previous_response_id\":\"resp_1\"", Said, stream);
        using var client = given.Chat.AsBuilder().UseFunctionInvocation().Build();
        var options = Asking("up/m", "resp_0");
        options.Tools = [AIFunctionFactory.Create(() => "12:00", "clock")];

        var answer = await AskAsync(client, options, stream);

        var sent = JsonElement.Parse(upstream.LastRequest.Body);
        Assert.Equal("resp_1", sent.GetProperty("previous_response_id").GetString());
        Assert.Equal(
            ["function_call_output"], sent.GetProperty("input").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal(("Noon.", "resp_2"), (answer.Messages[^1].Text, answer.ConversationId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_goes_to_the_account_that_keeps_what_it_goes_on_from_or_nowhere(bool stream)
    {
        string[] names = ["one", "two", "three"];
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options =>
        {
            foreach (var name in names)
                options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = $"key-of-{name}", Dialect = "openai-responses" };
            options.Models["fast"] = new()
            {
                Strategy = "weighted",
                Targets = [.. names.Select(name => new TargetOptions { Model = $"{name}/m" })],
            };
        });
        Answer(upstream, "resp_1", "\"store\":true", stream: stream);
        await AskAsync(given.Chat, Asking("fast", store: true), stream);
        var owner = Asked(upstream);

        for (var i = 0; i < 10; i++)
        {
            Answer(upstream, $"resp_next_{i}", "\"store\":true,\"previous_response_id\":\"resp_1\"", stream: stream);
            await AskAsync(given.Chat, Asking("fast", "resp_1"), stream);
            Assert.Equal(owner, Asked(upstream));
        }

        foreach (var other in names.Where(name => name != owner))
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => AskAsync(given.Chat, Asking($"{other}/m", "resp_1"), stream));
            Assert.Equal(CallErrorKind.StateElsewhere, refused.Error.Kind);
        }

        Assert.Equal(11, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_provider_of_several_formats_is_asked_in_the_one_that_has_kept_answers()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(
            options => options.Providers["openai"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-a" });
        Answer(upstream, "resp_2", "\"store\":true,\"previous_response_id\":\"resp_1\"");

        var answer = await AskAsync(given.Chat, Asking("openai/gpt-4o", "resp_1"), stream: false);

        Assert.EndsWith("/responses", upstream.LastRequest.Path, StringComparison.Ordinal);
        Assert.Equal("resp_1", JsonElement.Parse(upstream.LastRequest.Body).GetProperty("previous_response_id").GetString());
        Assert.Equal("resp_2", answer.ConversationId);
    }

    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("gemini")]
    [InlineData("ollama")]
    [InlineData("openai-chat")]
    public async Task A_provider_that_keeps_no_answers_is_not_asked_to_go_on_from_one(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = AnEngine(upstream, dialect);

        var refused = await Assert.ThrowsAsync<CallException>(
            () => AskAsync(given.Chat, Asking("up/some-model", "resp_1"), stream: false));

        Assert.Equal((CallErrorKind.InvalidRequest, "conversation_id"), (refused.Error.Kind, refused.Error.Param));
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_client_in_this_process_is_given_what_it_keeps_itself()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client);

        await given.Chat.GetResponseAsync("Go", new ChatOptions { ConversationId = "mine" });

        Assert.Equal("mine", client.Asked[0].Options!.ConversationId);
    }

    private static Given AnEngine(FakeUpstream upstream, string dialect = "openai-responses") => Given.AnEngine(
        options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect });

    private static ChatOptions Asking(string model, string? conversation = null, bool store = false) => new()
    {
        ModelId = model,
        ConversationId = conversation,
        AdditionalProperties = store ? new() { ["store"] = true } : null,
    };

    private static async Task<ChatResponse> AskAsync(IChatClient client, ChatOptions options, bool stream) => stream
        ? await client.GetStreamingResponseAsync("Go", options).ToChatResponseAsync()
        : await client.GetResponseAsync("Go", options);

    /// <summary>The provider that was called last, by its key.</summary>
    private static string Asked(FakeUpstream upstream) => upstream.LastRequest.Headers["Authorization"]["Bearer key-of-".Length..];

    private static void Answer(FakeUpstream upstream, string id, string members, string output = Said, bool stream = false)
    {
        string Response(string status, string items) => $$"""
            {"id":"{{id}}","object":"response","created_at":1790000000,"status":"{{status}}","model":"m",{{members}},"output":[{{items}}]}
            """;
        if (stream)
            upstream.ThenStream(Event("created", Response("in_progress", "")), Event("completed", Response("completed", output)));
        else
            upstream.ThenJson(Response("completed", output));
    }

    private static string Event(string name, string response) =>
        $"event: response.{name}\ndata: " + $$"""{"type":"response.{{name}}","response":{{response}}}""" + "\n\n";
}

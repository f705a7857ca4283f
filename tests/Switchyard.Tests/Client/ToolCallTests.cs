using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Providers stream a tool call's arguments in pieces; an in-process caller gets the whole call, never a piece.</summary>
public sealed class ToolCallTests
{
    [Covers("T1")]
    [Fact]
    public async Task A_streamed_tool_call_arrives_whole_and_once()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStream(
            Some.Chunk("""{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"\"Oslo\"}"}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"time","arguments":"{}"}}]}"""),
            Some.Chunk("{}", "\"tool_calls\""),
            Some.Done);
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl });
        var updates = await given.Chat.GetStreamingResponseAsync("Weather?", new ChatOptions { ModelId = "up/some-model" }).ToListAsync();

        var contents = updates.SelectMany(update => update.Contents).ToList();
        Assert.DoesNotContain(contents, content => content is ToolCallFragment);
        var calls = contents.OfType<FunctionCallContent>().ToList();
        Assert.Equal(["call_1", "call_2"], calls.Select(call => call.CallId));
        Assert.Equal("Oslo", calls[0].Arguments!["city"]!.ToString());
        Assert.Empty(calls[1].Arguments!);
        Assert.Equal(ChatFinishReason.ToolCalls, updates.Select(update => update.FinishReason).Single(reason => reason is not null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_call_of_a_client_in_this_process_has_an_id_of_its_own_and_its_result_the_same(bool stream)
    {
        var kept = new FunctionCallContent("call_0", "look") { InformationalOnly = true };
        var client = new ScriptedClient(
            kept, new FunctionResultContent("call_0", "first"), new FunctionCallContent("call_0", "look"),
            new FunctionCallContent("call_0", "look"), new FunctionResultContent("call_0", "second"),
            new FunctionResultContent("call_0", "third"), new FunctionCallContent("", "look"));
        await using var given = Given.AnEngineWith(client);
        List<ChatMessage> history =
        [
            new(ChatRole.User, "x"),
            new(ChatRole.Assistant, [new FunctionCallContent("call_0", "look"), new FunctionCallContent("call_0", "look")]),
            new(ChatRole.Tool, [new FunctionResultContent("call_0", "a"), new FunctionResultContent("call_0", "b")]),
        ];

        var answer = stream
            ? await given.Chat.GetStreamingResponseAsync(history).ToChatResponseAsync()
            : await given.Chat.GetResponseAsync(history);

        var contents = answer.Messages.SelectMany(message => message.Contents).ToList();
        Assert.Equal(
            ["call_0_3", "call_0_3", "call_0_4", "call_0_5", "call_0_4", "call_0_5", "call_2"],
            contents.Select(content => content is FunctionCallContent call ? call.CallId : ((FunctionResultContent)content).CallId));
        Assert.True(((FunctionCallContent)contents[0]).InformationalOnly);
        // Objects of the client and of the caller are not changed.
        Assert.Equal("call_0", kept.CallId);
        Assert.Equal("call_0", history[1].Contents.OfType<FunctionCallContent>().Last().CallId);
        var asked = client.Asked[0].Messages;
        Assert.Equal(["call_0", "call_0_2"], asked[1].Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        Assert.Equal(["call_0", "call_0_2"], asked[2].Contents.OfType<FunctionResultContent>().Select(result => result.CallId));
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("gemini")]
    [InlineData("bedrock-converse")]
    public async Task Arguments_that_a_host_has_changed_are_what_the_provider_gets(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(
            options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect });
        var call = ToolArguments.ToCall("c1", "mail", """{"to":"ada@example.com","copies":1.0}""");
        call.Arguments!["to"] = "[hidden]";
        List<ChatMessage> history =
        [
            new(ChatRole.User, "Write"), new(ChatRole.Assistant, [call]), new(ChatRole.Tool, [new FunctionResultContent("c1", "sent")]),
        ];
        // The upstream answers in one format only; the test is about the request.
        await Record.ExceptionAsync(() => given.Chat.GetResponseAsync(history, new ChatOptions { ModelId = "up/some-model" }));

        Assert.Contains("[hidden]", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("1.0", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@example.com", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_were_changed_added_or_taken_away_are_written_as_they_are_now()
    {
        var call = ToolArguments.ToCall("c1", "mail", """{"to":"ada","n":1e99999999999}""");
        call.Arguments!["n"] = JsonElement.Parse("2e99999999999");
        Assert.Equal("""{"to":"ada","n":2e99999999999}""", ToolArguments.ToText(call));
        call.Arguments.Remove("n");
        Assert.Equal("""{"to":"ada"}""", ToolArguments.ToText(call));
        call.Arguments["at"] = null;
        Assert.Equal("""{"to":"ada","at":null}""", ToolArguments.ToText(call));

        var spoilt = ToolArguments.ToCall("c1", "mail", "{\"to\":\"ad");
        spoilt.Arguments = new Dictionary<string, object?> { ["to"] = "ada" };
        Assert.Equal("""{"to":"ada"}""", ToolArguments.ToText(spoilt));
    }

    /// <summary>Order, escapes and numbers stay as the provider wrote them, also in a history that was stored as JSON.</summary>
    [Theory]
    [InlineData("""{ "b":1.0, "a":1e2, "c":"\u00e9\/", "d":null, "e":[true,{"x":1}] }""")]
    [InlineData("""{"a":1,"a":2,"b":{"x":1,"x":2}}""")]
    [InlineData("""{"n":1e99999999999,"m":123456789012345678901234567890}""")]
    [InlineData("{\"cut")]
    [InlineData("[1]")]
    public void Arguments_that_are_unchanged_keep_the_providers_text(string raw)
    {
        var call = ToolArguments.ToCall("c1", "mail", raw);
        Assert.Equal(raw, ToolArguments.ToText(call));

        var loaded = JsonSerializer.Deserialize<ChatMessage>(
            JsonSerializer.Serialize(new ChatMessage(ChatRole.Assistant, [call]), AIJsonUtilities.DefaultOptions),
            AIJsonUtilities.DefaultOptions)!;
        Assert.Equal(raw, ToolArguments.ToText((FunctionCallContent)Assert.Single(loaded.Contents)));
    }

    [Fact]
    public void A_value_written_anew_that_says_the_same_changes_nothing()
    {
        const string raw = """{ "to":"ada", "n":1.0, "many":[1,2] }""";
        var call = ToolArguments.ToCall("c1", "mail", raw);
        call.Arguments = new Dictionary<string, object?> { ["many"] = new[] { 1, 2 }, ["n"] = 1, ["to"] = "ada" };
        Assert.Equal(raw, ToolArguments.ToText(call));
    }

    [Fact]
    public void Text_beside_a_piece_is_kept()
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("Hi"), new ToolCallFragment { Index = 0 }]);

        Assert.True(WholeToolCalls.Keep(update));
        Assert.Equal("Hi", Assert.IsType<TextContent>(Assert.Single(update.Contents)).Text);
    }

    [Fact]
    public void An_update_of_pieces_alone_is_left_out_unless_it_ends_the_answer()
    {
        Assert.False(WholeToolCalls.Keep(new ChatResponseUpdate(ChatRole.Assistant, [new ToolCallFragment { Index = 0 }])));
        Assert.True(WholeToolCalls.Keep(
            new ChatResponseUpdate(ChatRole.Assistant, [new ToolCallFragment { Index = 0 }])
            {
                FinishReason = ChatFinishReason.ToolCalls,
            }));
        Assert.True(WholeToolCalls.Keep(new ChatResponseUpdate(ChatRole.Assistant, [])));
    }
}

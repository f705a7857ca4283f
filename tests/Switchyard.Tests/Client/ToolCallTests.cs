using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>Providers stream a tool call's arguments in pieces; an in-process caller is given the call whole, and never a piece.</summary>
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
        // The client may keep what it gave, and the caller what it asked with.
        Assert.Equal("call_0", kept.CallId);
        Assert.Equal("call_0", history[1].Contents.OfType<FunctionCallContent>().Last().CallId);
        var asked = client.Asked[0].Messages;
        Assert.Equal(["call_0", "call_0_2"], asked[1].Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        Assert.Equal(["call_0", "call_0_2"], asked[2].Contents.OfType<FunctionResultContent>().Select(result => result.CallId));
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

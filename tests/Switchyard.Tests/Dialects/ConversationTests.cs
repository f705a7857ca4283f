using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects;

/// <summary>Turns alternate, even if a client sends empty ones.</summary>
public sealed class ConversationTests
{
    [Covers("M4")]
    [Theory]
    [InlineData("u:a", "a:", "u:b")]
    [InlineData("u:a", "a: ", "u:b")]
    [InlineData("u:a", "u:", "a:", "u:", "u:b")]
    [InlineData("u:a", "a:", "u:", "a:", "u:b")]
    public void What_stood_around_an_empty_turn_becomes_one_turn(params string[] messages)
    {
        var conversation = Conversation.Of(new CanonicalChatRequest([.. messages.Select(Message)], new ChatOptions()), new LossReport());

        var turn = Assert.Single(conversation.Turns);
        Assert.Equal(["a", "b"], turn.Contents.Select(item => item.Content.ToString()));
    }

    [Covers("M3")]
    [Fact]
    public void Turns_alternate_in_every_arrangement_of_empty_and_full_messages()
    {
        string[] kinds = ["u:", "u:x", "a:", "a:x"];
        for (var arrangement = 0; arrangement < 4 * 4 * 4 * 4 * 4; arrangement++)
        {
            var messages = Enumerable.Range(0, 5).Select(place => Message(kinds[(arrangement >> (2 * place)) & 3])).ToList();

            var turns = Conversation.Of(new CanonicalChatRequest(messages, new ChatOptions()), new LossReport()).Turns;

            Assert.All(turns.Skip(1).Zip(turns), pair => Assert.NotEqual(pair.First.IsAssistant, pair.Second.IsAssistant));
            Assert.Equal(messages.Count(message => message.Text.Length > 0), turns.Sum(turn => turn.Contents.Count));
        }
    }

    /// <summary>An algorithm that searches or moves all messages for each message would take hours.</summary>
    [Covers("H1")]
    [Fact]
    public void Hundreds_of_thousands_of_empty_turns_and_results_become_turns_in_one_pass()
    {
        const int Count = 200_000;
        var messages = new List<ChatMessage>();
        for (var i = 0; i < Count; i++)
        {
            messages.Add(Message("u:x"));
            messages.Add(Message("a: "));
        }

        var turns = Conversation.Of(new CanonicalChatRequest(messages, new ChatOptions()), new LossReport()).Turns;
        Assert.Equal(Count, turns[0].Contents.Count);

        var calls = new ChatMessage(
            ChatRole.Assistant, [.. Enumerable.Range(0, Count).Select(i => new FunctionCallContent($"c{i}", "f"))]);
        var results = new ChatMessage(ChatRole.Tool, [.. Enumerable.Range(0, Count).Select(i => new FunctionResultContent($"c{i}", "r"))]);
        results.Contents.Insert(0, new TextContent("before"));
        turns = Conversation.Of(
            new CanonicalChatRequest([Message("u:x"), calls, results], new ChatOptions()), new LossReport()).Turns;
        Assert.Equal(Count + 1, turns[2].Contents.Count);
        Assert.IsType<TextContent>(turns[2].Contents[^1].Content);
    }

    /// <summary>Comparing each instruction with all others would take hours.</summary>
    [Fact]
    public void Hundreds_of_thousands_of_instructions_alone_become_one_turn_in_one_pass()
    {
        const int Count = 500_000;
        var messages = Enumerable.Range(0, Count).Select(_ => new ChatMessage(ChatRole.System, "x")).ToList();
        var conversation = Conversation.Of(new CanonicalChatRequest(messages, new ChatOptions()), new LossReport());

        conversation.RequireTurn();

        Assert.Empty(conversation.System);
        Assert.Equal(Count, Assert.Single(conversation.Turns).Contents.Count);
    }

    private static ChatMessage Message(string text) => new(text[0] == 'a' ? ChatRole.Assistant : ChatRole.User, text[2..]);
}

using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects;

/// <summary>Turns alternate, whatever a client leaves empty.</summary>
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

    private static ChatMessage Message(string text) => new(text[0] == 'a' ? ChatRole.Assistant : ChatRole.User, text[2..]);
}

using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Affinity;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Affinity;

/// <summary>The identity of a conversation, and how long its target is remembered.</summary>
public sealed class ConversationStartTests
{
    [Theory]
    [InlineData(
        """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}""",
        """{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Bye"}]}""")]
    [InlineData(
        """{"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}]}""",
        """{"messages":[{"role":"user","content":[ {"type":"text","text":"Hi"} ]},{"role":"assistant","content":"Yes?"}],"system":"Be brief."}""")]
    [InlineData(
        """{"instructions":"Be brief.","input":[{"role":"user","content":"Hi"}]}""",
        """{"instructions":"Be brief.","input":[{"role":"user","content":"Hi"},{"type":"reasoning"},{"role":"user","content":"Bye"}]}""")]
    [InlineData(
        """{"contents":[{"parts":[{"text":"Hi"}]}],"systemInstruction":{"parts":[{"text":"Be brief."}]}}""",
        """{"contents":[{"parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Yes?"}]}],"systemInstruction":{"parts":[{"text":"Be brief."}]}}""")]
    public void A_later_turn_begins_alike_in_every_format(string first, string later)
    {
        var hash = HashOf(first);

        Assert.NotNull(hash);
        Assert.Equal(hash, HashOf(later));
        Assert.NotEqual(hash, HashOf(first.Replace("Hi", "Hello", StringComparison.Ordinal)));
        Assert.NotEqual(hash, HashOf(first.Replace("brief", "long", StringComparison.Ordinal)));
        Assert.NotEqual(hash, HashOf(first, seed: 2));
    }

    [Theory]
    [InlineData("""{"model":"m"}""")]
    [InlineData("""{"messages":[{"role":"system","content":"Be brief."}]}""")]
    [InlineData("""{"messages":7}""")]
    [InlineData("""{"messages":[""")]
    [InlineData("[]")]
    public void What_has_no_turn_of_the_user_is_no_conversation(string body) => Assert.Null(HashOf(body));

    [Fact]
    public void A_program_in_the_same_process_has_conversations_too()
    {
        var first = HashOf(new ChatMessage(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi"));
        var later = HashOf(new ChatMessage(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Yes?"));

        Assert.NotNull(first);
        Assert.Equal(first, later);
        Assert.NotEqual(first, HashOf(new ChatMessage(ChatRole.User, "Hi")));
    }

    [Fact]
    public void A_target_is_forgotten_when_its_time_is_over()
    {
        var clock = new TestClock();
        var store = new AffinityStore(clock);
        var state = new DeploymentState();
        store.Keep("a", state, tokens: 5, TimeSpan.FromMinutes(10));

        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Same(state, store.Find("a")!.State);
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(store.Find("a"));
    }

    private static ulong? HashOf(string body, long seed = 1)
    {
        var envelope = new CallEnvelope { Operation = CallOperation.Chat, Model = "m" };
        var bytes = PooledBytes.Owned(Encoding.UTF8.GetBytes(body));
        return ConversationStart.HashOf(CallBody.FromWire(new OpenAIChatDialect(), envelope, bytes), seed);
    }

    private static ulong? HashOf(params ChatMessage[] messages) =>
        ConversationStart.HashOf(CallBody.FromCanonical(new CanonicalChatRequest(messages, new())), 1);
}

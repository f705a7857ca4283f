using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Egress.Reasoning;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Egress;

/// <summary>
/// A client that cannot echo reasoning state can still continue its tool loop, with the account that issued the state.
/// </summary>
public sealed class ReasoningMemoryTests
{
    private const string WrittenEdit = """{"path":"a","edits":[{"old":"x","new":"y"}]}""";

    private readonly TestClock _time = new();
    private readonly ReasoningMemory _memory;

    public ReasoningMemoryTests() => _memory = new ReasoningMemory(_time);

    [Covers("R5")]
    [Fact]
    public void Signed_reasoning_comes_back_in_front_of_its_tool_call()
    {
        Answer("mine", Signed("I should look.", "sig"), new TextContent("Looking."), Call("a"), Call("b"));

        var restored = _memory.Restore(History(new TextContent("Looking."), Call("a"), Call("b")), "mine").Messages[1];

        Assert.Collection(
            restored.Contents,
            first =>
                Assert.Equal(("I should look.", "sig"), (((TextReasoningContent)first).Text, ((TextReasoningContent)first).ProtectedData)),
            second => Assert.IsType<TextContent>(second),
            third => Assert.Equal("a", ((FunctionCallContent)third).CallId),
            fourth => Assert.Equal("b", ((FunctionCallContent)fourth).CallId));
    }

    [Covers("R5")]
    [Fact]
    public void Arguments_that_a_client_wrote_anew_are_the_same_call()
    {
        Answer("mine", Signed("I should look.", "sig"), ToolArguments.ToCall("a", "f", """{ "q": "\u00fc \u0022x\u0022", "n": 1 }"""));

        var restored = _memory.Restore(History(ToolArguments.ToCall("a", "f", """{"q":"ü \"x\"","n":1}""")), "mine").Messages[1];

        Assert.Equal("sig", ((TextReasoningContent)restored.Contents[0]).ProtectedData);
    }

    [Theory]
    [InlineData("""{"replace_all":false,"path":"a","edits":[{"old":"x","new":"y"}]}""")]
    [InlineData("""{"edits":[{"new":"y","old":"x","replace_all":false}],"path":"a"}""")]
    public void Arguments_to_which_a_client_added_the_defaults_of_its_tool_are_the_same_call(string sent)
    {
        Answer("mine", Signed("I should edit.", "sig"), ToolArguments.ToCall("a", "edit", WrittenEdit));

        var restored = _memory.Restore(History(ToolArguments.ToCall("a", "edit", sent)), "mine").Messages[1];

        Assert.Equal("sig", ((TextReasoningContent)restored.Contents[0]).ProtectedData);
        Assert.Equal(sent, ToolArguments.ToText((FunctionCallContent)restored.Contents[1]));
    }

    [Theory]
    [InlineData("a", "edit", """{"path":"b","edits":[{"old":"x","new":"y"}]}""")]
    [InlineData("a", "edit", """{"path":"a","edits":[{"old":"x","new":"z"}]}""")]
    [InlineData("a", "edit", """{"path":"a","edits":[{"old":"x","new":"y"},{"old":"x","new":"y"}]}""")]
    [InlineData("a", "edit", """{"path":"a"}""")]
    [InlineData("a", "other", """{"path":"a","edits":[{"old":"x","new":"y"}],"all":false}""")]
    [InlineData("b", "edit", """{"path":"a","edits":[{"old":"x","new":"y"}],"all":false}""")]
    [InlineData("empty", "edit", """{"path":"a"}""")]
    [InlineData("a", "edit", "no JSON")]
    public void Arguments_that_lack_or_change_what_the_model_wrote_are_another_call(string id, string name, string sent)
    {
        Answer("mine", Signed("secret", "sig"), ToolArguments.ToCall("a", "edit", WrittenEdit));
        Answer("mine", Signed("secret", "sig"), ToolArguments.ToCall("empty", "edit", "{}"));
        var history = History(ToolArguments.ToCall(id, name, sent));
        Assert.Same(history, _memory.Restore(history, "mine"));
    }

    [Covers("R4")]
    [Fact]
    public void The_pieces_of_a_stream_make_one_block()
    {
        Answer(
            "mine", new TextReasoningContent("I should "), new TextReasoningContent("look."), Signed("", "sig"), Fragment("a"), Call("a"));

        var block = (TextReasoningContent)_memory.Restore(History(Call("a")), "mine").Messages[1].Contents[0];

        Assert.Equal(("I should look.", "sig"), (block.Text, block.ProtectedData));
    }

    [Fact]
    public void Reasoning_between_two_calls_stays_between_them()
    {
        Answer("mine", Signed("first", "1"), Fragment("a"), Signed("second", "2"), Fragment("b"), Call("a"), Call("b"));

        var contents = _memory.Restore(History(Call("a"), Call("b")), "mine").Messages[1].Contents;

        Assert.Equal(
            ["1", "a", "2", "b"],
            contents.Select(content => content is FunctionCallContent call ? call.CallId : ((TextReasoningContent)content).ProtectedData));
    }

    [Covers("R2")]
    [Fact]
    public void A_redacted_block_keeps_its_place_and_takes_no_text_of_others()
    {
        var redacted = Signed("", "opaque");
        redacted.AdditionalProperties![CanonicalKeys.RedactedReasoning] = true;
        Answer("mine", Signed("seen", "sig"), redacted, Call("a"));

        var contents = _memory.Restore(History(Call("a")), "mine").Messages[1].Contents;

        Assert.Equal(["sig", "opaque"], contents.OfType<TextReasoningContent>().Select(content => content.ProtectedData));
        Assert.Equal("", ((TextReasoningContent)contents[1]).Text);
    }

    [Covers("R5")]
    [Fact]
    public void A_signature_on_the_call_itself_comes_back_on_it()
    {
        var signed = Call("a");
        signed.AdditionalProperties![CanonicalKeys.Signature] = "thought";
        signed.AdditionalProperties[CanonicalKeys.ReasoningOrigin] = "gemini";
        Answer("mine", signed);

        var call = _memory.Restore(History(Call("a")), "mine").Messages[1].Contents.OfType<FunctionCallContent>().Single();

        Assert.Equal("thought", call.AdditionalProperties![CanonicalKeys.Signature]);
        Assert.Equal("gemini", call.AdditionalProperties[CanonicalKeys.ReasoningOrigin]);
    }

    [Covers("R8")]
    [Fact]
    public void Another_account_is_given_nothing()
    {
        Answer("mine", Signed("secret", "sig"), Call("a"));
        var history = History(Call("a"));
        Assert.Same(history, _memory.Restore(history, "theirs"));
    }

    [Fact]
    public void An_id_alone_fetches_nothing()
    {
        Answer("mine", Signed("secret", "sig"), Call("a"));
        var history = History(ToolArguments.ToCall("a", "lookup", """{"q":"other"}"""));
        Assert.Same(history, _memory.Restore(history, "mine"));
    }

    [Fact]
    public void A_client_that_echoes_the_state_is_left_alone()
    {
        Answer("mine", Signed("x", "sig"), Call("a"));
        var history = History(Signed("x", "sig"), Call("a"));
        Assert.Same(history, _memory.Restore(history, "mine"));
    }

    [Fact]
    public void A_client_that_echoes_the_state_in_another_message_of_the_turn_is_left_alone()
    {
        Answer("mine", Signed("x", "sig"), new TextContent("Looking."), Call("a"));
        var history = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "hi"),
                new ChatMessage(ChatRole.Assistant, [Signed("x", "sig"), new TextContent("Looking.")]),
                new ChatMessage(ChatRole.Assistant, [Call("a")]),
                new ChatMessage(ChatRole.Tool, "done"),
            ],
            new ChatOptions());
        Assert.Same(history, _memory.Restore(history, "mine"));
    }

    [Fact]
    public void A_turn_after_one_whose_state_is_echoed_gets_its_own_back()
    {
        Answer("mine", Signed("x", "sig"), Call("a"));
        Answer("mine", Signed("y", "sig2"), Call("b"));
        var history = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.Assistant, [Signed("x", "sig"), Call("a")]),
                new ChatMessage(ChatRole.Tool, "done"),
                new ChatMessage(ChatRole.Assistant, [Call("b")]),
            ],
            new ChatOptions());
        var restored = _memory.Restore(history, "mine").Messages;
        Assert.Same(history.Messages[0], restored[0]);
        Assert.Equal("sig2", Assert.IsType<TextReasoningContent>(restored[2].Contents[0]).ProtectedData);
    }

    [Fact]
    public void Echoed_text_without_a_signature_gives_way_to_the_signed_block()
    {
        Answer("mine", Signed("I should look.", "sig"), Call("a"));
        var contents = _memory.Restore(History(new TextReasoningContent("I should look."), Call("a")), "mine").Messages[1].Contents;
        Assert.Equal("sig", Assert.Single(contents.OfType<TextReasoningContent>()).ProtectedData);
    }

    [Fact]
    public void The_callers_own_messages_are_not_changed()
    {
        Answer("mine", Signed("x", "sig"), Call("a"));
        var history = History(Call("a"));
        Assert.NotSame(history, _memory.Restore(history, "mine"));
        Assert.Single(history.Messages[1].Contents);
    }

    [Covers("H1")]
    [Fact]
    public void A_history_that_repeats_a_call_over_and_over_gets_a_bounded_number_of_copies_of_its_reasoning()
    {
        const int Count = 100_000;
        Answer("mine", Signed(new string('x', 10_000), "sig"), Call("a"));

        var one = _memory.Restore(History([.. Enumerable.Range(0, Count).Select(_ => Call("a"))]), "mine").Messages[1].Contents;
        var twice = _memory.Restore(
            new CanonicalChatRequest(
                [new ChatMessage(ChatRole.Assistant, [Call("a")]), new ChatMessage(ChatRole.Assistant, [Call("a")])], new ChatOptions()),
            "mine");

        Assert.InRange(one.Count, Count + 1, Count + 64);
        Assert.IsType<TextReasoningContent>(one[0]);
        // Providers that number their calls reuse an id in the next turn.
        Assert.All(twice.Messages, message => Assert.IsType<TextReasoningContent>(message.Contents[0]));
    }

    [Fact]
    public void What_is_not_used_is_forgotten()
    {
        Answer("mine", Signed("x", "sig"), Call("a"));
        _time.Advance(ReasoningMemory.KeptFor + TimeSpan.FromSeconds(1));
        var history = History(Call("a"));
        Assert.Same(history, _memory.Restore(history, "mine"));
    }

    [Fact]
    public void The_store_forgets_the_longest_unused_first_and_stays_within_its_bound()
    {
        var store = new BoundedStore<string>(maxBytes: 16 * 100, TimeSpan.FromHours(1), _time);
        for (var i = 0; i < 1000; i++)
            store.Set($"key {i}", "value", size: 20);
        Assert.InRange(Enumerable.Range(0, 1000).Count(i => store.TryGet($"key {i}", out _)), 1, 16 * 5);
        Assert.True(store.TryGet("key 999", out _));
        store.Set("too large", "value", size: 101);
        Assert.False(store.TryGet("too large", out _));
    }

    private void Answer(string account, params ReadOnlySpan<AIContent> contents)
    {
        var recorder = new ReasoningRecorder(_memory, account, keepsText: false);
        foreach (var content in contents)
            recorder.Observe(content);
    }

    private static CanonicalChatRequest History(params AIContent[] assistant) => new(
        [new ChatMessage(ChatRole.User, "hi"), new ChatMessage(ChatRole.Assistant, [.. assistant]), new ChatMessage(ChatRole.Tool, "done")],
        new ChatOptions());

    private static TextReasoningContent Signed(string text, string signature) => new(text)
    {
        ProtectedData = signature,
        AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "anthropic-messages" },
    };

    private static FunctionCallContent Call(string id) => ToolArguments.ToCall(id, "lookup", """{"q":"tide"}""");

    private static ToolCallFragment Fragment(string id) => new() { Index = 0, CallId = id, Name = "lookup" };
}

using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Experiments;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Experiments;

/// <summary>The number of a call, which decides its variant.</summary>
public sealed class AssignmentTests
{
    private static readonly OpenAIChatDialect s_dialect = new();

    [Fact]
    public void An_end_user_has_the_same_number_on_every_node_and_after_every_restart()
    {
        // Fixed values, because another number would move users from one variant to the other in the middle of an experiment.
        Assert.Equal(0.4561, Point("""{"user":"ann"}""", StickyUnit.EndUser, "small-models"), 4);
        Assert.Equal(0.9991, Point("""{"user":"bob"}""", StickyUnit.EndUser, "small-models"), 4);
    }

    [Fact]
    public void Another_experiment_divides_the_same_users_differently()
    {
        var same = 0;
        for (var i = 0; i < 1000; i++)
        {
            var user = $$"""{"user":"user-{{i}}"}""";
            if (Point(user, StickyUnit.EndUser, "one") < 0.5 == Point(user, StickyUnit.EndUser, "two") < 0.5)
                same++;
        }

        Assert.InRange(same, 400, 600);
    }

    [Fact]
    public void Users_are_spread_evenly()
    {
        var below = Enumerable.Range(0, 10_000).Count(i => Point($$"""{"user":"user-{{i}}"}""", StickyUnit.EndUser, "e") < 0.3);

        Assert.InRange(below, 2850, 3150);
    }

    [Fact]
    public void A_conversation_keeps_its_number_while_it_grows()
    {
        const string System = """{"role":"system","content":"Be brief."}""";
        var first = Point($$"""{"messages":[{{System}},{"role":"user","content":"Hi"}]}""", StickyUnit.Conversation);
        var later = Point(
            $$"""
            {"messages":[{{System}},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"},
             {"role":"user","content":"And now?"}]}
            """,
            StickyUnit.Conversation);
        var other = Point($$"""{"messages":[{{System}},{"role":"user","content":"Ho"}]}""", StickyUnit.Conversation);

        Assert.Equal(first, later);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Two_end_users_who_begin_alike_are_two_conversations() => Assert.NotEqual(
        Point("""{"user":"ann","messages":[{"role":"user","content":"Hi"}]}""", StickyUnit.Conversation),
        Point("""{"user":"bob","messages":[{"role":"user","content":"Hi"}]}""", StickyUnit.Conversation));

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hi"}]}""", nameof(StickyUnit.EndUser))]
    [InlineData("""{"user":"ann"}""", nameof(StickyUnit.Caller))]
    [InlineData("""{"messages":[{"role":"nobody"}]}""", nameof(StickyUnit.Conversation))]
    [InlineData("""{"user":"ann"}""", nameof(StickyUnit.Call))]
    public void What_nothing_ties_to_a_variant_is_assigned_by_chance(string body, string unit)
    {
        var points = Enumerable.Range(0, 20).Select(i => Point(body, Enum.Parse<StickyUnit>(unit), random: new Random(i))).Distinct();

        Assert.Equal(20, points.Count());
    }

    [Fact]
    public void A_caller_with_a_key_keeps_its_number()
    {
        var caller = new Caller("key-12345678");

        Assert.Equal(
            Assignment.PointOf(CallOf("{}", caller), StickyUnit.Caller, 7, new Random(1)),
            Assignment.PointOf(CallOf("""{"user":"x"}""", caller), StickyUnit.Caller, 7, new Random(2)));
    }

    /// <summary>Only the account that compacts a conversation can continue it.</summary>
    [Fact]
    public void A_conversation_is_compacted_by_the_variant_it_is_in()
    {
        var call = CallOf("{}", null);
        var chat = Assignment.PointOf(call, StickyUnit.Conversation, 7, new Random(1));

        call.ReplaceRequest(call.Envelope with { Operation = CallOperation.Compaction }, call.Body);

        Assert.Equal(chat, Assignment.PointOf(call, StickyUnit.Conversation, 7, new Random(2)));
    }

    private static double Point(string body, StickyUnit unit, string experiment = "e", Random? random = null) =>
        Assignment.PointOf(CallOf(body, null), unit, Assignment.SeedOf(experiment), random ?? new Random(1));

    private static ModelCall CallOf(string body, Caller? caller)
    {
        var fields = JsonNode.Parse(body)!.AsObject();
        fields["model"] = "fast";
        fields["messages"] ??= JsonNode.Parse("""[{"role":"user","content":"Hi"}]""");
        var bytes = Encoding.UTF8.GetBytes(fields.ToJsonString());
        var envelope = s_dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes);
        var request = new CallRequest(envelope, CallBody.FromWire(s_dialect, envelope, PooledBytes.Owned(bytes))) { Caller = caller };
        return new ModelCall(request, SomeCall.Of().Snapshot, holdsSnapshot: false, TimeProvider.System, CancellationToken.None);
    }
}

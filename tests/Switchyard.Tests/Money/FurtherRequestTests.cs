using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.AnthropicMessages;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Bounds;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Requests to a model that a provider makes beside the one it was sent: a strict budget holds them with it.</summary>
public sealed class FurtherRequestTests
{
    private const string Compacting = """ "context_management":{"edits":[{"type":"compact_20260112"}]} """;

    private static readonly AnthropicMessagesDialect s_dialect = new();

    [Theory]
    [InlineData(""" "temperature":1 """, 0)]
    [InlineData(Compacting, 1)]
    [InlineData(
        """
        "context_management":{"edits":[{"type":"clear_thinking_20251015"},
         {"trigger":{"type":"input_tokens","value":50000},"type":"compact_20260112"}]}
        """, 1)]
    [InlineData(""" "context_\u006danagement":{"edits":[{"type":"\u0063ompact_20260112"}]} """, 1)]
    [InlineData(""" "context_management":{"edits":[{"type":"clear_tool_uses_20250919","trigger":{"type":"tool_uses","value":5}}]} """, 0)]
    [InlineData(""" "context_management":{"edits":[]},"metadata":{"user_id":"compact_1"} """, 0)]
    [InlineData(""" "tools":[{"type":"advisor_20260301","name":"advisor","model":"claude-opus-5","max_uses":2}] """, 2)]
    [InlineData(""" "tools":[{"type":"advisor_20260301","name":"advisor","model":"claude-opus-5"}] """, 3)]
    [InlineData(
        """
        "context_management":{"edits":[{"type":"compact_20260112"}]},
        "tools":[{"name":"f","input_schema":{"type":"object"}},{"max_uses":4,"type":"advisor_20260301","name":"advisor","model":"m"}]
        """, 5)]
    [InlineData(
        """
        "tools":[{"type":"web_search_20250305","name":"web_search","max_uses":5},
         {"name":"advisor_f","input_schema":{"type":"object","properties":{"advisor_":{"type":"string"}}}}]
        """, 0)]
    public void A_request_allows_as_many_as_it_says_in_bytes_and_decoded(string members, int further)
    {
        var body = BodyOf(members, out _);

        Assert.Equal(further, TokenBounds.Of(body).Further);
        Assert.Equal(further, TokenBounds.Of(CallBody.FromCanonical(body.GetCanonical())).Further);
    }

    [Fact]
    public void Each_is_held_with_the_prompt_and_the_longest_answer()
    {
        var (call, money) = CallOf(Compacting);
        var prompt = money.BoundsOf(call.Body).Input;

        Assert.Equal(2 * prompt, money.MostInput(call, Target()));
        Assert.Equal(2 * 50, money.MostOutput(call, Target()));
        // 2 dollars for a million tokens of the prompt are 2,000 nano-dollars each, 8 dollars 8,000.
        Assert.Equal((2 * prompt * 2_000) + (2 * 50 * 8_000), money.MostAt(call, Target()));
    }

    [Fact]
    public void What_a_call_with_an_advisor_comes_to_is_no_more_than_was_held()
    {
        var (call, money) = CallOf(""" "tools":[{"type":"advisor_20260301","name":"advisor","model":"m","max_uses":2}] """);
        var prompt = money.BoundsOf(call.Body).Input;

        Assert.Equal((3 * prompt * 2_000) + (3 * 50 * 8_000), money.MostAt(call, Target()));
    }

    [Fact]
    public void A_number_beyond_measure_is_the_largest_hold_and_not_none()
    {
        var bounds = new TokenBounds(10, 1) { Further = ushort.MaxValue };

        Assert.Equal(long.MaxValue, bounds.OfAllRequests(long.MaxValue / 2));
        Assert.Equal(655_360, bounds.OfAllRequests(10));
    }

    private static CallBody BodyOf(string members, out CallEnvelope envelope)
    {
        var bytes = Encoding.UTF8.GetBytes(
            $$"""{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"}],{{members}}}""");
        envelope = s_dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, bytes);
        return CallBody.FromWire(s_dialect, envelope, PooledBytes.Owned(bytes));
    }

    private static (ModelCall Call, MoneyCall Money) CallOf(string members)
    {
        var body = BodyOf(members, out var envelope);
        var call = SomeCall.Of();
        call.ReplaceRequest(envelope, body);
        return (call, new MoneyCall(Guid.NewGuid(), new MoneyFacts(null, null, null, null), DateTimeOffset.UnixEpoch));
    }

    private static Deployment Target() => new("a", "m", new NoBinding(), new DeploymentState())
    {
        Price = new ModelPrice(new ModelPricing
        {
            Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
            Rates = new() { Input = 2, Output = 8 },
        }),
    };

    private sealed class NoBinding : IDeploymentBinding;
}

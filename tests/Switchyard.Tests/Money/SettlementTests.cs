using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>What an attempt used: what its provider counted, and an estimate where that is not what it has said.</summary>
public sealed class SettlementTests
{
    [Theory]
    [InlineData("Abandoned")]
    [InlineData("BrokeOff")]
    public void The_count_that_a_stream_begins_with_is_none_of_an_answer_that_ended_early(string outcome)
    {
        var (call, attempt) = Answered(new() { Input = 25, Output = 1 }, said: 8000, outcome);

        Assert.Equal((new TokenUsage { Input = 25, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void Where_only_the_prompt_was_counted_the_answer_is_estimated()
    {
        var (call, attempt) = Answered(new() { Input = 25 }, said: 8000, "Abandoned");

        Assert.Equal((new TokenUsage { Input = 25, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData(1900, "Abandoned")]
    [InlineData(1, "Finished")]
    public void What_was_counted_along_the_way_or_at_the_end_is_what_it_used(long output, string outcome)
    {
        var usage = new TokenUsage { Input = 25, Output = output };
        var (call, attempt) = Answered(usage, said: 8000, outcome);

        Assert.Equal((usage, false), Settlement.UsageOf(call, attempt));
    }

    private static (ModelCall Call, Attempt Attempt) Answered(TokenUsage usage, long said, string outcome)
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m"));
        var attempt = call.BeginAttempt(SomeCall.Deployment("a/m"));
        attempt.Sending();
        attempt.Opened();
        attempt.Observe(usage);
        attempt.SaidCharacters = said;
        attempt.End(Enum.Parse<AttemptOutcome>(outcome), null);
        return (call, attempt);
    }
}

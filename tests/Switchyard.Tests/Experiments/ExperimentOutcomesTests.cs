using Switchyard.Calls;
using Switchyard.Experiments;
using Switchyard.TestKit;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Experiments;

/// <summary>The facts of a call that count for its variant.</summary>
public sealed class ExperimentOutcomesTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(null, 1)]
    [InlineData("mini; budget=total", 0)]
    public void A_call_that_a_budget_has_sent_to_a_cheaper_model_is_not_counted_to_its_variant(string? cheaper, int counted)
    {
        var variant = new VariantState("b", "up/m", 0.5, "test=b", new ExperimentCurve(_clock));
        var route = SomeCall.RouteTo("up/m");
        var call = SomeCall.Of(route, _clock);
        new ExperimentOutcomes(_clock).Expect(call, variant);
        call.Set(CallMarks.Cheaper, cheaper);
        var answer = new OpenAnswer(call.BeginAttempt(route.Groups[0].Deployments[0]));
        answer.Finish();

        ExperimentOutcomes.Note(call, answer);

        Assert.Equal(counted, variant.Read().Calls);
    }
}

using Switchyard.Experiments;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Experiments;

/// <summary>The history of an experiment of any length is a few copies of its figures.</summary>
public sealed class ExperimentCurveTests
{
    [Fact]
    public void Copies_are_few_evenly_apart_and_from_the_first_call_on()
    {
        var curve = new ExperimentCurve(new TestClock());
        curve.Follow([]);
        for (var call = 0; call < 20 * ExperimentCurve.Most; call++)
            curve.Note();
        Assert.Equal(Enumerable.Range(1, ExperimentCurve.Most).Select(step => 20L * step), curve.Read().Select(copy => copy.Calls));

        for (var call = 0; call < 1_000_000; call++)
            curve.Note();

        var calls = curve.Read().Select(copy => copy.Calls).ToList();
        Assert.InRange(calls.Count, ExperimentCurve.Most / 2, ExperimentCurve.Most);
        Assert.Equal(Enumerable.Range(1, calls.Count).Select(step => calls[0] * step), calls);
    }
}

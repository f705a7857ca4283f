using System.Diagnostics;
using Switchyard.Calls;
using Switchyard.Telemetry;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Telemetry;

/// <summary>The parents of spans.</summary>
[Collection("Listeners")]
public sealed class CallSpansTests
{
    [Fact]
    public void An_attempt_that_begins_where_the_answer_is_read_is_below_its_call_and_not_below_the_host()
    {
        using var host = new Activity("host").SetIdFormat(ActivityIdFormat.W3C).Start();
        // Other tests run in parallel: only the spans of this test's trace are collected.
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Switchyard",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == host.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(listener);
        using var spans = new CallSpans();
        var call = SomeCall.Of();
        spans.Begin(call);
        var above = Activity.Current!;
        var first = call.BeginAttempt(SomeCall.Deployment("a/m"));
        spans.Begin(call, first);

        Activity.Current = host;
        var next = call.BeginAttempt(SomeCall.Deployment("b/m"), new AttemptAdmission { IsContinuation = true });
        spans.Begin(call, next);

        Assert.Equal(host.SpanId, above.ParentSpanId);
        Assert.Equal(above.SpanId, first.Span!.ParentSpanId);
        Assert.Equal(above.SpanId, next.Span!.ParentSpanId);
    }
}

using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>The cancellation of a call's waits, and its time at providers.</summary>
public sealed class ModelCallTests
{
    [Fact]
    public async Task A_call_that_goes_on_for_others_waits_on_when_its_client_leaves_also_where_it_waited_before()
    {
        using var client = new CancellationTokenSource();
        using var nobody = new CancellationTokenSource();
        var call = SomeCall.Of(aborted: client.Token);
        // As in a queue, before other clients joined.
        Assert.False(call.Ending.IsCancellationRequested);

        call.ShareWork(Task.CompletedTask, nobody.Token);
        await client.CancelAsync();
        Assert.False(call.Ending.IsCancellationRequested);

        await nobody.CancelAsync();
        Assert.True(call.Ending.IsCancellationRequested);
    }

    [Fact]
    public async Task A_call_of_its_client_alone_waits_no_longer_than_that_one_does()
    {
        using var client = new CancellationTokenSource();
        var call = SomeCall.Of(aborted: client.Token);
        var waiting = call.Ending;

        await client.CancelAsync();

        Assert.True(waiting.IsCancellationRequested);
    }

    [Fact]
    public void Two_targets_that_are_waited_for_at_once_are_waited_for_once()
    {
        var clock = new TestClock();
        var call = SomeCall.Of(time: clock);
        clock.Advance(TimeSpan.FromMilliseconds(5));
        call.BeginAttempt(SomeCall.Deployment("a/m")).Sending();
        clock.Advance(TimeSpan.FromMilliseconds(800));
        var hedge = call.BeginAttempt(SomeCall.Deployment("b/m"), new AttemptAdmission { IsHedge = true });
        hedge.Sending();
        clock.Advance(TimeSpan.FromMilliseconds(100));
        hedge.Opened();

        // The first attempt still runs: waiting for it beside the other's answer is upstream time, too.
        Assert.Equal(TimeSpan.FromMilliseconds(5), call.Elapsed - call.UpstreamTime);
    }

    [Fact]
    public void Targets_that_are_tried_one_after_the_other_are_waited_for_together()
    {
        var clock = new TestClock();
        var call = SomeCall.Of(time: clock);
        foreach (var target in (string[])["a/m", "b/m", "c/m"])
        {
            var attempt = call.BeginAttempt(SomeCall.Deployment(target));
            clock.Advance(TimeSpan.FromMilliseconds(3));
            attempt.Sending();
            clock.Advance(TimeSpan.FromMilliseconds(100));
            attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamUnavailable));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(300), call.UpstreamTime);
    }
}

using Switchyard.Calls;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>The count of calls on a snapshot, which decides when objects that only they use can be released.</summary>
public sealed class InFlightTests
{
    [Fact]
    public void It_is_closed_at_once_if_no_call_is_in_it() => Assert.True(new InFlight().CloseAsync().IsCompletedSuccessfully);

    [Fact]
    public void It_is_closed_when_the_last_one_has_left()
    {
        var inFlight = new InFlight();
        Assert.True(inFlight.TryEnter());
        Assert.True(inFlight.TryEnter());
        var closed = inFlight.CloseAsync();
        inFlight.Leave();
        Assert.False(closed.IsCompleted);
        inFlight.Leave();
        Assert.True(closed.IsCompletedSuccessfully);
    }

    [Fact]
    public void No_call_enters_after_it_is_closed_and_trying_changes_nothing()
    {
        var inFlight = new InFlight();
        Assert.True(inFlight.TryEnter());
        var closed = inFlight.CloseAsync();

        Assert.False(inFlight.TryEnter());
        Assert.False(closed.IsCompleted);
        inFlight.Leave();
        Assert.True(closed.IsCompletedSuccessfully);
        Assert.False(inFlight.TryEnter());
    }

    [Fact]
    public async Task It_counts_right_however_many_enter_and_leave_while_it_is_closed()
    {
        for (var round = 0; round < 200; round++)
        {
            var inFlight = new InFlight();
            var entered = 0;
            var left = 0;
            using var start = new Barrier(3);
            var workers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    for (var i = 0; i < 50; i++)
                    {
                        if (!inFlight.TryEnter())
                            continue;
                        Interlocked.Increment(ref entered);
                        Interlocked.Increment(ref left);
                        inFlight.Leave();
                    }
                },
                TaskCreationOptions.LongRunning)).ToArray();
            start.SignalAndWait();
            await inFlight.CloseAsync().WaitAsync(TimeSpan.FromSeconds(10));
            await Task.WhenAll(workers);
            Assert.Equal(entered, left);
            Assert.False(inFlight.TryEnter());
        }
    }
}

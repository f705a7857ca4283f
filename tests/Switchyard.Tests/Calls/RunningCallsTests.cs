using Switchyard.Calls;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>The list of running calls: entries are added and removed by many threads at once.</summary>
public sealed class RunningCallsTests
{
    [Fact]
    public async Task Calls_of_many_threads_are_all_listed_and_none_is_left_behind()
    {
        var running = new RunningCalls();
        var (inside, outside) = (new Barrier(8), new Barrier(8));

        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var calls = Enumerable.Range(0, 500).Select(_ => SomeCall.Of())
                    .Select(call => (Call: call, Seat: running.Enter(call))).ToList();
                inside.SignalAndWait();
                var count = running.All.Distinct().Count();
                outside.SignalAndWait();
                calls.ForEach(entry => running.Leave(entry.Call, entry.Seat));
                return count;
            },
            TaskCreationOptions.LongRunning)));

        Assert.All(counts, count => Assert.Equal(8 * 500, count));
        Assert.Empty(running.All);
    }

    [Fact]
    public void A_call_that_has_left_is_not_remembered_as_ended()
    {
        var running = new RunningCalls();
        var (call, error) = (SomeCall.Of(), new CallError(CallErrorKind.EndedByOperator, "ended"));
        var seat = running.Enter(call);

        running.End(call, error);
        Assert.Same(error, running.EndOf(call));
        running.Leave(call, seat);
        Assert.Null(running.EndOf(call));
        running.End(call, error);

        Assert.Null(running.EndOf(call));
    }

    [Fact]
    public void Beyond_its_bound_a_call_runs_unlisted()
    {
        var running = new RunningCalls();
        var call = SomeCall.Of();
        var seats = Enumerable.Range(0, RunningCalls.MostCalls).Select(_ => running.Enter(call)).TakeWhile(seat => seat >= 0).ToList();

        Assert.Equal(seats.Count, seats.Distinct().Count());
        Assert.Equal(RunningCalls.NoSeat, running.Enter(call));
        running.Leave(call, RunningCalls.NoSeat);
        running.Leave(call, seats[0]);
        Assert.Equal(seats[0], running.Enter(call));
    }
}

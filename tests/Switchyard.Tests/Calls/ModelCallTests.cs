using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>What a call waits for, and whose end ends that.</summary>
public sealed class ModelCallTests
{
    [Fact]
    public async Task A_call_that_goes_on_for_others_waits_on_when_its_client_leaves_also_where_it_waited_before()
    {
        using var client = new CancellationTokenSource();
        using var nobody = new CancellationTokenSource();
        var call = SomeCall.Of(aborted: client.Token);
        // In a queue, before others joined.
        Assert.False(call.Ending.IsCancellationRequested);

        call.Carry(Task.CompletedTask, nobody.Token);
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
}

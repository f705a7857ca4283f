namespace Switchyard.Calls;

/// <summary>
/// What a call needs while two of its attempts run at once (<c>hedge</c>): each step sees the attempt it runs for, and the call does not
/// end before the one that lost has.
/// </summary>
internal sealed class AttemptRace
{
    private readonly AsyncLocal<Attempt?> _mine = new();
    private Task _lost = Task.CompletedTask;

    /// <summary>The attempt that the code at hand runs for; null outside of any, where the call's own counts.</summary>
    public Attempt? Mine => _mine.Value;

    /// <summary>A task that is complete when every attempt that lost has ended.</summary>
    public Task Lost => _lost;

    /// <summary>Runs a step for one attempt.</summary>
    public async Task<CallResponse> RunAsync(Attempt attempt, Func<Attempt, ValueTask<CallResponse>> step)
    {
        // In an async method, so that it holds for this step alone.
        _mine.Value = attempt;
        return await step(attempt).ConfigureAwait(false);
    }

    /// <summary>Lets the call end only after an attempt that lost. The task never fails.</summary>
    public void Outlives(Task loser) => _lost = _lost.IsCompleted ? loser : Task.WhenAll(_lost, loser);
}

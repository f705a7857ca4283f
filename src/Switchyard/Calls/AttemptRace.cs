namespace Switchyard.Calls;

/// <summary>
/// The state of a call while two of its attempts run at once (<c>hedge</c>): each step sees the attempt it runs for, and the call does not
/// end before the losing attempt has.
/// </summary>
internal sealed class AttemptRace
{
    private readonly AsyncLocal<Attempt?> _current = new();
    private Task _lost = Task.CompletedTask;

    /// <summary>The attempt that the current code runs for; null outside of any: then the call's own attempt applies.</summary>
    public Attempt? Current => _current.Value;

    /// <summary>A task that completes when every losing attempt has ended.</summary>
    public Task LosersEnded => _lost;

    /// <summary>Runs a step for one attempt.</summary>
    public async Task<CallResponse> RunAsync(Attempt attempt, Func<Attempt, ValueTask<CallResponse>> step)
    {
        // In an async method, so that the value applies to this step alone.
        _current.Value = attempt;
        return await step(attempt).ConfigureAwait(false);
    }

    /// <summary>Makes the call end only after a losing attempt. The task never fails.</summary>
    public void AddLoser(Task loser) => _lost = _lost.IsCompleted ? loser : Task.WhenAll(_lost, loser);
}

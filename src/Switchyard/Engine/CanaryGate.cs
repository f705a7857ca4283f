using Switchyard.Calls;
using Switchyard.Configuration.Runtime;

namespace Switchyard.Engine;

/// <summary>Decides which calls run on the candidate configuration, and counts the results of both sides. Thread-safe.</summary>
/// <param name="plan">The share and the seed.</param>
internal sealed class CanaryGate(CanaryPlan plan)
{
    private long _calls;

    /// <summary>The plan of its candidate.</summary>
    public CanaryPlan Plan => plan;

    /// <summary>The results of the calls on the configuration in force.</summary>
    public CanaryTally Stable { get; } = new();

    /// <summary>The results of the calls on the candidate.</summary>
    public CanaryTally Candidate { get; } = new();

    /// <summary>Whether the next call is the candidate's: the same for each n-th call of the same seed.</summary>
    public bool TakesNext() => Takes(plan.Seed, Interlocked.Increment(ref _calls), plan.Share);

    /// <summary>Whether the n-th call is the candidate's.</summary>
    public static bool Takes(long seed, long number, double share)
    {
        // SplitMix64: neighbouring numbers give unrelated values.
        var mixed = unchecked((ulong)seed + ((ulong)number * 0x9E3779B97F4A7C15));
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53)) < share;
    }
}

/// <summary>Counts calls. Thread-safe.</summary>
internal sealed class CanaryTally
{
    private long _calls;
    private long _failed;
    private long _ticks;

    public void Note(ModelCall call, CallResponse response)
    {
        if (response.Error is { Kind: CallErrorKind.Canceled })
            return;
        // An error below 500 is the client's, and says nothing about the configuration.
        var failed = response.Error is { } error && CallErrorPolicy.Of(error.Kind).Status >= 500;
        Interlocked.Add(ref _ticks, call.Elapsed.Ticks);
        Interlocked.Add(ref _failed, failed ? 1 : 0);
        Interlocked.Increment(ref _calls);
    }

    public CanarySide Read()
    {
        var calls = Interlocked.Read(ref _calls);
        return new()
        {
            Calls = calls,
            Failed = Interlocked.Read(ref _failed),
            Time = calls == 0 ? null : TimeSpan.FromTicks(Interlocked.Read(ref _ticks) / calls),
        };
    }
}

/// <summary>Counts the end of each call while a candidate is tried, and passes everything on.</summary>
internal sealed class CanaryObserver(ICallObserver inner, CanaryTally tally) : ICallObserver
{
    public void OnAttemptEnded(ModelCall call, Attempt attempt) => inner.OnAttemptEnded(call, attempt);

    public void OnCallEnded(ModelCall call, CallResponse response)
    {
        tally.Note(call, response);
        inner.OnCallEnded(call, response);
    }
}

/// <summary>A candidate in force for its share of the calls. Immutable except for its counts.</summary>
/// <param name="Calls">The part that its calls use.</param>
/// <param name="Gate">Decides which calls those are.</param>
internal sealed record EngineCanary(CallSnapshot Calls, CanaryGate Gate);

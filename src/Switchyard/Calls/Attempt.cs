using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One try at one deployment within a call, from its beginning to the end of its answer. Written by <c>Egress</c> alone, read by everybody.
/// Not thread-safe while it runs; immutable once it has ended.
/// </summary>
public sealed class Attempt
{
    private const long NotYet = -1;

    private readonly ModelCall _call;
    private LossReport? _losses;
    private long _sent = NotYet;
    private long _opened = NotYet;
    private long _ended = NotYet;

    internal Attempt(ModelCall call, Deployment deployment)
    {
        _call = call;
        Deployment = deployment;
        StartTimestamp = call.Time.GetTimestamp();
        deployment.State.Begin();
    }

    /// <summary>The target.</summary>
    public Deployment Deployment { get; }

    /// <summary>How it ended.</summary>
    public AttemptOutcome Outcome { get; private set; }

    /// <summary>When it began, in ticks of the engine's <see cref="TimeProvider"/>.</summary>
    public long StartTimestamp { get; }

    /// <summary>Whether the bytes were forwarded or the request translated.</summary>
    public EgressMode Mode { get; internal set; }

    /// <summary>What the target has reported so far. A provider may bill what nobody saw, so a failed attempt keeps its own.</summary>
    public TokenUsage Usage { get; private set; }

    /// <summary>Why it failed or broke off; null while it is well.</summary>
    public CallError? Error { get; private set; }

    /// <summary>The fields this target could not be given.</summary>
    public LossReport Losses => _losses ??= new();

    /// <summary>Whether any field could not be given; asking makes no report.</summary>
    internal bool HasLosses => _losses is { IsEmpty: false };

    /// <summary>
    /// How long the provider took until the answer was open, or until it failed: from the request's first byte going out to the answer's
    /// headers or, for a stream, its first content frame. Zero while neither has happened.
    /// </summary>
    public TimeSpan UpstreamTime => _opened == NotYet ? TimeSpan.Zero : _call.Time.GetElapsedTime(_sent, _opened);

    /// <summary>How long it ran, its answer included; until now while it runs.</summary>
    public TimeSpan Duration => _ended == NotYet ? _call.Time.GetElapsedTime(StartTimestamp) : _call.Time.GetElapsedTime(StartTimestamp, _ended);

    /// <summary>The request's first byte is about to go out.</summary>
    internal void Sending() => _sent = _call.Time.GetTimestamp();

    /// <summary>The answer is open.</summary>
    internal void Opened()
    {
        if (_opened == NotYet)
            _opened = _call.Time.GetTimestamp();
    }

    /// <summary>The target has reported usage: each field it names replaces what it said before.</summary>
    internal void Observe(in TokenUsage usage) => Usage = Usage.UpdatedBy(usage);

    /// <summary>Ends it, once; a second end changes nothing.</summary>
    internal void End(AttemptOutcome outcome, CallError? error)
    {
        if (Outcome != AttemptOutcome.Running)
            return;
        Outcome = outcome;
        Error = error;
        _ended = _call.Time.GetTimestamp();
        if (_sent != NotYet && _opened == NotYet)
            _opened = _ended;
        Deployment.State.End(Verdict(outcome, error));
        _call.Snapshot.Observer.OnAttemptEnded(_call, this);
    }

    /// <summary>Ends it with its answer: finished, broken off or left.</summary>
    internal void End(CallResponse response) => End(
        response.Error is { Kind: not CallErrorKind.Canceled } ? AttemptOutcome.BrokeOff
        : response.IsComplete ? AttemptOutcome.Finished
        : AttemptOutcome.Abandoned,
        response.Error);

    /// <summary>Ends it with a failure that came before its answer was open.</summary>
    internal void Fail(CallError error) => End(
        error.Kind == CallErrorKind.Canceled ? AttemptOutcome.Abandoned : _sent == NotYet ? AttemptOutcome.Refused : AttemptOutcome.Failed,
        error);

    private static bool? Verdict(AttemptOutcome outcome, CallError? error) => outcome switch
    {
        AttemptOutcome.Finished => true,
        AttemptOutcome.BrokeOff => false,
        // A 4xx of the client's own making says nothing of the deployment.
        AttemptOutcome.Failed => error is { IsRetryable: true } ? false : null,
        _ => null,
    };
}

/// <summary>How a request reaches its provider.</summary>
public enum EgressMode
{
    /// <summary>The original bytes, spliced.</summary>
    Forward,

    /// <summary>A body built from the canonical form.</summary>
    Translate,
}

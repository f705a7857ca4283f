using System.Diagnostics;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One try at one deployment within a call, from its start to the end of its answer. <c>Egress</c> writes it; <c>AttemptLoop</c> and
/// <see cref="ModelCall"/> only end one that was left open. Not thread-safe while it runs; once it has ended nothing but what its answer
/// loses on the way to the client is added.
/// </summary>
public sealed class Attempt
{
    private const long NotYet = -1;

    private readonly ModelCall _call;
    private readonly CircuitPass _circuitPass;
    private readonly CircuitPass _accountPass;
    private readonly bool _holdsPlace;
    private readonly int _running;
    private readonly CancellationTokenSource? _cutOff;
    private readonly ITaken? _taken;
    private LossReport? _losses;
    private Remarks? _remarks;
    private long _sent = NotYet;
    private long _opened = NotYet;
    private long _ended = NotYet;

    internal Attempt(ModelCall call, Deployment deployment, in AttemptAdmission admission = default)
    {
        MayBeFollowed = admission.MayBeFollowed;
        _circuitPass = admission.Circuit;
        _accountPass = admission.Account;
        _holdsPlace = admission.HoldsPlace;
        _running = admission.Running;
        _taken = admission.Taken;
        _cutOff = admission.CutOff;
        IsHedge = admission.IsHedge;
        IsContinuation = admission.IsContinuation;
        _call = call;
        Deployment = deployment;
        StartTimestamp = call.Time.GetTimestamp();
        deployment.State.Begin();
    }

    /// <summary>The target.</summary>
    public Deployment Deployment { get; }

    /// <summary>How it ended; <see cref="AttemptOutcome.Running"/> until then.</summary>
    public AttemptOutcome Outcome { get; private set; }

    /// <summary>The start, in ticks of the engine's <see cref="TimeProvider"/>.</summary>
    public long StartTimestamp { get; }

    /// <summary>Whether the bytes were forwarded or the request translated.</summary>
    public EgressMode Mode { get; internal set; }

    /// <summary>The token counts reported by the target so far. A failed attempt keeps its own, because the provider may bill it.</summary>
    public TokenUsage Usage { get; private set; }

    /// <summary>The error with which it failed or broke off; null without one.</summary>
    public CallError? Error { get; private set; }

    /// <summary>What could not be carried to this target, or of its answer to the client.</summary>
    public LossReport Losses => _losses ??= new();

    /// <summary>What it is counted under; null where nothing counts it.</summary>
    internal IMeasures? Measures { get; set; }

    /// <summary>Its span; null where nobody listens.</summary>
    internal Activity? Span { get; set; }

    /// <summary>The service tier that its answer names; null where it names none.</summary>
    internal string? ServiceTier
    {
        get => _remarks?.ServiceTier;
        set
        {
            if (value != ServiceTier)
                (_remarks ??= new()).ServiceTier = value;
        }
    }

    /// <summary>
    /// The price of its answer: that of the service tier the answer names, else of the one that was asked for. Null when not known.
    /// </summary>
    internal IDeploymentPrice? Price => Deployment.Price?.At(ServiceTier ?? _call.Envelope.ServiceTier);

    /// <summary>About how many characters its answer has said, for where its provider counts no tokens.</summary>
    internal long SaidCharacters { get; set; }

    /// <summary>Whether its answer was opened.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>When its request was sent, in ticks, as <see cref="StartTimestamp"/>. Only where it was.</summary>
    internal long SentTimestamp => _sent;

    /// <summary>When its answer was open, or it failed; in ticks, as <see cref="StartTimestamp"/>. Negative until then.</summary>
    internal long OpenTimestamp => _opened;

    /// <summary>When it ended, in ticks, as <see cref="StartTimestamp"/>.</summary>
    internal long EndTimestamp => _ended;

    /// <summary>Whether it was begun because the attempt before it was late, and ran beside that one (<c>hedge</c>).</summary>
    public bool IsHedge { get; }

    /// <summary>Whether it goes on with an answer of another target that broke off (<c>continuation</c>).</summary>
    public bool IsContinuation { get; }

    /// <summary>Cancelled when nobody wants its answer any more: the client has left, or another attempt has answered first.</summary>
    public CancellationToken Aborted => _cutOff?.Token ?? _call.Aborted;

    /// <summary>Whether another target is left to be tried after it: it then leaves that one a part of the call's time.</summary>
    internal bool MayBeFollowed { get; }

    /// <summary>Whether a field could not be carried. Unlike <see cref="Losses"/> it allocates no report.</summary>
    public bool HasLosses => _losses is { IsEmpty: false };

    /// <summary>
    /// The provider's time until the answer was open, or until it failed: from sending the request's first byte to the answer's headers
    /// or, for a stream, its first content frame. Zero until one of the two has happened.
    /// </summary>
    public TimeSpan UpstreamTime => _opened == NotYet ? TimeSpan.Zero : _call.Time.GetElapsedTime(_sent, _opened);

    /// <summary>The time from its start to the end of its answer; to now while it runs.</summary>
    public TimeSpan Duration =>
        _ended == NotYet ? _call.Time.GetElapsedTime(StartTimestamp) : _call.Time.GetElapsedTime(StartTimestamp, _ended);

    /// <summary>Whether its request has begun to be sent, so that the provider may bill it.</summary>
    internal bool IsSent => _sent != NotYet;

    /// <summary>Cuts it off although the client is still there. Only for one that was admitted with an end of its own.</summary>
    internal Task CutOffAsync() => _cutOff!.CancelAsync();

    /// <summary>Gives back what it held for being cut off. Called when its call ends.</summary>
    internal void Release() => _cutOff?.Dispose();

    /// <summary>Records that the request is about to be sent.</summary>
    internal void Sending() => _sent = _call.Time.GetTimestamp();

    /// <summary>Records that the answer is open. The first call counts.</summary>
    internal void Opened()
    {
        if (IsOpen)
            return;
        IsOpen = true;
        _opened = _call.Time.GetTimestamp();
        if (_holdsPlace && Deployment.Policy is { AdaptsConcurrency: true } policy)
            Deployment.State.Adaptive.Answered(UpstreamTime, _running, _call.Envelope.Stream, policy.Concurrency!.Value);
    }

    /// <summary>Records a usage report: each field it holds replaces the one reported before.</summary>
    internal void Observe(in TokenUsage usage)
    {
        Usage = Usage.UpdatedBy(usage);
        CountIssued();
    }

    /// <summary>
    /// Records the id of an answer that the provider keeps, for requests that go on from it; and that it keeps what this one went on from.
    /// </summary>
    /// <param name="id">The id; null for none.</param>
    /// <param name="account">The name of the account that keeps it.</param>
    internal void Issued(string? id, string account)
    {
        // Nobody else can go on from an answer.
        if ((_call.ClientDialect != DialectId.OpenAIResponses && _call.ClientDialect != DialectId.Canonical)
            || (id is null && _call.Envelope.GoesOnFrom is null)
            || _call.Snapshot.Section(AnswerOwners.Section) is not { } owners)
        {
            return;
        }

        var owner = new AnswerOwner(Deployment.State.Account, Deployment.Provider, account, _call.Caller.Holder);
        if (id is not null)
        {
            var issued = owner with { Model = Deployment.Model };
            (_remarks ??= new()).Issued = issued;
            CountIssued();
            owners.Set(id, issued);
        }

        // Whoever goes on from it does not become the one whose it is, and it stays as long as it was.
        if (_call.Envelope.GoesOnFrom is { } before)
        {
            owners.Set(before, owners.Find(before) is not { } known ? owner : known with
            {
                State = owner.State,
                Provider = owner.Provider,
                Account = owner.Account,
            });
        }
    }

    /// <summary>The same of an answer that was decoded. A caller in process goes on from one only where it is told how.</summary>
    /// <param name="id">The id; null for none.</param>
    /// <param name="conversation">What a caller in process names to go on from it; null where its provider keeps nothing.</param>
    /// <param name="account">The name of the account that keeps it.</param>
    internal void Issued(string? id, string? conversation, string account) =>
        Issued(_call.ClientDialect == DialectId.Canonical && conversation is null ? null : id, account);

    /// <summary>Notes how long the answer is from which others may go on.</summary>
    private void CountIssued()
    {
        if (_remarks?.Issued is { } answer && Usage is { Input: { } input, Output: { } output })
            answer.Tokens = input + output;
    }

    /// <summary>Ends the attempt, updates the deployment's counters and notifies observers. A second call does nothing.</summary>
    internal void End(AttemptOutcome outcome, CallError? error)
    {
        if (Outcome != AttemptOutcome.Running)
            return;
        Outcome = outcome;
        Error = error;
        _ended = _call.Time.GetTimestamp();
        if (_sent != NotYet && _opened == NotYet)
            _opened = _ended;
        Tell(Faults.Verdict(outcome, error), _call.Time.GetElapsedTime(0, _ended));
        _call.Snapshot.Observer.OnAttemptEnded(_call, this);
    }

    /// <summary>
    /// The tokens it came to; null when nobody knows, because its answer reported none. What failed and reported none has used none.
    /// </summary>
    internal long? SpentTokens =>
        Usage.Total ?? (Outcome is AttemptOutcome.Failed or AttemptOutcome.Refused ? 0 : null);

    /// <summary>Tells the deployment's state how the attempt ended, and gives back what it held.</summary>
    private void Tell(AttemptVerdict verdict, TimeSpan now)
    {
        var state = Deployment.State;
        if (_holdsPlace)
        {
            if (Deployment.Policy.AdaptsConcurrency && Error is { } error && Faults.SaysTooMuch(error))
                state.Adaptive.Refused();
            state.Places.Leave(Deployment.PlacesNow);
        }

        _taken?.Settle(Outcome != AttemptOutcome.Refused, SpentTokens, Usage.Output);
        state.End(verdict switch { AttemptVerdict.Success => true, AttemptVerdict.Failure => false, _ => null },
            _circuitPass, Deployment.Policy.Circuit, now);
        var latency = state.Latency(_call.Envelope.Stream);
        switch (verdict)
        {
            case AttemptVerdict.Success:
                latency.Succeeded(UpstreamTime, now);
                state.Recent(_call.Envelope.Stream)?.Add(UpstreamTime, now);
                state.Account.Accepted(_accountPass);
                break;
            case AttemptVerdict.CredentialRefused:
                state.Account.Refused(_accountPass, now);
                break;
            case AttemptVerdict.Failure:
                latency.Failed(now);
                state.Account.Released(_accountPass);
                if (Error is { RetryAfter: { } pause })
                    state.CoolUntil(now + pause);
                break;
            default:
                state.Account.Released(_accountPass);
                break;
        }
    }

    /// <summary>
    /// Ends the attempt when its answer is disposed: finished, broken off or abandoned. One that was complete has finished, even where the
    /// client was then refused it.
    /// </summary>
    internal void End(CallResponse response) => End(
        response.IsComplete ? AttemptOutcome.Finished
        : response.Error is { Kind: not CallErrorKind.Canceled } ? AttemptOutcome.BrokeOff
        : AttemptOutcome.Abandoned,
        response.IsComplete ? null : response.Error);

    /// <summary>Ends the attempt with a failure before its answer was open. Nothing sent yet means refused, not failed.</summary>
    internal void Fail(CallError error) => End(
        error.Kind == CallErrorKind.Canceled ? AttemptOutcome.Abandoned : _sent == NotYet ? AttemptOutcome.Refused : AttemptOutcome.Failed,
        error);

    /// <summary>What few attempts have: one field for all of it.</summary>
    private sealed class Remarks
    {
        public string? ServiceTier;
        public AnswerOwner? Issued;
    }
}

/// <summary>How a request reaches its provider.</summary>
public enum EgressMode
{
    /// <summary>The client's bytes with a few replacements (the model's name).</summary>
    Forward,

    /// <summary>A body built from the canonical form.</summary>
    Translate,
}

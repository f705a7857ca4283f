using System.Diagnostics;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One try at one deployment within a call, from its start to the end of its answer. <c>Egress</c> writes it; <c>AttemptLoop</c> and
/// <see cref="ModelCall"/> only end an attempt that was left open. Not thread-safe while it runs; after its end only the losses of its
/// answer on the way to the client are added.
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

    /// <summary>The error with which it failed or broke off; null if it did neither.</summary>
    public CallError? Error { get; private set; }

    /// <summary>The fields that could not be carried to this target, or from its answer to the client.</summary>
    public LossReport Losses => _losses ??= new();

    /// <summary>The metrics it is counted in; null if no metrics are collected.</summary>
    internal IMeasures? Measures { get; set; }

    /// <summary>Its span; null if no listener is active.</summary>
    internal Activity? Span { get; set; }

    /// <summary>The service tier in its answer; null if the answer has none.</summary>
    internal string? ServiceTier
    {
        get => _remarks?.ServiceTier;
        set
        {
            if (value != ServiceTier)
                (_remarks ??= new()).ServiceTier = value;
        }
    }

    /// <summary>Whether its provider goes on with its answer in the background, as far as was seen.</summary>
    internal bool IsUnfinished
    {
        get => _remarks is { IsUnfinished: true };
        set
        {
            if (value != IsUnfinished)
                (_remarks ??= new()).IsUnfinished = value;
        }
    }

    /// <summary>
    /// Whether the tokens of both its prompt and its whole answer were counted. An answer with text has tokens: a server that reports none
    /// at all does not count.
    /// </summary>
    internal bool CountsText =>
        Usage is { Input: not null, Output: not null } && !IsCountedAtItsStart && (Usage.Total > 0 || OutputCharacters == 0);

    /// <summary>Whether the usage is complete, so that the ledger needs no estimate: of an answer the start alone may be counted.</summary>
    internal bool IsCountedFor(CallOperation operation) => operation switch
    {
        CallOperation.Chat or CallOperation.Completion => CountsText,
        CallOperation.Embedding or CallOperation.Moderation or CallOperation.Rerank => !Usage.IsEmpty,
        _ => Usage.Output is not null,
    };

    /// <summary>
    /// Whether its counts include all of an answer that ended early: they came with its error, or after its content.
    /// </summary>
    internal bool IsCountedToItsEnd
    {
        get => _remarks is { IsCountedToItsEnd: true };
        set
        {
            if (value != IsCountedToItsEnd)
                (_remarks ??= new()).IsCountedToItsEnd = value;
        }
    }

    /// <summary>
    /// The length of its request, if the call's request was replaced by a longer one for an attempt that continues its answer, or only the
    /// first parts of it were answered; null if it is the call's.
    /// </summary>
    internal long? RequestLength
    {
        get => _remarks is { RequestLength: > 0 and var length } ? length : null;
        set => (_remarks ??= new()).RequestLength = value ?? 0;
    }

    /// <summary>How many requests were sent after its first: the further parts of one that is sent in parts.</summary>
    internal int FurtherRequests
    {
        get => _remarks?.FurtherRequests ?? 0;
        set => (_remarks ??= new()).FurtherRequests = value;
    }

    /// <summary>Whether its answer was counted only before it began, although it has ended.</summary>
    internal bool IsCountedAtItsStart
    {
        get => _remarks is { IsCountedAtItsStart: true };
        set
        {
            if (value != IsCountedAtItsStart)
                (_remarks ??= new()).IsCountedAtItsStart = value;
        }
    }

    /// <summary>
    /// The id of its answer if its provider goes on with it in the background and the client can read it later; null for any other.
    /// </summary>
    internal string? UnfinishedAnswer => IsUnfinished ? _remarks!.AnswerId : null;

    /// <summary>The owner of its answer if its provider stores it for requests that continue it; null for any other.</summary>
    internal AnswerOwner? Kept => _remarks?.Issued;

    /// <summary>The id of that answer.</summary>
    internal string? KeptId => _remarks?.AnswerId;

    /// <summary>
    /// The price of its answer: that of the service tier in the answer, or else of the requested tier. Null if unknown.
    /// </summary>
    internal IDeploymentPrice? Price => Deployment.Price?.At(ServiceTier ?? _call.Envelope.ServiceTier);

    /// <summary>
    /// Its cost in US dollars by the reported usage, without which it counts as free, like one that failed; null without a price.
    /// </summary>
    internal decimal? KnownCost
    {
        get
        {
            if (Usage.IsEmpty)
                return 0;
            var why = Unpriced.NoPrice;
            var cost = Price?.CostOf(Usage, out why).Dollars;
            return why == Unpriced.None ? cost : null;
        }
    }

    /// <summary>The approximate number of characters in its answer so far, used if the provider counts no tokens.</summary>
    internal long OutputCharacters { get; set; }

    /// <summary>Whether its answer was opened.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>The time its request was sent, in ticks like <see cref="StartTimestamp"/>. Valid only if it was sent.</summary>
    internal long SentTimestamp => _sent;

    /// <summary>The time its answer was open, or it failed, in ticks like <see cref="StartTimestamp"/>. Negative until then.</summary>
    internal long OpenTimestamp => _opened;

    /// <summary>The time it ended, in ticks like <see cref="StartTimestamp"/>.</summary>
    internal long EndTimestamp => _ended;

    /// <summary>Whether it was begun because the previous attempt was slow, and ran in parallel with it (<c>hedge</c>).</summary>
    public bool IsHedge { get; }

    /// <summary>Whether it continues an answer of another target that broke off (<c>continuation</c>).</summary>
    public bool IsContinuation { get; }

    /// <summary>Cancelled when its answer is no longer needed: the client has left, or another attempt has answered first.</summary>
    public CancellationToken Aborted => _cutOff?.Token ?? _call.Aborted;

    /// <summary>Whether another target could still be tried after it: it then reserves a part of the call's time for that one.</summary>
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

    /// <summary>
    /// The tokens it used; null if its answer reported none. A failed or refused attempt that reported none has used 0.
    /// </summary>
    internal long? SpentTokens =>
        Usage.Total ?? (Outcome is AttemptOutcome.Failed or AttemptOutcome.Refused ? 0 : null);

    /// <summary>Cuts it off although the client is still connected. Only for an attempt that has its own cancellation.</summary>
    internal Task CutOffAsync() => _cutOff!.CancelAsync();

    /// <summary>Disposes its own cancellation. Called when its call ends.</summary>
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
    /// Records the id of an answer that the provider stores, for requests that continue it, and the account of the state before it.
    /// </summary>
    /// <param name="id">The id; null for none.</param>
    /// <param name="account">The name of the account that stores it.</param>
    internal void Issued(string? id, string account)
    {
        // Clients of other formats cannot continue an answer.
        if ((_call.ClientDialect != DialectId.OpenAIResponses && _call.ClientDialect != DialectId.Canonical)
            || (id is null && _call.Envelope.ContinuedId is null)
            || _call.Snapshot.Section(AnswerOwners.Section) is not { } owners)
        {
            return;
        }

        var owner = new AnswerOwner(Deployment.State.Account, Deployment.Provider, account, _call.Caller.Holder);
        if (id is not null)
        {
            var issued = owner with { Model = Deployment.Model };
            _remarks ??= new();
            (_remarks.Issued, _remarks.AnswerId) = (issued, id);
            CountIssued();
            owners.Set(id, issued);
        }

        // A call that continues an answer does not become its owner, and does not change its length.
        if (_call.Envelope.ContinuedId is { } before)
        {
            if (owners.Find(before) is { } known)
                owners.Set(before, known with { State = owner.State, Provider = owner.Provider, Account = owner.Account });
            else if (!AnswerOwners.LeavesUnknown(_call))
                owners.Set(before, owner);
        }
    }

    /// <summary>The same for a decoded answer. A caller in process continues an answer only by its conversation id.</summary>
    /// <param name="id">The id; null for none.</param>
    /// <param name="conversation">The conversation id for a caller in process; null if its provider stores nothing.</param>
    /// <param name="account">The name of the account that stores it.</param>
    internal void Issued(string? id, string? conversation, string account) =>
        Issued(_call.ClientDialect == DialectId.Canonical && conversation is null ? null : id, account);

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
        Report(Faults.Verdict(outcome, error), _call.Time.GetElapsedTime(0, _ended));
        _call.Snapshot.Observer.OnAttemptEnded(_call, this);
    }

    /// <summary>
    /// Ends the attempt when its answer is disposed: finished, broken off or abandoned. A complete answer counts as finished, even if the
    /// gateway then refused it to the client.
    /// </summary>
    internal void End(CallResponse response) => End(
        response.IsComplete ? AttemptOutcome.Finished
        : response.Error is { Kind: not CallErrorKind.Canceled } ? AttemptOutcome.BrokeOff
        : AttemptOutcome.Abandoned,
        response.IsComplete ? null : response.Error);

    /// <summary>Ends the attempt with a failure before its answer was open. If nothing was sent yet, it is refused, not failed.</summary>
    internal void Fail(CallError error) => End(
        error.Kind == CallErrorKind.Canceled ? AttemptOutcome.Abandoned : _sent == NotYet ? AttemptOutcome.Refused : AttemptOutcome.Failed,
        error);

    /// <summary>Records the tokens of an answer that later requests may continue.</summary>
    private void CountIssued()
    {
        if (_remarks?.Issued is { } answer && Usage is { Input: { } input, Output: { } output })
            answer.Tokens = input + output;
    }

    /// <summary>Reports the end of the attempt to the deployment's state, and releases what it held.</summary>
    private void Report(AttemptVerdict verdict, TimeSpan now)
    {
        var state = Deployment.State;
        if (_holdsPlace)
        {
            if (Deployment.Policy.AdaptsConcurrency && Error is { } error && Faults.MeansOverload(error))
                state.Adaptive.Refused();
            state.Places.Leave(Deployment.PlacesNow);
        }

        _taken?.Settle(Outcome == AttemptOutcome.Refused ? 0 : 1 + FurtherRequests, SpentTokens, Usage.Output);
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

    /// <summary>Rarely used state of an attempt, in one field.</summary>
    private sealed class Remarks
    {
        public string? ServiceTier;
        public AnswerOwner? Issued;
        public string? AnswerId;
        public bool IsUnfinished;
        public long RequestLength;
        public int FurtherRequests;
        public bool IsCountedToItsEnd;
        public bool IsCountedAtItsStart;
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

using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One client request in the pipeline: its envelope, its lazily decoded body, its configuration and its attempts. It refers to neither
/// <c>HttpContext</c> nor <c>HttpClient</c>. Not thread-safe: one step at a time works on it.
/// </summary>
public sealed class ModelCall
{
    private bool _holdsSnapshot;
    private int _seat = RunningCalls.NoSeat;
    private Attempt[]? _attempts;
    private Attempt? _attempt;
    private ConcurrencyGate? _place;
    private object?[]? _slots;

    internal ModelCall(in CallRequest request, CallSnapshot snapshot, bool holdsSnapshot, TimeProvider time, CancellationToken aborted)
    {
        Envelope = request.Envelope;
        Body = request.Body;
        Caller = request.Caller ?? Caller.Anonymous;
        Snapshot = snapshot;
        _holdsSnapshot = holdsSnapshot;
        Time = time;
        Aborted = aborted;
        StartTimestamp = time.GetTimestamp();
        ClientDialect = request.Body.Dialect;
        Strict = snapshot.Strict || request.Strict;
        Explain = request.Explain;
        Id = request.Id ?? CallIds.NewRequestId();
        Hops = request.Hops;
        Trace = request.Trace;
        Tenant = TenantNames.Clean(request.Tenant) ?? Caller.Tenant;
        SetIfAny(CallMarks.AffinityHeaders, request.AffinityHeaders);
        SetIfAny(CallMarks.Tag, TenantNames.Clean(request.Tag));
        SetIfAny(CallMarks.Session, TenantNames.Clean(request.Session));
        SetIfAny(CallMarks.ShadowOf, request.ShadowOf);
        SetIfAny(CallMarks.CacheControl, request.CacheControl);
        SetIfAny(CallMarks.IdempotencyKey, request.IdempotencyKey);
        SetIfAny(CallMarks.Record, request.Record);
        SetIfAny(CallMarks.Targets, request.Targets is { Count: > 0 } targets ? targets : null);
        SetIfAny(CallMarks.Wishes, request.Wishes);
    }

    /// <summary>An id like a call's, for an answer to a request that never became one.</summary>
    public static string NewId() => CallIds.NewRequestId();

    /// <summary>The id on every answer (<c>x-request-id</c>) and log line: the client's own, or else 32 hexadecimal digits.</summary>
    /// <remarks>A client that sends an id twice has two calls with that id.</remarks>
    public string Id { get; }

    /// <summary>The client's position in a distributed trace (<c>traceparent</c>), passed on to the provider; null without one.</summary>
    public TraceContext? Trace { get; }

    /// <summary>
    /// The tenant of the call: its caller's, or the one named by header or option; null for none. It is trimmed, at most 256
    /// characters long, and has <c>_</c> for every character except letters, digits and <c>_-.:/@</c>.
    /// </summary>
    public string? Tenant { get; private set; }

    /// <summary>The facts of the request that policies and routing need.</summary>
    public CallEnvelope Envelope { get; private set; }

    /// <summary>The request's body.</summary>
    public CallBody Body { get; private set; }

    /// <summary>The caller: the client key, or <see cref="Caller.Anonymous"/>.</summary>
    public Caller Caller { get; private set; }

    /// <summary>The configuration the call began on.</summary>
    public CallSnapshot Snapshot { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>
    /// Cancelled when the answer is no longer needed: when the client disconnects, or, if other clients wait for the answer too, when
    /// the last of them has left.
    /// </summary>
    public CancellationToken Aborted { get; private set; }

    /// <summary>The start of the call, in ticks of <see cref="Time"/>.</summary>
    public long StartTimestamp { get; }

    /// <summary>The wire format the client speaks; <see cref="DialectId.Canonical"/> for an in-process caller.</summary>
    public DialectId ClientDialect { get; internal init; }

    /// <summary>Whether a field that cannot be carried is a 400, by configuration or by the client's <c>x-switchyard-strict</c>.</summary>
    public bool Strict { get; }

    /// <summary>The experiment and the variant it was assigned, as <c>name=variant</c>; null outside an experiment.</summary>
    public string? Experiment
    {
        get => Get(CallMarks.Experiment);
        internal set => Set(CallMarks.Experiment, value);
    }

    /// <summary>The id of the call that this shadow call copies, with an answer no client gets; null for a client's own.</summary>
    public string? ShadowOf => Get(CallMarks.ShadowOf);

    /// <summary>The client's tag for the call, cleaned like <see cref="Tenant"/>; null for none.</summary>
    public string? Tag => Get(CallMarks.Tag);

    /// <summary>The conversation that the client named, cleaned like <see cref="Tenant"/>; null for none.</summary>
    public string? Session => Get(CallMarks.Session);

    /// <summary>The limit in tokens for its answer because its budget has no room for more; null for none.</summary>
    public string? MaxOutput => Get(CallMarks.MaxOutput);

    /// <summary>The cheaper model it went to, and the budget that caused it; null if it went to the requested model.</summary>
    public string? Cheaper => Get(CallMarks.Cheaper);

    /// <summary>
    /// The findings of guards in it so far and their actions, as <c>pii=masked(card,email)</c>; null if they found nothing. Never the text
    /// they found.
    /// </summary>
    public string? Guarded => Get(CallMarks.Guards)?.ToString();

    /// <summary>Whether the client requested an explanation of its target: <see cref="Decision"/> is then set and complete.</summary>
    public bool Explain { get; }

    /// <summary>The client's wishes for this call alone; null for none.</summary>
    internal CallWishes? Wishes => Get(CallMarks.Wishes);

    /// <summary>The targets that it may go to, instead of those of its model; null for those of its model.</summary>
    internal IReadOnlyList<string>? Targets => Get(CallMarks.Targets);

    /// <summary>The request headers that an affinity reads, by name; null if none does.</summary>
    internal IReadOnlyDictionary<string, string>? AffinityHeaders => Get(CallMarks.AffinityHeaders);

    /// <summary>The ids of the gateways the request has passed; null for none.</summary>
    internal string? Hops { get; }

    /// <summary>The route; null until <c>RoutingMiddleware</c> has resolved the model name.</summary>
    public Route? Route { get; internal set; }

    /// <summary>
    /// The reason for the choice of its target; null before the route is ranked, and if there is no choice: a route of one target.
    /// </summary>
    public CallDecision? Decision
    {
        get => Get(CallMarks.Decision);
        internal set => Set(CallMarks.Decision, value);
    }

    /// <summary>The current or last attempt; null before the first.</summary>
    /// <remarks>A step that runs for one of two parallel attempts (<c>hedge</c>) sees its own.</remarks>
    public Attempt? Attempt => Race is { Current: { } current } ? current : _attempt;

    /// <summary>The role of a cache in it; null if no cache had one.</summary>
    public CacheFacts? Cache
    {
        get => Get(CallMarks.Cache);
        internal set => Set(CallMarks.Cache, value);
    }

    /// <summary>The error for its client because the call was ended from outside; null if it was not.</summary>
    internal CallError? EndedWith => Snapshot.Running?.EndOf(this);

    /// <summary>
    /// Cancelled like <see cref="Aborted"/>, and when the call is ended from outside: for waits before an attempt. It is created on
    /// first use, because most calls wait for nothing.
    /// </summary>
    internal CancellationToken Ending
    {
        get
        {
            if (Get(CallMarks.Ending) is not { } source)
            {
                Set(CallMarks.Ending, source = CancellationTokenSource.CreateLinkedTokenSource(Aborted));
                // The code that ends a call records the error first and reads this token afterwards.
                Interlocked.MemoryBarrier();
                if (EndedWith is not null)
                    source.Cancel();
            }

            return source.Token;
        }
    }

    /// <summary>
    /// The work it still does for other clients, after its own may have left; the call ends after it. Null if it serves its own client
    /// alone.
    /// </summary>
    internal Task? SharedWork => Get(CallMarks.SharedWork);

    /// <summary>The number of attempts begun.</summary>
    public int AttemptCount => _attempts?.Length ?? (_attempt is null ? 0 : 1);

    /// <summary>Whether a byte of the answer has reached the client: from then on nothing is tried again.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>All attempts, oldest first; of two that ran at once, the one that answered comes last.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts ?? (_attempt is null ? [] : [_attempt]);

    /// <summary>Whether its answer is decoded even if it could be forwarded, because another target may have to continue it.</summary>
    internal bool MustDecode { get; set; }

    /// <summary>The shared state of parallel attempts; null if none ran.</summary>
    internal AttemptRace? Race { get; set; }

    /// <summary>The time since the start of the call.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(StartTimestamp);

    /// <summary>The time on the scale of deployments' states and of limits: since the zero of <see cref="Time"/>.</summary>
    internal TimeSpan Now => Time.GetElapsedTime(0);

    /// <summary>
    /// The part of <see cref="Elapsed"/> spent waiting for providers until an answer was open or had failed, all attempts together.
    /// Time that two of them waited in parallel (<c>hedge</c>) counts once.
    /// </summary>
    public TimeSpan UpstreamTime =>
        _attempts is null ? _attempt?.UpstreamTime ?? TimeSpan.Zero : UpstreamTimeUntil(Time.GetTimestamp());

    /// <summary>What it has cost in US dollars, by the usage that its providers have reported so far; null if unknown.</summary>
    public decimal? KnownCost
    {
        get
        {
            if (Cache is { IsFree: true })
                return 0;
            var sum = Attempt is { } last && last.IsCountedFor(Envelope.Operation) ? last.KnownCost : null;
            for (var i = 0; i < AttemptCount - 1; i++)
            {
                // One that lost against the last may still run.
                if (_attempts![i] is { Outcome: not AttemptOutcome.Running } earlier)
                    sum += earlier.KnownCost;
            }

            return sum;
        }
    }

    /// <summary>The value a step has stored under a key; null if there is none.</summary>
    public T? Get<T>(SlotKey<T> key)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(key);
        return _slots is { } slots && key.Index < slots.Length ? (T?)slots[key.Index] : null;
    }

    /// <summary>Stores a value of this call under a key; null removes it.</summary>
    public void Set<T>(SlotKey<T> key, T? value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(key);
        // Room for all keys at once: one that is set later would otherwise need a larger array again.
        if (_slots is null || key.Index >= _slots.Length)
            Array.Resize(ref _slots, KeyIndex.SlotCount);
        _slots[key.Index] = value;
    }

    /// <summary>Stores a value. Null stores nothing, because most calls have none of these values and allocate no slots.</summary>
    private void SetIfAny<T>(SlotKey<T> key, T? value)
        where T : class
    {
        if (value is not null)
            Set(key, value);
    }

    /// <summary>Lists the call among the running ones. Called once, at its begin.</summary>
    internal void Begin() => _seat = Snapshot.Running?.Enter(this) ?? RunningCalls.NoSeat;

    /// <summary>Ends a wait of the call. Called by the code that ends the call, on any thread.</summary>
    internal void StopWaiting()
    {
        try
        {
            Get(CallMarks.Ending)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call has ended by itself.
        }
    }

    /// <summary>Sets the caller and the tenant, after the named tenant was checked against the caller's.</summary>
    internal void SetCaller(Caller caller, string? tenant) => (Caller, Tenant) = (caller, tenant);

    /// <summary>Replaces the request with an equivalent complete one.</summary>
    internal void ReplaceRequest(CallEnvelope envelope, CallBody body)
    {
        Body.Release();
        (Envelope, Body) = (envelope, body);
    }

    /// <summary>Takes over a concurrency place, released when the call ends.</summary>
    internal void HoldPlace(ConcurrencyGate gate) => _place = gate;

    /// <summary>Releases the concurrency place before the end: for a call that only finishes its bookkeeping.</summary>
    internal void LeavePlace() => Interlocked.Exchange(ref _place, null)?.Leave();

    /// <summary>
    /// Makes the call live for other clients too: its own client no longer ends it, and it holds its configuration by itself.
    /// </summary>
    /// <param name="work">Completes when no part of the call runs for other clients any more.</param>
    /// <param name="aborted">Cancelled when the answer is no longer needed.</param>
    internal void ShareWork(Task work, CancellationToken aborted)
    {
        Aborted = aborted;
        // Its earlier waits ended with its client; its later waits do not.
        if (Get(CallMarks.Ending) is { } withClient)
        {
            Set(CallMarks.Ending, null);
            withClient.Dispose();
        }

        Set(CallMarks.SharedWork, SharedWork is { } before ? Task.WhenAll(before, work) : work);
        if (_holdsSnapshot)
            return;
        Snapshot.InFlight.EnterAgain();
        _holdsSnapshot = true;
    }

    /// <summary>Commits the call: a byte is about to reach the client, so no other target is tried any more.</summary>
    public void Commit() => IsCommitted = true;

    internal Attempt BeginAttempt(Deployment deployment, in AttemptAdmission admission = default)
    {
        var attempt = new Attempt(this, deployment, admission);
        // A new array each time: another attempt may run, and be reading the one before.
        if (_attempt is { } first)
            _attempts = [.. _attempts ?? [first], attempt];
        return _attempt = attempt;
    }

    /// <summary>Makes an attempt the one that answered: of two parallel attempts it may be the earlier one.</summary>
    internal void AnsweredBy(Attempt attempt)
    {
        if (_attempt == attempt)
            return;
        _attempts = [.. _attempts!.Where(other => other != attempt), attempt];
        _attempt = attempt;
    }

    /// <summary>The part of <see cref="UpstreamTime"/> before a moment, in ticks of <see cref="Time"/>.</summary>
    internal TimeSpan UpstreamTimeUntil(long end) =>
        _attempts is null ? _attempt?.UpstreamTime ?? TimeSpan.Zero : AttemptSums.Waited(_attempts, Time, end);

    /// <summary>Ends the call when its answer has been disposed: ends an open attempt, releases the body, notifies the observer.</summary>
    internal void End(CallResponse response)
    {
        // A host's step that answered without sending has left the attempt open. A second end does nothing.
        if (response.Error is { } error)
            _attempt?.Fail(error);
        else
            _attempt?.End(AttemptOutcome.Abandoned, null);
        foreach (var attempt in _attempts ?? [])
            attempt.Release();
        _attempt?.Release();
        LeavePlace();
        Get(CallMarks.Taken)?.Settle(requests: 1, AttemptSums.Tokens(Attempts), _attempt?.Usage.Output);
        try
        {
            // The body may still be read: tokens that the provider did not report are estimated from it.
            Snapshot.Observer.OnCallEnded(this, response);
        }
        finally
        {
            // It runs, and holds its configuration, until its end has been reported: a plugin that is unloaded after the last call of its
            // configuration has had that call's record.
            Snapshot.Running?.Leave(this, _seat);
            Get(CallMarks.Ending)?.Dispose();
            if (_holdsSnapshot)
                Snapshot.InFlight.Leave();
            Body.Release();
        }
    }
}

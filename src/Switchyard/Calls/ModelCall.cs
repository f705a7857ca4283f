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
        if (request.AffinityHeaders is { } headers)
            Set(CallMarks.AffinityHeaders, headers);
        Id = request.Id ?? CallIds.NewRequestId();
        Hops = request.Hops;
        Trace = request.Trace;
        Tenant = TenantNames.Clean(request.Tenant) ?? Caller.Tenant;
        if (TenantNames.Clean(request.Tag) is { } tag)
            Set(CallMarks.Tag, tag);
        if (TenantNames.Clean(request.Session) is { } session)
            Set(CallMarks.Session, session);
        if (request.ShadowOf is { } original)
            Set(CallMarks.ShadowOf, original);
        if (request.CacheControl is { } control)
            Set(CallMarks.CacheControl, control);
        if (request.IdempotencyKey is { } key)
            Set(CallMarks.IdempotencyKey, key);
        if (request.Record is { } name)
            Set(CallMarks.Record, name);
        if (request.Wishes is { } wishes)
            Set(CallMarks.Wishes, wishes);
    }

    /// <summary>An id like a call's, for an answer to a request that never became one.</summary>
    public static string NewId() => CallIds.NewRequestId();

    /// <summary>The id on every answer (<c>x-request-id</c>) and log line: the client's own, else 32 hexadecimal digits.</summary>
    /// <remarks>A client that sends the same id twice has two calls of one id.</remarks>
    public string Id { get; }

    /// <summary>The client's place in a distributed trace (<c>traceparent</c>), which goes on to the provider; null without one.</summary>
    public TraceContext? Trace { get; }

    /// <summary>
    /// The tenant the call is made for: its caller's, or the one named by header or option; null for none. It is trimmed, at most 256
    /// characters long, and has <c>_</c> for whatever is no letter, digit or one of <c>_-.:/@</c>.
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
    /// Cancelled when nobody wants the answer any more: when the client disconnects, or, of a call whose answer others wait for too, when
    /// the last of them has left.
    /// </summary>
    public CancellationToken Aborted { get; private set; }

    /// <summary>The start of the call, in ticks of <see cref="Time"/>.</summary>
    public long StartTimestamp { get; }

    /// <summary>The wire format the client speaks; <see cref="DialectId.Canonical"/> for an in-process caller.</summary>
    public DialectId ClientDialect { get; }

    /// <summary>Whether a field that cannot be carried is a 400, by configuration or by the client's <c>x-switchyard-strict</c>.</summary>
    public bool Strict { get; }

    /// <summary>The experiment and the variant it was assigned, as <c>name=variant</c>; null outside an experiment.</summary>
    public string? Experiment
    {
        get => Get(CallMarks.Experiment);
        internal set => Set(CallMarks.Experiment, value);
    }

    /// <summary>The id of the call of which it is a shadow's copy, whose answer nobody gets; null for a client's own.</summary>
    public string? ShadowOf => Get(CallMarks.ShadowOf);

    /// <summary>What the client tags the call with, cleaned like <see cref="Tenant"/>; null for nothing.</summary>
    public string? Tag => Get(CallMarks.Tag);

    /// <summary>The conversation the client says the call belongs to, cleaned like <see cref="Tenant"/>; null where it names
    /// none.</summary>
    public string? Session => Get(CallMarks.Session);

    /// <summary>The limit in tokens that its answer was given because its budget has room for no more; null for none.</summary>
    public string? MaxOutput => Get(CallMarks.MaxOutput);

    /// <summary>The cheaper model it went to, and the budget that sent it there; null where it went where it was sent.</summary>
    public string? Cheaper => Get(CallMarks.Cheaper);

    /// <summary>
    /// What guards found in it so far and did about it, as <c>pii=masked(card,email)</c>; null where they found nothing. Never the text
    /// they found.
    /// </summary>
    public string? Guarded => Get(CallMarks.Guards)?.ToString();

    /// <summary>Whether the client asked why the call goes where it goes: <see cref="Decision"/> is then there, and whole.</summary>
    public bool Explain { get; }

    /// <summary>What the client wishes for this call alone; null for nothing.</summary>
    internal CallWishes? Wishes => Get(CallMarks.Wishes);

    /// <summary>The request headers that an affinity reads, by name; null where none does.</summary>
    internal IReadOnlyDictionary<string, string>? AffinityHeaders => Get(CallMarks.AffinityHeaders);

    /// <summary>The ids of the gateways the request has passed; null for none.</summary>
    internal string? Hops { get; }

    /// <summary>The route; null until <c>RoutingMiddleware</c> has resolved the model name.</summary>
    public Route? Route { get; internal set; }

    /// <summary>
    /// Why the call goes where it goes; null before the route is ranked, and where there is nothing to choose: a route of one target.
    /// </summary>
    public CallDecision? Decision
    {
        get => Get(CallMarks.Decision);
        internal set => Set(CallMarks.Decision, value);
    }

    /// <summary>The current or last attempt; null before the first.</summary>
    /// <remarks>A step that runs for one of two attempts at once (<c>hedge</c>) sees its own.</remarks>
    public Attempt? Attempt => Race is { Mine: { } mine } ? mine : _attempt;

    /// <summary>What a cache had to do with it; null where none had.</summary>
    public CacheFacts? Cache
    {
        get => Get(CallMarks.Cache);
        internal set => Set(CallMarks.Cache, value);
    }

    /// <summary>What its client is told because somebody has ended it; null while nobody has.</summary>
    internal CallError? EndedWith => Snapshot.Running?.EndOf(this);

    /// <summary>
    /// Cancelled like <see cref="Aborted"/>, and when somebody ends the call: for whoever waits before an attempt. It is made when it is
    /// first asked for, as most calls wait for nothing.
    /// </summary>
    internal CancellationToken Ending
    {
        get
        {
            if (Get(CallMarks.Ending) is not { } source)
            {
                Set(CallMarks.Ending, source = CancellationTokenSource.CreateLinkedTokenSource(Aborted));
                // Who ends the call notes that first and looks for this then.
                Interlocked.MemoryBarrier();
                if (EndedWith is not null)
                    source.Cancel();
            }

            return source.Token;
        }
    }

    /// <summary>What it still does for others, whose client may have left; the call ends after it. Null where it serves its own
    /// alone.</summary>
    internal Task? Carried => Get(CallMarks.Carried);

    /// <summary>The number of attempts begun.</summary>
    public int AttemptCount => _attempts?.Length ?? (_attempt is null ? 0 : 1);

    /// <summary>Whether a byte of the answer has reached the client: from then on nothing is tried again.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>All attempts, oldest first; of two that ran at once, the one that answered comes last.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts ?? (_attempt is null ? [] : [_attempt]);

    /// <summary>Whether its answer is decoded even where it could be forwarded, because another target may have to go on with it.</summary>
    internal bool MustDecode { get; set; }

    /// <summary>What attempts that run at once share; null where none did.</summary>
    internal AttemptRace? Race { get; set; }

    /// <summary>The time since the start of the call.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(StartTimestamp);

    /// <summary>
    /// The part of <see cref="Elapsed"/> spent waiting for providers until an answer was open or had failed, all attempts together. What
    /// two of them waited at the same time (<c>hedge</c>) counts once.
    /// </summary>
    public TimeSpan UpstreamTime =>
        _attempts is null ? _attempt?.UpstreamTime ?? TimeSpan.Zero : UpstreamTimeUntil(Time.GetTimestamp());

    /// <summary>What its answer cost in US dollars, as far as its provider has reported it; null where that is not known.</summary>
    public decimal? KnownCost
    {
        get
        {
            if (Cache is { IsFree: true })
                return 0;
            if (Attempt is not { Usage.Output: not null, Price: { } price } attempt)
                return null;
            var cost = price.CostOf(attempt.Usage, out var why);
            return why == Unpriced.None ? cost.Dollars : null;
        }
    }

    /// <summary>The value a step has stored under a key; null when there is none.</summary>
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
        if (_slots is null || key.Index >= _slots.Length)
            Array.Resize(ref _slots, key.Index + 1);
        _slots[key.Index] = value;
    }

    /// <summary>Lists the call among those that run. Called once, when it begins to.</summary>
    internal void Begin() => _seat = Snapshot.Running?.Enter(this) ?? RunningCalls.NoSeat;

    /// <summary>Ends a wait that the call is in. Called by whoever ends the call, on any thread.</summary>
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

    /// <summary>The call is made by this caller, for this tenant: the one it named is known under them, or was refused.</summary>
    internal void IsMadeBy(Caller caller, string? tenant) => (Caller, Tenant) = (caller, tenant);

    /// <summary>The call goes on as this request, which means the same and says all of it.</summary>
    internal void GoesOnAs(CallEnvelope envelope, CallBody body)
    {
        Body.Release();
        (Envelope, Body) = (envelope, body);
    }

    /// <summary>Takes over a place that is given back when the call ends.</summary>
    internal void Holds(ConcurrencyGate gate) => _place = gate;

    /// <summary>
    /// Makes the call live for others too: it is no longer its client that ends it, and it keeps its configuration by itself.
    /// </summary>
    /// <param name="carried">Completes when nothing of the call runs for others any more.</param>
    /// <param name="aborted">Cancelled when nobody wants the answer any more.</param>
    internal void Carry(Task carried, CancellationToken aborted)
    {
        Aborted = aborted;
        // What it has waited in before ended with its client; what it waits in from now on does not.
        if (Get(CallMarks.Ending) is { } withClient)
        {
            Set(CallMarks.Ending, null);
            withClient.Dispose();
        }

        Set(CallMarks.Carried, Carried is { } before ? Task.WhenAll(before, carried) : carried);
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

    /// <summary>Makes an attempt the one that answers: of two that ran at once it need not be the one begun last.</summary>
    internal void AnsweredBy(Attempt attempt)
    {
        if (_attempt == attempt)
            return;
        _attempts = [.. _attempts!.Where(other => other != attempt), attempt];
        _attempt = attempt;
    }

    /// <summary>The part of <see cref="UpstreamTime"/> before a moment, which is given in ticks of <see cref="Time"/>.</summary>
    internal TimeSpan UpstreamTimeUntil(long end)
    {
        if (_attempts is null)
            return _attempt?.UpstreamTime ?? TimeSpan.Zero;
        var (sum, counted) = (TimeSpan.Zero, long.MinValue);
        foreach (var attempt in _attempts.Where(attempt => attempt.IsSent).OrderBy(attempt => attempt.SentTimestamp))
        {
            // One that has lost may still be on its way to its end.
            var to = attempt.OpenTimestamp < 0 ? end : Math.Min(attempt.OpenTimestamp, end);
            var from = Math.Max(attempt.SentTimestamp, counted);
            if (to <= from)
                continue;
            sum += Time.GetElapsedTime(from, to);
            counted = to;
        }

        return sum;
    }

    /// <summary>The tokens of all attempts; null when those of one are not known.</summary>
    private long? SpentTokens()
    {
        var sum = 0L;
        foreach (var attempt in Attempts)
        {
            if (attempt.SpentTokens is not { } tokens)
                return null;
            sum += tokens;
        }

        return sum;
    }

    /// <summary>Ends the call when its answer has been disposed: ends an open attempt, releases the body, notifies the observer.</summary>
    internal void End(CallResponse response)
    {
        // A host's step that answered without sending has left the attempt open. Ending one that has ended does nothing.
        if (response.Error is { } error)
            _attempt?.Fail(error);
        else
            _attempt?.End(AttemptOutcome.Abandoned, null);
        foreach (var attempt in _attempts ?? [])
            attempt.Release();
        _attempt?.Release();
        _place?.Leave();
        Get(CallMarks.Taken)?.Settle(wasSent: true, SpentTokens(), _attempt?.Usage.Output);
        Snapshot.Running?.Leave(this, _seat);
        Get(CallMarks.Ending)?.Dispose();
        if (_holdsSnapshot)
            Snapshot.InFlight.Leave();
        try
        {
            // It may still be read: what its provider did not count is estimated by it.
            Snapshot.Observer.OnCallEnded(this, response);
        }
        finally
        {
            Body.Release();
        }
    }
}

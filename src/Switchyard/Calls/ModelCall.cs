using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One client request on its way through the pipeline: its envelope, its lazy body, the configuration it began on, and what has
/// happened to it so far. It knows neither <c>HttpContext</c> nor <c>HttpClient</c>. Not thread-safe: one flow at a time works on it.
/// </summary>
public sealed class ModelCall
{
    private readonly bool _holdsSnapshot;
    private List<Attempt>? _attempts;
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
    }

    /// <summary>An id like a call's, for an answer to a request that never became one.</summary>
    public static string NewId() => CallIds.NewRequestId();

    /// <summary>The id on every answer (<c>x-request-id</c>) and log line: 32 hexadecimal digits.</summary>
    public string Id { get; } = CallIds.NewRequestId();

    /// <summary>What every policy needs to know.</summary>
    public CallEnvelope Envelope { get; }

    /// <summary>The request's body.</summary>
    public CallBody Body { get; }

    /// <summary>Who is calling.</summary>
    public Caller Caller { get; }

    /// <summary>The configuration the call began on.</summary>
    public CallSnapshot Snapshot { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Fires when the client goes away.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>When the call began, in ticks of <see cref="Time"/>.</summary>
    public long StartTimestamp { get; }

    /// <summary>The wire format the client speaks; <see cref="DialectId.Canonical"/> for an in-process caller.</summary>
    public DialectId ClientDialect { get; }

    /// <summary>Whether a field that cannot be carried is a 400: as configured, or because the client asked for it.</summary>
    public bool Strict { get; }

    /// <summary>Where the call may go; null until routing has found it.</summary>
    public Route? Route { get; internal set; }

    /// <summary>The current or last attempt; null before the first.</summary>
    public Attempt? Attempt { get; private set; }

    /// <summary>How many attempts have begun.</summary>
    public int AttemptCount => _attempts?.Count ?? (Attempt is null ? 0 : 1);

    /// <summary>Whether a byte of the answer has reached the client: from then on nothing is tried again.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>All attempts, oldest first.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts ?? (IReadOnlyList<Attempt>)(Attempt is null ? [] : [Attempt]);

    /// <summary>How long the call has run.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(StartTimestamp);

    /// <summary>
    /// How much of <see cref="Elapsed"/> was spent waiting for providers, all attempts together; the rest is ours and the client's.
    /// </summary>
    public TimeSpan UpstreamTime
    {
        get
        {
            if (_attempts is null)
                return Attempt?.UpstreamTime ?? TimeSpan.Zero;
            var sum = TimeSpan.Zero;
            foreach (var attempt in _attempts)
                sum += attempt.UpstreamTime;
            return sum;
        }
    }

    /// <summary>What a step has kept under a key; null when it has kept nothing.</summary>
    public T? Get<T>(SlotKey<T> key)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(key);
        return _slots is { } slots && key.Index < slots.Length ? (T?)slots[key.Index] : null;
    }

    /// <summary>Keeps a fact of this call under a key; null takes it away.</summary>
    public void Set<T>(SlotKey<T> key, T? value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(key);
        if (_slots is null || key.Index >= _slots.Length)
            Array.Resize(ref _slots, key.Index + 1);
        _slots[key.Index] = value;
    }

    /// <summary>Marks the point of no return: a byte is about to reach the client.</summary>
    public void Commit() => IsCommitted = true;

    internal Attempt BeginAttempt(Deployment deployment)
    {
        var attempt = new Attempt(this, deployment);
        if (Attempt is { } first)
            (_attempts ??= [first]).Add(attempt);
        return Attempt = attempt;
    }

    /// <summary>The answer has been disposed. Ends what is still open and tells the observers, once.</summary>
    internal void End(CallResponse response)
    {
        // A step that answered in the provider's place has left its attempt open.
        if (response.Error is { } error)
            Attempt?.Fail(error);
        else
            Attempt?.End(AttemptOutcome.Abandoned, null);
        Body.Release();
        if (_holdsSnapshot)
            Snapshot.InFlight.Leave();
        Snapshot.Observer.OnCallEnded(this, response);
    }
}

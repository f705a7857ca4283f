using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// One client request on its way through the pipeline: its envelope, its lazy body, the configuration it began on, and what has
/// happened to it so far. It knows neither <c>HttpContext</c> nor <c>HttpClient</c>. Not thread-safe: one flow at a time works on it.
/// </summary>
public sealed class ModelCall
{
    private List<Attempt>? _furtherAttempts;

    /// <summary>Begins a call.</summary>
    public ModelCall(CallEnvelope envelope, CallBody body, CallSnapshot snapshot, TimeProvider time, CancellationToken aborted)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(time);
        Envelope = envelope;
        Body = body;
        Snapshot = snapshot;
        Time = time;
        Aborted = aborted;
        StartTimestamp = time.GetTimestamp();
        ClientDialect = body.Dialect;
        Strict = snapshot.Strict;
    }

    /// <summary>The id on every answer (<c>x-request-id</c>) and log line: 32 hexadecimal digits.</summary>
    public string Id { get; init; } = CallIds.NewRequestId();

    /// <summary>What every policy needs to know.</summary>
    public CallEnvelope Envelope { get; }

    /// <summary>The request's body.</summary>
    public CallBody Body { get; }

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

    /// <summary>Whether a field that cannot be carried is a 400. Starts as configured; a client may ask for it.</summary>
    public bool Strict { get; set; }

    /// <summary>Where the call may go; set by routing.</summary>
    public Route? Route { get; set; }

    /// <summary>The current or last attempt; null before the first.</summary>
    public Attempt? Attempt { get; private set; }

    /// <summary>How many attempts have begun.</summary>
    public int AttemptCount { get; private set; }

    /// <summary>Whether a byte of the answer has reached the client: from then on nothing is tried again.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>The usage the current attempt's target has reported so far: what one target counted says nothing of another's answer.</summary>
    public TokenUsage Usage { get; set; }

    /// <summary>All attempts, oldest first.</summary>
    public IEnumerable<Attempt> Attempts => _furtherAttempts ?? (Attempt is null ? [] : [Attempt]);

    /// <summary>Begins an attempt at a deployment.</summary>
    public Attempt BeginAttempt(Deployment deployment)
    {
        if (Attempt is not null)
        {
            Attempt.Usage = Usage;
            _furtherAttempts ??= [Attempt];
        }

        Attempt = new Attempt(deployment, Time.GetTimestamp());
        _furtherAttempts?.Add(Attempt);
        AttemptCount++;
        Usage = default;
        return Attempt;
    }

    /// <summary>Marks the point of no return: a byte is about to reach the client.</summary>
    public void Commit() => IsCommitted = true;

    /// <summary>How long the call has run.</summary>
    public TimeSpan Elapsed => Time.GetElapsedTime(StartTimestamp);
}

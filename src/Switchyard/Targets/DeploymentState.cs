namespace Switchyard.Targets;

/// <summary>
/// The run-time state of a deployment, kept across reloads as long as a configuration or a call refers to it. Thread-safe; ordinary
/// attempts take no lock. Each counter is exact, but two of them read in a row need not belong to the same moment.
/// </summary>
public sealed class DeploymentState
{
    private readonly CircuitBreaker _circuit = new();
    private readonly LatencyEstimate _firstTokens = new();
    private readonly LatencyEstimate _wholeAnswers = new();
    private RecentLatencies? _recentFirstTokens;
    private RecentLatencies? _recentWholeAnswers;
    private OutcomeWindow? _outcomes;
    private ConcurrencyGate? _places;
    private AdaptiveLimit? _adaptive;
    private CircuitHistory? _changes;
    private long _coolUntil;
    private int _inFlight;
    private int _failuresInARow;
    private long _attempts;
    private long _failures;

    internal DeploymentState(AccountState? account = null) => Account = account ?? new AccountState();

    /// <summary>The number of running attempts, including streams that are being read.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The number of ended attempts.</summary>
    public long Attempts => Interlocked.Read(ref _attempts);

    /// <summary>The number of <see cref="Attempts"/> that failed at the provider, before or during its answer.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The number of failures since the last answer that was read to its end.</summary>
    public int FailuresInARow => Volatile.Read(ref _failuresInARow);

    /// <summary>The circuit breaker.</summary>
    internal CircuitBreaker Circuit => _circuit;

    /// <summary>When the circuit opened and closed; null if it never did.</summary>
    internal CircuitHistory? CircuitHistory => _changes;

    /// <summary>The state of the credential the deployment uses.</summary>
    internal AccountState Account { get; }

    /// <summary>The places of a deployment whose concurrency is limited.</summary>
    internal ConcurrencyGate Places =>
        _places ?? Interlocked.CompareExchange(ref _places, new ConcurrencyGate(), null) ?? _places;

    /// <summary>The limit of a deployment whose concurrency is learnt.</summary>
    internal AdaptiveLimit Adaptive =>
        _adaptive ?? Interlocked.CompareExchange(ref _adaptive, new AdaptiveLimit(), null) ?? _adaptive;

    /// <summary>Whether <see cref="Adaptive"/> was ever used.</summary>
    internal bool IsAdaptive => _adaptive is not null;

    /// <summary>The recent latency: of first tokens for streams, of whole answers otherwise.</summary>
    internal LatencyEstimate Latency(bool stream) => stream ? _firstTokens : _wholeAnswers;

    /// <summary>The distribution of the recent latencies; null until it is first requested by <see cref="WatchRecent"/>.</summary>
    internal RecentLatencies? Recent(bool stream) => stream ? _recentFirstTokens : _recentWholeAnswers;

    /// <summary>The distribution of the recent latencies, kept from the first request on.</summary>
    internal RecentLatencies WatchRecent(bool stream)
    {
        ref var recent = ref stream ? ref _recentFirstTokens : ref _recentWholeAnswers;
        return recent ?? Interlocked.CompareExchange(ref recent, new RecentLatencies(), null) ?? recent;
    }

    /// <summary>Whether the provider has requested a pause that is not over.</summary>
    internal bool IsCoolingAt(TimeSpan now) => now.Ticks < Volatile.Read(ref _coolUntil);

    /// <summary>The rest of a pause requested by the provider.</summary>
    internal TimeSpan PauseAt(TimeSpan now) => TimeSpan.FromTicks(Math.Max(0, Volatile.Read(ref _coolUntil) - now.Ticks));

    /// <summary>Records a pause requested by the provider (<c>Retry-After</c>).</summary>
    internal void CoolUntil(TimeSpan time)
    {
        if (time.Ticks > Volatile.Read(ref _coolUntil))
            Volatile.Write(ref _coolUntil, time.Ticks);
    }

    internal void Begin() => Interlocked.Increment(ref _inFlight);

    /// <summary>Records the end of an attempt.</summary>
    /// <param name="verdict">True for a finished answer, false for the provider's failure, null for neither (the client left).</param>
    /// <param name="pass">How the circuit admitted the attempt.</param>
    /// <param name="policy">When the circuit opens; null for never.</param>
    /// <param name="now">The time.</param>
    internal void End(bool? verdict, CircuitPass pass, CircuitPolicy? policy, TimeSpan now)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Increment(ref _attempts);
        switch (verdict)
        {
            case true:
                // The counter is nearly always 0; writing 0 again would invalidate the cache line of other cores.
                if (Volatile.Read(ref _failuresInARow) != 0)
                    Volatile.Write(ref _failuresInARow, 0);
                if (policy is not null)
                    Outcomes(policy).Add(succeeded: true, now);
                var wasTripped = _circuit.IsTripped;
                // A reload that switches circuits off leaves a tripped one as it is, which then admits everything: a success closes it.
                if (wasTripped && policy is null)
                    pass = CircuitPass.LastResort;
                if (wasTripped && pass is CircuitPass.Probe or CircuitPass.LastResort)
                    _outcomes?.Clear();
                _circuit.Succeeded(pass);
                if (wasTripped && !_circuit.IsTripped)
                    Changes.Note(now, opened: false);
                break;
            case false:
                Interlocked.Increment(ref _failures);
                var inARow = Interlocked.Increment(ref _failuresInARow);
                if (policy is null)
                {
                    _circuit.Released(pass);
                    break;
                }

                var outcomes = Outcomes(policy);
                outcomes.Add(succeeded: false, now);
                var (total, failed) = outcomes.CountAt(now);
                var trips = inARow >= policy.Failures || (total >= policy.Minimum && failed >= policy.Ratio * total);
                if (_circuit.Failed(pass, trips, now, policy.Open))
                    Changes.Note(now, opened: true);
                break;
            default:
                _circuit.Released(pass);
                break;
        }
    }

    private CircuitHistory Changes => _changes ?? Interlocked.CompareExchange(ref _changes, new CircuitHistory(), null) ?? _changes;

    private OutcomeWindow Outcomes(CircuitPolicy policy)
    {
        var outcomes = _outcomes;
        // A reload with another length starts a new window.
        return outcomes is not null && outcomes.Length == policy.Window ? outcomes : _outcomes = new OutcomeWindow(policy.Window);
    }
}

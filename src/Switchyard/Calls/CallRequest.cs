namespace Switchyard.Calls;

/// <summary>A request that has been read: the argument of <c>SwitchyardEngine.RunAsync</c>. A struct, to save an allocation.</summary>
public readonly struct CallRequest
{
    /// <summary>Creates a request.</summary>
    /// <param name="envelope">The facts that policies and routing need.</param>
    /// <param name="body">The request's body. The call releases it when it ends.</param>
    public CallRequest(CallEnvelope envelope, CallBody body)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(body);
        Envelope = envelope;
        Body = body;
    }

    /// <summary>The facts that policies and routing need.</summary>
    public CallEnvelope Envelope { get; }

    /// <summary>The request's body.</summary>
    public CallBody Body { get; }

    /// <summary>The caller; null is <see cref="Calls.Caller.Anonymous"/>.</summary>
    public Caller? Caller { get; init; }

    /// <summary>The call's id, for example the one the client sent; null makes one.</summary>
    public string? Id { get; init; }

    /// <summary>The client's position in a distributed trace (<c>traceparent</c>); null without one.</summary>
    public TraceContext? Trace { get; init; }

    /// <summary>The tenant of the call; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The client's tag for the call, for the ledger and for budgets; null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>The conversation that the client named, for the ledger and for budgets; null for none.</summary>
    public string? Session { get; init; }

    /// <summary>Whether the client asked for strict mode: a field that cannot be carried is then a 400.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether the client requested an explanation of its target: <see cref="ModelCall.Decision"/> is then complete.</summary>
    public bool Explain { get; init; }

    /// <summary>The request headers that an affinity of the configuration reads, by name; null if none does.</summary>
    public IReadOnlyDictionary<string, string>? AffinityHeaders { get; init; }

    /// <summary>The client's cache settings for this call; null for none.</summary>
    public CacheControl? CacheControl { get; init; }

    /// <summary>
    /// The key under which the client may repeat the request (<c>Idempotency-Key</c>) and get the same answer; null for none.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The name under which the client wants the call recorded (<c>recording.by_request</c>); null to record nothing.</summary>
    public string? Record { get; init; }

    /// <summary>
    /// The targets that the call may go to, <c>provider/model</c> or a provider for its default model, by the strategy, the preference and
    /// the fallbacks of <c>routing</c>; the envelope's model then only names the call. Null for the route of the model.
    /// </summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>The client's wishes for this call alone; null for none.</summary>
    public CallWishes? Wishes { get; init; }

    /// <summary>The ids of the gateways the request has passed (<see cref="Hop"/>); null for none.</summary>
    public string? Hops { get; init; }

    /// <summary>The id of the call that this shadow call copies; null for a client's own call.</summary>
    internal string? ShadowOf { get; init; }

    /// <summary>
    /// The configuration to run on, if the request's key and size were already checked against it; the creator of the request holds it
    /// (<c>SwitchyardEngine.Hold</c>) until the call has ended. Null takes the one in force.
    /// </summary>
    public CallSnapshot? Snapshot { get; init; }
}

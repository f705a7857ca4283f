namespace Switchyard.Calls;

/// <summary>
/// Why a call failed. The value decides the HTTP status, whether another target may be tried, and the log level:
/// <see cref="CallErrorPolicy"/> and <see cref="Faults"/> are the only switches over this enum.
/// </summary>
public enum CallErrorKind
{
    /// <summary>The request itself is wrong: bad JSON, a missing field, a field the target cannot carry in strict mode.</summary>
    InvalidRequest,

    /// <summary>The client sent no key, or an unknown one, and <c>server.keys</c> is set.</summary>
    Unauthenticated,

    /// <summary>The caller may not do this.</summary>
    Forbidden,

    /// <summary>No alias, provider or model of that name.</summary>
    ModelNotFound,

    /// <summary>The request body is larger than the configured limit.</summary>
    RequestTooLarge,

    /// <summary>The body's content type is not one the endpoint reads.</summary>
    UnsupportedMediaType,

    /// <summary>A rate limit of the gateway was reached (the provider's own is <see cref="UpstreamRateLimited"/>).</summary>
    RateLimited,

    /// <summary>The gateway itself has no room for the request now: memory, or a full disk for an upload.</summary>
    Overloaded,

    /// <summary>A budget of the gateway is used up.</summary>
    BudgetExceeded,

    /// <summary>The provider answered with a 4xx; its status is passed on.</summary>
    UpstreamRejected,

    /// <summary>The provider refused the gateway's credential (401 or 403): the client's key is not at fault.</summary>
    UpstreamAuthenticationFailed,

    /// <summary>The provider answered 429.</summary>
    UpstreamRateLimited,

    /// <summary>The provider could not be reached, answered 5xx, or sent a malformed or empty answer.</summary>
    UpstreamUnavailable,

    /// <summary>A timeout ran out: connect, first token, idle or total.</summary>
    UpstreamTimeout,

    /// <summary>The provider could not be loaded or initialised.</summary>
    ProviderUnavailable,

    /// <summary>The provider ended its stream before the answer was complete.</summary>
    StreamInterrupted,

    /// <summary>The request came back to the gateway that sent it.</summary>
    LoopDetected,

    /// <summary>The client disconnected or cancelled. Never on the wire; 499 in logs.</summary>
    Canceled,

    /// <summary>A defect of Switchyard or of a host's middleware.</summary>
    Internal,

    /// <summary>The client sent its body too slowly, or stopped in the middle of it.</summary>
    RequestTimeout,

    /// <summary>The gateway is shutting down and no longer waits for the answer.</summary>
    ShuttingDown,

    /// <summary>The client used the <c>Idempotency-Key</c> for another request before.</summary>
    KeyReused,

    /// <summary>The request continues an answer that none of its targets can read, because another account stores it.</summary>
    StateElsewhere,

    /// <summary>An administrator has ended the call.</summary>
    EndedByOperator,

    /// <summary>The network policy (<c>egress</c>) does not permit the provider's address. Nothing was sent.</summary>
    EgressBlocked,

    /// <summary>A plugin failed, was too slow or is switched off, and is configured to fail closed.</summary>
    PluginFailed,

    /// <summary>A guard (<c>guards</c>) refused the request or its answer.</summary>
    GuardBlocked,
}

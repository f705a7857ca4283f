namespace Switchyard.Calls;

/// <summary>
/// Why a call failed. One value decides the HTTP status, whether another target may be tried and how loudly it is logged:
/// see <see cref="CallErrorPolicy"/>, the only switch over this enum.
/// </summary>
public enum CallErrorKind
{
    /// <summary>The request itself is wrong: bad JSON, a missing field, a field the target cannot carry in strict mode.</summary>
    InvalidRequest,

    /// <summary>No key, or an unknown key, where one is required.</summary>
    Unauthenticated,

    /// <summary>The caller may not do this.</summary>
    Forbidden,

    /// <summary>No alias, provider or model of that name.</summary>
    ModelNotFound,

    /// <summary>The request body is larger than the configured limit.</summary>
    RequestTooLarge,

    /// <summary>The body's content type is not one the endpoint reads.</summary>
    UnsupportedMediaType,

    /// <summary>A limit of ours was reached.</summary>
    RateLimited,

    /// <summary>A budget of ours is used up.</summary>
    BudgetExceeded,

    /// <summary>The provider answered with a 4xx of its own; its status is passed on.</summary>
    UpstreamRejected,

    /// <summary>The provider refused <em>our</em> credential (401 or 403): the client's key is not at fault.</summary>
    UpstreamAuthenticationFailed,

    /// <summary>The provider answered 429.</summary>
    UpstreamRateLimited,

    /// <summary>The provider could not be reached, answered 5xx, or answered something that is not an answer.</summary>
    UpstreamUnavailable,

    /// <summary>A clock ran out: connect, first token, idle or total.</summary>
    UpstreamTimeout,

    /// <summary>A provider that could not be loaded or initialised was asked for.</summary>
    ProviderUnavailable,

    /// <summary>The stream broke after its first bytes had reached the client.</summary>
    StreamInterrupted,

    /// <summary>The request came back to the gateway that sent it.</summary>
    LoopDetected,

    /// <summary>The client went away. Never on the wire; 499 in logs.</summary>
    Canceled,

    /// <summary>A defect of ours.</summary>
    Internal,
}

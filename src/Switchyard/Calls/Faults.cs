namespace Switchyard.Calls;

/// <summary>
/// The meaning and the consequences of a failure: the one table that decides whether the same target is tried again, or another one, and
/// how the deployment's health changes.
/// </summary>
internal static class Faults
{
    /// <summary>
    /// The code of an exception from a client in this process that has no known meaning. It may be a defect in its code, so the
    /// same client is not called again.
    /// </summary>
    public const string UnknownException = "provider_request_failed";

    /// <summary>
    /// The code of a Responses provider that cannot read the encrypted reasoning of an earlier answer: it was made by another account, or
    /// for another model.
    /// </summary>
    public const string UnreadableReasoning = "invalid_encrypted_content";

    /// <summary>The code of a target that does not serve the operation, so that nothing was sent to it.</summary>
    public const string UnsupportedOperation = "unsupported_operation";

    private const int PaymentRequired = 402;
    private const int NotFound = 404;

    /// <summary>The class of a failure.</summary>
    public static FaultClass Of(CallError error) => error.Kind switch
    {
        CallErrorKind.UpstreamAuthenticationFailed => FaultClass.Credential,
        _ when error.UpstreamStatus == PaymentRequired || error.Code == "insufficient_quota" => FaultClass.Credential,
        CallErrorKind.UpstreamRateLimited => FaultClass.RateLimit,
        // A limit of the target, not of the caller: another may have room.
        CallErrorKind.RateLimited when error.Provider is not null => FaultClass.Unusable,
        // A target that was removed while the call ran; an unknown name has no provider.
        CallErrorKind.ModelNotFound when error.Provider is not null => FaultClass.Unusable,
        CallErrorKind.UpstreamTimeout => FaultClass.Timeout,
        // A 2xx answer without usable content would be repeated, and a redirect would return to the same address: another target may do
        // better.
        CallErrorKind.UpstreamUnavailable when error.UpstreamStatus is >= 200 and < 400 => FaultClass.Unusable,
        CallErrorKind.UpstreamUnavailable when error.Code == UnknownException => FaultClass.Unusable,
        CallErrorKind.UpstreamUnavailable => FaultClass.Server,
        CallErrorKind.ProviderUnavailable => FaultClass.Unusable,
        // The budget of one target: another may have room.
        CallErrorKind.BudgetExceeded => FaultClass.Unusable,
        CallErrorKind.EgressBlocked => FaultClass.NotPermitted,
        CallErrorKind.InvalidRequest when error.Code == UnsupportedOperation => FaultClass.NotPermitted,
        CallErrorKind.UpstreamRejected when IsContextLength(error.Code) => FaultClass.ContextLength,
        CallErrorKind.UpstreamRejected when IsContentPolicy(error.Code) => FaultClass.ContentPolicy,
        CallErrorKind.UpstreamRejected when error.Code == UnreadableReasoning => FaultClass.ForeignReasoning,
        CallErrorKind.UpstreamRejected when error.UpstreamStatus == NotFound => FaultClass.ModelNotFound,
        _ => FaultClass.Client,
    };

    /// <summary>Whether the same target may be tried again after a failure of the class.</summary>
    public static bool IsRetried(FaultClass fault) =>
        fault is FaultClass.RateLimit or FaultClass.Timeout or FaultClass.Server or FaultClass.ForeignReasoning;

    /// <summary>Whether the same request may succeed later, for a caller that considers sending it again.</summary>
    public static bool MayPass(CallError error) =>
        Of(error) is FaultClass.RateLimit or FaultClass.Timeout or FaultClass.Server
        || error.Kind is CallErrorKind.RateLimited or CallErrorKind.Overloaded or CallErrorKind.RequestTimeout
            or CallErrorKind.StreamInterrupted or CallErrorKind.ShuttingDown
        // An open circuit, or no free place: it names the time to wait. Without one the provider lacks a setting.
        || error is { Kind: CallErrorKind.ProviderUnavailable, RetryAfter: not null };

    /// <summary>Whether another target may be tried after a failure of the class, independent of the route's settings.</summary>
    public static bool IsTriedElsewhere(FaultClass fault) =>
        IsRetried(fault) || fault is FaultClass.Credential or FaultClass.Unusable;

    /// <summary>Whether a failure means that its target is overloaded: 429, 503, 529, or no answer in time.</summary>
    public static bool MeansOverload(CallError error) =>
        Of(error) is FaultClass.RateLimit or FaultClass.Timeout || error.UpstreamStatus is 503 or 529;

    /// <summary>What the end of an attempt means for its deployment.</summary>
    public static AttemptVerdict Verdict(AttemptOutcome outcome, CallError? error) => outcome switch
    {
        AttemptOutcome.Finished => AttemptVerdict.Success,
        // An administrator's end of a call, and a shutdown, mean nothing for the deployment.
        AttemptOutcome.BrokeOff when error is { Kind: CallErrorKind.EndedByOperator or CallErrorKind.ShuttingDown } => AttemptVerdict.None,
        // A stream that its provider refuses to continue, mostly for its content: a late 4xx.
        AttemptOutcome.BrokeOff when error is { Kind: CallErrorKind.UpstreamRejected, UpstreamStatus: not PaymentRequired } =>
            AttemptVerdict.None,
        AttemptOutcome.BrokeOff => AttemptVerdict.Failure,
        AttemptOutcome.Failed when Of(error!) is var fault => fault switch
        {
            FaultClass.Credential => AttemptVerdict.CredentialRefused,
            FaultClass.ForeignReasoning => AttemptVerdict.None,
            // The client's request causes a 4xx, so it is not a failure of the deployment.
            _ when IsTriedElsewhere(fault) => AttemptVerdict.Failure,
            _ => AttemptVerdict.None,
        },
        _ => AttemptVerdict.None,
    };

    /// <summary>
    /// Whether a code means that the prompt is too long for the model: of OpenAI and compatible vendors, Mistral, Cohere. UpstreamErrors
    /// sets the first for vendors without codes. Not OpenAI's <c>string_above_max_length</c>: that is one text of the request.
    /// </summary>
    public static bool IsContextLength(string? code) =>
        code is "context_length_exceeded" or "input_too_long" or "model_max_prompt_tokens_exceeded";

    private static bool IsContentPolicy(string? code) =>
        code is "content_policy_violation" or "content_filter" or "ResponsibleAIPolicyViolation" or "invalid_prompt" or "moderation_blocked"
            or "bio_policy" or "cyber_policy" or "data_inspection_failed";
}

/// <summary>The class of a failure.</summary>
internal enum FaultClass
{
    /// <summary>The request, or the gateway: another target would answer the same.</summary>
    Client,

    /// <summary>Too many requests (429).</summary>
    RateLimit,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The provider failed, or could not be reached.</summary>
    Server,

    /// <summary>The target cannot be used, or its answer cannot be used; another try would change nothing.</summary>
    Unusable,

    /// <summary>
    /// The target is not asked: the network policy does not permit its address, or it does not serve the operation. This means nothing for
    /// its health.
    /// </summary>
    NotPermitted,

    /// <summary>The provider refused the credential, or its account has no money left (401, 402, 403).</summary>
    Credential,

    /// <summary>The prompt is too long for the model.</summary>
    ContextLength,

    /// <summary>The provider's content policy refused the request.</summary>
    ContentPolicy,

    /// <summary>The provider has no such model (404).</summary>
    ModelNotFound,

    /// <summary>The request holds encrypted reasoning that the target cannot read: it is sent again without it.</summary>
    ForeignReasoning,
}

/// <summary>What the end of an attempt means for its deployment.</summary>
internal enum AttemptVerdict
{
    /// <summary>Nothing: the client left, or its request was wrong.</summary>
    None,

    /// <summary>It answered.</summary>
    Success,

    /// <summary>It failed.</summary>
    Failure,

    /// <summary>It refused the credential, which means nothing for other credentials.</summary>
    CredentialRefused,
}

namespace Switchyard.Calls;

/// <summary>
/// A failure as a value. Inside the pipeline failures travel as values; exceptions (<see cref="CallException"/>) appear only at the
/// edges. The message reaches the client, so it never holds a key, a token or an internal address.
/// </summary>
/// <param name="Kind">The kind of failure, which decides status, retryability and log level.</param>
/// <param name="Message">One sentence with the cause and, if there is one, the remedy.</param>
public sealed record CallError(CallErrorKind Kind, string Message)
{
    /// <summary>The request field at fault, for example <c>messages[0].role</c>; null if no field is.</summary>
    public string? Param { get; init; }

    /// <summary>The machine-readable code; null takes the kind's (<see cref="CallErrorPolicy.Code"/>).</summary>
    public string? Code { get; init; }

    /// <summary>
    /// The error's type in the provider's answer, for example <c>invalid_request_error</c>; null takes the client dialect's usual one.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>The provider that failed; null if the gateway or the client caused the failure.</summary>
    public string? Provider { get; init; }

    /// <summary>The status of the provider's answer; null if it did not answer.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>The time to wait before another try, from the provider or from a limit of the gateway; null if unknown.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Every failed attempt of the call, oldest first, if there was more than one; otherwise empty.</summary>
    public IReadOnlyList<FailedAttempt> Attempts { get; init; } = [];

    /// <summary>The configured status for a refusal by the gateway (<c>budgets.status</c>); null takes the kind's.</summary>
    public int? RefusalStatus { get; init; }

    /// <summary>The exception behind the failure, for logs only.</summary>
    public Exception? Cause { get; init; }

    /// <summary>
    /// The HTTP status the client sees: the provider's own for <see cref="CallErrorKind.UpstreamRejected"/>, the kind's otherwise.
    /// </summary>
    public int Status => RefusalStatus is { } refusal ? refusal
        : Kind == CallErrorKind.UpstreamRejected && UpstreamStatus is >= 400 and < 500 and var status
        ? status
        : CallErrorPolicy.Of(Kind).Status;

    /// <summary>
    /// The status of the failed attempt, for metrics, logs and <c>details</c>: the provider's own; <see cref="Status"/> if it did not
    /// answer, or if its answer was a success (2xx) that cannot be used, because a failure with status 200 is misread.
    /// </summary>
    internal int AttemptStatus => UpstreamStatus is { } status and not (>= 200 and < 300) ? status : Status;

    /// <summary>
    /// Whether the same request may succeed if it is sent again: after 408, 429, 5xx, no connection, a timeout, a broken stream, and a
    /// refusal for a time. Not after an empty answer, a refused or missing credential, or another 4xx.
    /// </summary>
    public bool IsRetryable => Faults.MayPass(this);

    /// <summary>Whether another target may be tried, as long as no byte has reached the client.</summary>
    public bool MayFallBack => Faults.IsTriedElsewhere(Faults.Of(this));

    /// <summary>The code in the error body: <see cref="Code"/>, or the kind's.</summary>
    public string WireCode => Code ?? CallErrorPolicy.Of(Kind).Code;

    /// <summary>
    /// The error for an exception that no part of the gateway has explained: <see cref="CallErrorKind.Overloaded"/> if no memory was left,
    /// <see cref="CallErrorKind.Internal"/> otherwise. Its message has nothing of the exception.
    /// </summary>
    /// <param name="cause">The exception.</param>
    public static CallError Unexpected(Exception cause) => cause is OutOfMemoryException
        ? new(
            CallErrorKind.Overloaded,
            "The gateway has no memory left for this request. Send it again later, or give the gateway more memory.")
        {
            RetryAfter = TimeSpan.FromSeconds(5),
            Cause = cause,
        }
        : new(CallErrorKind.Internal, "The gateway failed to handle the request.") { Cause = cause };

    /// <summary>The error of a call whose client disconnected.</summary>
    /// <param name="cause">The exception by which that was noticed; null for none.</param>
    internal static CallError ClientLeft(Exception? cause) => new(CallErrorKind.Canceled, "The client went away.") { Cause = cause };

    /// <summary>The error as an exception, for dialects and in-process clients, which throw.</summary>
    public CallException ToException() => new(this);
}

/// <summary>One failed attempt of a call, as shown in the call's error.</summary>
public sealed record FailedAttempt
{
    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own model id.</summary>
    public required string Model { get; init; }

    /// <summary>The failure, in a text that a client may read.</summary>
    public required string Message { get; init; }

    /// <summary>
    /// The status of the provider's answer; 502 if that was a success (2xx) that cannot be used; null if the provider did not answer.
    /// </summary>
    public int? Status { get; init; }

    /// <summary>Every attempt of a call that has failed so far, oldest first.</summary>
    internal static IReadOnlyList<FailedAttempt> Of(ModelCall call) => call.AttemptCount <= 1 && call.Attempt?.Error is null
        ? []
        : [.. call.Attempts.Where(attempt => attempt.Error is not null).Select(attempt => new FailedAttempt
        {
            Provider = attempt.Deployment.Provider,
            Model = attempt.Deployment.Model,
            Message = attempt.Error!.Message,
            Status = attempt.Error.UpstreamStatus is null ? null : attempt.Error.AttemptStatus,
        })];
}

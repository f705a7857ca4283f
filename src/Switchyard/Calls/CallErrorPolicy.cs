using Microsoft.Extensions.Logging;

namespace Switchyard.Calls;

/// <summary>Status, log level and code of a <see cref="CallErrorKind"/>.</summary>
/// <param name="Status">The HTTP status the client sees.</param>
/// <param name="LogLevel">The level at which the failure is logged.</param>
/// <param name="Code">The machine-readable <c>code</c> in the error body, unless the error carries its own.</param>
internal readonly record struct CallErrorPolicy(int Status, LogLevel LogLevel, string Code)
{
    /// <summary>The policy of a kind. The only switch that decides it, so that a new kind cannot be handled in part.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enum.</exception>
    public static CallErrorPolicy Of(CallErrorKind kind) => kind switch
    {
        CallErrorKind.InvalidRequest => new(400, LogLevel.Information, "invalid_request"),
        CallErrorKind.Unauthenticated => new(401, LogLevel.Information, "invalid_api_key"),
        CallErrorKind.Forbidden => new(403, LogLevel.Information, "forbidden"),
        CallErrorKind.EgressBlocked => new(403, LogLevel.Warning, "egress_blocked"),
        CallErrorKind.ModelNotFound => new(404, LogLevel.Information, "model_not_found"),
        CallErrorKind.RequestTooLarge => new(413, LogLevel.Information, "request_too_large"),
        CallErrorKind.UnsupportedMediaType => new(415, LogLevel.Information, "unsupported_media_type"),
        CallErrorKind.RequestTimeout => new(408, LogLevel.Information, "request_timeout"),
        CallErrorKind.RateLimited => new(429, LogLevel.Information, "rate_limit_exceeded"),
        CallErrorKind.Overloaded => new(503, LogLevel.Warning, "gateway_overloaded"),
        CallErrorKind.BudgetExceeded => new(402, LogLevel.Warning, "budget_exceeded"),
        CallErrorKind.UpstreamRejected => new(400, LogLevel.Information, "upstream_rejected"),
        CallErrorKind.UpstreamAuthenticationFailed => new(500, LogLevel.Error, "upstream_authentication_failed"),
        CallErrorKind.UpstreamRateLimited => new(429, LogLevel.Warning, "upstream_rate_limited"),
        CallErrorKind.UpstreamUnavailable => new(502, LogLevel.Warning, "upstream_unavailable"),
        CallErrorKind.UpstreamTimeout => new(504, LogLevel.Warning, "upstream_timeout"),
        CallErrorKind.ProviderUnavailable => new(503, LogLevel.Warning, "provider_unavailable"),
        CallErrorKind.StreamInterrupted => new(502, LogLevel.Warning, "stream_interrupted"),
        CallErrorKind.LoopDetected => new(508, LogLevel.Error, "loop_detected"),
        CallErrorKind.KeyReused => new(422, LogLevel.Information, "idempotency_key_reuse"),
        CallErrorKind.StateElsewhere => new(409, LogLevel.Information, "state_elsewhere"),
        CallErrorKind.ShuttingDown => new(503, LogLevel.Warning, "shutting_down"),
        CallErrorKind.EndedByOperator => new(503, LogLevel.Warning, "ended_by_operator"),
        CallErrorKind.PluginFailed => new(503, LogLevel.Warning, "plugin_failed"),
        CallErrorKind.GuardBlocked => new(403, LogLevel.Information, "guard_blocked"),
        CallErrorKind.Canceled => new(499, LogLevel.Debug, "canceled"),
        CallErrorKind.Internal => new(500, LogLevel.Error, "internal_error"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a call error kind."),
    };
}

using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Dialects.Shared;

/// <summary>What a provider's error means, decided once for every dialect.</summary>
internal static class UpstreamErrors
{
    /// <summary>The code for a prompt that is too long, where the provider sent no code.</summary>
    public const string ContextLength = "context_length_exceeded";

    // Phrases in the messages about a prompt that is too long; the codes for it differ even more.
    private static readonly string[] ContextLengthPhrases =
    [
        "prompt is too long", "maximum context length", "exceeds the maximum number of tokens", "Input Tokens Exceeded",
        "input exceeds the context window", "context window of this model", "Input is too long", "context length exceeded",
        "exceeds the context size", "too many tokens",
    ];

    /// <summary>Builds the error.</summary>
    /// <param name="status">The HTTP status, or for an error inside a stream the status it would have had.</param>
    /// <param name="provider">The provider's name; null where the caller adds it.</param>
    /// <param name="message">The provider's message; null when the body has no readable one.</param>
    /// <param name="type">The error's type for the client; null for the default of its kind.</param>
    /// <param name="code">The provider's machine-readable code.</param>
    /// <param name="param">The field at fault.</param>
    /// <param name="refusesKey">Whether the provider refused the engine's credential, whatever the status says.</param>
    public static CallError Of(
        int status, string? provider, string? message, string? type = null, string? code = null, string? param = null,
        bool refusesKey = false)
    {
        var name = provider ?? "The provider";
        var kind = refusesKey ? CallErrorKind.UpstreamAuthenticationFailed : KindOf(status);
        if (kind == CallErrorKind.UpstreamAuthenticationFailed)
        {
            // The message is about the engine's key, not the client's, so it is not passed on.
            return new CallError(kind, $"{name} authentication failed") { Provider = provider, UpstreamStatus = status };
        }

        var said = message is { Length: > 0 }
            ? Sanitizer.Clean(message)
            : $"{name} answered {status} with a body that is not an error of its API";
        if (kind == CallErrorKind.UpstreamRejected && code is null && message is not null && IsContextLength(message))
            code = ContextLength;
        return new CallError(kind, said) { Provider = provider, UpstreamStatus = status, Type = type, Code = code, Param = param };
    }

    /// <summary>The kind of an error with this status.</summary>
    public static CallErrorKind KindOf(int status) => status switch
    {
        401 or 403 => CallErrorKind.UpstreamAuthenticationFailed,
        408 or 504 => CallErrorKind.UpstreamTimeout,
        429 => CallErrorKind.UpstreamRateLimited,
        >= 400 and < 500 => CallErrorKind.UpstreamRejected,
        _ => CallErrorKind.UpstreamUnavailable,
    };

    private static bool IsContextLength(string message) =>
        Array.Exists(ContextLengthPhrases, phrase => message.Contains(phrase, StringComparison.OrdinalIgnoreCase));
}

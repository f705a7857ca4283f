using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Dialects.Shared;

/// <summary>What a provider's error means, decided once for every dialect.</summary>
internal static class UpstreamErrors
{
    /// <summary>The code of a prompt that is too long, where the provider gave none of its own.</summary>
    public const string ContextLength = "context_length_exceeded";

    // What providers say of a prompt that is too long; their codes for it differ even more.
    private static readonly string[] ContextLengthPhrases =
    [
        "prompt is too long", "maximum context length", "exceeds the maximum number of tokens", "Input Tokens Exceeded",
        "input exceeds the context window", "context window of this model", "Input is too long", "context length exceeded",
        "exceeds the context size", "too many tokens",
    ];

    /// <summary>Builds the error.</summary>
    /// <param name="status">The status it came with, or would have come with.</param>
    /// <param name="provider">The provider's name; null where the caller adds it.</param>
    /// <param name="message">What the provider said; null when it said nothing a person could read.</param>
    /// <param name="type">The error's type as the client's dialect would name it; null takes the usual one.</param>
    /// <param name="code">The provider's machine-readable code.</param>
    /// <param name="param">The field at fault.</param>
    /// <param name="refusesKey">Whether it is our credential that was refused, whatever the status says.</param>
    public static CallError Of(
        int status, string? provider, string? message, string? type = null, string? code = null, string? param = null, bool refusesKey = false)
    {
        var name = provider ?? "The provider";
        var kind = refusesKey ? CallErrorKind.UpstreamAuthenticationFailed : KindOf(status);
        if (kind == CallErrorKind.UpstreamAuthenticationFailed)
        {
            // What it says concerns our key, not the client's.
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

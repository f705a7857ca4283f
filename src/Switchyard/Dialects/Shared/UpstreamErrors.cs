using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// What a provider's error means, decided once for every dialect. A dialect's <c>ErrorDecoder</c> finds the words and passes them on
/// unchanged; what reaches a client is trimmed, redacted and never markup.
/// </summary>
internal static partial class UpstreamErrors
{
    private const int Forbidden = 403;
    private const int ProxyAuthenticationRequired = 407;

    // Of a body that is not JSON: enough to see the cause.
    private const int LongestPlainText = 500;

    /// <summary>The code for a prompt that is too long, where the provider sent no code.</summary>
    public const string ContextLength = "context_length_exceeded";

    // For a prompt that a moderation before the model has flagged.
    private const string ContentPolicy = "content_policy_violation";

    private const string UnnamedProvider = "The provider";

    // Phrases in the messages about a prompt that is too long; the codes for it differ even more.
    private static readonly string[] ContextLengthPhrases =
    [
        "prompt is too long", "maximum context length", "exceeds the maximum number of tokens", "Input Tokens Exceeded",
        "input exceeds the context window", "context window of this model", "Input is too long", "context length exceeded",
        "exceeds the context size", "too many tokens", "input length and `max_tokens` exceed context limit", "available context size",
        "maximum prompt length", "max context length", "context length is only", "exceeded model token limit", "prompt exceeds max length",
        "prompt token count of", "context window exceeds limit", "exceeds the context length", "exceeds context length",
        "context length of only", "Range of input length should be", "`inputs` tokens + `max_new_tokens` must be",
    ];

    // Tags that a page holds and an error message does not. A proxy's page may be in a JSON string, also after a few words.
    private static readonly string[] Markup =
    [
        "<html", "<!doctype", "<?xml", "<head", "<body", "<title", "<script", "<style", "<center", "<h1", "<div", "<p>", "<br>",
    ];

    /// <summary>Builds the error from the provider's words as they were sent.</summary>
    /// <param name="status">The HTTP status, or for an error inside a stream the status it would have had.</param>
    /// <param name="provider">The provider's name; null if the caller adds it.</param>
    /// <param name="message">The provider's message; null if the body has none.</param>
    /// <param name="type">The error's type for the client; null for the default of its kind.</param>
    /// <param name="code">The provider's machine-readable code.</param>
    /// <param name="param">The field at fault.</param>
    /// <param name="isFlagged">Whether it reports that the prompt was flagged (<see cref="IsFlagged"/>): a 403 is then about that.</param>
    public static CallError Of(
        int status, string? provider, string? message, string? type = null, string? code = null, string? param = null,
        bool isFlagged = false)
    {
        var name = provider ?? UnnamedProvider;
        var kind = isFlagged && status == Forbidden ? CallErrorKind.UpstreamRejected : KindOf(status);
        if (kind == CallErrorKind.UpstreamAuthenticationFailed)
            return KeyRefused(status, provider);
        if (status == ProxyAuthenticationRequired)
        {
            // Only a proxy answers with this status, and its words are not the provider's.
            return new CallError(
                kind,
                $"{name} cannot be reached: the proxy on the way wants a name and a password, or refused those in the proxy's address.")
            {
                Provider = provider,
                UpstreamStatus = status,
            };
        }

        var said = Readable(message);
        // Many servers give such an error a less precise code: "invalid_request_error", or its status.
        if (kind == CallErrorKind.UpstreamRejected && said is not null && IsContextLength(said))
            code = ContextLength;
        else if (kind == CallErrorKind.UpstreamRejected && isFlagged)
            code = ContentPolicy;
        return new CallError(kind, said ?? $"{name} answered {status} with a body that is not an error of its API")
        {
            Provider = provider,
            UpstreamStatus = status,
            Type = Readable(type),
            Code = Readable(code),
            Param = Readable(param),
            RetryAfter = kind == CallErrorKind.UpstreamRateLimited && said is not null ? PauseIn(said) : null,
        };
    }

    /// <summary>
    /// The provider refused the engine's credential, whatever the status is. Its message is about the engine's key, not the client's, so
    /// it is not passed on.
    /// </summary>
    public static CallError KeyRefused(int status, string? provider) =>
        new(CallErrorKind.UpstreamAuthenticationFailed, $"{provider ?? UnnamedProvider} authentication failed")
        {
            Provider = provider,
            UpstreamStatus = status,
        };

    /// <summary>
    /// Whether an error's details report that a moderation before the model flagged the prompt. A router of other providers then answers
    /// 403 although the key is valid.
    /// </summary>
    public static bool IsFlagged(JsonElement error) =>
        error.Member("metadata") is { } details && (details.Member("flagged_input") ?? details.Member("reasons")) is not null;

    /// <summary>
    /// The pause that a message about a limit asks for, as in "Please try again in 1m2.5s" or "retry after 20 seconds", and a day at most;
    /// null if it names none.
    /// </summary>
    public static TimeSpan? PauseIn(string message)
    {
        var found = Pause().Match(message);
        if (!found.Success)
            return null;
        var pause = TimeSpan.Zero;
        for (var i = 0; i < found.Groups["number"].Captures.Count; i++)
        {
            var number = double.Parse(found.Groups["number"].Captures[i].ValueSpan, CultureInfo.InvariantCulture);
            pause += found.Groups["unit"].Captures[i].Value.ToLowerInvariant() switch
            {
                "h" => TimeSpan.FromHours(number),
                "m" => TimeSpan.FromMinutes(number),
                "ms" or "milli" => TimeSpan.FromMilliseconds(number),
                _ => TimeSpan.FromSeconds(number),
            };
        }

        return Backoff.Bounded(pause);
    }

    // Four digits at most, so that no number is beyond a time span.
    [
        GeneratedRegex(
            @"(?:try again|retry) (?:in|after) (?:(?<number>\d{1,4}(?:\.\d{1,6})?) ?(?<unit>ms|milli|s|m|h)[a-z]* ?){1,3}",
            RegexOptions.IgnoreCase),
    ]
    private static partial Regex Pause();

    /// <summary>
    /// The text of a body that is not JSON, for a refused request (400, 404, 422 …): small servers and proxies explain the refusal in plain
    /// text. Null if the status has another meaning, and for anything but text.
    /// </summary>
    public static string? PlainText(int status, ReadOnlySpan<byte> body)
    {
        if (KindOf(status) != CallErrorKind.UpstreamRejected)
            return null;
        body = body.Trim(" \t\r\n"u8);
        if (body.IsEmpty)
            return status == 400 ? "Invalid request format" : null;
        // Truncated JSON is not a sentence, and binary data is not readable.
        if (body[0] is (byte)'{' or (byte)'[' or (byte)'"' || !Utf8.IsValid(body) || body.IndexOfAnyInRange((byte)0, (byte)8) >= 0)
            return null;
        var text = Encoding.UTF8.GetString(body);
        return text.Length > LongestPlainText ? text[..LongestPlainText] + "…" : text;
    }

    /// <summary>The words as they may be passed on: trimmed and redacted; null if nothing is left, and for markup.</summary>
    public static string? Readable(string? words)
    {
        var trimmed = words?.Trim();
        return string.IsNullOrEmpty(trimmed) || IsMarkup(trimmed) ? null : Sanitizer.Clean(trimmed);
    }

    /// <summary>
    /// The HTTP status that an error inside an answer would have had, which itself began with 200. The formats' words differ, so one table
    /// holds them all.
    /// </summary>
    /// <param name="words">The error's code, type or status, the most precise first.</param>
    /// <returns>The status of the first word that is known; null if none is known.</returns>
    public static int? StatusOf(params ReadOnlySpan<string?> words)
    {
        foreach (var word in words)
        {
            if (StatusOf(word) is { } status)
                return status;
        }

        return null;
    }

    /// <summary>The kind of an error with this status.</summary>
    public static CallErrorKind KindOf(int status) => status switch
    {
        401 or 403 => CallErrorKind.UpstreamAuthenticationFailed,
        408 or 504 => CallErrorKind.UpstreamTimeout,
        429 => CallErrorKind.UpstreamRateLimited,
        ProxyAuthenticationRequired => CallErrorKind.UpstreamUnavailable,
        >= 400 and < 500 => CallErrorKind.UpstreamRejected,
        _ => CallErrorKind.UpstreamUnavailable,
    };

    private static int? StatusOf(string? word) => word?.ToLowerInvariant() switch
    {
        "invalid_request_error" or "badrequesterror" or "context_length_exceeded" or "content_filter" or "tool_use_failed"
            or "content_policy_violation" or "data_inspection_failed"
            or "json_validate_failed" or "invalid_prompt" or "data_residency_mismatch" or "bio_policy" or "cyber_policy"
            or "invalid_argument" or "failed_precondition" or "out_of_range"
            or "validationexception" or "servicequotaexceededexception" or "conflictexception" => 400,
        "invalid_api_key" or "authentication_error" or "unauthenticated" => 401,
        "billing_error" => 402,
        "permission_error" or "permission_denied"
            or "accessdeniedexception" or "unrecognizedclientexception" or "invalidsignatureexception" or "expiredtokenexception"
            or "missingauthenticationtokenexception" or "incompletesignatureexception" => 403,
        "not_found_error" or "not_found" or "resourcenotfoundexception" => 404,
        "modeltimeoutexception" => 408,
        "request_too_large" => 413,
        "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" or "requests" or "tokens" or "resource_exhausted"
            or "throttlingexception" or "modelnotreadyexception" => 429,
        "internalserverexception" => 500,
        "modelerrorexception" or "modelstreamerrorexception" => 502,
        "serviceunavailableexception" or "unavailable" => 503,
        "timeout" or "timeout_error" or "vector_store_timeout" or "deadline_exceeded" => 504,
        "overloaded_error" => 529,
        { } image when image.Contains("image", StringComparison.Ordinal) => 400,
        _ => null,
    };

    /// <summary>Whether it is a page: it begins with a tag, or contains one of a page's tags.</summary>
    private static bool IsMarkup(string text) =>
        (text.Length > 1 && text[0] == '<' && (char.IsAsciiLetter(text[1]) || text[1] is '!' or '?' or '/'))
        || (text.Contains('<', StringComparison.Ordinal)
            && Array.Exists(Markup, tag => text.Contains(tag, StringComparison.OrdinalIgnoreCase)));

    private static bool IsContextLength(string message) =>
        Array.Exists(ContextLengthPhrases, phrase => message.Contains(phrase, StringComparison.OrdinalIgnoreCase));
}

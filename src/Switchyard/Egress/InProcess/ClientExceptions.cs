using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;
using Switchyard.Providers;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// Maps the exceptions of in-process clients to errors, as the answer of a provider over HTTP is mapped: by its status. The packages of
/// vendors are not referenced, and their properties not read by reflection, because ahead-of-time compilation removes them: the host's
/// readers come first, then what .NET itself has, then the text that the two families of packages write. Thread-safe.
/// </summary>
internal sealed partial class ClientExceptions(IEnumerable<IClientExceptionReader> readers, ILogger<ClientExceptions>? logger = null)
{
    // An exception that wraps its cause does so once or twice.
    private const int MaxDepth = 4;

    private const int NotFound = 404;

    private readonly IClientExceptionReader[] _readers = [.. readers];

    /// <param name="exception">What the client threw.</param>
    /// <param name="exchange">The attempt.</param>
    /// <param name="isOpenStream">Whether it breaks off a stream that was open already.</param>
    public CallError Explain(Exception exception, ClientExchange exchange, bool isOpenStream = false)
    {
        var (call, provider, clock) = (exchange.Call, exchange.Provider, exchange.Clock);
        // A client that is an engine itself and has no such model: like the 404 of a provider over HTTP, it is not a failure of the target.
        if (exception is CallException { Error: { Kind: CallErrorKind.ModelNotFound } unknown })
        {
            var refusal = UpstreamErrors.Of(NotFound, provider, unknown.Message, code: unknown.WireCode, param: unknown.Param);
            return UpstreamFailure.Finish(refusal with { Cause = exception }, call, provider);
        }

        if (exception is CallException || clock.Expired is not null || clock.IsAborted || call.Aborted.IsCancellationRequested)
            return UpstreamFailure.Explain(exception, call, provider, clock, isOpenStream);
        if (Read(exception) is { } failure)
        {
            var error = UpstreamErrors.Of(failure.Status, provider, failure.Message ?? exception.Message, failure.Type, failure.Code);
            // Else the pause that the provider's words ask for, as over HTTP.
            var pause = failure.RetryAfter is { } asked ? Backoff.Bounded(asked) : error.RetryAfter;
            return call.Snapshot.Secrets.Redact(error with { RetryAfter = pause, Cause = exception });
        }

        if (exception is OperationCanceledException or TimeoutException)
        {
            // Neither our clock ran out nor did the caller leave: it was the client's own timeout.
            var gaveUp = $"{provider} gave up by a timeout of its own: {Sanitizer.Clean(exception.Message)}";
            return UpstreamFailure.Finish(new(CallErrorKind.UpstreamTimeout, gaveUp) { Cause = exception }, call, provider);
        }

        if (exception is HttpRequestException)
            return UpstreamFailure.Explain(exception, call, provider, clock, isOpenStream);
        var message = $"{provider} failed: {Sanitizer.Clean(exception.Message)}";
        return UpstreamFailure.Finish(
            new(CallErrorKind.UpstreamUnavailable, message) { Code = Faults.UnknownException, Cause = exception }, call, provider);
    }

    private ClientFailure? Read(Exception exception)
    {
        var (current, depth) = ((Exception?)exception, 0);
        for (; current is not null && depth < MaxDepth; current = current.InnerException, depth++)
        {
            if (ReadOne(current) is { Status: >= 400 and < 600 } failure)
                return failure;
        }

        return null;
    }

    private ClientFailure? ReadOne(Exception exception)
    {
        foreach (var reader in _readers)
        {
            try
            {
                if (reader.Read(exception) is { } failure)
                    return failure;
            }
            catch (Exception e)
            {
                // A reader that fails must not hide the exception it was given.
                if (logger is not null)
                    LogReaderFailed(logger, reader.GetType().Name, e);
            }
        }

        if (exception is HttpRequestException { StatusCode: { } status })
            return new((int)status);
        return StatusAtStart().Match(exception.Message) is { Success: true } atStart ? Failure(atStart)
            : StatusInLine().Match(exception.Message) is { Success: true } inLine ? Failure(inLine)
            : null;
    }

    private static ClientFailure Failure(Match match) => new(int.Parse(match.Groups["status"].ValueSpan, CultureInfo.InvariantCulture))
    {
        Type = match.Groups["type"] is { Success: true, Value: { Length: > 0 } type } ? type : null,
        Code = match.Groups["code"] is { Success: true, Value: { Length: > 0 } code } ? code : null,
    };

    /// <summary><c>HTTP 400 (invalid_request_error: context_length_exceeded)</c>, first in the message.</summary>
    [GeneratedRegex(
        @"\AHTTP (?<status>[45][0-9]{2})(?: \((?<type>[A-Za-z_.]*)(?:: (?<code>[A-Za-z0-9_.-]*))?\))?(?:\s|\z)",
        RegexOptions.CultureInvariant)]
    private static partial Regex StatusAtStart();

    /// <summary>A line <c>Status: 429 (Too Many Requests)</c>, and optionally <c>ErrorCode: TooManyRequests</c> below.</summary>
    [GeneratedRegex(
        @"^Status: (?<status>[45][0-9]{2})\b[^\n]*(?:\nErrorCode: (?<code>[A-Za-z0-9_.-]+))?",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex StatusInLine();

    [LoggerMessage(1, LogLevel.Warning, "The exception reader {Reader} failed.")]
    private static partial void LogReaderFailed(ILogger logger, string reader, Exception error);
}

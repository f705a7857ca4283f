using System.Net;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Providers;

public abstract partial class ProviderBase
{
    private const int UsualRetries = 3;

    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs an operation of the provider's own, such as fetching its list of models, and repeats it after failures that may pass: 408, 429,
    /// 5xx, no connection, a timeout. Between two tries it waits a random part of 1 s, 2 s, 4 s, … up to 10 s, and at least as long as the
    /// failure asks for. Calls need no such helper: the engine retries them.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="maxRetries">
    /// The most retries, not negative; null takes <see cref="ProviderSettings.MaxRetries"/>, and 3 where that is not set.
    /// </param>
    /// <param name="cancellationToken">Ends the tries and the waits.</param>
    /// <returns>The operation's result.</returns>
    /// <exception cref="CallException">
    /// The last failure that may pass, or one that another try would not change. An exception that is neither an HTTP, a network nor a
    /// provider's error is thrown at once as <c>Provider request failed</c>, with it as the cause.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    protected async Task<T> ExecuteWithRetryAsync<T>(
        Func<CancellationToken, Task<T>> operation, int? maxRetries = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (maxRetries is { } asked)
            ArgumentOutOfRangeException.ThrowIfNegative(asked);
        var retries = maxRetries ?? _settings?.MaxRetries ?? UsualRetries;
        for (var retry = 0; ; retry++)
        {
            try
            {
                return await operation(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (retry < retries && MayPass(error) && !cancellationToken.IsCancellationRequested)
            {
                var pause = (error as CallException)?.Error.RetryAfter;
                var wait = Backoff.Delay(retry, s_firstWait, s_longestWait, pause, Random.Shared.NextDouble());
                LogRetry(
                    Logger, retry + 1, retries + 1, (long)wait.TotalMilliseconds,
                    ProviderMessages.Redact(error.Message, _settings, Context.Secrets));
                await Task.Delay(wait, Context.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (!IsKnown(error, cancellationToken))
            {
                throw new CallException(new CallError(CallErrorKind.UpstreamUnavailable, "Provider request failed")
                {
                    Provider = Name,
                    Code = Faults.UnknownException,
                    Cause = error,
                });
            }
        }
    }

    private static bool MayPass(Exception error) => error switch
    {
        CallException call => Faults.IsRetried(Faults.Of(call.Error)),
        HttpRequestException { StatusCode: { } status } =>
            status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError,
        _ => error is HttpRequestException or IOException or TimeoutException or OperationCanceledException,
    };

    private static bool IsKnown(Exception error, CancellationToken cancellationToken) =>
        error is CallException or ProviderException or HttpRequestException or IOException or TimeoutException
        || (error is OperationCanceledException && cancellationToken.IsCancellationRequested)
        || error is OperationCanceledException { InnerException: TimeoutException };

    [LoggerMessage(3, LogLevel.Warning, "Request failed (attempt {Attempt}/{Attempts}), retrying in {Delay}ms: {Message}")]
    private static partial void LogRetry(ILogger logger, int attempt, int attempts, long delay, string message);
}

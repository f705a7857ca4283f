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
    /// Runs an operation of the provider itself, such as fetching its list of models, and repeats it after transient failures: 408, 429,
    /// 5xx, no connection, a timeout. Before a retry it waits a random part of 1 s, 2 s, 4 s, … up to 10 s, and at least as long as the
    /// failure requests. Calls do not need it: the engine retries them.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="maxRetries">
    /// The maximum number of retries, not negative; null uses <see cref="ProviderSettings.MaxRetries"/>, or 3 if that is not set.
    /// </param>
    /// <param name="cancellationToken">Cancels attempts and waits.</param>
    /// <returns>The operation's result.</returns>
    /// <exception cref="CallException">
    /// The last transient failure, or a permanent one. An exception that is not an HTTP, network or provider error is thrown at once as
    /// <c>Provider request failed</c>, with it as the cause.
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
            catch (Exception error) when (!IsKnown(error))
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

    // A cancellation is the caller's, or a timeout of the operation's own, which is transient: neither is wrapped.
    private static bool IsKnown(Exception error) => error is CallException or ProviderException or HttpRequestException or IOException
        or TimeoutException or OperationCanceledException;

    [LoggerMessage(3, LogLevel.Warning, "Request failed (attempt {Attempt}/{Attempts}), retrying in {Delay}ms: {Message}")]
    private static partial void LogRetry(ILogger logger, int attempt, int attempts, long delay, string message);
}

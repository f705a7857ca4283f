using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Secrets;

/// <summary>
/// Reads one store: with a timeout, with its last good answers kept for when it cannot be reached, and with its state for reports.
/// Thread-safe.
/// </summary>
internal sealed partial class StoreReader(
    ISecretStore store, ConcurrentDictionary<string, string?> known, TimeSpan timeout, TimeProvider time, SecretRedactor secrets,
    ILogger logger)
{
    private volatile StoreFault? _fault;
    private string? _stamp;
    private int _answers;
    private int _failures;

    public string Name => store.Name;

    public ISecretStore Store => store;

    public bool IsLocal => store is ILocalSecretStore;

    /// <summary>The reason why it is unavailable, and since when; null if available.</summary>
    public StoreFault? Fault => _fault;

    /// <summary>Whether it may have changed since <see cref="Look"/> was last called.</summary>
    public bool HasChanged => store is ILocalSecretStore local && local.Stamp() != _stamp;

    /// <summary>Begins a read. Records its mark before it: a change during the read is then seen the next time.</summary>
    public void Look()
    {
        _stamp = (store as ILocalSecretStore)?.Stamp();
        (_answers, _failures) = (0, 0);
    }

    /// <summary>Ends a read: the store is available again if it has answered, and has not refused any of the secrets.</summary>
    public void EndLook()
    {
        if (_failures == 0 && _answers > 0)
            Restored();
    }

    /// <summary>Reads a secret. While the store is unavailable its last good answer is used.</summary>
    public async ValueTask<StoreAnswer> AskAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            using var clock = new CancellationTokenSource(timeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
            var found = await store.GetAsync(key, both.Token).AsTask().WaitAsync(both.Token).ConfigureAwait(false);
            var value = string.IsNullOrWhiteSpace(found) ? null : found.Trim();
            // Registered for redaction before it is returned, because it may be repeated from then on.
            if (value is not null)
                secrets.Remember($"secret {store.Name} {key}", SecretSpellings(value));
            known[key] = value;
            Interlocked.Increment(ref _answers);
            return new StoreAnswer(IsKnown: true, value);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(failure);
            return known.TryGetValue(key, out var last) ? new StoreAnswer(IsKnown: true, last) : new StoreAnswer(IsKnown: false, null);
        }
    }

    private static IEnumerable<string> SecretSpellings(string value) => Configuration.SecretParts.Of(value);

    private void Failed(Exception failure)
    {
        Interlocked.Increment(ref _failures);
        var text = failure switch
        {
            SecretStoreException => secrets.Redact(Sanitizer.Clean(failure.Message)),
            OperationCanceledException or TimeoutException => $"no answer within {timeout.TotalSeconds:0.###} s (secrets.timeout)",
            // Of any other exception not the message, which may quote the secret.
            _ => FailureWords.Of(failure),
        };
        var before = _fault;
        _fault = before is null ? new StoreFault(text, time.GetUtcNow()) : before with { Text = text };
        if (before is null)
            LogAway(store.Name, text);
    }

    private void Restored()
    {
        if (Interlocked.Exchange(ref _fault, null) is { } over)
            LogBack(store.Name, (time.GetUtcNow() - over.Since).TotalSeconds);
    }

    [LoggerMessage(1, LogLevel.Error, "The secret store '{Store}' cannot be read; its last good answers stay in use: {Reason}")]
    private partial void LogAway(string store, string reason);

    [LoggerMessage(2, LogLevel.Information, "The secret store '{Store}' answers again, after {Seconds:0} s")]
    private partial void LogBack(string store, double seconds);
}

/// <summary>A store's answer for a secret.</summary>
/// <param name="IsKnown">Whether the store has answered, now or before.</param>
/// <param name="Value">The secret; null if none.</param>
internal readonly record struct StoreAnswer(bool IsKnown, string? Value);

/// <summary>The reason why a store is unavailable.</summary>
/// <param name="Text">The reason, without secrets.</param>
/// <param name="Since">When it began.</param>
internal sealed record StoreFault(string Text, DateTimeOffset Since);

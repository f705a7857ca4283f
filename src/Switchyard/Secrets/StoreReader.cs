using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Secrets;

/// <summary>
/// One store as it is asked: within a time, with its last good answers kept for when it cannot be reached, and its state for reports.
/// Thread-safe.
/// </summary>
internal sealed partial class StoreReader(
    ISecretStore store, ConcurrentDictionary<string, string?> known, TimeSpan timeout, TimeProvider time, SecretRedactor secrets,
    ILogger logger)
{
    private volatile StoreFault? _fault;
    private string? _stamp;

    public string Name => store.Name;

    public ISecretStore Store => store;

    public bool IsLocal => store is ILocalSecretStore;

    /// <summary>Why it could not be asked, since when; null while it can be.</summary>
    public StoreFault? Fault => _fault;

    /// <summary>Whether it may hold something else than when <see cref="Look"/> was last called.</summary>
    public bool HasChanged => store is ILocalSecretStore local && local.Stamp() != _stamp;

    /// <summary>Takes note of what it holds, before it is read: what changes while it is read is seen the next time.</summary>
    public void Look() => _stamp = (store as ILocalSecretStore)?.Stamp();

    /// <summary>Asks for a secret. While the store is away its last good answer stands.</summary>
    public async ValueTask<StoreAnswer> AskAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            using var clock = new CancellationTokenSource(timeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
            var found = await store.GetAsync(key, both.Token).AsTask().WaitAsync(both.Token).ConfigureAwait(false);
            var value = string.IsNullOrWhiteSpace(found) ? null : found.Trim();
            // Known before anybody gets it: from then on it may be repeated.
            if (value is not null)
                secrets.Remember($"secret {store.Name} {key}", SecretSpellings(value));
            known[key] = value;
            Restored();
            return new StoreAnswer(true, value);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(failure);
            return known.TryGetValue(key, out var last) ? new StoreAnswer(true, last) : new StoreAnswer(false, null);
        }
    }

    private static IEnumerable<string> SecretSpellings(string value) => Configuration.SecretParts.Of(value);

    private void Failed(Exception failure)
    {
        var text = failure switch
        {
            SecretStoreException => secrets.Redact(Sanitizer.Clean(failure.Message)),
            OperationCanceledException or TimeoutException => $"no answer within {timeout.TotalSeconds:0.###} s (secrets.timeout)",
            // Of any other exception only the kind: its text may quote what it failed on.
            _ => failure.GetType().Name,
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

    [LoggerMessage(1, LogLevel.Error, "The secret store '{Store}' cannot be asked, its last good answers stay in use: {Reason}")]
    private partial void LogAway(string store, string reason);

    [LoggerMessage(2, LogLevel.Information, "The secret store '{Store}' answers again, after {Seconds:0} s")]
    private partial void LogBack(string store, double seconds);
}

/// <summary>What a store says of a secret.</summary>
/// <param name="IsKnown">Whether it was told, now or before; false when the store has never answered.</param>
/// <param name="Value">The secret; null when there is none.</param>
internal readonly record struct StoreAnswer(bool IsKnown, string? Value);

/// <summary>Why a store cannot be asked.</summary>
/// <param name="Text">The reason, without secrets.</param>
/// <param name="Since">When it began.</param>
internal sealed record StoreFault(string Text, DateTimeOffset Since);

using Switchyard.Secrets;

namespace Switchyard.Engine;

/// <content>The secret stores.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>The state of each secret store, in the order in which they are read; empty if none is configured.</summary>
    public IReadOnlyList<SecretStoreState> SecretStores =>
        [.. _secrets.Stores.Select(store => new SecretStoreState
        {
            Name = store.Name,
            Fault = store.Fault?.Text,
            Since = store.Fault?.Since,
        })];

    /// <summary>
    /// Reads the secret stores again, as also happens at their interval, and puts changes in force. Running calls end with
    /// the secrets they began with.
    /// </summary>
    public async Task RefreshSecretsAsync(CancellationToken cancellationToken = default)
    {
        if (await PutInForceAsync(new() { OnlyChangedSecrets = true }, cancellationToken).ConfigureAwait(false)
            is { Applied: false, Reason: { } reason } kept)
            LogKept(kept.Generation, reason);
    }
}

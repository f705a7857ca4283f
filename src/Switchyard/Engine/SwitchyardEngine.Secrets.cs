using Switchyard.Secrets;

namespace Switchyard.Engine;

public sealed partial class SwitchyardEngine
{
    /// <summary>The state of each secret store, in the order in which they are asked; empty where none is configured.</summary>
    public IReadOnlyList<SecretStoreState> SecretStores =>
        [.. _secrets.Stores.Select(store => new SecretStoreState(store.Name, store.Fault?.Text, store.Fault?.Since))];

    /// <summary>
    /// Asks the secret stores again, as happens by itself in their interval, and puts what has changed in force. Running calls end on
    /// what they began with.
    /// </summary>
    public async Task RefreshSecretsAsync(CancellationToken cancellationToken = default)
    {
        if (await PutInForceAsync(new() { OnlyChangedSecrets = true }, cancellationToken).ConfigureAwait(false)
            is { Applied: false, Reason: { } reason } kept)
            LogKept(kept.Generation, reason);
    }
}

using Switchyard.Cloud.Secrets;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Server.Composition;

/// <summary>The opened file of secrets on this machine, and its passphrase if there is one.</summary>
internal sealed record OpenedSecrets(LocalFileSecretStore Store, string? Passphrase) : IDisposable
{
    /// <summary>Opens the file that the options or the environment name.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="isPlain">Whether it is opened without the passphrase.</param>
    /// <exception cref="SecretStoreException">No file is named, or it cannot be opened.</exception>
    public static OpenedSecrets Of(SwitchyardOptions options, bool isPlain)
    {
        var path = LocalFileSecretStoreFactory.PathOf(options.Secrets, ProviderContext.Default)
            ?? throw new SecretStoreException("No secrets file is configured: set secrets.file in switchyard.yaml, or LOCAL_SECRETS_PATH.");
        var passphrase = LocalFileSecretStoreFactory.PassphraseOf(options.Secrets, ProviderContext.Default);
        return new OpenedSecrets(new LocalFileSecretStore(path, isPlain ? null : passphrase), passphrase);
    }

    public void Dispose() => Store.Dispose();

    /// <summary>Omits the passphrase, so that the text can be logged.</summary>
    public override string ToString() => "a file of secrets";
}

using Switchyard.Cloud.Secrets;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Server.Composition;

/// <summary>The file of secrets on this machine, opened, and the passphrase there is.</summary>
internal sealed record OpenedSecrets(LocalFileSecretStore Store, string? Passphrase) : IDisposable
{
    /// <summary>Opens the file that the options or the environment name.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="isPlain">Whether it is opened without the passphrase.</param>
    /// <exception cref="SecretStoreException">None is named, or it does not open.</exception>
    public static OpenedSecrets Of(SwitchyardOptions options, bool isPlain)
    {
        var path = LocalFileSecretStoreFactory.PathOf(options.Secrets, ProviderContext.Default)
            ?? throw new SecretStoreException("No file of secrets is named: set secrets.file in switchyard.yaml, or LOCAL_SECRETS_PATH.");
        var passphrase = LocalFileSecretStoreFactory.PassphraseOf(options.Secrets, ProviderContext.Default);
        return new OpenedSecrets(new LocalFileSecretStore(path, isPlain ? null : passphrase), passphrase);
    }

    public void Dispose() => Store.Dispose();

    /// <summary>Without the passphrase, so that it can be logged.</summary>
    public override string ToString() => "a file of secrets";
}

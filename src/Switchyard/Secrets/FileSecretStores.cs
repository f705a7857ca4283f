using Switchyard.Configuration;
using Switchyard.Providers;

namespace Switchyard.Secrets;

/// <summary>Creates the store of <c>secrets.directory</c>.</summary>
internal sealed class DirectorySecretStoreFactory : ISecretStoreFactory
{
    public string Kind => "directory";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context) =>
        options.Directory is { Length: > 0 } path ? new DirectorySecretStore(Path.GetFullPath(path)) : null;
}

/// <summary>Creates the store of <c>secrets.env_file</c>.</summary>
internal sealed class EnvFileSecretStoreFactory : ISecretStoreFactory
{
    public string Kind => "env_file";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context) =>
        options.EnvFile is { Length: > 0 } path ? new EnvFileSecretStore(Path.GetFullPath(path)) : null;
}

namespace Switchyard.Secrets;

/// <summary>
/// A store of secrets by name. A store registered in the container takes precedence over those of <c>secrets</c>. Must be thread-safe.
/// </summary>
public interface ISecretStore
{
    /// <summary>Its name in messages, in logs and in <c>/health</c>: <c>vault</c>.</summary>
    string Name { get; }

    /// <summary>The secret of a name; null if none.</summary>
    /// <exception cref="SecretStoreException">The store could not be reached, or refused access.</exception>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Stores a secret under a name, replacing the previous one.</summary>
    /// <exception cref="SecretStoreException">The store could not be reached, or is read-only.</exception>
    ValueTask SetAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Removes a secret; a missing one is not an error.</summary>
    /// <exception cref="SecretStoreException">The store could not be reached, or is read-only.</exception>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);
}

/// <summary>
/// A store on this machine, which is cheap to read: it is polled every second, and also searched for the usual key variables of providers.
/// </summary>
public interface ILocalSecretStore : ISecretStore
{
    /// <summary>A mark that changes when its content may have changed: computed from paths, lengths and times, without reading.</summary>
    string Stamp();
}

/// <summary>A store that can list its secrets.</summary>
public interface IListableSecretStore : ISecretStore
{
    /// <summary>The names of its secrets, sorted.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>Creates a store if the configuration has one of its kind. Must be thread-safe.</summary>
public interface ISecretStoreFactory
{
    /// <summary>The key under <c>secrets</c> that configures it: <c>vault</c>.</summary>
    string Kind { get; }

    /// <summary>The store; null if the options do not configure it. Nothing is sent before the first read.</summary>
    /// <exception cref="SecretStoreException">It is configured, but can never work: the message names what is missing.</exception>
    ISecretStore? Create(Configuration.SecretsOptions options, Providers.ProviderContext context);
}

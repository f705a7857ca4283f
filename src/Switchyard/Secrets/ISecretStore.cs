namespace Switchyard.Secrets;

/// <summary>
/// A place where secrets are kept by name. Register one of your own in the container and it is asked before those of <c>secrets</c>.
/// Must be thread-safe.
/// </summary>
public interface ISecretStore
{
    /// <summary>Its name in messages, in logs and in <c>/health</c>: <c>vault</c>.</summary>
    string Name { get; }

    /// <summary>The secret of a name; null when there is none.</summary>
    /// <exception cref="SecretStoreException">The store could not be asked, or refused to tell.</exception>
    ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keeps a secret under a name, in place of the one it had.</summary>
    /// <exception cref="SecretStoreException">The store could not be asked, or takes no secrets.</exception>
    ValueTask SetAsync(string key, string value, CancellationToken cancellationToken);

    /// <summary>Removes a secret; one that is not there is no failure.</summary>
    /// <exception cref="SecretStoreException">The store could not be asked, or gives none away.</exception>
    ValueTask DeleteAsync(string key, CancellationToken cancellationToken);
}

/// <summary>
/// A store on this machine, which costs next to nothing to ask: it is watched every second, and asked for the usual key variables of
/// providers as well.
/// </summary>
public interface ILocalSecretStore : ISecretStore
{
    /// <summary>A mark that changes when what it holds may have changed: of paths, lengths and times, without reading.</summary>
    string Stamp();
}

/// <summary>A store that can say what it holds.</summary>
public interface IListableSecretStore : ISecretStore
{
    /// <summary>The names of its secrets, sorted.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);
}

/// <summary>Makes a store where the configuration has one of its kind. Must be thread-safe.</summary>
public interface ISecretStoreFactory
{
    /// <summary>The key under <c>secrets</c> that asks for it: <c>vault</c>.</summary>
    string Kind { get; }

    /// <summary>The store; null when the options do not ask for it. Nothing is sent before the first question.</summary>
    /// <exception cref="SecretStoreException">It is asked for, and can never work: the message says what is missing.</exception>
    ISecretStore? Create(Configuration.SecretsOptions options, Providers.ProviderContext context);
}

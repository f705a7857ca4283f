namespace Switchyard.Secrets;

/// <summary>A store could not be opened, read or changed. The message names the cause and the remedy, and no secret.</summary>
public sealed class SecretStoreException : Exception
{
    /// <summary>A failure of a store.</summary>
    public SecretStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The failure of writing to a read-only store.</summary>
    /// <param name="store">The store's name.</param>
    /// <param name="instead">What to do instead.</param>
    public static SecretStoreException ReadOnly(string store, string instead) =>
        new($"The store '{store}' is read-only: {instead}.");
}

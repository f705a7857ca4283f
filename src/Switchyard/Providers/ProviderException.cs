namespace Switchyard.Providers;

/// <summary>A provider could not be registered, found or initialised. The message names the cause and the way out, and no secret.</summary>
public sealed class ProviderException : Exception
{
    /// <summary>A failure of a provider.</summary>
    public ProviderException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

namespace Switchyard.Providers;

/// <summary>A provider could not be registered, found or initialised. The message names the cause and the remedy, and no secret.</summary>
public sealed class ProviderException : Exception
{
    /// <summary>A failure of a provider.</summary>
    public ProviderException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The status with which the provider refused a request; null if none was sent, or it did not answer.</summary>
    internal int? Status { get; init; }

    /// <summary>The error code for the client; null uses the kind's.</summary>
    internal string? Code { get; init; }
}

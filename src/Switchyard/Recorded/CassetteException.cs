namespace Switchyard.Recorded;

/// <summary>A recording, or a folder of them, cannot be read or used. The message names the file and the solution.</summary>
public sealed class CassetteException : Exception
{
    /// <summary>A recording that cannot be used.</summary>
    /// <param name="message">The file, its problem, and what to do.</param>
    /// <param name="innerException">The cause; null for none.</param>
    public CassetteException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

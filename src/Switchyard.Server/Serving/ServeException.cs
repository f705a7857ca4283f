namespace Switchyard.Server.Serving;

/// <summary>The gateway cannot listen. The message is for the person who started it, in one line.</summary>
internal sealed class ServeException(string message, Exception? cause = null) : Exception(message, cause);

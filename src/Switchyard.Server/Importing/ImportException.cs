namespace Switchyard.Server.Importing;

/// <summary>The source cannot be imported at all; the message names the file, the line if known, and what to do.</summary>
internal sealed class ImportException(string message) : Exception(message);

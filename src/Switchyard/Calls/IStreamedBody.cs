namespace Switchyard.Calls;

/// <summary>
/// A request's body that is too large to buffer: an upload, passed on while it is still being received. What was buffered of it can be
/// written again; the rest can be written once. Not thread-safe: it belongs to one call, and one attempt at a time writes it.
/// </summary>
public interface IStreamedBody
{
    /// <summary>Its content type, parameters included (a form's boundary).</summary>
    string ContentType { get; }

    /// <summary>Whether it can be written from its beginning: false once bytes that were not buffered have been written.</summary>
    bool CanWrite { get; }

    /// <summary>
    /// How many answers it asks for (<c>n</c>); 1 where it does not say, and 0 where that is not known: what has not been received yet may
    /// say it.
    /// </summary>
    /// <value>The default is 1.</value>
    int Choices => 1;

    /// <summary>The number of bytes <see cref="WriteAsync"/> writes; null when that is not known beforehand.</summary>
    /// <param name="model">The model that replaces the client's.</param>
    long? LengthWith(string model);

    /// <summary>Writes the body byte for byte as it was received, with another model.</summary>
    /// <param name="output">The stream to write to.</param>
    /// <param name="model">The model that replaces the client's.</param>
    /// <param name="cancellationToken">Stops reading and writing.</param>
    /// <exception cref="CallException">The client's form is malformed, too large, or ended early.</exception>
    Task WriteAsync(Stream output, string model, CancellationToken cancellationToken);
}

namespace Switchyard.Calls;

/// <summary>
/// A request's body that is too large to buffer: an upload, passed on while it is still being received. The buffered part can be
/// written again; the rest can be written once. Not thread-safe: it belongs to one call, and one attempt at a time writes it.
/// </summary>
public interface IStreamedBody
{
    /// <summary>Its content type, parameters included (a form's boundary).</summary>
    string ContentType { get; }

    /// <summary>Whether it can be written from its beginning: false once bytes that were not buffered have been written.</summary>
    bool CanWrite { get; }

    /// <summary>
    /// The number of requested answers (<c>n</c>); 1 if not specified, and 0 if unknown because the part that has not been received
    /// yet may specify it.
    /// </summary>
    /// <value>The default is 1.</value>
    int Choices => 1;

    /// <summary>The number of bytes <see cref="WriteAsync"/> writes; null if unknown beforehand.</summary>
    /// <param name="model">The model that replaces the client's.</param>
    long? LengthWith(string model);

    /// <summary>Writes the body byte for byte as it was received, except for the model.</summary>
    /// <param name="output">The stream to write to.</param>
    /// <param name="model">The model that replaces the client's.</param>
    /// <param name="cancellationToken">Stops reading and writing.</param>
    /// <exception cref="CallException">The client's form is malformed, too large, or ended early.</exception>
    Task WriteAsync(Stream output, string model, CancellationToken cancellationToken);
}

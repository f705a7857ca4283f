namespace Switchyard.Calls;

/// <summary>
/// A request's body that is too large to hold: an upload, passed on while it is still being received. What was held of it can be
/// written again; what was not passes once. Not thread-safe: it belongs to one call, and one attempt at a time writes it.
/// </summary>
public interface IStreamedBody
{
    /// <summary>Its content type, with whatever its framing needs.</summary>
    string ContentType { get; }

    /// <summary>Whether it can be written from its beginning: false once something that was not held has been passed on.</summary>
    bool CanWrite { get; }

    /// <summary>How many bytes <see cref="WriteAsync"/> writes; null when that is not known beforehand.</summary>
    /// <param name="model">The model to name.</param>
    long? LengthWith(string model);

    /// <summary>Writes it byte for byte as it came, but for the model.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="model">The model to name instead of the client's.</param>
    /// <param name="cancellationToken">Stops reading and writing.</param>
    /// <exception cref="CallException">What the client sends is broken, too large, or broke off.</exception>
    Task WriteAsync(Stream output, string model, CancellationToken cancellationToken);
}

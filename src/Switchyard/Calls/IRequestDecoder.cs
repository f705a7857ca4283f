using Switchyard.Canonical;

namespace Switchyard.Calls;

/// <summary>Reads requests of one wire format into the canonical form: the part of a dialect that <see cref="CallBody"/> needs.</summary>
public interface IRequestDecoder
{
    /// <summary>The wire format.</summary>
    DialectId Id { get; }

    /// <summary>Decodes a whole request. Fields without a canonical form are kept under <see cref="CanonicalKeys"/>, never lost.</summary>
    /// <exception cref="CallException">A field has the wrong shape; <see cref="CallError.Param"/> names it.</exception>
    /// <param name="envelope">The facts read before; the only source for the request's path and headers (model, stream).</param>
    /// <param name="body">The body.</param>
    CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body);
}

namespace Switchyard.Calls;

/// <summary>
/// A request's body: the original bytes in some dialect, or the canonical form, or both. This class alone converts between them, and
/// only when somebody asks. Not thread-safe: it belongs to one call.
/// </summary>
public sealed class CallBody
{
    private readonly IRequestDecoder? _decoder;
    private readonly CallEnvelope? _envelope;
    private CanonicalRequest? _canonical;

    private CallBody(IRequestDecoder? decoder, CallEnvelope? envelope, PooledBytes? wire, CanonicalRequest? canonical)
    {
        _decoder = decoder;
        _envelope = envelope;
        Wire = wire;
        _canonical = canonical;
    }

    /// <summary>A body as a client sent it.</summary>
    public static CallBody FromWire(IRequestDecoder decoder, CallEnvelope envelope, PooledBytes bytes) =>
        new(decoder, envelope, bytes, null);

    /// <summary>A body as an in-process caller gave it.</summary>
    public static CallBody FromCanonical(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new(null, null, null, request);
    }

    /// <summary>The original bytes; null when there are none or they no longer say what is asked for.</summary>
    public PooledBytes? Wire { get; private set; }

    /// <summary>The wire format of <see cref="Wire"/>.</summary>
    public DialectId Dialect => Wire is null ? DialectId.Canonical : _decoder!.Id;

    /// <summary>The canonical form, decoded on first use.</summary>
    /// <exception cref="CallException">The bytes are not a request of their dialect.</exception>
    public CanonicalRequest GetCanonical() => _canonical ??= _decoder!.DecodeRequest(_envelope!, Wire!.Memory);

    /// <summary>Replaces what is asked for. The original bytes are set aside, so the request can no longer be forwarded.</summary>
    public void Replace(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _canonical = request;
        Wire?.Release();
        Wire = null;
    }

    /// <summary>Gives up this call's hold on the original bytes. A transport that still reads them keeps its own.</summary>
    public void Release() => Wire?.Release();
}

using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Calls;

/// <summary>
/// A request's body: the original bytes in some dialect, or the canonical form, or both; or an upload, which is neither held nor
/// converted. This class alone converts between them, and only when somebody asks. Not thread-safe: it belongs to one call.
/// </summary>
public sealed class CallBody
{
    private readonly IRequestDecoder? _decoder;
    private readonly CallEnvelope? _envelope;
    private CanonicalRequest? _canonical;
    private PooledBytes? _held;

    private CallBody(IRequestDecoder? decoder, CallEnvelope? envelope, PooledBytes? wire, CanonicalRequest? canonical)
    {
        _decoder = decoder;
        _envelope = envelope;
        Wire = wire;
        _canonical = canonical;
    }

    /// <summary>
    /// A body as a client sent it. The body becomes a holder of the bytes beside whoever read them, until it is replaced or its call ends.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The bytes have been given back already.</exception>
    public static CallBody FromWire(IRequestDecoder decoder, CallEnvelope envelope, PooledBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ObjectDisposedException.ThrowIf(!bytes.TryHold(), bytes);
        return new(decoder, envelope, bytes, null) { _held = bytes };
    }

    /// <summary>A body that is passed on while it is still being received.</summary>
    /// <param name="dialect">Its wire format.</param>
    /// <param name="body">The body. Whoever made it disposes of it.</param>
    public static CallBody FromStream(IRequestDecoder dialect, IStreamedBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new(dialect, null, null, null) { Streamed = body };
    }

    /// <summary>A body as an in-process caller gave it.</summary>
    public static CallBody FromCanonical(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new(null, null, null, request);
    }

    /// <summary>The original bytes; null when there are none or they no longer say what is asked for.</summary>
    public PooledBytes? Wire { get; private set; }

    /// <summary>The upload; null when the body is none.</summary>
    public IStreamedBody? Streamed { get; private set; }

    /// <summary>The wire format of <see cref="Wire"/> or <see cref="Streamed"/>.</summary>
    public DialectId Dialect => Wire is null && Streamed is null ? DialectId.Canonical : _decoder!.Id;

    /// <summary>Whether it can be sent to a target: always, but for an upload that has been passed on and could not be held.</summary>
    public bool CanBeSent => Streamed is not { CanWrite: false };

    /// <summary>The canonical form, decoded on first use.</summary>
    /// <exception cref="CallException">The bytes are not a request of their dialect, or the body is an upload.</exception>
    public CanonicalRequest GetCanonical() => _canonical ??= Streamed is null
        ? _decoder!.DecodeRequest(_envelope!, Wire!.Memory)
        : throw new CallException(CallErrorKind.InvalidRequest, "An upload is passed on as it comes; it has no other form.");

    /// <summary>Replaces what is asked for. The original bytes are set aside, so the request can no longer be forwarded.</summary>
    public void Replace(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _canonical = request;
        Release();
        Wire = null;
        Streamed = null;
    }

    /// <summary>Gives up this body's own hold on the original bytes, once. A transport that still reads them keeps its own.</summary>
    internal void Release() => Interlocked.Exchange(ref _held, null)?.Release();
}

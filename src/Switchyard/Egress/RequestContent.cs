using System.Net;
using System.Net.Http.Headers;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Egress;

/// <summary>
/// A JSON request body, written from the client's bytes and the replacements in them without copying them together. It takes a hold on
/// the pooled bytes while they are being sent, because the HTTP client may send on after the call has ended.
/// </summary>
internal sealed class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly PooledBytes? _wire;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly IReadOnlyList<ForwardEdit> _edits;

    private RequestContent(PooledBytes? wire, ReadOnlyMemory<byte> whole, IReadOnlyList<ForwardEdit> edits)
    {
        _wire = wire;
        _whole = whole;
        _edits = edits;
        Headers.ContentType = s_json;
    }

    /// <summary>A forwarded body: the client's bytes with replacements.</summary>
    public static RequestContent Spliced(PooledBytes wire, IReadOnlyList<ForwardEdit> edits) => new(wire, default, edits);

    /// <summary>A translated body.</summary>
    public static RequestContent Whole(ReadOnlyMemory<byte> bytes) => new(null, bytes, []);

    protected override bool TryComputeLength(out long length)
    {
        length = _wire?.Length ?? _whole.Length;
        for (var i = 0; i < _edits.Count; i++)
            length += _edits[i].Bytes.Length - _edits[i].Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_wire is null)
        {
            await stream.WriteAsync(_whole, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!_wire.TryHold())
            throw new OperationCanceledException("The call ended before its request was sent.", cancellationToken);
        try
        {
            var bytes = _wire.Memory;
            var position = 0;
            for (var i = 0; i < _edits.Count; i++)
            {
                var edit = _edits[i];
                await stream.WriteAsync(bytes[position..edit.Start], cancellationToken).ConfigureAwait(false);
                await stream.WriteAsync(edit.Bytes, cancellationToken).ConfigureAwait(false);
                position = edit.Start + edit.Length;
            }

            await stream.WriteAsync(bytes[position..], cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _wire.Release();
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Egress;

/// <summary>
/// A JSON request body: the client's bytes and the replacements in them, without copying them together, or a new body. It holds the pooled
/// bytes while they are being sent, because the HTTP client may send on after the call has ended.
/// </summary>
internal sealed class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly PooledBytes _bytes;
    private readonly IReadOnlyList<ForwardEdit> _edits;
    private int _owned;

    private RequestContent(PooledBytes bytes, IReadOnlyList<ForwardEdit> edits, bool isOwner)
    {
        _bytes = bytes;
        _edits = edits;
        _owned = isOwner ? 1 : 0;
        Headers.ContentType = s_json;
    }

    /// <summary>A forwarded body: the client's bytes, which the call releases, with replacements.</summary>
    public static RequestContent Spliced(PooledBytes wire, IReadOnlyList<ForwardEdit> edits) => new(wire, edits, isOwner: false);

    /// <summary>A translated body. Disposing it releases the bytes.</summary>
    public static RequestContent Whole(PooledBytes bytes) => new(bytes, [], isOwner: true);

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        for (var i = 0; i < _edits.Count; i++)
            length += _edits[i].Bytes.Length - _edits[i].Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!_bytes.TryHold())
            throw new OperationCanceledException("The call ended before its request was sent.", cancellationToken);
        try
        {
            var bytes = _bytes.Memory;
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
            _bytes.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _owned, 0) == 1)
            _bytes.Release();
        base.Dispose(disposing);
    }
}

using Switchyard.Common;

namespace Switchyard.Egress.Exchange;

/// <summary>A body whose first bytes have been read already, and are read again from here. It owns the rest.</summary>
/// <param name="head">The first bytes.</param>
/// <param name="rest">The rest of the body.</param>
internal sealed class BegunStream(ReadOnlyMemory<byte> head, Stream rest) : ForwardOnlyStream
{
    /// <summary>How many bytes are read to see how a body begins: more than any white space before it.</summary>
    public const int HeadLength = 256;

    private ReadOnlyMemory<byte> _head = head;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_head.IsEmpty)
            return rest.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, _head.Length);
        _head[..count].CopyTo(buffer);
        _head = _head[count..];
        return new(count);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            rest.Dispose();
        base.Dispose(disposing);
    }
}

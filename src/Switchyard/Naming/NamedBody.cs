using Switchyard.Calls;

namespace Switchyard.Naming;

/// <summary>A forwarded answer whose bytes name the requested model; all other bytes are unchanged. Not thread-safe.</summary>
internal sealed class NamedBody : ForwardedResponse
{
    private readonly ForwardedResponse _inner;
    private readonly ModelSplice _splice;
    private ReadOnlyMemory<byte> _first;
    private long? _length;

    private NamedBody(ForwardedResponse inner, ModelSplice splice) => (_inner, _splice) = (inner, splice);

    public override int Status => _inner.Status;

    public override string ContentType => _inner.ContentType;

    /// <summary>The length, if the answer came in one piece; a name further on in a longer one would change it.</summary>
    public override long? ContentLength => _length;

    public override bool IsStream => _inner.IsStream;

    public override bool IsEnding => _inner.IsEnding;

    /// <summary>Opens it; of an answer that is not a stream, the first piece is read, which has arrived already.</summary>
    /// <param name="inner">The answer.</param>
    /// <param name="splice">Replaces the name.</param>
    public static async ValueTask<CallResponse> OpenAsync(ForwardedResponse inner, ModelSplice splice)
    {
        var body = new NamedBody(inner, splice);
        if (inner.IsStream)
            return body;
        var bytes = await inner.ReadAsync().ConfigureAwait(false);
        body._first = splice.Apply(bytes);
        if (inner.ContentLength == bytes.Length)
            body._length = body._first.Length;
        return body;
    }

    public override async ValueTask<ReadOnlyMemory<byte>> ReadAsync()
    {
        var bytes = _first;
        _first = default;
        // A piece that holds only a part of the name is empty afterwards, which would mean the end.
        while (bytes.IsEmpty && await _inner.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } read)
            bytes = _splice.Apply(read);
        (Error, ErrorWasSent, IsComplete) = (_inner.Error, _inner.ErrorWasSent, _inner.IsComplete);
        return bytes;
    }

    protected override ValueTask ReleaseAsync() => _inner.DisposeAsync();
}

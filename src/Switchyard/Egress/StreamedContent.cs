using System.Net;
using Switchyard.Calls;

namespace Switchyard.Egress;

/// <summary>An upload as a request body: written straight from the client, under the client's own content type.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly IStreamedBody _body;
    private readonly string _model;

    public StreamedContent(IStreamedBody body, string model)
    {
        _body = body;
        _model = model;
        // As it came: written anew, the boundary could gain or lose its quotes, and some servers read it only one way.
        Headers.TryAddWithoutValidation("Content-Type", body.ContentType);
    }

    /// <summary>What to do when all of it has been sent.</summary>
    public Action? Sent { get; set; }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.LengthWith(_model) ?? 0;
        return length > 0;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await _body.WriteAsync(stream, _model, cancellationToken).ConfigureAwait(false);
        Sent?.Invoke();
    }
}

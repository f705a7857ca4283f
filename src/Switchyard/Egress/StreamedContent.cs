using System.Net;
using Switchyard.Calls;

namespace Switchyard.Egress;

/// <summary>An upload as a request body: streamed from the client, with the client's own content type.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly IStreamedBody _body;
    private readonly string _model;

    public StreamedContent(IStreamedBody body, string model)
    {
        _body = body;
        _model = model;
        // Unchanged: parsing and formatting could add or remove quotes around the boundary, and some servers accept only one form.
        Headers.TryAddWithoutValidation("Content-Type", body.ContentType);
    }

    /// <summary>Whether it can be written from its beginning.</summary>
    public bool CanWrite => _body.CanWrite;

    /// <summary>Raised when the whole body has been sent.</summary>
    public event Action? Sent;

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

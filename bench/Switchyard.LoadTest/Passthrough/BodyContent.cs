using System.Net;
using Microsoft.AspNetCore.Http;

namespace Switchyard.LoadTest.Passthrough;

/// <summary>The client's body as it arrives, with its length and type.</summary>
internal sealed class BodyContent : HttpContent
{
    private readonly HttpRequest _request;

    public BodyContent(HttpRequest request)
    {
        _request = request;
        Headers.ContentLength = request.ContentLength;
        if (request.ContentType is { } type) Headers.TryAddWithoutValidation("Content-Type", type);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _request.BodyReader.CopyToAsync(stream);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _request.BodyReader.CopyToAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = _request.ContentLength ?? 0;
        return _request.ContentLength is not null;
    }
}

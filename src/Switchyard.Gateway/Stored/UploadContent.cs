using System.Net;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Limits;

namespace Switchyard.Gateway.Stored;

/// <summary>
/// A client's form as the body of our request: passed on while it arrives, unchanged and never kept, up to <c>server.max_body</c>.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    private const int BufferSize = 64 * 1024;

    private readonly HttpContext _http;
    private readonly RequestBodyLimit _limit;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly Stream? _decoded;

    /// <param name="http">The request.</param>
    /// <param name="limits">The largest body.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long the body may take to arrive.</param>
    /// <exception cref="CallException">The request is not a form, or its announced length is too large.</exception>
    public UploadContent(HttpContext http, RequestLimits limits, TimeProvider time, TimeSpan patience)
    {
        if (!MultipartBody.IsSentIn(http.Request))
        {
            throw new CallException(
                CallErrorKind.UnsupportedMediaType, "A file must be uploaded as a form (multipart/form-data) with 'purpose' and 'file'.");
        }

        var type = SendableHeader.Require("Content-Type", http.Request.ContentType!);
        _limit = RequestBodyLimit.Check(http.Request, limits.MaxBodyBytes);
        _decoded = BodyEncoding.Decode(http, limits.MaxBodyBytes);
        (_http, _time, _patience) = (http, time, patience);
        // Unchanged: some servers accept the boundary only as it was written.
        Headers.TryAddWithoutValidation("Content-Type", type);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _decoded is null ? _http.Request.ContentLength ?? -1 : -1;
        return length >= 0;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        var received = 0L;
        using var slow = new SlowBody(_http, _time, _patience);
        while (true)
        {
            int read;
            try
            {
                read = await (_decoded ?? _http.Request.Body).ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when ((slow.Explain() ?? BodyFault.Of(e, _http)) is { } fault)
            {
                throw fault;
            }

            if (read == 0)
                return;
            _limit.Check(received += read);
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _decoded?.Dispose();
        base.Dispose(disposing);
    }
}

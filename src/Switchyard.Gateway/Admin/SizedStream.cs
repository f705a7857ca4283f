using Microsoft.AspNetCore.Http;
using Switchyard.Gateway.Ingress.Bodies;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// A request's body with a size limit, whatever its <c>Content-Length</c>. A body that breaks off is reported as the client's error.
/// </summary>
internal sealed class SizedStream(HttpContext http, int most) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await http.Request.Body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (BodyFault.Of(e, http) is { } fault)
        {
            throw new AdminException(fault.Error.Status, fault.Error.WireCode, fault.Error.Message);
        }

        _read += read;
        return _read <= most
            ? read
            : throw new AdminException(
                StatusCodes.Status413PayloadTooLarge, "request_too_large", $"The body must be at most {most >> 20} MB.");
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

using System.Buffers;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>Reads a JSON body into pooled memory, up to a limit.</summary>
internal static class RequestBodyReader
{
    private const int InitialSize = 16 * 1024;

    /// <exception cref="CallException">The content type is not JSON, or the body is too large or ended early.</exception>
    public static async ValueTask<PooledBytes> ReadAsync(HttpContext http, long limit)
    {
        var request = http.Request;
        CheckType(request);
        var allowed = RequestBodyLimit.Check(request, limit);
        using var decoded = BodyEncoding.Decode(http, limit);
        var source = decoded ?? request.Body;
        var announced = decoded is null ? request.ContentLength : null;

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(announced + 1 ?? InitialSize, limit + 1));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await source.ReadAsync(buffer.AsMemory(length), http.RequestAborted);
                length += read;
                allowed.Check(length);
                if (read == 0 || length == announced)
                    return PooledBytes.Rented(buffer, WithoutMark(buffer.AsSpan(0, length)));
                if (length == buffer.Length)
                    buffer = Grow(buffer, length, limit);
            }
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (BodyFault.Of(e, http) is { } fault)
                throw fault;
            throw;
        }
    }

    /// <summary>Removes a byte order mark, which some clients write before their JSON, and returns the length that is left.</summary>
    private static int WithoutMark(Span<byte> body)
    {
        var mark = "\uFEFF"u8;
        if (!body.StartsWith(mark))
            return body.Length;
        body[mark.Length..].CopyTo(body);
        return body.Length - mark.Length;
    }

    private static void CheckType(HttpRequest request)
    {
        var type = request.ContentType;
        if (string.IsNullOrEmpty(type) || type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Contains("+json", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        throw new CallException(
            CallErrorKind.UnsupportedMediaType, "The body must be JSON. Send the header 'Content-Type: application/json'.");
    }

    private static byte[] Grow(byte[] buffer, int length, long limit)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, limit + 1));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

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

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength + 1 ?? InitialSize, limit + 1));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted);
                if (read == 0)
                    return PooledBytes.Rented(buffer, length);
                length += read;
                allowed.Check(length);
                if (length == request.ContentLength)
                    return PooledBytes.Rented(buffer, length);
                if (length == buffer.Length)
                    buffer = Grow(buffer, length, limit);
            }
        }
        catch (IOException e) when (!http.RequestAborted.IsCancellationRequested)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw RequestBodyLimit.BrokeOff(e);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
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

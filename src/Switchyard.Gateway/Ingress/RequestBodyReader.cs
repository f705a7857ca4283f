using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>Reads a request's body once into pooled memory, up to a limit.</summary>
internal static class RequestBodyReader
{
    private const int InitialSize = 16 * 1024;

    /// <exception cref="CallException">The body is not JSON by its content type, or is too large, or broke off.</exception>
    public static async ValueTask<PooledBytes> ReadAsync(HttpContext http, long limit)
    {
        var request = http.Request;
        CheckType(request);
        if (request.ContentLength > limit)
            throw TooLarge(limit);

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
                if (length > limit)
                    throw TooLarge(limit);
                if (length == request.ContentLength)
                    return PooledBytes.Rented(buffer, length);
                if (length == buffer.Length)
                    buffer = Grow(buffer, length, limit);
            }
        }
        catch (IOException e) when (!http.RequestAborted.IsCancellationRequested)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw new CallException(new CallError(CallErrorKind.InvalidRequest, "The request's body broke off or is not valid HTTP.") { Cause = e });
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static void CheckType(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            throw new CallException(CallErrorKind.UnsupportedMediaType, "Compressed request bodies are not read. Send the JSON as it is, without Content-Encoding.");
        var type = request.ContentType;
        if (string.IsNullOrEmpty(type) || type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Contains("+json", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        throw new CallException(CallErrorKind.UnsupportedMediaType, "The body must be JSON. Send the header 'Content-Type: application/json'.");
    }

    private static byte[] Grow(byte[] buffer, int length, long limit)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, limit + 1));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static CallException TooLarge(long limit) => new(
        CallErrorKind.RequestTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"The request's body is larger than {limit:N0} bytes (server.max_body)."));
}

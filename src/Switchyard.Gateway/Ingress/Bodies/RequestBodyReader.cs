using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>
/// Reads a JSON body into pooled memory, up to a limit. Memory grows with the bytes that have arrived, not with those announced.
/// </summary>
internal static class RequestBodyReader
{
    private const int InitialSize = 16 * 1024;

    /// <summary>The memory that a client can hold by announcing much and sending nothing.</summary>
    private const int AnnouncedSize = BodyPool.Small;

    /// <summary>
    /// Memory is at most eight times the bytes received: once an eighth of an announced body has arrived, it gets its whole array. So
    /// growing copies little.
    /// </summary>
    private const int GrowthFactor = 8;

    /// <param name="http">The request.</param>
    /// <param name="limits">The largest body, and the limit of all together.</param>
    /// <param name="pool">The pool of the memory.</param>
    /// <param name="patience">How long the body may take to arrive.</param>
    /// <exception cref="CallException">The content type is not JSON, or the body is too large, too slow or ended early.</exception>
    public static async ValueTask<PooledBytes> ReadAsync(HttpContext http, RequestLimits limits, BodyPool pool, TimeSpan patience)
    {
        var request = http.Request;
        CheckType(request);
        var allowed = RequestBodyLimit.Check(request, limits.MaxBodyBytes);
        using var decoded = BodyEncoding.Decode(http, limits.MaxBodyBytes);
        var source = decoded ?? request.Body;
        var announced = decoded is null ? request.ContentLength : null;
        var most = Math.Min(announced ?? limits.MaxBodyBytes, limits.MaxBodyBytes) + 1;

        var buffer = pool.Rent((int)Math.Min(most, announced is null ? InitialSize : AnnouncedSize));
        var length = 0;
        SlowBody? slow = null;
        try
        {
            while (true)
            {
                var reading = source.ReadAsync(buffer.AsMemory(length), http.RequestAborted);
                // Most bodies have arrived by now. A timer is started only for one that has not, and covers the whole body.
                if (!reading.IsCompleted)
                    slow ??= new SlowBody(http, pool.Time, patience);
                var read = await reading;
                length += read;
                allowed.Check(length);
                if (read == 0 || length == announced)
                    return PooledBytes.Rented(buffer, WithoutMark(buffer.AsSpan(0, length)), pool);
                if (length == buffer.Length)
                    buffer = Grow(buffer, length, most, pool, limits);
            }
        }
        catch (Exception e)
        {
            pool.Return(buffer);
            if ((slow?.Explain() ?? BodyFault.Of(e, http)) is { } fault)
                throw fault;
            throw;
        }
        finally
        {
            slow?.Dispose();
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

    private static byte[] Grow(byte[] buffer, int length, long most, BodyPool pool, RequestLimits limits)
    {
        var wanted = length * (long)GrowthFactor >= most ? most : length * (long)(GrowthFactor / 2);
        var larger = pool.Rent((int)wanted, limits.MaxBodiesBytes);
        buffer.AsSpan(0, length).CopyTo(larger);
        pool.Return(buffer);
        return larger;
    }
}

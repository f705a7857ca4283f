using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Switchyard.Calls;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>Decodes compressed request bodies (<c>Content-Encoding</c>), which coding agents send.</summary>
internal static class BodyEncoding
{
    /// <summary>A window of 8 MiB, the largest that a zstd decoder must accept (RFC 9659): the most memory a body can ask for.</summary>
    private const int LargestZstdWindowLog = 23;

    /// <summary>A stream of the decoded bytes, which the calling code disposes; null if the body is not compressed.</summary>
    /// <param name="http">The request.</param>
    /// <param name="limit">The most compressed bytes, too: a compressed stream may be endless and decode to nothing.</param>
    /// <exception cref="CallException">The encoding is not supported.</exception>
    public static Stream? Decode(HttpContext http, long limit)
    {
        var encoding = http.Request.Headers.ContentEncoding;
        if (encoding.Count == 0)
            return null;
        var body = http.Request.Body;
        Stream? decoded = encoding.ToString().Trim().ToLowerInvariant() switch
        {
            "" or "identity" => null,
            "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true),
            "br" => new BrotliStream(body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true),
            "zstd" => Zstd(body),
            _ => throw new CallException(
                CallErrorKind.UnsupportedMediaType,
                "The body's Content-Encoding is not supported: send gzip, br, zstd or deflate, and only one of them."),
        };
        if (decoded is not null && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = Math.Min(size.MaxRequestBodySize ?? long.MaxValue, limit);
        return decoded;
    }

    private static DecompressionStream Zstd(Stream body)
    {
        var stream = new DecompressionStream(body, checkEndOfStream: true, leaveOpen: true);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestZstdWindowLog);
        return stream;
    }
}

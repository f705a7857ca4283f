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
    /// <summary>A window of 8 MiB, the largest a zstd decoder has to take (RFC 9659): the memory a stranger's body may ask for.</summary>
    private const int LargestZstdWindowLog = 23;

    /// <summary>A stream of the decoded bytes, to be disposed; null for a body that is not compressed.</summary>
    /// <param name="http">The request.</param>
    /// <param name="limit">The limit of compressed bytes, too: compressed nothing has no end of its own.</param>
    /// <exception cref="CallException">The encoding is not one of those that are read.</exception>
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
                "The body's Content-Encoding is not one that is read here: gzip, br, zstd or deflate, and only one of them."),
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

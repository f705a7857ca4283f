using System.IO.Compression;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Decompresses an answer. We send no <c>Accept-Encoding</c>, but some providers compress all the same; clients get it uncompressed.
/// </summary>
internal static class ContentDecoding
{
    public static Stream Decode(Stream body, string encodings)
    {
        // The header lists encodings in the order they were applied, so the last is decoded first.
        foreach (var encoding in encodings.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            body = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
                "br" => new BrotliStream(body, CompressionMode.Decompress),
                "deflate" => new ZLibStream(body, CompressionMode.Decompress),
                "identity" => body,
                _ => throw new CallException(
                    CallErrorKind.UpstreamUnavailable,
                    $"The provider answered in the content encoding '{Sanitizer.Clean(encoding)}', which is not understood."),
            };
        }

        return body;
    }
}

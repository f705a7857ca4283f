using System.IO.Compression;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// Decompresses an answer. We send no <c>Accept-Encoding</c>, but some providers compress anyway; clients get it uncompressed. zstd is not
/// read: .NET has a decoder from version 11 on, and servers that compress without being asked use gzip.
/// </summary>
internal static class ContentDecoding
{
    /// <summary>The most encodings on top of each other. One is usual; each costs a decoder, and its window of up to 16 MB.</summary>
    private const int Deepest = 3;

    public static Stream Decode(Stream body, string encodings)
    {
        // The header lists encodings in the order they were applied, so the last is decoded first.
        var left = encodings.AsSpan();
        for (var depth = 0; !left.IsEmpty;)
        {
            var comma = left.LastIndexOf(',');
            var name = left[(comma + 1)..].Trim();
            left = comma < 0 ? default : left[..comma];
            // The last two are not encodings. Servers that set the header by hand write them, and clients ignore them.
            if (name.IsEmpty || Is(name, "identity") || Is(name, "utf-8") || Is(name, "none"))
                continue;
            if (++depth > Deepest)
            {
                throw new CallException(
                    CallErrorKind.UpstreamUnavailable, $"The provider compressed its answer more than {Deepest} times over.");
            }

            body = Is(name, "gzip") || Is(name, "x-gzip") ? new GZipStream(body, CompressionMode.Decompress)
                : Is(name, "br") ? new BrotliStream(body, CompressionMode.Decompress)
                : Is(name, "deflate") ? new ZLibStream(body, CompressionMode.Decompress)
                : throw new CallException(
                    CallErrorKind.UpstreamUnavailable,
                    $"The provider compressed its answer with '{Sanitizer.Clean(name.ToString())}', although none was offered to it. "
                        + "Switch its compression off, or set it to gzip, br or deflate.");
        }

        return body;
    }

    private static bool Is(ReadOnlySpan<char> name, string encoding) => name.Equals(encoding, StringComparison.OrdinalIgnoreCase);
}

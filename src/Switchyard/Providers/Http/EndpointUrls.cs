using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Providers.Http;

/// <summary>The addresses below one base URL, parsed once and cached by path. Thread-safe.</summary>
/// <param name="baseUrl">With or without a trailing slash.</param>
/// <param name="query">Added to every address, without its question mark; null for none.</param>
internal sealed class EndpointUrls(Uri baseUrl, string? query)
{
    private readonly BoundedCache<Uri> _urls = new();
    private readonly string _base = baseUrl.AbsoluteUri.TrimEnd('/');

    /// <summary>The address of a path that begins with a slash. Percent-encoding in it is kept.</summary>
    /// <exception cref="CallException">The path has a segment <c>.</c> or <c>..</c>, escaped or not.</exception>
    public Uri For(string path)
    {
        if (_urls.Find(path) is { } known)
            return known;
        if (HasDotSegment(path))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                "The request's model or id cannot be used: it has a part '.' or '..', which would change the address at the provider.");
        }

        var url = Join(path);
        _urls.Add(path, url);
        return url;
    }

    /// <summary>
    /// The address of a path in the provider's own data, which no client has a part in: <c>/../v1/models</c> is another version of its API.
    /// </summary>
    public Uri ForOwn(string path) => Join(path);

    private Uri Join(string path)
    {
        var separator = query is null ? "" : path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        return new Uri(_base + path + separator + query);
    }

    /// <summary>
    /// Whether a path leads to another than it names. A client's model may be a part of it; where its slashes are escaped, the provider's
    /// server may still resolve them, as many do that normalise paths.
    /// </summary>
    private static bool HasDotSegment(string path)
    {
        if (!path.Contains('.', StringComparison.Ordinal))
            return false;
        var end = path.IndexOf('?', StringComparison.Ordinal);
        return Uri.UnescapeDataString(end < 0 ? path : path[..end]).Split('/', '\\').Any(segment => segment is "." or "..");
    }
}

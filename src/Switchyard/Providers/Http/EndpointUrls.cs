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
    public Uri For(string path)
    {
        if (_urls.Find(path) is { } known)
            return known;
        var separator = query is null ? "" : path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        var url = new Uri(_base + path + separator + query);
        _urls.Add(path, url);
        return url;
    }
}

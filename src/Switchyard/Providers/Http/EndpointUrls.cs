using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Providers.Http;

/// <summary>The addresses below one base URL. Thread-safe; an address is parsed once.</summary>
/// <param name="baseUrl">With or without a trailing slash.</param>
/// <param name="query">Added to every address, without its question mark; null for none.</param>
internal sealed class EndpointUrls(Uri baseUrl, string? query)
{
    private readonly Remembered<Uri> _urls = new();
    private readonly string _base = baseUrl.AbsoluteUri.TrimEnd('/');

    /// <summary>The address of a path that begins with a slash. What it has percent-encoded stays so.</summary>
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

/// <summary>The names of operations as data writes them: <c>chat</c>, and <c>chat_stream</c> when the answer is to be streamed.</summary>
internal static class OperationNames
{
    private const string StreamSuffix = "_stream";

    private static readonly string[] s_whole = [.. Enum.GetNames<CallOperation>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];
    private static readonly string[] s_streamed = [.. s_whole.Select(name => name + StreamSuffix)];

    public static string Of(CallOperation operation, bool stream) => (stream ? s_streamed : s_whole)[(int)operation];

    public static CallOperation? Parse(string name) => Array.IndexOf(s_whole, name) is >= 0 and var index ? (CallOperation)index : null;

    public static bool IsOne(string name) => s_whole.Contains(name, StringComparer.Ordinal) || s_streamed.Contains(name, StringComparer.Ordinal);
}

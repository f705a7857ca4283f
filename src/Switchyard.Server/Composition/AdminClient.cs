using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>The admin API of a running gateway. Thread-safe.</summary>
/// <param name="http">Sends the requests; disposed with this.</param>
/// <param name="gateway">The gateway's address: that of <c>admin.urls</c> if set.</param>
/// <param name="key">The admin key.</param>
internal sealed class AdminClient(HttpMessageInvoker http, Uri gateway, string key) : IDisposable
{
    /// <summary>Every entry of a list, page by page.</summary>
    /// <param name="path">The list's path, which may have a query.</param>
    /// <param name="most">The maximum number of entries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string path, int most, CancellationToken cancellationToken)
    {
        var all = new List<JsonObject>();
        string? next = null;
        do
        {
            var query = $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Math.Min(most - all.Count, 1000)}";
            var page = await SendAsync(
                HttpMethod.Get, path + query + (next is null ? "" : $"&cursor={Uri.EscapeDataString(next)}"), null, cancellationToken);
            all.AddRange(page["data"]!.AsArray().Select(entry => entry!.AsObject()));
            next = (string?)page["next"];
        }
        while (next is not null && all.Count < most);
        return all;
    }

    /// <summary>Reads an answer that is not JSON.</summary>
    /// <exception cref="ServeException">It was refused, or the gateway cannot be reached.</exception>
    public async Task<string> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(path));
        request.Headers.Authorization = new("Bearer", key);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode ? text
                : throw new ServeException($"{gateway} answered {(int)response.StatusCode}. Run 'switchyard status' to see why.");
        }
        catch (HttpRequestException e)
        {
            throw new ServeException($"{gateway} cannot be reached: {e.Message}", e);
        }
    }

    /// <summary>Sends a request.</summary>
    /// <returns>The answer; empty if it has no body.</returns>
    /// <exception cref="ServeException">It was refused, or the gateway cannot be reached: the message is the gateway's own.</exception>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, AddressOf(path));
        request.Headers.Authorization = new("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var answer = text.Length == 0 ? [] : JsonNode.Parse(text)?.AsObject() ?? [];
            return response.IsSuccessStatusCode
                ? answer
                : throw new ServeException((string?)answer["detail"] ?? $"{gateway} answered {(int)response.StatusCode}.");
        }
        catch (HttpRequestException e)
        {
            throw new ServeException($"{gateway} cannot be reached: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ServeException($"{gateway} did not answer like a Switchyard admin API. Check the address.", e);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>
    /// A path below the gateway's own path. A proxy in front of it may serve other programs too, which must not receive the key.
    /// </summary>
    private Uri AddressOf(string path) => new(gateway.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
}

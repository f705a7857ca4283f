using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Composition;

/// <summary>The admin API of a running gateway. Thread-safe.</summary>
/// <param name="http">Sends the requests; disposed with this.</param>
/// <param name="gateway">The gateway's address: that of <c>admin.urls</c> if set.</param>
/// <param name="key">The admin key.</param>
internal sealed class AdminClient(HttpMessageInvoker http, Uri gateway, string key) : IDisposable
{
    // A node with a member twice fails only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    /// <summary>Every entry of a list, page by page.</summary>
    /// <param name="path">The list's path, which may have a query.</param>
    /// <param name="most">The maximum number of entries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ServeException">
    /// It was refused, the gateway cannot be reached, or the answer is no list of entries.
    /// </exception>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string path, int most, CancellationToken cancellationToken)
    {
        var all = new List<JsonObject>();
        string? next = null;
        do
        {
            var query = $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={Math.Min(most - all.Count, 1000)}";
            var page = await SendAsync(
                HttpMethod.Get, path + query + (next is null ? "" : $"&cursor={Uri.EscapeDataString(next)}"), null, cancellationToken);
            if (page["data"] is not JsonArray entries || !entries.All(entry => entry is JsonObject))
                throw NotOurs();
            all.AddRange(entries.OfType<JsonObject>());
            // An entry that is still in this list could not be put into another.
            entries.Clear();
            next = TextOf(page["next"]);
        }
        while (next is not null && all.Count < most);
        return all;
    }

    /// <summary>Reads an answer that is not JSON.</summary>
    /// <exception cref="ServeException">It was refused, the gateway cannot be reached, or the answer is a web page.</exception>
    public async Task<string> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(path));
        request.Headers.Authorization = new("Bearer", key);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new ServeException($"{gateway} answered {(int)response.StatusCode}. Run 'switchyard status' to see why.");
            return "text/html".Equals(response.Content.Headers.ContentType?.MediaType, StringComparison.OrdinalIgnoreCase)
                ? throw NotOurs()
                : await response.Content.ReadAsStringAsync(cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new ServeException($"{gateway} cannot be reached: {GatewayHandler.ReasonOf(e)}", e);
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
            if (!response.IsSuccessStatusCode)
            {
                throw new ServeException(DetailOf(text)
                    ?? $"{gateway} answered {(int)response.StatusCode}, but not like a Switchyard admin API. Check the address.");
            }

            return text.Length == 0 ? [] : JsonNode.Parse(text, documentOptions: s_strict)?.AsObject() ?? [];
        }
        catch (HttpRequestException e)
        {
            throw new ServeException($"{gateway} cannot be reached: {GatewayHandler.ReasonOf(e)}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw NotOurs(e);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>The gateway's reason for a refusal; null if the answer has none, as the page of a proxy that cannot reach it.</summary>
    private static string? DetailOf(string text)
    {
        try
        {
            return text.Length == 0 ? null : TextOf((JsonNode.Parse(text, documentOptions: s_strict) as JsonObject)?["detail"]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private ServeException NotOurs(Exception? cause = null) =>
        new($"{gateway} did not answer like a Switchyard admin API. Check the address.", cause);

    /// <summary>
    /// A path below the gateway's own path. A proxy in front of it may serve other programs too, which must not receive the key.
    /// </summary>
    private Uri AddressOf(string path) => new(gateway.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
}

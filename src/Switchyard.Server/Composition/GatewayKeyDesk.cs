using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>Keys and tenants through the admin API of a running gateway.</summary>
internal sealed class GatewayKeyDesk : IKeyDesk
{
    private readonly HttpMessageInvoker _http;
    private readonly Uri _gateway;
    private readonly string _key;

    /// <param name="http">Sends the requests; disposed with this.</param>
    /// <param name="gateway">The gateway's address, that of <c>admin.urls</c> where it is set.</param>
    /// <param name="key">The admin key.</param>
    public GatewayKeyDesk(HttpMessageInvoker http, Uri gateway, string key) => (_http, _gateway, _key) = (http, gateway, key);

    public async Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        var all = new List<JsonObject>();
        string? after = null;
        do
        {
            var query = after is null ? "?limit=1000" : $"?limit=1000&cursor={Uri.EscapeDataString(after)}";
            var page = await SendAsync(HttpMethod.Get, $"/admin/{kind}{query}", null, cancellationToken);
            all.AddRange(page["data"]!.AsArray().Select(entry => entry!.AsObject()));
            after = (string?)page["next"];
        }
        while (after is not null);
        return all;
    }

    public Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, PathOf(kind, name), null, cancellationToken);

    public Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken)
    {
        var body = (JsonObject)settings.DeepClone();
        body["name"] = name;
        return SendAsync(HttpMethod.Post, $"/admin/{kind}", body, cancellationToken);
    }

    public Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, PathOf(kind, name), changes, cancellationToken);

    public Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        $"{PathOf("keys", name)}/rotate{(grace is null ? "" : $"?grace={Uri.EscapeDataString(grace)}")}",
        null,
        cancellationToken);

    public Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"{PathOf("keys", name)}/revoke", null, cancellationToken);

    public Task DeleteAsync(string kind, string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, PathOf(kind, name), null, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string PathOf(string kind, string name) => $"/admin/{kind}/{Uri.EscapeDataString(name)}";

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_gateway, path));
        request.Headers.Authorization = new("Bearer", _key);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var answer = text.Length == 0 ? [] : JsonNode.Parse(text)?.AsObject() ?? [];
            return response.IsSuccessStatusCode
                ? answer
                : throw new ServeException((string?)answer["detail"] ?? $"{_gateway} answered {(int)response.StatusCode}.");
        }
        catch (HttpRequestException e)
        {
            throw new ServeException($"{_gateway} cannot be reached: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ServeException($"{_gateway} answered something that is no admin API's answer.", e);
        }
    }
}

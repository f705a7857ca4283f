using System.Text.Json.Nodes;

namespace Switchyard.Server.Composition;

/// <summary>Keys and tenants through the admin API of a running gateway.</summary>
/// <param name="gateway">The gateway; disposed with this.</param>
internal sealed class GatewayKeyDesk(AdminClient gateway) : IKeyDesk
{
    public Task<IReadOnlyList<JsonObject>> ListAsync(string kind, CancellationToken cancellationToken) =>
        gateway.ListAsync($"/admin/{kind}", int.MaxValue, cancellationToken);

    public Task<JsonObject> ShowAsync(string kind, string name, CancellationToken cancellationToken) =>
        gateway.SendAsync(HttpMethod.Get, PathOf(kind, name), null, cancellationToken);

    public Task<JsonObject> CreateAsync(string kind, string name, JsonObject settings, CancellationToken cancellationToken)
    {
        var body = (JsonObject)settings.DeepClone();
        body["name"] = name;
        return gateway.SendAsync(HttpMethod.Post, $"/admin/{kind}", body, cancellationToken);
    }

    public Task<JsonObject> ChangeAsync(string kind, string name, JsonObject changes, CancellationToken cancellationToken) =>
        gateway.SendAsync(HttpMethod.Patch, PathOf(kind, name), changes, cancellationToken);

    public Task<JsonObject> RotateAsync(string name, string? grace, CancellationToken cancellationToken) => gateway.SendAsync(
        HttpMethod.Post,
        $"{PathOf("keys", name)}/rotate{(grace is null ? "" : $"?grace={Uri.EscapeDataString(grace)}")}",
        null,
        cancellationToken);

    public Task<JsonObject> RevokeAsync(string name, CancellationToken cancellationToken) =>
        gateway.SendAsync(HttpMethod.Post, $"{PathOf("keys", name)}/revoke", null, cancellationToken);

    public Task DeleteAsync(string kind, string name, CancellationToken cancellationToken) =>
        gateway.SendAsync(HttpMethod.Delete, PathOf(kind, name), null, cancellationToken);

    public ValueTask DisposeAsync()
    {
        gateway.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string PathOf(string kind, string name) => $"/admin/{kind}/{Uri.EscapeDataString(name)}";
}

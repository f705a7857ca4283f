using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>Azure Key Vault. Thread-safe.</summary>
internal sealed class AzureSecretStore(
    AzureSecretsOptions options, Renewed<string> token, ProviderContext context) : ISecretStore, IDisposable
{
    private const string Version = "7.4";

    private readonly StoreHttp _http = new("azure", new Uri(options.Vault!), context);

    public string Name => "azure";

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        var reply = await AskAsync(HttpMethod.Get, field.Name, key, body: null, cancellationToken).ConfigureAwait(false);
        return field.In(reply?.Text("value"));
    }

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken) =>
        await AskAsync(HttpMethod.Put, SecretField.Of(key).Whole(), key, new() { ["value"] = value }, cancellationToken)
            .ConfigureAwait(false);

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await AskAsync(HttpMethod.Delete, SecretField.Of(key).Whole(), key, body: null, cancellationToken).ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    /// <summary>The scope of a token for a vault: the domain of its cloud, which differs by country.</summary>
    public static string ScopeOf(Uri vault) => vault.Host.IndexOf(".vault.", StringComparison.OrdinalIgnoreCase) is > 0 and var at
        ? $"https://{vault.Host[(at + 1)..]}/.default"
        : "https://vault.azure.net/.default";

    /// <returns>The answer; null if there is no such secret.</returns>
    private async ValueTask<StoreReply?> AskAsync(
        HttpMethod method, string name, string key, JsonObject? body, CancellationToken cancellationToken)
    {
        var address = $"{options.Vault!.TrimEnd('/')}/secrets/{options.Prefix}{SecretNames.Fit(name, "-")}?api-version={Version}";
        using var request = StoreHttp.Request(method, address, body);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"Bearer {await token.GetAsync(cancellationToken).ConfigureAwait(false)}");
        var reply = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.IsSuccess ? reply
            : reply.Status == HttpStatusCode.NotFound ? null
            : throw _http.Refused(reply, key, reply.Text("error", "code"));
    }
}

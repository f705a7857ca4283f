using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>The KV engine of HashiCorp Vault, of OpenBao, or of what speaks like them. Thread-safe.</summary>
internal sealed class VaultSecretStore : ISecretStore, IDisposable
{
    private readonly VaultSecretsOptions _options;
    private readonly Uri _address;
    private readonly string? _namespace;
    private readonly StoreHttp _http;
    private readonly VaultLogin _login;
    private readonly Renewed<string> _token;

    public VaultSecretStore(VaultSecretsOptions options, Uri address, ProviderContext context)
    {
        _options = options;
        _address = address;
        _namespace = options.Namespace ?? context.Environment("VAULT_NAMESPACE");
        _http = new StoreHttp(Name, address, context);
        _login = new VaultLogin(options, context, SendAsync);
        _token = new Renewed<string>(
            _login.FetchAsync, context.TimeProvider, token => context.Secrets.Remember("credential secrets.vault", [token]));
    }

    public string Name => "vault";

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        var data = await ReadAsync(field.Name, key, cancellationToken).ConfigureAwait(false);
        if (data is null)
            return null;
        // A secret of a single field needs no name for it.
        var value = data[field.Field ?? _options.Field] ?? (field.Field is null && data.Count == 1 ? data.Single().Value : null);
        return value is JsonValue text && text.TryGetValue<string>(out var plain) ? plain : value?.ToJsonString();
    }

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        // What else the secret holds stays.
        var data = await ReadAsync(field.Name, key, cancellationToken).ConfigureAwait(false) ?? [];
        data = (JsonObject)data.DeepClone();
        data[field.Field ?? _options.Field] = value;
        var body = _options.Version == 2 ? new JsonObject { ["data"] = data } : data;
        await AskAsync(HttpMethod.Post, field.Name, key, body, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await AskAsync(HttpMethod.Delete, SecretField.Of(key).Whole(), key, body: null, cancellationToken).ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    private async ValueTask<JsonObject?> ReadAsync(string name, string key, CancellationToken cancellationToken)
    {
        var reply = await AskAsync(HttpMethod.Get, name, key, body: null, cancellationToken).ConfigureAwait(false);
        var data = (reply.Body as JsonObject)?["data"] as JsonObject;
        return reply.Status == HttpStatusCode.NotFound ? null : _options.Version == 2 ? data?["data"] as JsonObject : data;
    }

    private async ValueTask<StoreReply> AskAsync(
        HttpMethod method, string name, string key, JsonObject? body, CancellationToken cancellationToken)
    {
        var path = string.Join('/', $"{_options.Prefix}{name}".Trim('/').Split('/').Select(Uri.EscapeDataString));
        path = $"v1/{_options.Mount.Trim('/')}/{(_options.Version == 2 ? "data/" : "")}{path}";
        var token = await _token.GetAsync(cancellationToken).ConfigureAwait(false);
        var reply = await SendAsync(method, path, body, token, cancellationToken).ConfigureAwait(false);
        if (reply.Status == HttpStatusCode.Forbidden && await IsRevokedAsync(token, cancellationToken).ConfigureAwait(false))
        {
            _token.Forget(token);
            token = await _token.GetAsync(cancellationToken).ConfigureAwait(false);
            reply = await SendAsync(method, path, body, token, cancellationToken).ConfigureAwait(false);
        }

        return reply.IsSuccess || reply.Status == HttpStatusCode.NotFound ? reply : throw Refused(reply, key);
    }

    /// <summary>
    /// Whether a token that was signed in for is none any more: revoked, or lost by a server that began anew. A token that may not read
    /// this secret gets the same answer as one that is none, so it is asked about itself.
    /// </summary>
    private async ValueTask<bool> IsRevokedAsync(string token, CancellationToken cancellationToken) => !_login.IsGiven
        && (await SendAsync(HttpMethod.Get, "v1/auth/token/lookup-self", body: null, token, cancellationToken).ConfigureAwait(false)).Status
            == HttpStatusCode.Forbidden;

    private async ValueTask<StoreReply> SendAsync(
        HttpMethod method, string path, JsonObject? body, string token, CancellationToken cancellationToken)
    {
        using var request = StoreHttp.Request(method, path, body);
        request.Headers.TryAddWithoutValidation("X-Vault-Token", token);
        return await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<StoreReply> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(_address, request.RequestUri!);
        request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (_namespace is not null)
            request.Headers.TryAddWithoutValidation("X-Vault-Namespace", _namespace);
        return await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private SecretStoreException Refused(StoreReply reply, string key)
    {
        var said = ((reply.Body as JsonObject)?["errors"] as JsonArray)?.FirstOrDefault()?.ToString();
        // Its one word for each of these; anything longer may quote the request.
        return _http.Refused(reply, key, said is { Length: > 0 and < 40 } ? $"({said})" : null);
    }
}

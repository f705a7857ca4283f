using System.Net;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>The KV engine of HashiCorp Vault, OpenBao, or a server with the same API. Thread-safe.</summary>
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
        // A secret with a single field needs no field name.
        var value = data[field.Field ?? _options.Field] ?? (field.Field is null && data.Count == 1 ? data.Single().Value : null);
        return value is JsonValue text && text.TryGetValue<string>(out var plain) ? plain : value?.ToJsonString();
    }

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        // The other fields of the secret are kept.
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
    /// Whether a token from a login is no longer valid: revoked, or lost when the server restarted. Vault answers 403 both for an invalid
    /// token and for one that may not read this secret, so the token itself is looked up.
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
        // Only a text shorter than 40 characters: a longer one may quote the request.
        return _http.Refused(reply, key, said is { Length: > 0 and < 40 } ? $"({said})" : null);
    }
}

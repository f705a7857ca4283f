using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>Google Secret Manager. Thread-safe.</summary>
internal sealed class GoogleSecretStore(
    GoogleSecretsOptions options, string project, Renewed<string> token, ProviderContext context) : ISecretStore, IDisposable
{
    public const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    private const string Usual = "https://secretmanager.googleapis.com";

    private readonly StoreHttp _http = new("google", new Uri(options.Endpoint ?? Usual), context);
    private readonly string _secrets = $"{(options.Endpoint ?? Usual).TrimEnd('/')}/v1/projects/{project}/secrets";

    public string Name => "google";

    public async ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var field = SecretField.Of(key);
        var reply = await AskAsync(
            HttpMethod.Get, $"{_secrets}/{NameOf(field.Name)}/versions/latest:access", key, body: null,
            cancellationToken).ConfigureAwait(false);
        return reply?.Text("payload", "data") is { } data ? field.In(Encoding.UTF8.GetString(Convert.FromBase64String(data))) : null;
    }

    public async ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        var name = NameOf(SecretField.Of(key).Whole());
        var version = new JsonObject { ["payload"] = new JsonObject { ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value)) } };
        if (await AskAsync(HttpMethod.Post, $"{_secrets}/{name}:addVersion", key, version, cancellationToken)
            .ConfigureAwait(false) is not null)
            return;
        var secret = new JsonObject { ["replication"] = new JsonObject { ["automatic"] = new JsonObject() } };
        await AskAsync(HttpMethod.Post, $"{_secrets}?secretId={name}", key, secret, cancellationToken).ConfigureAwait(false);
        await AskAsync(HttpMethod.Post, $"{_secrets}/{name}:addVersion", key, version, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string key, CancellationToken cancellationToken) =>
        await AskAsync(HttpMethod.Delete, $"{_secrets}/{NameOf(SecretField.Of(key).Whole())}", key, body: null, cancellationToken)
            .ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    private string NameOf(string name) => options.Prefix + SecretNames.Fit(name, "-_");

    /// <returns>The answer; null if there is no such secret, or no version of it.</returns>
    private async ValueTask<StoreReply?> AskAsync(
        HttpMethod method, string address, string key, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = StoreHttp.Request(method, address, body);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"Bearer {await token.GetAsync(cancellationToken).ConfigureAwait(false)}");
        var reply = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.IsSuccess ? reply
            : reply.Status == HttpStatusCode.NotFound ? null
            : throw _http.Refused(reply, key, reply.Text("error", "status"));
    }
}

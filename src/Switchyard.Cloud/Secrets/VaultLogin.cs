using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>Gets a Vault token: the configured one, or one from a login with a role, which is renewed before it expires.</summary>
internal sealed class VaultLogin(
    VaultSecretsOptions options, ProviderContext context, Func<HttpRequestMessage, CancellationToken, ValueTask<StoreReply>> send)
{
    private const string TokenWay = "token", RoleWay = "approle", ClusterWay = "kubernetes";

    // The assumed lifetime if the login's answer has no lease_duration, or 0, which means that the token does not expire.
    private static readonly TimeSpan s_unknown = TimeSpan.FromHours(1);

    /// <summary>Whether the token is configured, so that no login is needed.</summary>
    public bool IsGiven => Way() == TokenWay;

    /// <summary>The login method: the one that <c>secrets.vault.auth</c> names, or that the other options imply.</summary>
    /// <exception cref="SecretStoreException">A value that the method needs is not set.</exception>
    public string Way()
    {
        var way = options.Auth ?? (options.Role is not null ? ClusterWay : RoleId is not null ? RoleWay : TokenWay);
        var missing = way switch
        {
            ClusterWay when options.Role is null => "secrets.vault.role",
            RoleWay when RoleId is null => "VAULT_ROLE_ID, or secrets.vault.role_id",
            RoleWay when SecretId is null => "VAULT_SECRET_ID, or secrets.vault.secret_id",
            TokenWay when Token is null => "VAULT_TOKEN, secrets.vault.token, or another way to sign in (secrets.vault.auth)",
            _ => null,
        };
        return missing is null ? way : throw new SecretStoreException($"Vault needs a way to sign in: set {missing}.");
    }

    public async ValueTask<Lease<string>> FetchAsync(CancellationToken cancellationToken)
    {
        var way = Way();
        if (way == TokenWay)
            return new Lease<string>(Token!, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue);
        var body = way == RoleWay
            ? new JsonObject { ["role_id"] = RoleId, ["secret_id"] = SecretId }
            : new JsonObject { ["role"] = options.Role, ["jwt"] = await ReadTokenAsync(cancellationToken).ConfigureAwait(false) };
        using var request = StoreHttp.Request(HttpMethod.Post, $"v1/auth/{(options.AuthMount ?? way).Trim('/')}/login", body);
        var reply = await send(request, cancellationToken).ConfigureAwait(false);
        if (reply.Text("auth", "client_token") is not { } token)
            throw new SecretStoreException($"Vault refused to sign in with {way}: it answered {(int)reply.Status}.");
        var now = context.TimeProvider.GetUtcNow();
        var lasts = ((reply.Body as JsonObject)?["auth"] as JsonObject)?["lease_duration"] is JsonValue seconds
            && seconds.TryGetValue<long>(out var known) && known > 0 ? TimeSpan.FromSeconds(known) : s_unknown;
        return TokenLease.Of(token, now + lasts, now + (lasts * 2 / 3), now);
    }

    private string? Token => options.Token ?? Variable("VAULT_TOKEN");

    private string? RoleId => options.RoleId ?? Variable("VAULT_ROLE_ID");

    private string? SecretId => options.SecretId ?? Variable("VAULT_SECRET_ID");

    private string? Variable(string name) =>
        context.Environment(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private async ValueTask<string> ReadTokenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await File.ReadAllTextAsync(options.TokenFile, cancellationToken).ConfigureAwait(false)).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SecretStoreException(
                $"The service account's token '{options.TokenFile}' cannot be read: run in Kubernetes, "
                + "or name it (secrets.vault.token_file).",
                failure);
        }
    }
}

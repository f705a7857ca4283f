using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Checks tokens of single sign-on (<c>admin.oidc</c>): issuer, audience, lifetime, and the role they give. The issuer's keys are fetched
/// when they are first needed and kept for hours; a token signed with an unknown key has them fetched again. Thread-safe.
/// </summary>
internal sealed partial class AdminTokens(TimeProvider time, ILogger<AdminTokens> logger) : IDisposable
{
    // Only asymmetric signatures, checked with a published key. 'none' and shared secrets are not among them.
    private static readonly string[] s_algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(1);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly IssuerDocuments _documents = new();
    private volatile Known? _known;

    /// <summary>Whether a credential looks like a token.</summary>
    public static bool IsToken(string credential) =>
        credential.AsSpan().Count('.') == 2 && credential.StartsWith("ey", StringComparison.Ordinal);

    /// <summary>The user that a token names, with the role it gives.</summary>
    /// <param name="token">The token.</param>
    /// <param name="issuer">The issuer and the audience that are accepted.</param>
    /// <param name="cancellationToken">Ends the wait for the issuer.</param>
    /// <param name="nonce">The <c>nonce</c> that the token must have; null if no sign-in requested the token.</param>
    /// <exception cref="AdminException">The token is not valid, gives no role, or the issuer's keys cannot be fetched.</exception>
    public async Task<AdminUser> IdentifyAsync(
        string token, AdminIssuer issuer, CancellationToken cancellationToken, string? nonce = null)
    {
        var known = KnownOf(issuer);
        var result = await ValidateAsync(token, known, issuer.Audience, cancellationToken);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            known.Keys.RequestRefresh();
            result = await ValidateAsync(token, known, issuer.Audience, cancellationToken);
        }

        if (!result.IsValid || result.SecurityToken is not JsonWebToken valid
            || (nonce is not null && (!valid.TryGetPayloadValue<string>("nonce", out var held) || held != nonce)))
            throw Invalid(result.Exception);
        var name = valid.Subject is { Length: > 0 } subject ? subject : throw Invalid(null);
        return RoleOf(valid, issuer) is { } role ? new() { Name = name, Role = role, Kind = "token" } : throw new AdminException(
            StatusCodes.Status403Forbidden, "no_role",
            $"The token of '{name}' gives no role here: no value of its claim '{issuer.RoleClaim}' is listed in admin.oidc.roles. "
                + $"The roles are {string.Join(", ", AdminRoles.Names)}.");
    }

    /// <summary>An issuer's metadata: its addresses and its keys.</summary>
    /// <exception cref="AdminException">The metadata cannot be fetched.</exception>
    public Task<OpenIdConnectConfiguration> FindAsync(AdminIssuer issuer, CancellationToken cancellationToken) =>
        FindAsync(KnownOf(issuer), cancellationToken);

    public void Dispose() => _documents.Dispose();

    // Tokens for another audience have the same issuer and the same keys.
    private Known KnownOf(AdminIssuer issuer)
    {
        var known = _known;
        return known is not null && known.Authority == issuer.Authority ? known : _known = new(issuer.Authority, _documents);
    }

    private async Task<OpenIdConnectConfiguration> FindAsync(Known known, CancellationToken cancellationToken)
    {
        try
        {
            return await known.Keys.GetConfigurationAsync(cancellationToken);
        }
        catch (Exception away) when (!cancellationToken.IsCancellationRequested)
        {
            LogAway(away, known.Authority);
            throw AdminException.Unavailable(
                "issuer_away",
                "The token cannot be checked: the keys of its issuer (admin.oidc.authority) cannot be fetched. Use an admin key.");
        }
    }

    private async Task<TokenValidationResult> ValidateAsync(
        string token, Known known, string audience, CancellationToken cancellationToken)
    {
        var configuration = await FindAsync(known, cancellationToken);
        return await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = configuration.Issuer,
            ValidAudience = audience,
            IssuerSigningKeys = configuration.SigningKeys,
            ValidAlgorithms = s_algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (begins, ends, _, _) => Holds(begins, ends),
        });
    }

    private bool Holds(DateTime? begins, DateTime? ends)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return ends > now - s_skew && (begins is null || begins < now + s_skew);
    }

    /// <summary>The highest role that a token gives; null for none.</summary>
    private static AdminRole? RoleOf(JsonWebToken token, AdminIssuer issuer)
    {
        var claims = JsonNode.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        AdminRole? highest = null;
        foreach (var value in ValuesOf(FindClaim(claims, issuer.RoleClaim)))
        {
            if (issuer.RoleOf(value) is { } role && (highest is null || role > highest))
                highest = role;
        }

        return highest;
    }

    /// <summary>A claim by its name, which may hold dots or be an address; else by its path: <c>realm_access.roles</c>.</summary>
    private static JsonNode? FindClaim(JsonNode? claims, string name) =>
        claims?[name] ?? name.Split('.').Aggregate(claims, static (node, part) => node is JsonObject ? node[part] : null);

    private static IEnumerable<string> ValuesOf(JsonNode? claim) => claim switch
    {
        JsonArray values => values.Where(value => value?.GetValueKind() == JsonValueKind.String).Select(value => value!.GetValue<string>()),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>().Split(' '),
        _ => [],
    };

    /// <summary>The reason why a token is not valid. The library's message is not passed on: it quotes the token.</summary>
    private static AdminException Invalid(Exception? reason) => new(
        StatusCodes.Status401Unauthorized, "invalid_token",
        reason switch
        {
            SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNoExpirationException =>
                "The token has expired, or is not valid yet. Sign in again.",
            SecurityTokenInvalidAudienceException => "The token is for another audience than admin.oidc.audience.",
            SecurityTokenInvalidIssuerException => "The token is from another issuer than admin.oidc.authority.",
            SecurityTokenSignatureKeyNotFoundException => "The token is signed with a key that its issuer does not publish.",
            SecurityTokenInvalidAlgorithmException or SecurityTokenInvalidSignatureException => "The token is not validly signed.",
            _ => "The token cannot be read, or names no subject.",
        });

    [LoggerMessage(1, LogLevel.Error, "The keys of the issuer {Authority} cannot be fetched")]
    private partial void LogAway(Exception cause, string authority);

    /// <summary>An issuer, and its keys as they were last fetched.</summary>
    private sealed class Known(string authority, IDocumentRetriever documents)
    {
        public string Authority => authority;

        public ConfigurationManager<OpenIdConnectConfiguration> Keys { get; } = new(
            $"{authority.TrimEnd('/')}/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), documents)
        {
            RefreshInterval = TimeSpan.FromMinutes(1),
        };
    }

    /// <summary>Fetches an issuer's documents.</summary>
    private sealed class IssuerDocuments : IDocumentRetriever, IDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

        private readonly IssuerHttp _http = new();

        public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(s_patience);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await _http.SendAsync(request, patience.Token);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsStringAsync(patience.Token);
        }

        public void Dispose() => _http.Dispose();
    }
}

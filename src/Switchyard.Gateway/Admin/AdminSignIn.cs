using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Signs a user in at the issuer of <c>admin.oidc</c> (OpenID Connect, authorization code with PKCE): creates the address that the browser
/// is sent to, and redeems the code that it returns with. Thread-safe.
/// </summary>
internal sealed partial class AdminSignIn(SwitchyardEngine engine, AdminTokens tokens, ILogger<AdminSignIn> logger) : IDisposable
{
    private const int SecretBytes = 32;
    private const int LongestAnswer = 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly IssuerHttp _http = new();

    /// <summary>Whether sign-in at an issuer is configured.</summary>
    public bool IsOffered => Options is { ClientId: not null };

    private AdminOidcOptions? Options => engine.Options.Admin.Oidc;

    /// <summary>Creates the address that a browser is sent to, and the values needed when it returns.</summary>
    /// <param name="callback">The address that the browser returns to.</param>
    /// <param name="aborted">Ends the wait for the issuer.</param>
    /// <exception cref="AdminException">No issuer is configured for sign-in, or it cannot be reached.</exception>
    public async Task<SignInJourney> BeginAsync(string callback, CancellationToken aborted)
    {
        var (options, issuer) = Settings();
        var metadata = await tokens.FindAsync(issuer, aborted);
        if (string.IsNullOrEmpty(metadata.AuthorizationEndpoint) || string.IsNullOrEmpty(metadata.TokenEndpoint))
            throw Away();
        var (state, nonce, verifier) = (Draw(), Draw(), Draw());
        var address = QueryHelpers.AddQueryString(metadata.AuthorizationEndpoint, new Dictionary<string, string?>
        {
            ["response_type"] = OpenIdConnectResponseType.Code,
            ["client_id"] = options.ClientId,
            ["redirect_uri"] = callback,
            ["scope"] = options.Scopes,
            ["state"] = state,
            ["nonce"] = nonce,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        });
        return new(address, state, nonce, verifier, callback);
    }

    /// <summary>Redeems the code that a browser returned with: the user, and the token that names the user.</summary>
    /// <exception cref="AdminException">The issuer refuses the code, its token is not valid or gives no role, or it cannot be
    /// reached.</exception>
    public async Task<(AdminUser User, string Token)> CompleteAsync(SignInJourney journey, string code, CancellationToken aborted)
    {
        var (options, issuer) = Settings();
        var metadata = await tokens.FindAsync(issuer, aborted);
        var token = await RedeemAsync(metadata.TokenEndpoint, journey, code, options, aborted);
        // The audience of an id token is this client, even if other tokens of the issuer have another audience.
        var user = await tokens.IdentifyAsync(token, issuer with { Audience = options.ClientId! }, aborted, journey.Nonce);
        return (user, token);
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> RedeemAsync(
        string endpoint, SignInJourney journey, string code, AdminOidcOptions options, CancellationToken aborted)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = OpenIdConnectGrantTypes.AuthorizationCode,
            ["code"] = code,
            ["redirect_uri"] = journey.Callback,
            ["client_id"] = options.ClientId!,
            ["code_verifier"] = journey.Verifier,
        };
        if (options.ClientSecret is { } secret)
            form["client_secret"] = secret;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        patience.CancelAfter(s_patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(form) };
            using var response = await _http.SendAsync(request, patience.Token);
            await response.Content.LoadIntoBufferAsync(LongestAnswer, patience.Token);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(patience.Token)) as JsonObject;
            if (response.IsSuccessStatusCode && answer?["id_token"] is JsonValue value && value.TryGetValue(out string? token))
                return token;
            // The body may quote the code or the secret; its error code does not.
            LogNotRedeemed((int)response.StatusCode, answer?["error"]?.ToString() ?? "no id_token");
        }
        catch (Exception away) when (away is HttpRequestException or System.Text.Json.JsonException or OperationCanceledException
            && !aborted.IsCancellationRequested)
        {
            LogAway(away, issuer: options.Authority ?? "");
            throw Away();
        }

        throw new AdminException(
            StatusCodes.Status401Unauthorized, "sign_in_refused",
            "The issuer did not confirm this sign-in: it took too long, was used before, or admin.oidc.client_id is not set up there "
                + "with this address. Try again; the gateway's log says what it answered.");
    }

    private (AdminOidcOptions Options, AdminIssuer Issuer) Settings() =>
        Options is { ClientId: not null } options && engine.Snapshot.Section(AdminAccess.Section)?.Issuer is { } issuer
            ? (options, issuer)
            : throw new AdminException(
                StatusCodes.Status404NotFound, "sign_in_not_offered", "Single sign-on is not set up: admin.oidc.client_id is not set.");

    private static AdminException Away() => AdminException.Unavailable(
        "issuer_away",
        "Sign-in failed: the issuer (admin.oidc.authority) cannot be reached, or names no sign-in address. Use an admin key.");

    private static string Draw() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    [LoggerMessage(1, LogLevel.Warning, "Sign-in failed: the issuer did not redeem the authorization code: {Status} {Error}")]
    private partial void LogNotRedeemed(int status, string error);

    [LoggerMessage(2, LogLevel.Error, "Sign-in failed: the issuer {Issuer} cannot be reached")]
    private partial void LogAway(Exception cause, string issuer);
}

/// <summary>A sign-in that has begun. Only the gateway may read it: what a browser keeps of it must be encrypted.</summary>
/// <param name="Address">The issuer's address that the browser is sent to.</param>
/// <param name="State">The <c>state</c> that the browser must return with.</param>
/// <param name="Nonce">The <c>nonce</c> that the token must have.</param>
/// <param name="Verifier">The PKCE verifier: it proves to the issuer that the code is redeemed by the sender of the first request.</param>
/// <param name="Callback">The address that the browser returns to.</param>
internal sealed record SignInJourney(string Address, string State, string Nonce, string Verifier, string Callback);

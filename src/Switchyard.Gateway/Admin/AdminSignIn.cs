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
/// Signs somebody in at the issuer of <c>admin.oidc</c> (OpenID Connect, authorization code with PKCE): where a browser is sent, and what
/// the code that it comes back with is worth. Thread-safe.
/// </summary>
internal sealed partial class AdminSignIn(SwitchyardEngine engine, AdminTokens tokens, ILogger<AdminSignIn> logger) : IDisposable
{
    private const int SecretBytes = 32;
    private const int LongestAnswer = 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly IssuerHttp _http = new();

    /// <summary>Whether browsers can be sent to an issuer.</summary>
    public bool IsOffered => Options is { ClientId: not null };

    private AdminOidcOptions? Options => engine.Options.Admin.Oidc;

    /// <summary>Where a browser is sent, and what has to be known when it comes back.</summary>
    /// <param name="callback">Where it comes back to.</param>
    /// <param name="aborted">Ends the wait for the issuer.</param>
    /// <exception cref="AdminProblem">No issuer signs anybody in here, or it is away.</exception>
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

    /// <summary>Who somebody is that has come back with a code, and the token that says so.</summary>
    /// <exception cref="AdminProblem">The issuer does not take the code, its token does not hold or gives no role, or it is
    /// away.</exception>
    public async Task<(AdminUser User, string Token)> CompleteAsync(SignInJourney journey, string code, CancellationToken aborted)
    {
        var (options, issuer) = Settings();
        var metadata = await tokens.FindAsync(issuer, aborted);
        var token = await RedeemAsync(metadata.TokenEndpoint, journey, code, options, aborted);
        // An id token is for this client, whatever other tokens of the issuer are for.
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
            // What it says may quote the code or the secret; its error's name does not.
            LogNotRedeemed((int)response.StatusCode, answer?["error"]?.ToString() ?? "no id_token");
        }
        catch (Exception away) when (away is HttpRequestException or System.Text.Json.JsonException or OperationCanceledException
            && !aborted.IsCancellationRequested)
        {
            LogAway(away, issuer: options.Authority ?? "");
            throw Away();
        }

        throw new AdminProblem(
            StatusCodes.Status401Unauthorized, "sign_in_refused",
            "The issuer did not confirm this sign-in: it took too long, was used before, or admin.oidc.client_id is not set up there "
                + "with this address. Try again; the gateway's log says what it answered.");
    }

    private (AdminOidcOptions Options, AdminIssuer Issuer) Settings() =>
        Options is { ClientId: not null } options && engine.Snapshot.Section(AdminAccess.Section)?.Issuer is { } issuer
            ? (options, issuer)
            : throw new AdminProblem(
                StatusCodes.Status404NotFound, "sign_in_not_offered", "No issuer signs anybody in here: admin.oidc.client_id is not set.");

    private static AdminProblem Away() => AdminProblem.Unavailable(
        "issuer_away",
        "Nobody can be signed in: the issuer (admin.oidc.authority) cannot be reached, or says no address for it. An admin key works.");

    private static string Draw() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    [LoggerMessage(1, LogLevel.Warning, "The issuer did not redeem a code to sign in: {Status} {Error}")]
    private partial void LogNotRedeemed(int status, string error);

    [LoggerMessage(2, LogLevel.Error, "The issuer {Issuer} cannot be reached to sign somebody in")]
    private partial void LogAway(Exception cause, string issuer);
}

/// <summary>A browser on its way to an issuer. What is secret of it stays on this side.</summary>
/// <param name="Address">Where it is sent.</param>
/// <param name="State">What it must bring back.</param>
/// <param name="Nonce">What the token must hold.</param>
/// <param name="Verifier">What shows the issuer that who redeems the code is who asked for it.</param>
/// <param name="Callback">Where it comes back to.</param>
internal sealed record SignInJourney(string Address, string State, string Nonce, string Verifier, string Callback);

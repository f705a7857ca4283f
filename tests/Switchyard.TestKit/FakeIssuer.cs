using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Switchyard.TestKit;

/// <summary>
/// An issuer of tokens on loopback: its discovery document, its published keys, tokens signed with them or with others, and a page that
/// signs in every visitor as <see cref="SignsIn"/>, without asking.
/// </summary>
public sealed class FakeIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<(string Id, RSA Key)> _published = [];
    private readonly ConcurrentDictionary<string, IQueryCollection> _codes = new();

    private FakeIssuer(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>The number of times that its keys were fetched.</summary>
    public int Fetched { get; private set; }

    /// <summary>The claims of the id token of each sign-in; null refuses every sign-in. The audience is the request's, and so is the nonce
    /// unless it is set here.</summary>
    public JsonObject? SignsIn { get; set; }

    /// <summary>The secret that the client must send; null for none.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>Whether it answers 500.</summary>
    public bool IsAway { get; set; }

    public static async Task<FakeIssuer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var issuer = new FakeIssuer(app);
        app.Run(issuer.AnswerAsync);
        await app.StartAsync();
        issuer.Authority = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        issuer.Publish("first");
        return issuer;
    }

    /// <summary>Publishes one more key.</summary>
    public void Publish(string id) => _published.Add((id, RSA.Create(2048)));

    /// <summary>A token signed with the key published under an id, or with an unpublished key.</summary>
    public string Issue(JsonObject claims, string? keyId = null)
    {
        keyId ??= _published[^1].Id;
        var key = _published.Find(entry => entry.Id == keyId).Key ?? RSA.Create(2048);
        var signed = $"{Encode($$"""{"alg":"RS256","typ":"JWT","kid":"{{keyId}}"}""")}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>A token without a signature.</summary>
    public static string IssueUnsigned(JsonObject claims) => $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{Encode(claims.ToJsonString())}.";

    /// <summary>A token "signed" with the published key as if it were a shared secret.</summary>
    public string IssueConfused(JsonObject claims)
    {
        var signed = $"{Encode($$"""{"alg":"HS256","typ":"JWT","kid":"{{_published[0].Id}}"}""")}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Encode(HMACSHA256.HashData(_published[0].Key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(signed)))}";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        if (IsAway)
        {
            http.Response.StatusCode = 500;
            return;
        }

        http.Response.ContentType = "application/json";
        if (http.Request.Path == "/.well-known/openid-configuration")
        {
            await http.Response.WriteAsync(
                $$"""
                {"issuer":"{{Authority}}","jwks_uri":"{{Authority}}/keys","authorization_endpoint":"{{Authority}}/authorize",
                "token_endpoint":"{{Authority}}/token"}
                """);
            return;
        }

        if (http.Request.Path == "/authorize")
        {
            Authorize(http);
            return;
        }

        if (http.Request.Path == "/token")
        {
            await RedeemAsync(http);
            return;
        }

        Fetched++;
        var keys = new JsonArray([.. _published.Select(entry =>
        {
            var parameters = entry.Key.ExportParameters(includePrivateParameters: false);
            return new JsonObject
            {
                ["kty"] = "RSA", ["use"] = "sig", ["alg"] = "RS256", ["kid"] = entry.Id,
                ["n"] = Encode(parameters.Modulus!), ["e"] = Encode(parameters.Exponent!),
            };
        })]);
        await http.Response.WriteAsync(new JsonObject { ["keys"] = keys }.ToJsonString());
    }

    private void Authorize(HttpContext http)
    {
        var asked = http.Request.Query;
        var code = Guid.NewGuid().ToString("n");
        _codes[code] = asked;
        var answer = SignsIn is null ? "error=access_denied" : $"code={code}";
        http.Response.Redirect($"{asked["redirect_uri"]}?{answer}&state={Uri.EscapeDataString(asked["state"].ToString())}");
    }

    /// <summary>Redeems a code: valid once, for the client that requested it, with its code verifier.</summary>
    private async Task RedeemAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        if (!_codes.TryRemove(form["code"].ToString(), out var asked) || SignsIn is null
            || asked["client_id"] != form["client_id"] || asked["redirect_uri"] != form["redirect_uri"]
            || (ClientSecret is not null && ClientSecret != form["client_secret"])
            || asked["code_challenge"] != Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))))
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("""{"error":"invalid_grant"}""");
            return;
        }

        var claims = (JsonObject)SignsIn.DeepClone();
        claims["iss"] = Authority;
        claims["aud"] = asked["client_id"].ToString();
        claims["nonce"] ??= asked["nonce"].ToString();
        await http.Response.WriteAsync(new JsonObject { ["id_token"] = Issue(claims), ["token_type"] = "Bearer" }.ToJsonString());
    }

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

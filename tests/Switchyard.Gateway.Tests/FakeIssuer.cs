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

namespace Switchyard.Gateway.Tests;

/// <summary>An issuer of tokens on loopback: its discovery document, its published keys, and tokens signed with them or with
/// others.</summary>
internal sealed class FakeIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<(string Id, RSA Key)> _published = [];

    private FakeIssuer(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>How often its keys were fetched.</summary>
    public int Fetched { get; private set; }

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

    /// <summary>Publishes another key.</summary>
    public void Publish(string id) => _published.Add((id, RSA.Create(2048)));

    /// <summary>A token of the key published under an id, or of one that is not.</summary>
    public string Issue(JsonObject claims, string? keyId = null)
    {
        keyId ??= _published[^1].Id;
        var key = _published.Find(entry => entry.Id == keyId).Key ?? RSA.Create(2048);
        var signed = $"{Encode($$"""{"alg":"RS256","typ":"JWT","kid":"{{keyId}}"}""")}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Encode(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>A token that nobody has signed.</summary>
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
            await http.Response.WriteAsync($$"""{"issuer":"{{Authority}}","jwks_uri":"{{Authority}}/keys"}""");
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

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

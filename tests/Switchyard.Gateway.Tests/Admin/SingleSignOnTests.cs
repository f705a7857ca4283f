using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Single sign-on tokens give access to the admin API according to their roles, and no other token does.</summary>
public sealed class SingleSignOnTests : IAsyncLifetime
{
    private const string Key = "an-admin-key-of-some-length";

    private readonly TestClock _clock = new();
    private FakeIssuer _issuer = null!;

    public async ValueTask InitializeAsync() => _issuer = await FakeIssuer.StartAsync();

    public ValueTask DisposeAsync() => _issuer.DisposeAsync();

    [Fact]
    public async Task A_token_has_the_highest_role_that_its_claim_gives()
    {
        await using var gateway = await StartAsync(oidc =>
        {
            oidc.RoleClaim = "realm.groups";
            oidc.Roles["everybody"] = "viewer";
            oidc.Roles["platform"] = "admin";
        });
        var token = _issuer.Issue(Claims(("realm", new JsonObject { ["groups"] = new JsonArray("everybody", "platform", "others") })));
        var viewer = _issuer.Issue(Claims(("realm.groups", "everybody others")));

        var (_, me) = await SendAsync(gateway, HttpMethod.Get, "/admin/me", token);
        var (changed, _) = await SendAsync(gateway, HttpMethod.Post, "/admin/limits/reset", token);
        var (seen, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/limits", viewer);
        var (refused, problem) = await SendAsync(gateway, HttpMethod.Post, "/admin/limits/reset", viewer);
        var (_, audit) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit", Key);

        Assert.Equal(("ada", "token", "admin"), (Text(me, "name"), Text(me, "kind"), Text(me, "role")));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.OK), (changed, seen));
        Assert.Equal((HttpStatusCode.Forbidden, "role_missing"), (refused, Text(problem, "code")));
        Assert.Equal(["viewer", "admin"], audit.GetProperty("data").EnumerateArray().Select(entry => Text(entry, "role")));
        Assert.All(
            audit.GetProperty("data").EnumerateArray(),
            entry => Assert.Equal(("ada", "token"), (Text(entry, "who"), Text(entry, "kind"))));
        Assert.Equal(1, _issuer.Fetched);
    }

    [Theory]
    [InlineData("expired", HttpStatusCode.Unauthorized, "invalid_token", "expired")]
    [InlineData("without an end", HttpStatusCode.Unauthorized, "invalid_token", "expired")]
    [InlineData("not valid yet", HttpStatusCode.Unauthorized, "invalid_token", "not valid yet")]
    [InlineData("for others", HttpStatusCode.Unauthorized, "invalid_token", "audience")]
    [InlineData("of others", HttpStatusCode.Unauthorized, "invalid_token", "issuer")]
    [InlineData("unsigned", HttpStatusCode.Unauthorized, "invalid_token", "signed")]
    [InlineData("signed with what is public", HttpStatusCode.Unauthorized, "invalid_token", "signed")]
    [InlineData("of an unknown key", HttpStatusCode.Unauthorized, "invalid_token", "does not publish")]
    [InlineData("changed", HttpStatusCode.Unauthorized, "invalid_token", "signed")]
    [InlineData("without a subject", HttpStatusCode.Unauthorized, "invalid_token", "subject")]
    [InlineData("without a role", HttpStatusCode.Forbidden, "no_role", "admin.oidc.roles")]
    public async Task A_token_that_is_not_right_opens_nothing_and_is_refused_with_why(
        string how, HttpStatusCode expected, string code, string why)
    {
        await using var gateway = await StartAsync();
        var now = _clock.GetUtcNow();
        var claims = Claims(("roles", "admin"));
        switch (how)
        {
            case "expired": claims["exp"] = now.AddMinutes(-2).ToUnixTimeSeconds(); break;
            case "without an end": claims.Remove("exp"); break;
            case "not valid yet": claims["nbf"] = now.AddMinutes(5).ToUnixTimeSeconds(); break;
            case "for others": claims["aud"] = "another-service"; break;
            case "of others": claims["iss"] = "https://login.example.com"; break;
            case "without a subject": claims.Remove("sub"); break;
            case "without a role": claims["roles"] = new JsonArray("everybody"); break;
        }

        var token = how switch
        {
            "unsigned" => FakeIssuer.IssueUnsigned(claims),
            "signed with what is public" => _issuer.IssueConfused(claims),
            "of an unknown key" => _issuer.Issue(claims, "nobody-knows"),
            "changed" => Changed(_issuer.Issue(claims)),
            _ => _issuer.Issue(claims),
        };

        var (status, problem) = await SendAsync(gateway, HttpMethod.Get, "/admin/status", token);

        Assert.Equal((expected, code), (status, Text(problem, "code")));
        Assert.Contains(why, Text(problem, "detail"), StringComparison.Ordinal);
        Assert.DoesNotContain(token, problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Log.GetSnapshot(), line => line.Message.Contains(token.Split('.')[1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_issuer_that_is_away_makes_no_401_and_locks_no_key_out()
    {
        _issuer.IsAway = true;
        await using var gateway = await StartAsync();

        var (status, problem) = await SendAsync(gateway, HttpMethod.Get, "/admin/status", _issuer.Issue(Claims(("roles", "viewer"))));
        var (byKey, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/status", Key);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "issuer_away"), (status, Text(problem, "code")));
        Assert.Equal(HttpStatusCode.OK, byKey);
    }

    private static string Changed(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}";
    }

    private JsonObject Claims(params (string Name, JsonNode Value)[] more)
    {
        var claims = new JsonObject
        {
            ["iss"] = _issuer.Authority,
            ["aud"] = "switchyard",
            ["sub"] = "ada",
            ["exp"] = _clock.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in more)
            claims[name] = value;
        return claims;
    }

    private Task<GatewayHost> StartAsync(Action<AdminOidcOptions>? configure = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
            options.Admin.Oidc = new() { Authority = _issuer.Authority, Audience = "switchyard" };
            configure?.Invoke(options.Admin.Oidc);
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString() ?? "";

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", token);
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone());
    }
}

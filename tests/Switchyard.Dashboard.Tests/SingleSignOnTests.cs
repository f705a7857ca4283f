using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Signing in at an issuer, in a browser.</summary>
public sealed class SingleSignOnTests(Browser browser)
{
    private const string Secret = "canary-of-the-client-at-the-issuer";

    [Fact]
    public async Task A_user_signed_in_by_the_issuer_has_the_role_of_their_group_and_gets_the_wanted_page()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer);
        issuer.ClientSecret = Secret;
        issuer.SignsIn = Claims("ada@example.com", "on-call");
        await using var window = await browser.OpenAsync(gateway.Address);
        var tab = await window.NewPageAsync();

        await tab.GotoAsync("/dashboard/providers");
        await tab.GetByText("Sign in with single sign-on").ClickAsync();
        await Site.LiveAsync(tab);

        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Providers");
        await Assertions.Expect(tab.Locator(".who")).ToHaveTextAsync("ada@example.com · operator");
        Assert.DoesNotContain(Secret, await tab.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_client_id_no_user_is_sent_anywhere()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer, clientId: null);
        using var visitor = WebVisitor.Open(gateway);

        Assert.DoesNotContain("sign-in/issuer", await visitor.GetStringAsync("/dashboard/sign-in"), StringComparison.Ordinal);
        using var answer = await visitor.GetAsync("/dashboard/sign-in/issuer");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("refused", HttpStatusCode.BadRequest, "did not sign you in")]
    [InlineData("no role", HttpStatusCode.Forbidden, "gives no role")]
    [InlineData("another nonce", HttpStatusCode.Unauthorized, "")]
    [InlineData("wrong secret", HttpStatusCode.Unauthorized, "did not confirm")]
    [InlineData("expired", HttpStatusCode.Unauthorized, "expired")]
    public async Task What_the_issuer_does_not_confirm_opens_nothing(string how, HttpStatusCode status, string told)
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer);
        issuer.SignsIn = how == "refused" ? null : Claims("ada", how == "no role" ? "visitors" : "on-call");
        if (how == "another nonce")
            issuer.SignsIn!["nonce"] = "drawn-for-somebody-else";
        if (how == "expired")
            issuer.SignsIn!["exp"] = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();
        issuer.ClientSecret = how == "wrong secret" ? "another" : null;
        using var visitor = WebVisitor.Open(gateway);

        using var answer = await visitor.GetAsync(await BackFromAsync(visitor));

        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(told, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        using var page = await visitor.GetAsync("/dashboard/");
        Assert.Equal(HttpStatusCode.Found, page.StatusCode);
    }

    [Fact]
    public async Task A_link_that_another_user_has_begun_signs_no_user_in()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer);
        issuer.SignsIn = Claims("mallory", "on-call");
        using var theirs = WebVisitor.Open(gateway);
        using var mine = WebVisitor.Open(gateway);
        var link = await BackFromAsync(theirs);
        await BackFromAsync(mine);

        using var answer = await mine.GetAsync(link);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using var page = await mine.GetAsync("/dashboard/");
        Assert.Equal(HttpStatusCode.Found, page.StatusCode);
    }

    [Fact]
    public async Task A_code_is_good_once_and_the_way_back_has_its_cookie_to_itself()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer);
        issuer.SignsIn = Claims("ada", "on-call");
        using var visitor = WebVisitor.Open(gateway);
        using var leaves = await visitor.GetAsync("/dashboard/sign-in/issuer");
        var cookie = Assert.Single(leaves.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/dashboard/sign-in", cookie, StringComparison.OrdinalIgnoreCase);
        var link = await BackFromAsync(visitor);

        using var first = await visitor.GetAsync(link);
        using var again = await visitor.GetAsync(link);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        using var page = await visitor.GetAsync("/dashboard/");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task Behind_a_proxy_that_ends_tls_the_issuer_sends_the_browser_back_to_the_public_address()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer, publicUrl: "https://gateway.example.com");
        using var visitor = WebVisitor.Open(gateway);

        using var form = await visitor.GetAsync("/dashboard/sign-in");
        using var leaves = await visitor.GetAsync("/dashboard/sign-in/issuer");

        Assert.Equal(HttpStatusCode.OK, form.StatusCode);
        Assert.Contains(
            "redirect_uri=" + Uri.EscapeDataString("https://gateway.example.com/dashboard/sign-in/back"),
            leaves.Headers.Location!.Query, StringComparison.OrdinalIgnoreCase);
        foreach (var cookie in form.Headers.GetValues("Set-Cookie").Concat(leaves.Headers.GetValues("Set-Cookie")))
            Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Without_a_public_address_the_issuer_sends_the_browser_back_to_the_address_of_the_request()
    {
        await using var issuer = await FakeIssuer.StartAsync();
        await using var gateway = await StartAsync(issuer);
        using var visitor = WebVisitor.Open(gateway);

        using var leaves = await visitor.GetAsync("/dashboard/sign-in/issuer");

        Assert.Contains(
            "redirect_uri=" + Uri.EscapeDataString(new Uri(gateway.Address, "/dashboard/sign-in/back").ToString()),
            leaves.Headers.Location!.Query, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(
            "; secure", Assert.Single(leaves.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    private static JsonObject Claims(string subject, string group) => new()
    {
        ["sub"] = subject,
        ["exp"] = TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
        ["groups"] = new JsonArray(group),
    };

    /// <summary>Follows the redirect to the issuer and returns the address to which the issuer sends the browser back.</summary>
    private static async Task<Uri> BackFromAsync(HttpClient visitor)
    {
        using var leaves = await visitor.GetAsync("/dashboard/sign-in/issuer");
        using var answer = await visitor.GetAsync(leaves.Headers.Location);
        return answer.Headers.Location!;
    }

    private static Task<GatewayHost> StartAsync(FakeIssuer issuer, string? clientId = "dashboard", string? publicUrl = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Dashboard.PublicUrl = publicUrl;
                options.Admin.Oidc = new()
                {
                    Authority = issuer.Authority,
                    Audience = "switchyard",
                    ClientId = clientId,
                    ClientSecret = clientId is null ? null : Secret,
                    RoleClaim = "groups",
                    Roles = { ["on-call"] = "operator" },
                };
            },
            null,
            app => app.UseSwitchyardDashboard());
}

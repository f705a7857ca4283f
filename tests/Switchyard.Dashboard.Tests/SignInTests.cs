using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration.Binding;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Sign-in: the accepted keys, their roles, and the length of a session.</summary>
public sealed class SignInTests(Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task No_page_is_shown_without_signing_in()
    {
        using var client = WebVisitor.Open(site.Gateway);
        foreach (var page in (string[])["/dashboard/", "/dashboard/live", "/dashboard/mine"])
        {
            using var answer = await client.GetAsync(page);
            Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
            // Without scheme and host: a proxy that terminates TLS has others.
            Assert.StartsWith("/dashboard/sign-in?return=", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        }

        using var connect = await client.PostAsync("/dashboard/_blazor/negotiate?negotiateVersion=1", null);
        Assert.NotEqual(HttpStatusCode.OK, connect.StatusCode);
    }

    /// <summary>As simple health checks send it.</summary>
    [Fact]
    public async Task A_request_that_names_no_host_is_led_to_the_form_too()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, site.Gateway.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync("GET /dashboard/live HTTP/1.0\r\n\r\n"u8.ToArray());

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 302 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nLocation: /dashboard/sign-in?return=", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_leads_to_the_dashboard()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await client.GetAsync("/");
        Assert.Equal("/dashboard/", answer.Headers.Location!.OriginalString);
    }

    /// <summary>The client of a model would follow a redirect, and get a page for an answer.</summary>
    [Fact]
    public async Task What_is_posted_to_the_root_is_not_led_to_the_dashboard()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var body = new StringContent("{}");
        using var answer = await client.PostAsync("/", body);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("not-a-key-of-this-gateway")]
    [InlineData("")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_wrong_key_is_reported_and_opens_nothing(string key)
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, key);

        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("This key is not known here", page, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)", page, StringComparison.Ordinal);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(IsSession));
    }

    [Fact]
    public async Task The_cookie_is_for_this_site_alone_out_of_reach_of_scripts_and_does_not_hold_the_key()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, Site.AdminKey);

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"), IsSession);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/dashboard", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Site.AdminKey, cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_another_site_has_sent_signs_no_user_in()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var form = new FormUrlEncodedContent([new("key", Site.AdminKey)]);
        using var answer = await client.PostAsync("/dashboard/sign-in", form);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(IsSession));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/dashboard/\\evil.example")]
    [InlineData("/dashboard/../admin/keys")]
    [InlineData("/dashboard/x/%2E./../admin/keys")]
    public async Task A_sign_in_leads_to_no_other_site(string wanted)
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, Site.AdminKey, "?return=" + Uri.EscapeDataString(wanted));
        Assert.Equal("/dashboard/", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_wanted_page_is_shown_after_signing_in_and_none_after_signing_out()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, Site.ViewerKey, "?return=%2Fdashboard%2Flive");
        Assert.Equal("/dashboard/live", answer.Headers.Location!.OriginalString);
        var page = await client.GetStringAsync("/dashboard/live");

        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", WebVisitor.TokenOf(page))]);
        using var left = await client.PostAsync("/dashboard/sign-out", form);
        using var again = await client.GetAsync("/dashboard/live");

        Assert.Equal(HttpStatusCode.Found, again.StatusCode);
    }

    [Fact]
    public async Task A_copy_of_the_cookie_is_worth_nothing_after_signing_out()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, Site.ViewerKey);
        var copy = answer.Headers.GetValues("Set-Cookie").Single(IsSession).Split(';')[0];
        using var other = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
        {
            BaseAddress = site.Gateway.Address,
        };
        other.DefaultRequestHeaders.Add("Cookie", copy);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/dashboard/live")).StatusCode);

        var page = await client.GetStringAsync("/dashboard/live");
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", WebVisitor.TokenOf(page))]);
        (await client.PostAsync("/dashboard/sign-out", form)).Dispose();

        Assert.Equal(HttpStatusCode.Found, (await other.GetAsync("/dashboard/live")).StatusCode);
    }

    [Fact]
    public async Task A_refused_sign_out_does_not_look_like_one_that_was_done()
    {
        using var client = WebVisitor.Open(site.Gateway);
        (await WebVisitor.SignInAsync(client, Site.ViewerKey)).Dispose();
        var old = WebVisitor.TokenOf(await client.GetStringAsync("/dashboard/live"));
        // In another tab: the token in the first tab's form now belongs to another user.
        (await WebVisitor.SignInAsync(client, Site.AdminKey)).Dispose();

        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", old)]);
        using var refused = await client.PostAsync("/dashboard/sign-out", form);
        using var page = await client.GetAsync("/dashboard/live");

        Assert.Equal((HttpStatusCode.OK, "/dashboard/"), (page.StatusCode, refused.Headers.Location!.OriginalString));
    }

    [Fact]
    public async Task The_owner_of_a_clients_key_sees_their_own_figures_and_nothing_else()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var signedIn = await WebVisitor.SignInAsync(client, Site.ClientKey);
        Assert.Equal("/dashboard/mine", signedIn.Headers.Location!.OriginalString);

        var mine = await client.GetStringAsync("/dashboard/mine");
        using var overview = await client.GetAsync("/dashboard/");

        Assert.Contains("<strong id=\"key-name\">ci</strong>", mine, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Found, overview.StatusCode);
    }

    [Fact]
    public async Task A_session_ends_with_its_time_and_with_its_key()
    {
        var clock = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Admin.Keys["looks"] = new() { Key = Site.ViewerKey };
                options.Dashboard.Session = TimeSpan.FromHours(1);
            },
            switchyard => switchyard.Services.AddSingleton<TimeProvider>(clock),
            app => app.UseSwitchyardDashboard());
        using (var client = WebVisitor.Open(gateway))
        {
            (await WebVisitor.SignInAsync(client, Site.AdminKey)).Dispose();
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/dashboard/")).StatusCode);
            clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal(HttpStatusCode.Found, (await client.GetAsync("/dashboard/")).StatusCode);
        }

        using (var client = WebVisitor.Open(gateway))
        {
            (await WebVisitor.SignInAsync(client, Site.ViewerKey)).Dispose();
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/dashboard/")).StatusCode);
            var options = new Configuration.SwitchyardOptions();
            gateway.Engine.Options.CopyTo(options);
            options.Admin.Keys.Clear();
            Assert.True((await gateway.Engine.ApplyAsync(options)).Applied);
            Assert.Equal(HttpStatusCode.Found, (await client.GetAsync("/dashboard/")).StatusCode);
        }
    }

    [Fact]
    public async Task Where_the_admin_api_has_its_own_address_the_dashboard_is_there_and_nowhere_else()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Admin.Urls = "http://127.0.0.1:0";
            },
            null,
            app => app.UseSwitchyardDashboard());
        using var client = WebVisitor.Open(gateway);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(gateway.AdminAddress, "/dashboard/sign-in"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(gateway.Address, "/dashboard/sign-in"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(gateway.Address, "/"))).StatusCode);
    }

    [Fact]
    public async Task Below_a_path_of_its_own_the_gateway_tells_clients_that_path()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Admin.Key = Site.AdminKey,
            null,
            app =>
            {
                app.UsePathBase("/gateway");
                app.UseSwitchyardDashboard();
            });
        using var client = WebVisitor.Open(gateway);
        var page = await client.GetStringAsync("/gateway/dashboard/sign-in");
        using var form = new FormUrlEncodedContent(
            [new("key", Site.AdminKey), new("__RequestVerificationToken", WebVisitor.TokenOf(page))]);
        using var signedIn = await client.PostAsync("/gateway/dashboard/sign-in", form);
        Assert.Equal("/gateway/dashboard/", signedIn.Headers.Location!.OriginalString);

        var connect = await client.GetStringAsync("/gateway/dashboard/connect");

        Assert.Contains($"curl {gateway.Address}gateway/v1/chat/completions", connect, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_without_a_page_leads_back_to_the_dashboard()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await client.GetAsync("/dashboard/no-such-page");

        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("<base href=\"/dashboard/\"", page, StringComparison.Ordinal);
        Assert.Matches("<a href(=\"\")?>Open the dashboard</a>", page);
    }

    [Fact]
    public async Task Every_answer_forbids_what_is_from_elsewhere()
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await client.GetAsync("/dashboard/sign-in");

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    private static bool IsSession(string cookie) => cookie.StartsWith("switchyard_session=", StringComparison.Ordinal);
}

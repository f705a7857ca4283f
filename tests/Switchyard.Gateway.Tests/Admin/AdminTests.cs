using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The admin API: its key, its listener, its problems and its pages.</summary>
public sealed class AdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Fact]
    public async Task Without_an_admin_key_it_is_off_and_says_how_to_switch_it_on()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var (status, problem) = await GetAsync(gateway, "/admin", "whatever");

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal("admin_disabled", problem.GetProperty("code").GetString());
        Assert.Contains("admin.key", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.All(
            (string[])["admin.key,", "admin.keys", "admin.oidc"],
            way => Assert.Contains(way, problem.GetProperty("detail").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized, "missing_admin_key")]
    [InlineData("wrong", HttpStatusCode.Unauthorized, "invalid_admin_key")]
    [InlineData("sk-client", HttpStatusCode.Forbidden, "not_admin")]
    public async Task Only_its_own_key_opens_it(string? key, HttpStatusCode expected, string code)
    {
        await using var gateway = await StartAsync(options => options.Server.Keys.Add("sk-client"));

        var (status, problem) = await GetAsync(gateway, "/admin", key);

        Assert.Equal((expected, code), (status, problem.GetProperty("code").GetString()));
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.Equal("about:blank", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_admin_key_is_no_clients_key()
    {
        await using var gateway = await StartAsync(options => options.Server.Keys.Add("sk-client"));

        var call = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", $"Bearer {Key}"));
        var (status, index) = await GetAsync(gateway, "/admin", Key);

        Assert.Equal(HttpStatusCode.Unauthorized, call.StatusCode);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("GET /admin", index.GetProperty("paths").EnumerateArray().Select(path => path.GetString()));
    }

    [Fact]
    public async Task With_addresses_of_its_own_it_answers_only_there()
    {
        await using var gateway = await StartAsync(options => options.Admin.Urls = "http://127.0.0.1:1");
        using var admin = new HttpClient { BaseAddress = gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", Key);

        var (elsewhere, problem) = await GetAsync(gateway, "/admin", Key);

        Assert.Equal((HttpStatusCode.NotFound, "unknown_url"), (elsewhere, problem.GetProperty("code").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/admin")).StatusCode);
        // The other address does not reveal which methods the path has.
        var (wrong, none) = await SendAsync(gateway, HttpMethod.Put, "/admin/keys", Key);
        Assert.Equal((HttpStatusCode.NotFound, "unknown_url"), (wrong, Text(none, "code")));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await admin.PutAsync("/admin/keys", null)).StatusCode);
    }

    [Fact]
    public async Task A_reload_without_its_addresses_does_not_open_the_others()
    {
        await using var gateway = await StartAsync(options => options.Admin.Urls = "http://127.0.0.1:1");
        using var admin = new HttpClient { BaseAddress = gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", Key);

        var reloaded = gateway.Engine.Options;
        reloaded.Admin.Urls = null;

        Assert.True((await gateway.Engine.ApplyAsync(reloaded)).Applied);

        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(gateway, "/admin", Key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(gateway, HttpMethod.Put, "/admin/keys", Key)).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/admin")).StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_is_a_problem_that_says_which_are_answered()
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/admin/keys");

        using var response = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("POST", response.Content.Headers.Allow);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("method_not_allowed", Text(problem.RootElement, "code"));
        Assert.Contains("PUT /admin/keys: this path answers", Text(problem.RootElement, "detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_origin_reads_nothing_of_it()
    {
        await using var gateway = await StartAsync(options => options.Server.Cors.Origins.Add("*"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin");
        request.Headers.Authorization = new("Bearer", Key);
        request.Headers.Add("Origin", "https://app.example.com");

        var response = await gateway.Http.SendAsync(request);

        Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task What_fails_is_reported_as_a_problem_and_logged_without_its_cause_in_the_answer()
    {
        await using var gateway = await StartAsync(build: builder =>
            builder.Services.AddSingleton<IAdminEndpoints>(new Endpoints(routes => routes.Get(
                "/admin/broken", new(AdminRole.Viewer, "Breaks"), _ => throw new InvalidOperationException("secret inside")))));

        var (status, problem) = await GetAsync(gateway, "/admin/broken", Key);
        var (unknown, _) = await GetAsync(gateway, "/admin/nothing", Key);

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("secret inside", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Exception?.Message == "secret inside");
        Assert.Equal(HttpStatusCode.NotFound, unknown);
    }

    [Fact]
    public async Task A_role_that_is_not_enough_is_refused_with_what_would_be()
    {
        await using var gateway = await StartAsync(options =>
            options.Admin.Keys["ci"] = new() { Key = "a-viewers-key-of-some-length", Role = "viewer" });

        var (seen, _) = await GetAsync(gateway, "/admin/limits", "a-viewers-key-of-some-length");
        var (status, problem) = await SendAsync(gateway, HttpMethod.Post, "/admin/limits/reset", "a-viewers-key-of-some-length");

        Assert.Equal(HttpStatusCode.OK, seen);
        Assert.Equal((HttpStatusCode.Forbidden, "role_missing"), (status, problem.GetProperty("code").GetString()));
        Assert.Equal(
            "POST /admin/limits/reset needs the role operator, and 'ci' has the role viewer. admin.keys.NAME.role sets a key's role.",
            problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task The_owner_of_a_key_sees_its_own_limits_and_budgets_and_no_others()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Tenants["acme"] = new() { Limits = new() { RequestsPerMinute = 50 } };
            options.Keys["ci"] =
                new() { Key = "sk-ci", Tenant = "acme", Limits = new() { RequestsPerMinute = 5 }, Budget = new() { Usd = 1 } };
            options.Keys["other"] = new() { Key = "sk-other", Limits = new() { RequestsPerMinute = 7 }, Budget = new() { Usd = 1 } };
            options.Budgets.Named["each"] = new() { Usd = 9, Per = "key" };
        });
        foreach (var key in (string[])["sk-ci", "sk-other"])
            await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", $"Bearer {key}"));

        var (_, me) = await GetAsync(gateway, "/admin/me", "sk-ci");
        var (_, limits) = await GetAsync(gateway, "/admin/me/limits", "sk-ci");
        var (_, budgets) = await GetAsync(gateway, "/admin/me/budgets", "sk-ci");
        var (elsewhere, problem) = await GetAsync(gateway, "/admin/limits", "sk-ci");
        var (none, noKey) = await GetAsync(gateway, "/admin/me/limits", Key);

        Assert.Equal(
            ("ci", "client_key", "caller", "acme"),
            (Text(me, "name"), Text(me, "kind"), Text(me, "role"), Text(me, "tenant")));
        Assert.Equal(["acme", "ci"], Names(limits, "name"));
        Assert.Equal(["each", "key:ci"], Names(budgets, "budget"));
        Assert.Equal((HttpStatusCode.Forbidden, "not_admin"), (elsewhere, Text(problem, "code")));
        Assert.Equal((HttpStatusCode.NotFound, "no_client_key"), (none, Text(noKey, "code")));
    }

    [Fact]
    public async Task A_change_of_what_has_been_changed_meanwhile_is_refused_where_the_client_says_what_it_has_seen()
    {
        await using var gateway = await StartAsync();
        const string Path = "/admin/limits/mock";

        var (made, _, first) = await PutAsync(gateway, Path, """{"rpm":10}""", ("If-None-Match", "*"));
        var (again, exists, _) = await PutAsync(gateway, Path, """{"rpm":11}""", ("If-None-Match", "*"));
        var (changed, _, second) = await PutAsync(gateway, Path, """{"rpm":20}""", ("If-Match", first!));
        var (late, problem, _) = await PutAsync(gateway, Path, """{"rpm":30}""", ("If-Match", first!));
        var (anyway, _, third) = await PutAsync(gateway, Path, """{"rpm":20}""", ("If-Match", "*"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK), (made, changed, anyway));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "exists_already"), (again, Text(exists, "code")));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "changed_meanwhile"), (late, Text(problem, "code")));
        Assert.Contains(second!, Text(problem, "detail"), StringComparison.Ordinal);
        Assert.Equal(second, third);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("If-Match", "0123456789abcdef", "invalid_if_match")]
    [InlineData("If-Match", "\"unfinished", "invalid_if_match")]
    [InlineData("If-None-Match", "any", "invalid_if_none_match")]
    public async Task A_change_of_a_version_that_cannot_be_read_is_not_made(string header, string value, string code)
    {
        await using var gateway = await StartAsync();
        const string Path = "/admin/limits/mock";
        await PutAsync(gateway, Path, """{"rpm":10}""", ("If-None-Match", "*"));

        var (status, problem, _) = await PutAsync(gateway, Path, """{"rpm":20}""", (header, value));
        var (_, now) = await GetAsync(gateway, Path, Key);

        Assert.Equal((HttpStatusCode.BadRequest, code), (status, Text(problem, "code")));
        Assert.Equal(10, now.GetProperty("rules")[0].GetProperty("max").GetInt64());
    }

    [Fact]
    public async Task The_owner_of_a_key_sees_its_settings_and_one_of_the_servers_keys_has_none()
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Server.Keys.Add("sk-plain");
            options.Keys["ci"] = new() { Key = "sk-ci", Models = ["mock/*"] };
        });

        var (_, ci) = await GetAsync(gateway, "/admin/me", "sk-ci");
        var (status, plain) = await GetAsync(gateway, "/admin/me", "sk-plain");

        Assert.Equal("mock/*", ci.GetProperty("settings").GetProperty("models")[0].GetString());
        Assert.Equal((HttpStatusCode.OK, JsonValueKind.Null), (status, plain.GetProperty("settings").ValueKind));
    }

    [Fact]
    public void A_list_is_read_page_by_page()
    {
        string[] all = ["a", "b", "c", "d", "e"];

        var first = new AdminPage(2, null).Of(all, id => id);
        var second = new AdminPage(2, first.Next).Of(all, id => id);
        var last = new AdminPage(2, second.Next).Of(all, id => id);

        Assert.Equal([["a", "b"], ["c", "d"], ["e"]], [first.Data, second.Data, last.Data]);
        Assert.Equal(["b", "d", null], [first.Next, second.Next, last.Next]);
    }

    private static Task<GatewayHost> StartAsync(
        Action<SwitchyardOptions>? configure = null, Action<Switchyard.Hosting.SwitchyardBuilder>? build = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
            configure?.Invoke(options);
        },
        build);

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString() ?? "";

    private static IEnumerable<string> Names(JsonElement list, string name) =>
        list.GetProperty("data").EnumerateArray().Select(entry => Text(entry, name));

    private static async Task<(HttpStatusCode Status, JsonElement Body, string? Version)> PutAsync(
        GatewayHost gateway, string path, string body, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        var response = await gateway.Http.SendAsync(request);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, json.RootElement.Clone(), response.Headers.ETag?.Tag);
    }

    private static Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(GatewayHost gateway, string path, string? key) =>
        SendAsync(gateway, HttpMethod.Get, path, key);

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var response = await gateway.Http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, json.RootElement.Clone());
    }

    private sealed class Endpoints(Action<AdminRoutes> map) : IAdminEndpoints
    {
        public void Map(AdminRoutes routes) => map(routes);
    }
}

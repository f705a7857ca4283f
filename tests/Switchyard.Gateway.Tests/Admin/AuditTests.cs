using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The audit log records every change over the admin API and refused attempts, and contains no secret.</summary>
public sealed class AuditTests
{
    private const string Admin = "an-admin-key-of-some-length";
    private const string Viewer = "a-viewers-key-of-some-length";

    [Fact]
    public async Task Each_change_is_reported_with_who_what_and_how_it_ended()
    {
        await using var gateway = await StartAsync();
        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/mock", Admin, """{"rpm":60}""");
        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/mock", Admin, """{"rpm":0}""");
        await SendAsync(gateway, HttpMethod.Post, "/admin/limits/reset", Viewer);
        await SendAsync(gateway, HttpMethod.Delete, "/admin/limits/mock", "wrong");
        await SendAsync(gateway, HttpMethod.Get, "/admin/limits", Admin);

        var (_, page) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit?limit=3", Viewer);
        var (_, rest) = await SendAsync(gateway, HttpMethod.Get, $"/admin/audit?cursor={page.GetProperty("next").GetString()}", Viewer);
        var (_, verdict) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit/verify", Viewer);

        var entries = page.GetProperty("data").EnumerateArray().Concat(rest.GetProperty("data").EnumerateArray()).ToList();
        Assert.Equal(
            [
                ("nobody", "DELETE /admin/limits/{name}", "mock", 401, "refused: invalid_admin_key"),
                ("looks", "POST /admin/limits/reset", "", 403, "refused: role_missing"),
                ("admin", "PUT /admin/limits/{name}", "mock", 400, "refused: invalid_limit"),
                ("admin", "PUT /admin/limits/{name}", "mock", 200, "done"),
            ],
            entries.Select(entry => (
                Text(entry, "who"), Text(entry, "operation"), Text(entry, "target"), entry.GetProperty("status").GetInt32(),
                Text(entry, "outcome"))));
        Assert.Equal(60, entries[3].GetProperty("changes").GetProperty("rpm").GetInt32());
        Assert.False(string.IsNullOrEmpty(Text(entries[3], "request_id")));
        Assert.True(verdict.GetProperty("is_whole").GetBoolean());
        Assert.Equal(4, verdict.GetProperty("entries").GetInt32());
        Assert.Equal(Text(entries[0], "hash"), Text(verdict, "last_hash"));
    }

    [Fact]
    public async Task No_secret_stands_in_it_and_a_key_that_was_made_does_not()
    {
        await using var gateway = await StartAsync();
        var (_, made) = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", Admin, """{"name":"ci","models":["mock/*"]}""");
        await SendAsync(gateway, HttpMethod.Post, "/admin/keys", Admin, """{"name":"own","key":"sk-a-key-of-ones-own"}""");

        await SendAsync(
            gateway, HttpMethod.Patch, "/admin/config", Admin, """{"providers.openai.key":"sk-of-openai","routing.max_fallbacks":2}""");
        await SendAsync(gateway, HttpMethod.Patch, "/admin/config", Admin, "providers: { openai: { key: sk-in-yaml } }");

        var (_, log) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit", Admin);

        Assert.Contains("routing.max_fallbacks", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-of-openai", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-in-yaml", log.ToString(), StringComparison.Ordinal);
        Assert.Contains("mock/*", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Text(made, "key"), log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-a-key-of-ones-own", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_query_only_what_an_administrator_says_to_the_path_stands_in_it()
    {
        await using var gateway = await StartAsync();
        var (_, made) = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", Admin, """{"name":"ci"}""");
        var key = Text(made, "key");
        await SendAsync(gateway, HttpMethod.Post, $"/admin/limits/reset?key={key}", null);
        await SendAsync(gateway, HttpMethod.Delete, $"/admin/config?key={key}", null);
        await SendAsync(gateway, HttpMethod.Post, $"/admin/limits/reset?key={key}", Admin);
        await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate?grace=1h", Admin);

        var (_, log) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit", Admin);

        Assert.DoesNotContain(key, log.ToString(), StringComparison.Ordinal);
        // The web server's own line of each request, which the executable switches off, contains the whole address.
        Assert.DoesNotContain(gateway.Log.GetSnapshot(), line =>
            line.Category!.StartsWith("Switchyard.", StringComparison.Ordinal) && line.Message.Contains(key, StringComparison.Ordinal));
        var entries = log.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(
            [("admin", "ci?grace=1h"), ("admin", ""), ("ci", ""), ("ci", ""), ("admin", "")],
            entries.Select(entry => (Text(entry, "who"), Text(entry, "target"))));
    }

    [Fact]
    public async Task Strangers_fill_neither_the_log_nor_the_store()
    {
        await using var gateway = await StartAsync();
        for (var i = 0; i < 50; i++)
            await SendAsync(gateway, HttpMethod.Delete, "/admin/limits/mock", "wrong");
        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/mock", Admin, """{"rpm":60}""");

        var (_, log) = await SendAsync(gateway, HttpMethod.Get, "/admin/audit", Admin);

        var entries = log.GetProperty("data").EnumerateArray().ToList();
        Assert.InRange(entries.Count, 2, 42);
        Assert.Equal("admin", Text(entries[0], "who"));
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Admin;
            options.Admin.Keys["looks"] = new() { Key = Viewer };
        },
        builder => builder.Services.AddSingleton<IKeyStore>(new FakeKeyStore()));

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString() ?? "";

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone());
    }
}

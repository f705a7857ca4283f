using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary><c>switchyard keys</c> and <c>tenants</c>, through a running gateway and in its database.</summary>
public sealed class KeysCommandTests : IDisposable
{
    private const string Admin = "an-admin-key-of-some-length";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-keys-");

    private string Yaml => $$"""
        auto_enable: false
        providers: { mock: {} }
        storage: { ledger: "sqlite:{{_folder.FullName}}/switchyard.db" }
        admin: { key: {{Admin}} }
        """;

    [Fact]
    public async Task A_key_is_made_through_a_gateway_listed_in_its_database_and_revoked_there()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();

        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        await RunAsync(null, "tenants", "create", "acme", "--model", "mock/*", "--url", address);
        var made = await RunAsync(null, "keys", "create", "ci", "--tenant", "acme", "--operation", "chat", "--url", address);
        using var json = JsonDocument.Parse(made.Printed);
        var key = json.RootElement.GetProperty("key").GetString()!;

        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
        Assert.Contains("not shown again", made.Errors, StringComparison.Ordinal);
        var listed = await RunAsync(Yaml, "keys", "list");
        Assert.Contains("ci", listed.Printed, StringComparison.Ordinal);
        Assert.Contains("acme", listed.Printed, StringComparison.Ordinal);
        Assert.DoesNotContain(key[7..], listed.Printed, StringComparison.Ordinal);

        await RunAsync(Yaml, "keys", "revoke", "ci");
        await Wait.ForAsync(async () => await ChatAsync(gateway, key) != HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(gateway, key));
    }

    [Fact]
    public async Task Of_a_tenant_with_many_keys_a_hundred_are_listed_and_the_others_counted()
    {
        var keys = string.Concat(Enumerable.Range(0, 103).Select(i => $"\n  k{i}: {{ key: a-key-of-some-length-{i}, tenant: acme }}"));
        await using var gateway = await (await Executable.StartAsync($"{Yaml}\ntenants: {{ acme: {{}} }}\nkeys:{keys}\n")).ServingAsync();

        var listed = await RunAsync(null, "tenants", "list", "--url", gateway.Address.GetLeftPart(UriPartial.Authority));

        Assert.Contains("k0,", listed.Printed, StringComparison.Ordinal);
        Assert.Contains(" and 3 more", listed.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_is_confirmed()
    {
        await RunAsync(Yaml, "keys", "create", "ci");

        Assert.Equal("ci is deleted", (await RunAsync(Yaml, "keys", "delete", "ci")).Printed);
        Assert.DoesNotContain("ci", (await RunAsync(Yaml, "keys", "list")).Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_in_one_line()
    {
        await using var unknown = await StartAsync(Yaml, "keys", "show", "nobody");
        await using var wrong = await StartAsync(Yaml, "keys", "create", "ci", "--settings", "{\"rpm\":1}");
        await using var storeless = await StartAsync("auto_enable: false\n", "keys", "create", "ci");

        Assert.Equal((1, 1, 1), (await unknown.EndAsync(), await wrong.EndAsync(), await storeless.EndAsync()));
        Assert.Contains("switchyard: There is no key 'nobody'.", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("unknown key 'keys.ci.rpm'", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("storage.ledger", storeless.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_with_a_member_twice_are_refused_in_one_line()
    {
        await using var twice = await StartAsync(Yaml, "keys", "create", "ci", "--settings", "{\"enabled\":true,\"enabled\":false}");

        Assert.Equal(1, await twice.EndAsync());
        Assert.Equal(
            "switchyard: --settings must be a JSON object with each member once, for example '{\"limits\":{\"rpm\":60}}'.", twice.Errors);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<Executable> StartAsync(string? yaml, params string[] arguments) =>
        Executable.StartAsync(yaml, new Dictionary<string, string> { ["SWITCHYARD_ADMIN_KEY"] = Admin }, arguments);

    private static async Task<(string Printed, string Errors)> RunAsync(string? yaml, params string[] arguments)
    {
        await using var program = await StartAsync(yaml, arguments);
        Assert.True(await program.EndAsync() == 0, program.Said);
        return (program.Printed, program.Errors);
    }

    private static async Task<HttpStatusCode> ChatAsync(Executable gateway, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", key);
        using var response = await gateway.Http.SendAsync(request);
        return response.StatusCode;
    }
}

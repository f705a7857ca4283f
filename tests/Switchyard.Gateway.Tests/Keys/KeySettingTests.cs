using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>Settings of keys and tenants that, passed over, would leave a key with more than was meant.</summary>
public sealed class KeySettingTests
{
    private const string Admin = "an-admin-key-of-some-length";

    private readonly FakeKeyStore _store = new();

    [Theory]
    [InlineData("keys", """{"name":"ci","models":[null]}""", "'keys.ci.models.0' must be text, but it has no value")]
    [InlineData("keys", """{"name":"ci","models":["mock/*",null]}""", "'keys.ci.models.1' must be text, but it has no value")]
    [InlineData("keys", """{"name":"ci","models":{}}""", "'keys.ci.models' must be a list, not a map")]
    [InlineData("keys", """{"name":"ci","operations":[[]]}""", "'keys.ci.operations.0' must be text, not a list")]
    [InlineData("keys", """{"name":"ci","expires":[]}""", "'keys.ci.expires' must be text, not a list")]
    [InlineData("keys", """{"name":"ci","enabled":{}}""", "'keys.ci.enabled' must be true or false, not a map")]
    [InlineData("keys", """{"name":"ci","models":{"0":"mock/*"}}""", "'keys.ci.models' must be a list, not a map")]
    [InlineData("keys", """{"name":"ci","limits":[]}""", "'keys.ci.limits' must be a map of settings, not a list")]
    [InlineData("keys", """{"name":"ci","tags":[]}""", "'keys.ci.tags' must be a map of names, not a list")]
    [InlineData("keys", """{"name":"ci","tags":["a"]}""", "'keys.ci.tags' must be a map of names, not a list")]
    [InlineData("keys", """{"name":"ci","budget":[5]}""", "'keys.ci.budget' must be a map of settings, not a list")]
    [InlineData("tenants", """{"name":"acme","limits":[]}""", "'tenants.acme.limits' must be a map of settings, not a list")]
    [InlineData("keys", """{"name":"ci","limits":{"rpm":[]}}""", "'keys.ci.limits.rpm' must be a whole number, not a list")]
    [InlineData("tenants", """{"name":"acme","models":[null]}""", "'tenants.acme.models.0' must be text, but it has no value")]
    public async Task A_value_that_is_none_is_refused_as_in_a_file(string kind, string body, string expected)
    {
        await using var gateway = await StartAsync();

        var (status, answer) = await SendAsync(gateway, HttpMethod.Post, $"/admin/{kind}", body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_settings"), (status, (string?)answer["code"]));
        Assert.Contains(expected, (string?)answer["detail"], StringComparison.Ordinal);
        Assert.Empty(_store.Documents);
    }

    [Fact]
    public async Task Empty_lists_and_sections_mean_that_nothing_is_set()
    {
        await using var gateway = await StartAsync();

        var (status, answer) = await SendAsync(
            gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","models":[],"limits":{},"tags":{},"budget":{},"expires":null}""");
        await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"limits":{"rpm":5}}""");
        var (changed, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"limits":{"rpm":null}}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (status, changed));
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, (string)answer["key"]!));
    }

    [Fact]
    public async Task A_setting_in_another_case_replaces_the_one_that_is_there()
    {
        await using var gateway = await StartAsync();
        var (_, made) = await SendAsync(
            gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","models":["other/a","mock/*"],"tags":{"team":"a"}}""");
        var key = (string)made["key"]!;
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));

        var (_, changed) = await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"Models":["other/b"],"tags":{"Team":"b"}}""");

        Assert.Equal(HttpStatusCode.Forbidden, await ChatAsync(gateway, key));
        Assert.Equal("other/b", (string?)Assert.Single(changed["models"]!.AsArray()));
        Assert.False(changed.ContainsKey("Models"));
        Assert.Equal("""{"team":"b"}""", changed["tags"]!.ToJsonString());
        var (_, cleared) = await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"MODELS":null}""");
        Assert.False(cleared.ContainsKey("models"));
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
    }

    private Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Admin;
        },
        builder => builder.Services.AddSingleton<IKeyStore>(_store));

    private static async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", Admin);
        using var response = await gateway.Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    private static async Task<HttpStatusCode> ChatAsync(GatewayHost gateway, string key)
    {
        using var response = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", $"Bearer {key}"));
        return response.StatusCode;
    }
}

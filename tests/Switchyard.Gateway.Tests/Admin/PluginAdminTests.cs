using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>Plugins below <c>/admin/plugins</c>, and the error that clients of every format get when one fails.</summary>
public sealed class PluginAdminTests : IDisposable
{
    private const string Key = "an-admin-key-of-some-length";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Covers("S000-66", "S000-73")]
    [Fact]
    public async Task A_plugin_is_loaded_replaced_seen_in_answers_and_unloaded()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        _folder.Plugin("one", "1");
        _folder.Plugin("two", "2");

        var (loadedAs, loaded) = await SendAsync(gateway, HttpMethod.Post, "/admin/plugins", """{"folder":"one"}""");
        Assert.Equal((HttpStatusCode.Created, "mine@1", "running"), (loadedAs, (string?)loaded["id"], (string?)loaded["state"]));
        Assert.Equal("mine@1", await AskAsync(gateway, "mine/small"));

        var (_, replaced) = await SendAsync(gateway, HttpMethod.Put, "/admin/plugins/mine", """{"folder":"two"}""");
        Assert.Equal(("mine@2", "mine@1", "unloaded"), (
            (string?)replaced["loaded"]!["id"], (string?)replaced["replaced"]!["id"], (string?)replaced["replaced"]!["state"]));
        Assert.Equal("mine@2", await AskAsync(gateway, "mine/small"));

        var (_, list) = await SendAsync(gateway, HttpMethod.Get, "/admin/plugins");
        Assert.Equal("mine@2", (string?)Assert.Single(list["data"]!.AsArray())!["id"]);
        var (_, enabled) = await SendAsync(gateway, HttpMethod.Post, "/admin/plugins/mine@2/enable");
        Assert.Equal("running", (string?)enabled["state"]);
        var (_, unloaded) = await SendAsync(gateway, HttpMethod.Delete, "/admin/plugins/mine");
        Assert.Equal(("mine@2", "unloaded", ""), (
            (string?)unloaded["id"], (string?)unloaded["state"], (string?)unloaded["reason"]));
    }

    [Fact]
    public async Task What_cannot_be_done_is_a_problem_with_its_reason()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        _folder.Plugin("lying", "3", change: manifest => manifest["adds"] = new JsonArray("sink"));
        _folder.Plugin("later", "4", change: manifest => manifest["contract"] = 9);
        _folder.Plugin("one", "1");
        await SendAsync(gateway, HttpMethod.Post, "/admin/plugins", """{"folder":"one"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_plugin"), await LoadAsync("lying"));
        Assert.Equal((HttpStatusCode.BadRequest, "plugin_contract"), await LoadAsync("later"));
        Assert.Equal((HttpStatusCode.NotFound, "plugin_not_found"), await LoadAsync("none"));
        Assert.Equal((HttpStatusCode.Conflict, "plugin_conflict"), await LoadAsync("one"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_plugin"), await LoadAsync("../"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_plugin"), await LoadAsync("/etc"));
        var (status, unknown) = await SendAsync(gateway, HttpMethod.Delete, "/admin/plugins/nobody");
        Assert.Equal(
            (HttpStatusCode.NotFound, "Plugin 'nobody' is not loaded: mine@1 is."), (status, (string?)unknown["detail"]));

        async Task<(HttpStatusCode, string?)> LoadAsync(string folder)
        {
            var (code, problem) = await SendAsync(gateway, HttpMethod.Post, "/admin/plugins", $$"""{"folder":"{{folder}}"}""");
            return (code, (string?)problem["code"]);
        }
    }

    [Fact]
    public async Task A_client_gets_a_typed_error_when_a_plugin_that_must_not_fail_does()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        _folder.Plugin("closed", "1", ["call"], [("step", "call"), ("act", "throw")], manifest => manifest["on_failure"] = "closed");
        await SendAsync(gateway, HttpMethod.Post, "/admin/plugins", """{"folder":"closed"}""");

        using var refused = await gateway.ChatAsync(Some.ChatRequest());

        var body = JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("plugin_failed", (string?)body["error"]!["code"]);
        Assert.Contains("'mine@1' failed", (string?)body["error"]!["message"], StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream) => GatewayHost.StartAsync(upstream, options =>
    {
        options.Admin.Key = Key;
        options.Plugins.Directory = _folder.FullPath;
        options.Plugins.Watch = false;
    });

    private static async Task<string> AskAsync(GatewayHost gateway, string model)
    {
        using var response = await gateway.ChatAsync(Some.ChatRequest(model));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.GetValues("x-switchyard-provider").Single();
    }

    private static async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "Authorization", $"Bearer {Key}" } } };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }
}

using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The commands that query a running gateway: <c>status</c>, <c>calls</c>, <c>budgets</c>, <c>limits</c>, <c>cache</c>,
/// <c>audit</c>.</summary>
public sealed class GatewayCommandTests : IDisposable
{
    private const string Admin = "an-admin-key-of-some-length";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-gateway-");

    private string Yaml => $$"""
        auto_enable: false
        providers: { mock: {} }
        cache: {}
        limits: { mock: { rpm: 60 } }
        budgets: { total: { usd: 5 } }
        storage: { ledger: "sqlite:{{_folder.FullName}}/switchyard.db" }
        admin: { key: {{Admin}} }
        """;

    [Fact]
    public async Task A_running_gateway_is_looked_at_and_who_changed_it_is_printed()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        await RunAsync("cache", "clear", "--url", address);
        await using var byDatabase = await StartAsync(Yaml, "keys", "create", "ci");
        Assert.Equal(0, await byDatabase.EndAsync());

        var status = await RunAsync("status", "--url", address);
        var limits = await RunAsync("limits", "--url", address);
        using var blocked = JsonDocument.Parse(await RunAsync("limits", "--blocked", "--json", "--url", address));
        var calls = await RunAsync("calls", "--url", address, "--json");
        using var cache = JsonDocument.Parse(await RunAsync("cache", "--url", address, "--json"));
        using var budgets = JsonDocument.Parse(await RunAsync("budgets", "--json", "--url", address));
        var audit = await RunAsync("audit", "--url", address);
        var verdict = await RunAsync("audit", "verify", "--url", address);

        Assert.Contains("calls in flight: 0", status, StringComparison.Ordinal);
        Assert.Contains("costs today: $0 for 0 calls", status, StringComparison.Ordinal);
        Assert.Contains("mock", status, StringComparison.Ordinal);
        Assert.Contains("limits: 1; blocked: none", status, StringComparison.Ordinal);
        Assert.Contains("60000", limits, StringComparison.Ordinal);
        Assert.Equal(0, blocked.RootElement.GetArrayLength());
        Assert.Equal("[]", calls.Trim());
        Assert.True(cache.RootElement.GetProperty("enabled").GetBoolean());
        Assert.Equal(0, budgets.RootElement.GetArrayLength());
        Assert.Contains("DELETE /admin/cache", audit, StringComparison.Ordinal);
        Assert.Contains("switchyard keys create", audit, StringComparison.Ordinal);
        Assert.Contains("command line", audit, StringComparison.Ordinal);
        Assert.StartsWith("intact: 2 entries", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_have_ended_are_found_and_one_is_printed_whole()
    {
        // A strict budget refuses models without a price.
        var yaml = Yaml.Replace("budgets: { total: { usd: 5 } }", "", StringComparison.Ordinal);
        await using var gateway = await (await Executable.StartAsync(yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-request-id", "call-77");
        using var answer = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await Wait.ForAsync(async () =>
            (await RunAsync("calls", "find", "--json", "--url", address)).Contains("call-77", StringComparison.Ordinal));

        var found = await RunAsync("calls", "find", "provider:mock", "outcome:finished", "--url", address);
        var none = await RunAsync("calls", "find", "provider:openai", "--url", address);
        var shown = await RunAsync("calls", "show", "call-77", "--url", address);
        using var call = JsonDocument.Parse(await RunAsync("calls", "show", "call-77", "--json", "--url", address));
        await using var unknown = await StartAsync(null, "calls", "show", "call-78", "--url", address);
        await using var wrong = await StartAsync(null, "calls", "find", "two", "words", "--url", address);

        Assert.Contains("call-77", found, StringComparison.Ordinal);
        Assert.Contains("mock/mock-model-v1", found, StringComparison.Ordinal);
        Assert.Equal("No calls match.", none.Trim());
        Assert.StartsWith("call-77: finished", shown, StringComparison.Ordinal);
        Assert.Contains("attempts:", shown, StringComparison.Ordinal);
        Assert.Contains("in the ledger:", shown, StringComparison.Ordinal);
        Assert.Equal(1, call.RootElement.GetProperty("record").GetProperty("attempts").GetArrayLength());
        Assert.Equal((1, 1), (await unknown.EndAsync(), await wrong.EndAsync()));
        Assert.Contains("There is no record of a call with this id", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("Only one word may be without a name", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_says_without_a_key_whether_it_is_ready()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        await using var useless = await Executable.StartAsync("auto_enable: false\nproviders: { openai: {} }");
        await useless.UntilItSaysAsync("Switchyard listens on");
        var other = useless.Address.GetLeftPart(UriPartial.Authority);

        await using var ready = await StartAsync(null, "ping", "--url", address, "--timeout", "60s");
        await using var byConfiguration = await StartAsync($"server: {{ urls: '{address}' }}", "ping", "--timeout", "60s");
        await using var notReady = await StartAsync(null, "ping", "--url", other, "--timeout", "60s");
        await using var away = await StartAsync(null, "ping", "--url", "http://127.0.0.1:1");
        await using var wrong = await StartAsync(null, "ping", "--url", address, "--timeout", "soon");

        Assert.Equal((0, "ready"), (await ready.EndAsync(), ready.Printed.Trim()));
        Assert.Equal((0, "ready"), (await byConfiguration.EndAsync(), byConfiguration.Printed.Trim()));
        Assert.Equal(1, await notReady.EndAsync());
        Assert.Contains("openai", notReady.Errors, StringComparison.Ordinal);
        Assert.Equal(1, await away.EndAsync());
        Assert.StartsWith("switchyard: http://127.0.0.1:1: cannot be reached: ", away.Errors, StringComparison.Ordinal);
        Assert.Equal(1, await wrong.EndAsync());
        Assert.Contains("'soon' is not a duration; write it as 3s.", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_said_in_one_line()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var address = gateway.Address.GetLeftPart(UriPartial.Authority);
        await using var gone = await StartAsync(null, "calls", "end", "nobody", "--url", address);
        await using var away = await StartAsync(null, "status", "--url", "http://127.0.0.1:1");
        await using var wrong = await StartAsync(null, "status", "--url", "here");

        Assert.Equal((1, 1, 1), (await gone.EndAsync(), await away.EndAsync(), await wrong.EndAsync()));
        Assert.Contains("No call with this id is running", gone.Errors, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", away.Errors, StringComparison.Ordinal);
        Assert.Contains("'here' is not an address", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environments_proxy_is_not_shown_the_key_for_a_gateway_on_this_machine()
    {
        await using var gateway = await (await Executable.StartAsync(Yaml)).ServingAsync();
        var environment = new Dictionary<string, string>
        {
            ["SWITCHYARD_ADMIN_KEY"] = Admin,
            ["http_proxy"] = "http://127.0.0.1:1",
        };

        await using var status = await Executable.StartAsync(
            null, environment, "status", "--url", gateway.Address.GetLeftPart(UriPartial.Authority));

        Assert.True(await status.EndAsync() == 0, status.Said);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<Executable> StartAsync(string? yaml, params string[] arguments) =>
        Executable.StartAsync(yaml, new Dictionary<string, string> { ["SWITCHYARD_ADMIN_KEY"] = Admin }, arguments);

    private static async Task<string> RunAsync(params string[] arguments)
    {
        await using var program = await StartAsync(null, arguments);
        Assert.True(await program.EndAsync() == 0, program.Said);
        return program.Printed;
    }
}

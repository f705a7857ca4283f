using System.Net.Http.Headers;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The admin API's answers if each of very many keys has a limit, a budget or a setting.</summary>
public sealed class ManyEntriesTests
{
    private const string Key = "an-admin-key-of-some-length";
    private const int Keys = 250;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_state_of_the_gateway_tells_of_the_limits_that_are_used_most_and_how_many_there_are()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await CallAsync(gateway, "key-200");
        await CallAsync(gateway, "key-100", times: 2);

        var status = await GetAsync(gateway, "/admin/status");
        var two = await GetAsync(gateway, "/admin/status?limit=2");

        Assert.Equal(100, status.GetProperty("rateLimits").GetArrayLength());
        Assert.Equal(Keys, status.GetProperty("limits").GetProperty("total").GetInt32());
        Assert.Equal(1, status.GetProperty("limits").GetProperty("blocked").GetInt32());
        Assert.Equal(["key-100", "key-200"], Names(two.GetProperty("rateLimits")));
        Assert.True(two.GetProperty("rateLimits")[0].GetProperty("blocked").GetBoolean());
        Assert.Equal(Keys, two.GetProperty("limits").GetProperty("total").GetInt32());
        Assert.Equal("invalid_limit", (await GetAsync(gateway, "/admin/status?limit=0")).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/admin/keys")]
    [InlineData("/admin/audit")]
    [InlineData("/admin/config/history")]
    public async Task The_name_that_other_APIs_have_for_a_cursor_does_not_give_the_first_page_again(string list)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var refused = await GetAsync(gateway, $"{list}?after=key-100");

        Assert.Equal("invalid_cursor", refused.GetProperty("code").GetString());
        Assert.Contains("'cursor'", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_state_of_the_gateway_tells_of_the_budgets_that_are_used_most_and_how_many_there_are()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Prices.Models["up/*"] = new() { Input = 1, Output = 1 };
            options.Budgets.Named["each"] = new() { Usd = 5, Per = "key" };
        });
        await CallAsync(gateway, "key-001");
        await CallAsync(gateway, "key-003", times: 2);
        await CallAsync(gateway, "key-002");
        // A call is charged after its answer, and holds more than it costs until then.
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().All(account => account.Reserved == 0));

        var costs = (await GetAsync(gateway, "/admin/status?limit=1")).GetProperty("costs");

        Assert.Equal(3, costs.GetProperty("budget_count").GetInt32());
        var most = Assert.Single(costs.GetProperty("budgets").EnumerateArray());
        Assert.Contains("key-003", most.GetProperty("id").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_are_paged_and_found_by_what_they_are_of_and_whether_they_refuse()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Limits["up"] = new() { RequestsPerMinute = 2 });
        await CallAsync(gateway, "key-100", times: 2);

        Assert.Equal(Keys + 1, (await PagesAsync(gateway, "/admin/limits?limit=100")).Distinct().Count());
        Assert.Equal(["up"], Names((await GetAsync(gateway, "/admin/limits?scope=provider")).GetProperty("data")));
        Assert.Equal(["key-100", "up"], Names((await GetAsync(gateway, "/admin/limits?blocked=true")).GetProperty("data")));
        Assert.Equal(["key-100"], Names((await GetAsync(gateway, "/admin/limits?blocked=true&scope=key")).GetProperty("data")));
        Assert.Equal("invalid_query", (await GetAsync(gateway, "/admin/limits?blocked=yes")).GetProperty("code").GetString());
        Assert.Equal("invalid_scope", (await GetAsync(gateway, "/admin/limits?scope=yes")).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_tenant_names_its_first_keys_and_how_many_it_has_and_keys_are_found_by_their_tenant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Tenants["large"] = options.Tenants["large/below"] = options.Tenants["small"] = new();
            foreach (var (name, key) in options.Keys)
                key.Tenant = name switch { "key-000" => "small", "key-001" => "large/below", _ => "large" };
        });

        var large = await GetAsync(gateway, "/admin/tenants/large");
        var listed = (await GetAsync(gateway, "/admin/tenants")).GetProperty("data")[0];

        Assert.Equal((100, Keys - 2), (large.GetProperty("keys").GetArrayLength(), large.GetProperty("key_count").GetInt32()));
        Assert.Equal((100, Keys - 2), (listed.GetProperty("keys").GetArrayLength(), listed.GetProperty("key_count").GetInt32()));
        Assert.Equal(Keys - 2, (await PagesAsync(gateway, "/admin/keys?tenant=large")).Distinct().Count());
        Assert.Equal(["key-000"], Names((await GetAsync(gateway, "/admin/keys?tenant=small")).GetProperty("data")));
        Assert.Equal(["key-077"], Names((await GetAsync(gateway, "/admin/keys?match=EY-077")).GetProperty("data")));
        Assert.Equal(Keys, (await PagesAsync(gateway, "/admin/keys?limit=100")).Distinct().Count());
    }

    [Fact]
    public async Task Settings_are_paged_where_there_are_very_many()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            for (var i = 0; i < 1000; i++)
                options.Models[$"alias-{i:0000}"] = new() { Targets = [new() { Model = "up/some-model" }] };
        });

        var all = new List<string?>();
        string? next = null;
        do
        {
            var page = await GetAsync(gateway, "/admin/config?source=set" + (next is null ? "" : $"&cursor={Uri.EscapeDataString(next)}"));
            Assert.InRange(page.GetProperty("settings").GetArrayLength(), 1, 1000);
            all.AddRange(page.GetProperty("settings").EnumerateArray().Select(setting => setting.GetProperty("key").GetString()));
            Assert.True(page.GetProperty("total").GetInt32() > 1000);
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        Assert.Equal(1000, all.Distinct().Count(key => key!.StartsWith("models.alias-", StringComparison.Ordinal)));
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(2, (await GetAsync(gateway, "/admin/config?limit=2")).GetProperty("settings").GetArrayLength());
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<Configuration.SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream, options =>
        {
            options.Admin.Key = Key;
            for (var i = 0; i < Keys; i++)
                options.Keys[$"key-{i:000}"] = new() { Key = $"the-key-of-client-{i:000}", Limits = new() { RequestsPerMinute = 2 } };
            configure?.Invoke(options);
        });

    private static async Task CallAsync(GatewayHost gateway, string key, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            using var answer = await gateway.ChatAsync(
                Some.ChatRequest(extra: ",\"max_tokens\":5"), ("Authorization", $"Bearer the-key-of-client-{key[^3..]}"));
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Stop));
        }
    }

    private static async Task<List<string?>> PagesAsync(GatewayHost gateway, string path)
    {
        var all = new List<string?>();
        string? next = null;
        do
        {
            var mark = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var page = await GetAsync(gateway, path + (next is null ? "" : $"{mark}cursor={Uri.EscapeDataString(next)}"));
            Assert.InRange(page.GetProperty("data").GetArrayLength(), 1, 100);
            all.AddRange(Names(page.GetProperty("data")));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);
        return all;
    }

    private static IEnumerable<string?> Names(JsonElement list) =>
        list.EnumerateArray().Select(entry => entry.GetProperty("name").GetString());

    private static async Task<JsonElement> GetAsync(GatewayHost gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var response = await gateway.Http.SendAsync(request, Stop);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Stop)).RootElement.Clone();
    }
}

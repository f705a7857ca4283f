using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The state of providers, as in the admin API, and switching them on and off.</summary>
public sealed class ProvidersTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api_and_each_hour_says_how_calls_ended()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "providers");

        var metrics = (await site.AskAsync("/admin/status")).GetProperty("metrics");
        foreach (var name in (string[])["up", "broken"])
            Assert.Equal(metrics.GetProperty(name).GetProperty("total_requests").GetRawText(), await ValueAsync(tab, $"#attempts-{name}"));
        await Assertions.Expect(tab.Locator("td.good-cell").First).ToHaveAttributeAsync(
            "title", "calls: 3, failed: 0, abandoned by the client: 0");
        await Assertions.Expect(tab.Locator("td.bad-cell").First).ToHaveAttributeAsync(
            "title", "calls: 1, failed: 1, abandoned by the client: 0");
        Assert.Equal(0, await tab.Locator("main button").CountAsync());
    }

    [Fact]
    public async Task An_operator_disables_and_enables_one()
    {
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "providers");
        await tab.GetByLabel("Disable broken").ClickAsync();
        await Assertions.Expect(tab.GetByLabel("Really disable broken")).ToBeVisibleAsync();
        await tab.GetByText("Really disable").ClickAsync();

        await Assertions.Expect(tab.GetByLabel("Enable broken")).ToBeVisibleAsync();
        Assert.False((await site.AskAsync("/admin/providers/broken")).GetProperty("enabled").GetBoolean());
        await tab.GetByLabel("Enable broken").ClickAsync();
        await Assertions.Expect(tab.GetByLabel("Disable broken")).ToBeVisibleAsync();
        Assert.True((await site.AskAsync("/admin/providers/broken")).GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task An_operator_sets_how_one_is_chosen_and_the_admin_api_says_so()
    {
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "providers");
        await tab.SelectOptionAsync("#choice-provider", "up");
        await tab.FillAsync("#choice-priority", "700");
        await tab.FillAsync("#choice-weight", "0.25");
        await tab.ClickAsync("main form button");

        await Assertions.Expect(tab.Locator("tbody tr", new() { HasText = "700" }).First).ToContainTextAsync("0.25");
        var up = await site.AskAsync("/admin/providers/up");
        Assert.Equal((700, 0.25), (up.GetProperty("priority").GetInt32(), up.GetProperty("weight").GetDouble()));
        await site.AuditedAsync("PATCH /admin/providers/{name}");
        var entry = (await site.AskAsync("/admin/audit")).GetProperty("data")[0];
        Assert.Equal("PATCH /admin/providers/{name}", entry.GetProperty("operation").GetString());
    }

    [Fact]
    public async Task Each_minute_leads_to_its_calls_and_a_circuit_says_when_it_opened()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "providers");

        var circuit = (await site.AskAsync("/admin/circuits")).GetProperty("data")[0];
        Assert.Equal(
            ("broken", "no-model", "open", true),
            (circuit.GetProperty("provider").GetString(), circuit.GetProperty("model").GetString(),
                circuit.GetProperty("state").GetString(), circuit.GetProperty("changes")[0].GetProperty("opened").GetBoolean()));
        await Assertions.Expect(tab.Locator("tr.circuit")).ToContainTextAsync("broken/no-model");
        await Assertions.Expect(tab.Locator("tr.circuit")).ToContainTextAsync("open");
        await Assertions.Expect(tab.Locator("td.minute.bad-cell")).ToHaveAttributeAsync("title", new Regex("attempts: 1, failed: 1"));
        await tab.ClickAsync("td.minute.bad-cell a");
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Calls");
        await Assertions.Expect(tab.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(tab.Locator("tbody tr")).ToContainTextAsync("call-broken");
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}

using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The page of budgets and limits shows the admin API's figures.</summary>
public sealed class BudgetsTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "budgets");

        var budget = (await site.AskAsync("/admin/budgets")).GetProperty("data")[0];
        var id = budget.GetProperty("id").GetString();
        Assert.Equal(budget.GetProperty("spent_usd").GetDecimal(), Site.Number(await ValueAsync(tab, $"[id='spent-{id}']")));
        Assert.Equal(budget.GetProperty("reserved_usd").GetDecimal(), Site.Number(await ValueAsync(tab, $"[id='reserved-{id}']")));
        var limit = (await site.AskAsync("/admin/limits")).GetProperty("data")[0];
        Assert.Equal(limit.GetProperty("request_count").GetRawText(), await ValueAsync(tab, "[id='limit-up-rpm']"));
        Assert.Equal(0, await tab.Locator("main button").CountAsync());
    }

    [Fact]
    public async Task An_operator_has_limits_forget_what_they_have_counted()
    {
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "budgets");
        await tab.ClickAsync("main button");
        await tab.GetByText("Really reset").ClickAsync();

        await Assertions.Expect(tab.Locator("[id='limit-up-rpm']")).ToHaveAttributeAsync("value", "0");
        Assert.Equal("0", (await site.AskAsync("/admin/limits")).GetProperty("data")[0].GetProperty("request_count").GetRawText());
        await site.AuditedAsync("POST /admin/limits/reset");
        var entry = (await site.AskAsync("/admin/audit")).GetProperty("data")[0];
        Assert.Equal("POST /admin/limits/reset", entry.GetProperty("operation").GetString());
    }

    [Fact]
    public async Task A_budget_burns_down_as_the_admin_api_says()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "budgets");
        var id = (await site.AskAsync("/admin/budgets")).GetProperty("data")[0].GetProperty("id").GetString()!;
        var curve = await site.AskAsync($"/admin/budgets/burn-down?id={Uri.EscapeDataString(id)}");
        var budget = curve.GetProperty("budget");

        var left = budget.GetProperty("limit_usd").GetDecimal() - budget.GetProperty("spent_usd").GetDecimal()
            - budget.GetProperty("reserved_usd").GetDecimal();
        Assert.Equal(left, Site.Number(await ValueAsync(tab, "#left")));
        Assert.Equal(
            budget.GetProperty("spent_usd").GetDecimal(),
            curve.GetProperty("spent").EnumerateArray().Last().GetProperty("spent_usd").GetDecimal());
        await Assertions.Expect(tab.Locator(".plot svg").First).ToBeVisibleAsync();
        await Assertions.Expect(tab.Locator(".plot figcaption").First).ToContainTextAsync("may be spent, $5.00 at last");
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}

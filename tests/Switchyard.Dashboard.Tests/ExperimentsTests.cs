using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The results of an experiment, their history, and ending it.</summary>
public sealed class ExperimentsTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task It_shows_how_sure_it_became_and_an_operator_sends_all_calls_to_one_variant()
    {
        for (var i = 0; i < 320; i++)
        {
            site.Upstream.ThenJson(Some.ChatCompletion());
            (await site.CallAsync(Some.ChatRequest("tried", $"Number {i}"))).Dispose();
        }

        // The last calls are counted a moment after their answers.
        await Wait.ForAsync(async () =>
            (await site.AskAsync("/admin/experiments/which/curve")).GetProperty("data").GetArrayLength() == 16);
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "experiments");

        var result = await site.AskAsync("/experiments/which", Site.ClientKey);
        foreach (var variant in result.GetProperty("variants").EnumerateArray())
        {
            Assert.Equal(
                variant.GetProperty("calls").GetRawText(),
                await tab.GetAttributeAsync($"[id='which-{variant.GetProperty("name").GetString()}']", "value"));
        }

        await Assertions.Expect(tab.Locator(".verdict")).ToHaveTextAsync(result.GetProperty("verdict").GetString()!);
        var curve = (await site.AskAsync("/admin/experiments/which/curve")).GetProperty("data");
        Assert.Equal(
            Enumerable.Range(1, 16).Select(step => 20L * step),
            curve.EnumerateArray().Select(step => step.GetProperty("calls").GetInt64()));
        Assert.Equal(System.Text.Json.JsonValueKind.Number, curve[15].GetProperty("variants")[0].GetProperty("low").ValueKind);
        await Assertions.Expect(tab.Locator(".plot svg")).ToBeVisibleAsync();
        await tab.GetByText("b for all").ClickAsync();
        await tab.GetByText("Really send all calls to b").ClickAsync();

        await Assertions.Expect(tab.Locator("section.card")).ToHaveCountAsync(0);
        var alias = site.Gateway.Engine.Options.Models["tried"];
        Assert.Null(alias.Experiment);
        Assert.Equal("up/other-model", Assert.Single(alias.Targets).Model);
        await site.AuditedAsync("POST /admin/experiments/{name}/promote");
        var entry = (await site.AskAsync("/admin/audit")).GetProperty("data")[0];
        Assert.Equal("POST /admin/experiments/{name}/promote", entry.GetProperty("operation").GetString());
    }
}

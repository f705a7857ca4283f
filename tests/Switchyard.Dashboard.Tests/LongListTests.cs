using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Auditing;
using Switchyard.Dashboard.Pages.Audit;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Lists that are longer than one page shows, read without a browser.</summary>
public sealed class LongListTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_audit_log_leads_to_older_entries_where_there_are_some_and_only_there()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Admin.Key = Site.AdminKey, null, app => app.UseSwitchyardDashboard());
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();
        var audit = gateway.Services.GetRequiredService<AuditLog>();
        for (var count = (await audit.VerifyAsync(Stop)).Entries; count < AuditReader.PerPage; count++)
            await audit.RecordAsync(Fact("the-target"));

        var full = await visitor.GetStringAsync("/dashboard/audit", Stop);
        await audit.RecordAsync(Fact("the-target"));
        var more = await visitor.GetStringAsync("/dashboard/audit", Stop);
        var last = await visitor.GetStringAsync("/dashboard/audit?before=2", Stop);
        var none = await visitor.GetStringAsync("/dashboard/audit?before=1", Stop);

        Assert.DoesNotContain("Older entries", full, StringComparison.Ordinal);
        Assert.Contains("audit?before=2\"", more, StringComparison.Ordinal);
        Assert.Contains("the-target", last, StringComparison.Ordinal);
        Assert.DoesNotContain("Older entries", last, StringComparison.Ordinal);
        Assert.Contains("There are no older entries.", none, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing has been changed yet", none, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("")]
    public async Task What_is_no_number_of_an_entry_shows_the_newest(string before)
    {
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Admin.Key = Site.AdminKey, null, app => app.UseSwitchyardDashboard());
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();
        await gateway.Services.GetRequiredService<AuditLog>().RecordAsync(Fact("the-newest"));

        using var answer = await visitor.GetAsync($"/dashboard/audit?before={before}", Stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("the-newest", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(21, true)]
    public async Task The_owner_of_a_key_sees_that_there_are_more_models(int models, bool areMore)
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await Site.StartAsync(upstream, folder, null);
        for (var model = 0; model < models; model++)
        {
            upstream.ThenJson(Some.ChatCompletion());
            using var called = await gateway.ChatAsync(
                Some.ChatRequest($"up/model-{model}"), ("Authorization", $"Bearer {Site.ClientKey}"));
            Assert.Equal(HttpStatusCode.OK, called.StatusCode);
            await called.Content.ReadAsStringAsync(Stop);
        }

        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.ClientKey)).Dispose();
        var page = "";
        // The last calls reach the ledger a moment after their answers.
        for (var tries = 0; tries < 600 && !page.Contains($"id=\"mine-calls\" value=\"{models}\"", StringComparison.Ordinal); tries++)
        {
            await Task.Delay(50, Stop);
            page = await visitor.GetStringAsync("/dashboard/mine", Stop);
        }

        Assert.Contains($"value=\"{models}\"", page, StringComparison.Ordinal);
        Assert.Equal(areMore, page.Contains("Only the most expensive are shown", StringComparison.Ordinal));
    }

    private static AuditFact Fact(string target) =>
        new()
        {
            Who = "somebody",
            Kind = "key",
            Role = "admin",
            Operation = "PUT /admin/limits/{name}",
            Target = target,
            Status = 200,
            Outcome = "done",
        };
}

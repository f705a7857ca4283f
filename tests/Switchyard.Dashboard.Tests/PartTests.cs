using System.Reflection;
using Bunit;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Switchyard.Canonical;
using Switchyard.Dashboard.Liveness;
using Switchyard.Dashboard.Parts;
using Switchyard.Dashboard.Shell;
using Switchyard.Identity;
using Switchyard.Money;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>What pages are made of, without a browser.</summary>
public sealed class PartTests : BunitContext
{
    private const string Markup = "<script>alert(1)</script>";

    [Fact]
    public void Markup_in_a_call_is_text()
    {
        var entry = new LedgerEntry
        {
            Call = Guid.NewGuid(),
            RequestId = Markup,
            StartedAt = DateTimeOffset.UnixEpoch,
            Outcome = LedgerOutcome.Failed,
            Alias = Markup,
            Provider = Markup,
            Model = Markup,
            Operation = "chat",
            Key = Markup,
            Tenant = Markup,
        };

        var table = Render<CallTable>(parameters => parameters.Add(part => part.Calls, [entry]));

        Assert.Empty(table.FindAll("script"));
        Assert.Equal(Markup, table.Find("td a code").TextContent);
        Assert.Equal("call?id=%3Cscript%3Ealert%281%29%3C%2Fscript%3E", table.Find("td a").GetAttribute("href"));
    }

    [Fact]
    public void A_figure_has_its_exact_value_beside_what_people_read()
    {
        var figure = Render<Figure>(parameters => parameters
            .Add(part => part.Id, "cost").Add(part => part.Label, "Cost")
            .Add(part => part.Value, 0.000123456m).Add(part => part.Text, "$0.0001"));

        Assert.Equal("0.000123456", figure.Find("data").GetAttribute("value"));
        Assert.Equal("$0.0001", figure.Find("data").TextContent);
        Assert.Empty(figure.FindAll("a"));
    }

    [Fact]
    public void A_budget_says_how_much_of_it_is_used_also_to_who_cannot_see_the_bar()
    {
        var status = new BudgetStatus(
            "total|2026-11", "total", null, TokenCost.ToNano(10), TokenCost.ToNano(7), TokenCost.ToNano(1), true,
            DateTimeOffset.UnixEpoch, null, null);

        var table = Render<BudgetStatusTable>(parameters => parameters.Add(part => part.Budgets, [status]));

        Assert.Equal("total|2026-11: 80 % used", table.Find("meter").GetAttribute("aria-label"));
        Assert.Equal("7", table.Find("[id='spent-total|2026-11']").GetAttribute("value"));
    }

    [Theory]
    [InlineData("0", "$0")]
    [InlineData("0.0000042", "$0.000004")]
    [InlineData("0.5", "$0.50")]
    [InlineData("1234.5", "$1,234.50")]
    [InlineData("-2", "-$2.00")]
    public void Money_has_the_digits_that_tell(string dollars, string text) =>
        Assert.Equal(text, Show.Dollars(decimal.Parse(dollars, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData(0.4, "0 ms")]
    [InlineData(830, "830 ms")]
    [InlineData(2_400, "2.4 s")]
    [InlineData(125_000, "2 min 5 s")]
    [InlineData(7_500_000, "2 h 5 min")]
    [InlineData(100_000_000, "1 d 3 h")]
    public void A_time_has_its_two_largest_units(double milliseconds, string text) => Assert.Equal(text, Show.Milliseconds(milliseconds));

    [Fact]
    public void Every_page_says_who_may_see_it_and_asks_again_when_it_reads()
    {
        var pages = typeof(Document).Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(RouteAttribute)) && type != typeof(NoPage)).ToList();

        Assert.True(pages.Count > 5);
        Assert.All(pages, page =>
        {
            Assert.True(page.IsSubclassOf(typeof(LivePage)), page.Name);
            Assert.Contains(page.GetCustomAttribute<AuthorizeAttribute>()?.Policy, (string[])["viewer", "caller"]);
        });
    }

    [Fact]
    public void The_menu_has_what_somebody_may_open()
    {
        Assert.Equal(["My key", "Playground", "Connect"], Menu.For(AdminUser.Of(Calls.Caller.Anonymous)).Select(entry => entry.Title));
        var viewer = Menu.For(new("looks", AdminRole.Viewer, "key")).Select(entry => entry.Title).ToList();
        Assert.Contains("Overview", viewer);
        Assert.DoesNotContain("My key", viewer);
        Assert.Empty(Menu.For(AdminUser.Nobody));
    }
}

using System.Reflection;
using Bunit;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dashboard.Liveness;
using Switchyard.Dashboard.Pages.Budgets;
using Switchyard.Dashboard.Pages.Calls;
using Switchyard.Dashboard.Pages.Connect;
using Switchyard.Dashboard.Pages.Playground;
using Switchyard.Dashboard.Pages.Providers;
using Switchyard.Dashboard.Pages.Spend;
using Switchyard.Dashboard.Parts;
using Switchyard.Dashboard.Shell;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Statistics;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The components of pages, without a browser.</summary>
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
        var status = new BudgetStatus
        {
            Id = "total|2026-11",
            Budget = "total",
            Limit = TokenCost.ToNano(10),
            Spent = TokenCost.ToNano(7),
            Reserved = TokenCost.ToNano(1),
            IsStrict = true,
            Start = DateTimeOffset.UnixEpoch,
        };

        var table = Render<BudgetStatusTable>(parameters => parameters.Add(part => part.Budgets, [status]));

        Assert.Equal("total|2026-11: 80 % used", table.Find("meter").GetAttribute("aria-label"));
        Assert.Equal("7", table.Find("[id='spent-total|2026-11']").GetAttribute("value"));
    }

    [Theory]
    [InlineData("0", "$0")]
    [InlineData("0.0000042", "$0.000004")]
    [InlineData("0.0000002", "$0.0000002")]
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
    public void All_of_the_input_and_of_the_output_costs_what_its_classes_cost_together()
    {
        var total = new UsageFigures
        {
            Finished = 1,
            Usage = new() { Input = 100, CacheRead = 60, CacheWrite = 10, Output = 20, Reasoning = 5 },
            Cost = new()
            {
                Input = TokenCost.ToNano(4),
                CacheRead = TokenCost.ToNano(2),
                CacheWrite = TokenCost.ToNano(1),
                Output = TokenCost.ToNano(8),
                Reasoning = TokenCost.ToNano(16),
                Request = TokenCost.ToNano(32),
            },
        };

        var table = Render<ClassTable>(parameters => parameters.Add(part => part.Total, total));

        Assert.Equal(["7", "2", "1", "0", "24", "16", "0", "32"], table.FindAll("data").Select(cost => cost.GetAttribute("value")));
    }

    [Fact]
    public void No_point_of_a_budget_hides_another()
    {
        var monday = new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);

        // A week on its third day, and two days by the hour.
        var days = BurnDown.PointsOf([new(monday.AddDays(1), 1), new(monday.AddDays(2), 3), new(monday.AddDays(2.5), 4)]);
        var hours = BurnDown.PointsOf(
            [.. Enumerable.Range(1, 48).Select(hour => new BudgetPoint(monday.AddHours(hour), hour)), new(monday.AddHours(48.5), 49)]);
        var first = BurnDown.PointsOf([new(monday.AddHours(1), 2)]);

        Assert.Equal([new("11-24", 1), new("11-25", 3), new("now", 4)], days);
        Assert.Equal(49, hours.Select(point => point.Name).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 49).Select(hour => (double)hour), hours.Select(point => point.Value));
        Assert.Equal([new("now", 2)], first);
    }

    [Theory]
    [InlineData("2026-11-29T14:00Z", "today", "14:00")]
    [InlineData("2026-11-29T14:00Z", "yesterday", "11-29 14:00")]
    [InlineData("2026-11-29", "month", "11-29")]
    public void No_hour_of_yesterday_hides_one_of_today(string time, string since, string text) =>
        Assert.Equal(text, SpendReader.ShortOf(time, since));

    [Fact]
    public void Hours_and_days_without_calls_stand_in_a_plot_too()
    {
        var now = new DateTimeOffset(2026, 11, 29, 3, 20, 0, TimeSpan.Zero);
        UsageGroup hour = new(["2026-11-29T01:00Z"], new() { Finished = 7 });
        UsageGroup day = new(["2026-11-28"], new() { Finished = 5 });

        var hours = SpendReader.Filled([hour], now.AddHours(-3.2), now, byHour: true);
        var days = SpendReader.Filled([day], now.AddDays(-2), now, byHour: false);

        Assert.Equal(
            [("2026-11-29T00:00Z", 0L), ("2026-11-29T01:00Z", 7L), ("2026-11-29T02:00Z", 0L), ("2026-11-29T03:00Z", 0L)],
            hours.Select(time => (time.Name, time.Figures.Requests)));
        Assert.Equal(
            [("2026-11-27", 0L), ("2026-11-28", 5L), ("2026-11-29", 0L)], days.Select(time => (time.Name, time.Figures.Requests)));
    }

    [Theory]
    [InlineData("11-29 13:00", "13:00")]
    [InlineData("11-29 00:00", "11-29")]
    [InlineData("2026-11-29 00:00", "11-29")]
    [InlineData("13:00", "13:00")]
    [InlineData("11-29", "11-29")]
    [InlineData("now", "now")]
    [InlineData("of two words", "of two words")]
    public void The_axis_of_a_plot_has_room_for_a_day_or_a_time(string point, string tick) => Assert.Equal(tick, Plot.TickOf(point));

    [Fact]
    public void A_plot_of_nothing_of_always_or_of_years_is_not_filled()
    {
        var now = new DateTimeOffset(2026, 11, 29, 3, 20, 0, TimeSpan.Zero);
        UsageGroup day = new(["2026-11-28"], new() { Finished = 5 });

        Assert.Empty(SpendReader.Filled([], now.AddDays(-2), now, byHour: false));
        Assert.Single(SpendReader.Filled([day], null, now, byHour: false));
        Assert.Single(SpendReader.Filled([day], now.AddDays(-400), now, byHour: false));
    }

    [Theory]
    [InlineData("https://ai.example.com/dashboard/", "/dashboard", "https://ai.example.com")]
    [InlineData("http://10.0.0.7:8080/team/gateway/dashboard/", "/dashboard", "http://10.0.0.7:8080/team/gateway")]
    [InlineData("http://10.0.0.7/elsewhere/", "/dashboard", "http://10.0.0.7")]
    public void Calls_are_taken_where_the_gateway_is(string dashboard, string path, string address) =>
        Assert.Equal(address, ConnectReader.AddressOf(dashboard, path));

    [Theory]
    [InlineData("http://127.0.0.1:8081", "http://127.0.0.1:8081", "http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://10.0.0.7:8081/ai", "http://*:8081", "http://[::]:8080", "http://10.0.0.7:8080/ai")]
    [InlineData("https://admin.example.com", "http://0.0.0.0:8081", "http://0.0.0.0:8080", "http://admin.example.com:8080")]
    [InlineData("http://127.0.0.1:8081", "http://127.0.0.1:8081", "http://unix:/run/calls.sock", "http://127.0.0.1:8081")]
    [InlineData("http://127.0.0.1:8081", "http://127.0.0.1:8081", "http://pipe:/calls", "http://127.0.0.1:8081")]
    public void With_an_address_of_its_own_the_dashboard_names_the_other_one_for_calls(
        string dashboard, string apart, string listening, string address) =>
        Assert.Equal(address, ConnectReader.Beside(dashboard, apart, [apart.Replace("*", "[::]"), listening]));

    [Fact]
    public void A_name_with_quotes_and_backslashes_stays_in_its_string()
    {
        const string Name = "it's \"a\\b\"";

        Assert.Equal("it's \\\"a\\\\b\\\"", TextSample.Quoted(Name));
        Assert.Equal("it'\\''s \"a\\b\"", TextSample.InShell(Name));
    }

    [Fact]
    public void Settings_are_shown_as_they_were_written()
    {
        var settings = new System.Text.Json.Nodes.JsonObject { ["name"] = "<b>ü</b> 🚀 it's" };

        Assert.Equal("{\"name\":\"<b>ü</b> 🚀 it's\"}", Show.Json(settings));
        Assert.Null(Show.Json(null));
    }

    [Fact]
    public void An_error_has_the_code_that_its_client_got()
    {
        Assert.Equal("budget_exceeded: No.", CallFacts.TextOf(new(CallErrorKind.BudgetExceeded, "No.")));
        Assert.Equal("mine: No.", CallFacts.TextOf(new(CallErrorKind.BudgetExceeded, "No.") { Code = "mine" }));
    }

    [Fact]
    public void A_budget_that_is_used_up_says_so_and_names_no_time()
    {
        var status = new BudgetStatus
        {
            Id = "total|2026-11",
            Budget = "total",
            Limit = TokenCost.ToNano(10),
            Spent = TokenCost.ToNano(12),
            Reserved = 0,
            IsStrict = true,
            Start = DateTimeOffset.UnixEpoch,
            UsedUpAt = DateTimeOffset.UnixEpoch,
        };

        var table = Render<BudgetStatusTable>(parameters => parameters.Add(part => part.Budgets, [status]));

        Assert.Equal("used up", table.Find(".badge.bad").TextContent);
    }

    [Fact]
    public void A_provider_without_attempts_has_no_line_of_zeros()
    {
        var now = new DateTimeOffset(2026, 11, 29, 3, 20, 0, TimeSpan.Zero);
        var called = new TimelineBucket
        {
            Timestamp = now, Requests = 1, Successful = 1, Failed = 0, AverageResponseTime = TimeSpan.FromSeconds(2),
        };
        var reading = new ProvidersReading(
            [Provider("idle", null), Provider("called", called)], [], [now], [], now, HasLedger: false, NoHours: null);

        var line = Assert.Single(ProvidersPage.Lines(reading, cell => cell.AverageResponseTime.TotalSeconds));

        Assert.Equal(("called", 2d), (line.Title, Assert.Single(line.Points).Value));
        Assert.Empty(ProvidersPage.Lines(reading, cell => cell.TokensPerSecond));

        static ProviderReading Provider(string name, TimelineBucket? bucket) =>
            new(new() { Name = name, Enabled = true, Priority = 1, Health = null }, null, null, [], [bucket]);
    }

    [Fact]
    public void A_question_with_an_emoji_is_code_that_every_language_reads()
    {
        var copies = new CodeCopies().Of("http://127.0.0.1:8080", "fast", "Say \"hi\" 😀\n\u2028it's").ToList();

        Assert.NotEmpty(copies);
        Assert.All(copies, copy => Assert.Contains("\"Say \\\"hi\\\" 😀\\n\\u2028it", copy.Text, StringComparison.Ordinal));
    }

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
    public void The_menu_has_what_the_user_may_open()
    {
        Assert.Equal(["My key", "Playground", "Connect"], Menu.For(AdminUser.Of(Calls.Caller.Anonymous)).Select(entry => entry.Title));
        var viewer = Menu.For(new() { Name = "looks", Role = AdminRole.Viewer, Kind = "key" }).Select(entry => entry.Title).ToList();
        Assert.Contains("Overview", viewer);
        Assert.DoesNotContain("My key", viewer);
        Assert.Empty(Menu.For(AdminUser.Nobody));
    }
}

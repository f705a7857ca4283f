using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Hosting;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The cost of calls, over the admin API.</summary>
public sealed class UsageAdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    private static readonly UsageFigures s_figures = new()
    {
        Lines = 3,
        Finished = 2,
        Unpriced = new() { NoPrice = 1 },
        Usage = new TokenUsage { Input = 2000, Output = 1000 },
        Cost = new TokenCost { Input = 300_000, Output = 600_000 },
    };

    [Fact]
    [Covers("S003-68", "S002-87")]
    public async Task A_summary_has_totals_and_each_provider()
    {
        var ledger = new FakeReader
        {
            Summary = query => new() { Query = query, Total = s_figures, Groups = [new(["openai"], s_figures)] },
        };
        await using var gateway = await StartAsync(ledger);

        var (status, summary) = await GetAsync(gateway, "/admin/usage?by=provider&since=2026-11-01&tenant=acme");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), ledger.Asked!.Since);
        Assert.Equal("acme", ledger.Asked.Tenant);
        Assert.Equal(0.0009m, summary.GetProperty("total_cost").GetDecimal());
        Assert.Equal(2, summary.GetProperty("total_requests").GetInt64());
        Assert.Equal(2000, summary.GetProperty("total_input_tokens").GetInt64());
        Assert.Equal(1000, summary.GetProperty("total_output_tokens").GetInt64());
        Assert.Equal(0.00045m, summary.GetProperty("average_cost_per_request").GetDecimal());
        Assert.Equal(1, summary.GetProperty("total").GetProperty("unpriced").GetProperty("no_price").GetInt64());
        var openai = summary.GetProperty("by_provider").GetProperty("openai");
        Assert.Equal(900_000, openai.GetProperty("cost_nano_usd").GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task Several_groupings_are_a_list()
    {
        var ledger = new FakeReader
        {
            Summary = query => new() { Query = query, Total = s_figures, Groups = [new(["2026-11-28", "ci"], s_figures)] },
        };
        await using var gateway = await StartAsync(ledger);

        var (_, summary) = await GetAsync(gateway, "/admin/usage?by=day,key");

        var group = summary.GetProperty("groups")[0];
        Assert.Equal(("2026-11-28", "ci"), (group.GetProperty("day").GetString(), group.GetProperty("key").GetString()));
    }

    [Fact]
    public async Task Calls_come_in_pages()
    {
        var ledger = new FakeReader { Page = new([Entry("=1+1")], "5-7") };
        await using var gateway = await StartAsync(ledger);

        var (_, page) = await GetAsync(gateway, "/admin/calls?outcome=unknown&limit=1&cursor=9-9");

        Assert.Equal((LedgerOutcome.Unknown, 1, "9-9"), (ledger.Asked!.Outcome, ledger.Limit, ledger.After));
        Assert.Equal("5-7", page.GetProperty("next").GetString());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("data")[0].GetProperty("cost").ValueKind);
        Assert.Equal("no_usage", page.GetProperty("data")[0].GetProperty("unpriced").GetString());
    }

    [Fact]
    public async Task Calls_are_found_by_words_within_what_the_filters_say()
    {
        var ledger = new FakeReader { Page = new([Entry("nightly")], "5-7") };
        await using var gateway = await StartAsync(ledger);

        var (_, page) = await GetAsync(gateway, "/admin/calls?q=provider:openai%20req-1&outcome=unknown&limit=1&cursor=9-9");
        var asked = ledger.Asked!;
        var (status, problem) = await GetAsync(gateway, "/admin/calls?q=two%20words");

        Assert.Equal(("openai", "req-1", LedgerOutcome.Unknown), (asked.Provider, asked.RequestId, asked.Outcome));
        Assert.Equal((1, "9-9"), (ledger.Limit, ledger.After));
        Assert.Equal(("request_id", "5-7"), (page.GetProperty("found_as").GetString(), page.GetProperty("next").GetString()));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_query"), (status, problem.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Of_one_call_all_that_is_known_is_returned()
    {
        var ledger = new FakeReader { Page = new([Entry("nightly")], null) };
        await using var gateway = await StartAsync(ledger, builder => builder.KeepRecentCalls());
        using (await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("x-request-id", "req-1")))
        {
        }

        await Wait.ForAsync(() => gateway.Services.GetRequiredService<RecentCalls>().Find("req-1") is not null);
        var (_, call) = await GetAsync(gateway, "/admin/calls/req-1");

        Assert.Equal("req-1", call.GetProperty("id").GetString());
        var record = call.GetProperty("record");
        Assert.Equal(("finished", "chat"), (record.GetProperty("outcome").GetString(), record.GetProperty("operation").GetString()));
        var attempt = Assert.Single(record.GetProperty("attempts").EnumerateArray());
        Assert.Equal(("mock", "finished"), (attempt.GetProperty("provider").GetString(), attempt.GetProperty("outcome").GetString()));
        Assert.Equal("no_usage", Assert.Single(call.GetProperty("lines").EnumerateArray()).GetProperty("unpriced").GetString());
    }

    [Fact]
    public async Task A_call_of_which_nothing_is_known_is_not_found()
    {
        await using var gateway = await StartAsync(new FakeReader());
        await using var without = await StartAsync(null);

        var (status, problem) = await GetAsync(gateway, "/admin/calls/req-9");
        var (_, unknown) = await GetAsync(without, "/admin/calls/req-9");

        Assert.Equal((HttpStatusCode.NotFound, "call_not_found"), (status, problem.GetProperty("code").GetString()));
        Assert.Contains("storage.ledger", unknown.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("S003-71")]
    public async Task The_CSV_is_a_file()
    {
        var ledger = new FakeReader { Page = new([Entry("=1+1")], null) };
        await using var gateway = await StartAsync(ledger);

        using var answer = await SendAsync(gateway, "/admin/usage.csv");
        var lines = (await answer.Content.ReadAsStringAsync()).Split("\r\n");

        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("usage.csv", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        Assert.StartsWith("Timestamp,Provider,Model,Input Tokens,Output Tokens,Cost,Request ID,", lines[0], StringComparison.Ordinal);
        Assert.Contains(",\"'=1+1\",", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/usage")]
    [InlineData("/admin/usage.csv")]
    [InlineData("/admin/calls")]
    public async Task A_ledger_that_is_away_is_a_problem_and_never_an_empty_answer(string path)
    {
        await using var gateway = await StartAsync(new FakeReader { Failure = new(LedgerFailure.Away, "It is away.") });
        await using var without = await StartAsync(null);

        var (status, problem) = await GetAsync(gateway, path);
        var (none, reason) = await GetAsync(without, path);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ledger_unavailable"), (status, problem.GetProperty("code").GetString()));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ledger_not_configured"), (none, reason.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("since=soon", "since")]
    [InlineData("since=-Infinityd", "since")]
    [InlineData("until=-Infinitym", "until")]
    [InlineData("until=13", "until")]
    [InlineData("since=12.11.2026", "ISO 8601")]
    [InlineData("since=12/11/2026", "ISO 8601")]
    [InlineData("until=12-11-2026", "ISO 8601")]
    [InlineData("until=12.11.2026 14:00", "ISO 8601")]
    [InlineData("since=Thursday, 12 November 2026", "ISO 8601")]
    [InlineData("since=20261112T1400Z", "ISO 8601")]
    [InlineData("by=colour", "provider, model, key")]
    [InlineData("outcome=9", "finished")]
    [InlineData("skip=x", "skip")]
    [InlineData("key=a%00", "'key' must not contain the character U+0000")]
    public async Task What_is_no_question_is_refused_with_what_would_be_one(string query, string words)
    {
        await using var gateway = await StartAsync(new FakeReader());

        var (status, problem) = await GetAsync(gateway, $"/admin/usage?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_query"), (status, problem.GetProperty("code").GetString()));
        Assert.Contains(words, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("today", "2026-11-28T00:00:00Z")]
    [InlineData("yesterday", "2026-11-27T00:00:00Z")]
    [InlineData("month", "2026-11-01T00:00:00Z")]
    [InlineData("7d", "2026-11-21T14:30:00Z")]
    [InlineData("1.5h", "2026-11-28T13:00:00Z")]
    [InlineData("90m", "2026-11-28T13:00:00Z")]
    [InlineData("2026-11-28T01:00+02:00", "2026-11-27T23:00:00Z")]
    [InlineData("2026-11-12", "2026-11-12T00:00:00Z")]
    [InlineData("2026-11-12 14:00", "2026-11-12T14:00:00Z")]
    [InlineData("2026/11/12", "2026-11-12T00:00:00Z")]
    public void Times_are_days_moments_or_how_long_ago(string text, string expected) => Assert.Equal(
        DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture),
        UsageQuestion.TimeOf("since", text, new DateTimeOffset(2026, 11, 28, 14, 30, 0, TimeSpan.Zero)));

    [Fact]
    public void A_day_does_not_depend_on_the_culture_of_the_process()
    {
        var (before, culture) = (CultureInfo.CurrentCulture, (CultureInfo)CultureInfo.InvariantCulture.Clone());
        (culture.DateTimeFormat.ShortDatePattern, culture.DateTimeFormat.DateSeparator) = ("dd.MM.yyyy", ".");
        CultureInfo.CurrentCulture = culture;
        try
        {
            var day = new DateTimeOffset(2026, 11, 12, 0, 0, 0, TimeSpan.Zero);
            Assert.Equal(day, UsageQuestion.TimeOf("since", "2026-11-12", DateTimeOffset.UnixEpoch));
            Assert.Throws<LedgerException>(() => UsageQuestion.TimeOf("since", "12.11.2026", DateTimeOffset.UnixEpoch));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static LedgerEntry Entry(string tag) => new()
    {
        Call = Guid.NewGuid(),
        RequestId = "req-1",
        StartedAt = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero),
        Outcome = LedgerOutcome.Unknown,
        Alias = "fast",
        Provider = "openai",
        Model = "gpt-4o-mini",
        Operation = "chat",
        Tag = tag,
        Unpriced = Unpriced.NoUsage,
    };

    private static Task<GatewayHost> StartAsync(IUsageReader? reader, Action<SwitchyardBuilder>? build = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Admin.Key = Key;
            options.Providers["mock"] = new();
        },
        builder =>
        {
            if (reader is not null)
                builder.Services.AddSingleton(reader);
            build?.Invoke(builder);
        });

    private static async Task<HttpResponseMessage> SendAsync(GatewayHost gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", Key);
        return await gateway.Http.SendAsync(request);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(GatewayHost gateway, string path)
    {
        using var answer = await SendAsync(gateway, path);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }

    private sealed class FakeReader : IUsageReader
    {
        public Func<UsageQuery, UsageSummary>? Summary { get; init; }

        public LedgerPage Page { get; init; } = new([], null);

        public LedgerException? Failure { get; init; }

        public UsageFilter? Asked { get; private set; }

        public int Limit { get; private set; }

        public string? After { get; private set; }

        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken)
        {
            Asked = query.Filter;
            return Failure is null ? Task.FromResult(Summary!(query)) : throw Failure;
        }

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken)
        {
            (Asked, Limit, After) = (filter, limit, after);
            return Failure is null ? Task.FromResult(Page) : throw Failure;
        }

        public async IAsyncEnumerable<LedgerEntry> ReadAsync(
            UsageFilter filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            if (Failure is not null)
                throw Failure;
            foreach (var entry in Page.Entries)
                yield return entry;
        }
    }
}

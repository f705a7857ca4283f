using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Overview;

/// <summary>One search box finds calls by words.</summary>
public sealed class CallFinderTests
{
    private readonly TestClock _clock = new();
    private readonly List<UsageFilter> _asked = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Words_with_names_are_meant_so()
    {
        var found = await FinderOf(_ => [Line()]).FindAsync("provider:openai outcome:failed since:1h", new(), 10, null, Stop);

        Assert.Single(found.Page.Entries);
        Assert.Null(found.Guess);
        Assert.Equal(
            new UsageFilter { Provider = "openai", Outcome = LedgerOutcome.Failed, Since = _clock.GetUtcNow().AddHours(-1) },
            Assert.Single(_asked));
    }

    [Fact]
    public async Task A_word_without_a_name_is_tried_as_each_thing_that_it_may_be()
    {
        var finder = FinderOf(filter => filter.Model == "gpt-4o" ? [Line()] : []);

        var found = await finder.FindAsync("gpt-4o tenant:acme", new(), 10, null, Stop);
        var none = await finder.FindAsync("nothing", new(), 10, null, Stop);

        Assert.Equal("model", found.Guess);
        Assert.Equal(
            ["request_id", "key", "alias", "model"],
            _asked.Take(4).Select(filter => filter.RequestId is not null ? "request_id"
                : filter.Key is not null ? "key" : filter.Alias is not null ? "alias" : "model"));
        Assert.All(_asked.Take(4), filter => Assert.Equal("acme", filter.Tenant));
        Assert.Empty(none.Page.Entries);
        Assert.Null(none.Guess);
    }

    [Theory]
    [InlineData("tag:nightly run", "outcome:failed")]
    [InlineData("Tag:nightly run", "outcome:failed")]
    [InlineData("tag:\"nightly run\"", "outcome:failed")]
    [InlineData("tag:\"nightly run\" outcome:failed")]
    public async Task Spaces_in_an_argument_of_the_command_line_belong_to_its_value(params string[] arguments)
    {
        await FinderOf(_ => [Line()]).FindAsync(CallFinder.SearchOf(arguments), new(), 10, null, Stop);

        // In the form recorded for calls.
        Assert.Equal(new UsageFilter { Tag = "nightly_run", Outcome = LedgerOutcome.Failed }, Assert.Single(_asked));
    }

    [Fact]
    public async Task A_tag_and_a_session_are_looked_for_as_calls_have_them()
    {
        await FinderOf(_ => [Line()]).FindAsync("tag:\"nightly run\" session:a;b", new(), 10, null, Stop);

        Assert.Equal(new UsageFilter { Tag = "nightly_run", Session = "a_b" }, Assert.Single(_asked));
    }

    [Fact]
    public void One_argument_may_be_a_whole_search_or_a_word_without_a_name()
    {
        Assert.Equal("provider:openai outcome:failed", CallFinder.SearchOf(["provider:openai outcome:failed"]));
        Assert.Equal("\"my key\" outcome:failed", CallFinder.SearchOf(["my key", "outcome:failed"]));
        Assert.Equal("", CallFinder.SearchOf([]));
    }

    [Fact]
    public async Task What_is_meant_whatever_the_words_say_bounds_them()
    {
        var now = _clock.GetUtcNow();
        var finder = FinderOf(_ => [Line()]);
        var own = new UsageFilter { Key = "ci", Since = now.AddHours(-2), Until = now };

        var of = await finder.FindAsync("since:1d until:now key:ci fast", own, 10, null, Stop);
        var others = await finder.FindAsync("key:web", own, 10, null, Stop);
        var guessed = await finder.FindAsync("web", own with { RequestId = "call-1" }, 10, null, Stop);

        Assert.Equal("request_id", of.Guess);
        Assert.Equal(own with { RequestId = "fast" }, _asked[0]);
        Assert.Empty(others.Page.Entries);
        Assert.Equal("alias", guessed.Guess);
        Assert.All(_asked, filter => Assert.Equal("ci", filter.Key));
    }

    [Theory]
    [InlineData("Jo Doe")]
    [InlineData("team:a b")]
    [InlineData("5\" disk")]
    [InlineData("the \"best\"")]
    [InlineData("\"")]
    [InlineData("plain")]
    public async Task A_name_with_spaces_and_quotation_marks_is_one_word(string name)
    {
        await FinderOf(_ => [Line()]).FindAsync($"{CallFinder.WordOf("end_user", name)} outcome:failed", new(), 10, null, Stop);

        Assert.Equal(new UsageFilter { EndUser = name, Outcome = LedgerOutcome.Failed }, Assert.Single(_asked));
    }

    [Fact]
    public async Task Quotation_marks_make_a_name_a_word_and_are_letters_within_one()
    {
        var finder = FinderOf(_ => [Line()]);

        await finder.FindAsync("\"since:x y\" tenant:acme", new(), 10, null, Stop);
        await finder.FindAsync("model:5\"-disk tenant:acme", new(), 10, null, Stop);

        Assert.Equal(
            [
                new UsageFilter { RequestId = "since:x y", Tenant = "acme" },
                new UsageFilter { Model = "5\"-disk", Tenant = "acme" },
            ],
            _asked);
    }

    [Theory]
    [InlineData("one two", "Only one word")]
    [InlineData("outcome:odd", "'outcome' is one of")]
    [InlineData("outcome:", "'outcome' is one of")]
    [InlineData("outcome:failed,abandoned", "'outcome' is one of")]
    [InlineData("outcome:-1", "'outcome' is one of")]
    [InlineData("since:soon", "'since' must be")]
    public async Task What_is_no_question_is_refused_with_what_would_be_one(string search, string words)
    {
        var refused = await Assert.ThrowsAsync<LedgerException>(() => FinderOf(_ => []).FindAsync(search, new(), 10, null, Stop));

        Assert.Equal(LedgerFailure.Invalid, refused.Reason);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_one_call_the_last_attempt_stands_at_the_end_and_a_ledger_that_is_away_is_said()
    {
        var known = await FinderOf(_ => [Line(), Line() with { Attempt = 2 }, Line() with { Attempt = 1 }]).ReadAsync("call-1", Stop);
        var away = await FinderOf(_ => throw new LedgerException(LedgerFailure.Away, "It is away.")).ReadAsync("call-1", Stop);
        var without = await new CallFinder(null, null, _clock).ReadAsync("call-1", Stop);

        Assert.Equal([1, 2, 0], known.Lines.Select(line => line.Attempt));
        Assert.Equal((0, "It is away."), (away.Lines.Count, away.Problem));
        Assert.Contains("storage.ledger", without.Problem, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<LedgerException>(
            () => new CallFinder(null, null, _clock).FindAsync("", new(), 10, null, Stop));
        Assert.Equal(LedgerFailure.None, refused.Reason);
    }

    private CallFinder FinderOf(Func<UsageFilter, LedgerEntry[]> lines) => new(new Ledger(filter =>
    {
        _asked.Add(filter);
        return lines(filter);
    }), null, _clock);

    private static LedgerEntry Line() => new()
    {
        Call = Guid.NewGuid(),
        RequestId = "call-1",
        StartedAt = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero),
        Outcome = LedgerOutcome.Finished,
        Alias = "fast",
        Provider = "openai",
        Model = "gpt-4o",
        Operation = "chat",
    };

    private sealed class Ledger(Func<UsageFilter, LedgerEntry[]> lines) : IUsageReader
    {
        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public async Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            return new(lines(filter), null);
        }

        public IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}

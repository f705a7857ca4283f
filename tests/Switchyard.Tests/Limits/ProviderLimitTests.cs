using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Providers;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Limits;

/// <summary>Limits of providers and their models: admission, reported values, and changes while calls run. In virtual
/// time.</summary>
public sealed class ProviderLimitTests
{
    private readonly TestClock _clock = new();

    [Fact]
    [Covers("S003-57")]
    public async Task One_more_than_the_limit_is_refused_with_the_time_when_the_oldest_leaves()
    {
        await using var given = Limited(new() { RequestsPerMinute = 2 });
        await AskAsync(given);
        _clock.Advance(TimeSpan.FromSeconds(20.5));
        await AskAsync(given);
        _clock.Advance(TimeSpan.FromSeconds(10));

        var error = await RefusedAsync(given);

        Assert.Equal(CallErrorKind.RateLimited, error.Kind);
        Assert.StartsWith("Rate limit exceeded. Retry after 30s", error.Message, StringComparison.Ordinal);
        Assert.Contains("limits.acme.rpm: 2 requests in 1m", error.Message, StringComparison.Ordinal);
        Assert.Equal(29.5, error.RetryAfter!.Value.TotalSeconds, 0.001);
        _clock.Advance(TimeSpan.FromSeconds(29.4));
        await RefusedAsync(given);
        _clock.Advance(TimeSpan.FromSeconds(0.101));
        await AskAsync(given);
        // The window slides: the second request is still in it.
        await RefusedAsync(given);
    }

    [Fact]
    public void A_limit_of_a_provider_or_its_model_is_shared_by_its_versions_but_for_one_that_has_its_own()
    {
        var options = new SwitchyardOptions();
        options.Limits["acme"] = new() { RequestsPerMinute = 10 };
        options.Limits["acme/small"] = new() { RequestsPerMinute = 5 };
        options.Limits["acme@3"] = new() { RequestsPerMinute = 2 };
        using var store = new LimitStore();
        var table = LimitTable.From(options, store, name => name);

        var limits = table.Of("acme@2", "small", perMinute: 600)!.Limits;

        Assert.Equal(["acme", "acme/small"], limits.Select(limit => limit.Name).Order(StringComparer.Ordinal));
        Assert.Contains(table.OfProvider("acme", null), limits);
        Assert.Equal("acme@3", table.OfProvider("acme@3", null)!.Name);
    }

    [Fact]
    [Covers("S003-58", "S003-61")]
    public async Task After_the_time_in_the_refusal_it_is_free_again_with_nothing_counted()
    {
        await using var given = Limited(new() { RequestsPerMinute = 3 });
        for (var i = 0; i < 3; i++)
            await AskAsync(given);
        var error = await RefusedAsync(given);
        var blocked = given.Engine.Limits.GetStatus("acme")!;
        Assert.Equal((true, 3L, 3L, TimeSpan.FromMinutes(1)), (blocked.Blocked, blocked.RequestCount, blocked.MaxRequests, blocked.Window));
        Assert.Equal(TimeSpan.FromMinutes(1), blocked.RetryAfter);

        _clock.Advance(error.RetryAfter!.Value);

        var free = given.Engine.Limits.GetStatus("acme")!;
        Assert.Equal((false, 0L, (TimeSpan?)null), (free.Blocked, free.RequestCount, free.RetryAfter));
    }

    [Fact]
    [Covers("S003-59")]
    public async Task What_is_refused_does_not_count()
    {
        await using var given = Limited(new() { RequestsPerMinute = 1 });
        await AskAsync(given);
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            await RefusedAsync(given);
        }

        Assert.Equal(1, given.Engine.Limits.GetStatus("acme")!.RequestCount);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await AskAsync(given);
    }

    [Fact]
    [Covers("S003-56", "S003-60", "S003-62", "S003-63")]
    public async Task A_limit_can_be_set_read_reset_switched_off_and_taken_away_while_calls_run()
    {
        await using var given = Limited(null);
        await AskAsync(given);
        var limits = given.Engine.Limits;
        Assert.Null(limits.GetStatus("acme"));
        Assert.Empty(limits.GetAllStatuses());

        Assert.True((await limits.SetLimitAsync("acme", new() { Requests = 2, Window = TimeSpan.FromSeconds(10) })).Applied);
        await AskAsync(given);
        await AskAsync(given);
        Assert.Equal(TimeSpan.FromSeconds(10), (await RefusedAsync(given)).RetryAfter);
        Assert.Equal("acme", Assert.Single(limits.GetAllStatuses()).Name);

        Assert.True(limits.Reset("acme"));
        await AskAsync(given);
        limits.ResetAll();
        Assert.Equal((0L, 2L), (limits.GetStatus("acme")!.RequestCount, limits.GetStatus("acme")!.MaxRequests));
        Assert.False(limits.Reset("nobody"));

        // Counts are kept if only the number of the limit changes.
        await AskAsync(given);
        await limits.SetLimitAsync("acme", new() { Requests = 1, Window = TimeSpan.FromSeconds(10) });
        await RefusedAsync(given);

        await limits.SetLimitAsync("acme", new() { Requests = 1, Enabled = false });
        await AskAsync(given);
        Assert.Null(limits.GetStatus("acme"));
        limits.GetSettings("acme")!.Requests = 99;
        Assert.Equal((1L, false), (limits.GetSettings("acme")!.Requests, limits.GetSettings("acme")!.Enabled));
        await limits.SetLimitAsync("acme", null);
        Assert.Null(limits.GetSettings("acme"));
        await AskAsync(given);

        var refused = await limits.SetLimitAsync("acme", new() { RequestsPerMinute = 0 });
        Assert.False(refused.Applied);
        Assert.Contains("rpm is at least 1", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_limits_that_are_reached_or_used_most_come_first()
    {
        await using var given = Limited(new() { RequestsPerMinute = 10 });
        await AskAsync(given, "acme/small");
        var limits = given.Engine.Limits;
        await limits.SetLimitAsync("acme/small", new() { RequestsPerMinute = 1 });
        await limits.SetLimitAsync("acme/other", new() { RequestsPerMinute = 1 });
        await AskAsync(given, "acme/small");

        Assert.Equal(["acme/small", "acme", "acme/other"], limits.GetMostUsed(5).Select(limit => limit.Name));
        Assert.True(Assert.Single(limits.GetMostUsed(1)).Blocked);
        Assert.Equal((3, 1), limits.Count());
    }

    [Fact]
    [Covers("S003-08", "S003-62")]
    public async Task A_provider_that_says_how_many_requests_it_takes_is_limited_to_them_unless_the_configuration_says_otherwise()
    {
        await using var given = Given.AnEngine(null, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_clock);
            builder.AddProvider(
                new ChatClientProvider("own", new ScriptedClient("hi")),
                new ProviderSettings { Type = "own", Models = ["m"], MaxRequestsPerMinute = 2 });
        });
        await given.Engine.StartAsync(TestContext.Current.CancellationToken);

        var status = Assert.Single(given.Engine.Limits.GetAllStatuses());
        Assert.Equal(("own", 2L, TimeSpan.FromMilliseconds(60_000)), (status.Name, status.MaxRequests, status.Window));
        await AskAsync(given, "own/m");
        await AskAsync(given, "own/m");
        await RefusedAsync(given, "own/m");

        await given.Engine.Limits.SetLimitAsync("own", new() { RequestsPerMinute = 3 });
        await AskAsync(given, "own/m");
        await RefusedAsync(given, "own/m");
        await given.Engine.Limits.SetLimitAsync("own", new() { RequestsPerMinute = 3, Enabled = false });
        await AskAsync(given, "own/m");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10s")]
    [Covers("S003-64")]
    public async Task A_provider_over_its_limit_is_passed_over_and_when_none_is_left_the_soonest_wait_is_reported(string? late)
    {
        var (first, second) = (new ScriptedClient("first"), new ScriptedClient("second"));
        await using var given = Given.AnEngine(
            options =>
            {
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "one/m" }],
                    Fallback = [new() { Model = "two/m" }],
                    Hedge = late is null ? null : new() { After = late },
                };
                options.Limits["one"] = new() { RequestsPerMinute = 1 };
                options.Limits["two/m"] = new() { RequestsPerMinute = 1 };
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(_clock);
                builder.AddProvider("one", first, null, "m").AddProvider("two", second, null, "m");
            });

        Assert.Equal("first", await AskAsync(given, "fast"));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("second", await AskAsync(given, "fast"));
        var error = await RefusedAsync(given, "fast");

        Assert.Equal((CallErrorKind.RateLimited, 429), (error.Kind, error.Status));
        Assert.StartsWith("Rate limit exceeded. Retry after 30s", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.Attempts.Count);
        Assert.Equal((1, 1), (first.Asked.Count, second.Asked.Count));
    }

    [Fact]
    public async Task A_target_that_may_be_hedged_is_limited_like_any_other()
    {
        await using var given = Given.AnEngine(
            options =>
            {
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }],
                    Hedge = new() { After = "10s", Max = 1 },
                };
                options.Limits["one"] = new() { RequestsPerMinute = 1 };
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(_clock);
                builder.AddProvider("one", new ScriptedClient("first"), null, "m")
                    .AddProvider("two", new ScriptedClient("second"), null, "m");
            });

        Assert.Equal(["first", "second"], [await AskAsync(given, "fast"), await AskAsync(given, "fast")]);
        Assert.Equal(1, given.Engine.Limits.GetStatus("one")!.RequestCount);
    }

    [Fact]
    public async Task Tokens_are_reserved_by_estimate_and_corrected_by_what_the_answer_came_to()
    {
        var client = new ScriptedClient("hi", new UsageContent(new() { InputTokenCount = 40, OutputTokenCount = 60 }));
        await using var given = Limited(new() { TokensPerMinute = 1000 }, client);

        await StreamAsync(given);
        Assert.Equal(100, Used(given));

        var asking = given.Chat.GetStreamingResponseAsync("12345678", new() { MaxOutputTokens = 20 }).GetAsyncEnumerator();
        await asking.MoveNextAsync();
        // Two tokens of prompt, and what the client allows of an answer, which is less than usual.
        Assert.Equal(122, Used(given));
        while (await asking.MoveNextAsync())
        {
        }

        await asking.DisposeAsync();
        Assert.Equal(200, Used(given));
    }

    [Fact]
    public async Task Instructions_calls_and_results_of_tools_count_and_a_picture_in_one_is_a_thousand_tokens()
    {
        await using var given = Limited(new() { TokensPerMinute = 100_000 });
        List<AIContent> result = [new TextContent(new string('a', 400)), new DataContent(new byte[4000], "image/png")];
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "12345678"),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "look")]),
            new(ChatRole.Tool, [new FunctionResultContent("1", result)]),
        ];
        var used = new List<long>();

        await foreach (var update in given.Chat.GetStreamingResponseAsync(
            messages, new() { Instructions = new string('b', 4000), MaxOutputTokens = 20 }))
        {
            Assert.NotNull(update);
            used.Add(Used(given));
        }

        // 4,412 characters, a picture, and what the client allows of an answer.
        Assert.Equal(1103 + 1000 + 20, used[0]);
    }

    [Fact]
    public async Task A_failed_call_gives_its_tokens_back_and_one_that_reports_none_keeps_its_estimate()
    {
        var client = new ScriptedClient(asked => asked == 1 ? [new InvalidOperationException("no")] : ["an answer"]);
        await using var given = Limited(new() { TokensPerMinute = 1000, RequestsPerMinute = 10 }, client);

        await Assert.ThrowsAsync<CallException>(() => AskAsync(given));
        Assert.Equal(0, Used(given));
        Assert.Equal(1, given.Engine.Limits.GetStatus("acme")!.RequestCount);
        await AskAsync(given);

        Assert.InRange(Used(given), 1, 300);
    }

    [Fact]
    public async Task A_request_larger_than_the_whole_limit_is_let_through_when_nothing_else_is_counted()
    {
        var client = new ScriptedClient("hi", new UsageContent(new() { InputTokenCount = 500, OutputTokenCount = 1 }));
        await using var given = Limited(new() { TokensPerMinute = 100 }, client);

        await StreamAsync(given);

        Assert.Equal(501, Used(given));
        await RefusedAsync(given);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await StreamAsync(given);
    }

    [Fact]
    public async Task No_more_run_at_once_than_may()
    {
        await using var given = Limited(new() { Concurrency = 1 });
        var asking = given.Chat.GetStreamingResponseAsync("hi").GetAsyncEnumerator();
        await asking.MoveNextAsync();

        var error = await RefusedAsync(given);
        Assert.Equal("concurrency_limit", error.WireCode);
        Assert.Contains("limits.acme.concurrency: 1 at once", error.Message, StringComparison.Ordinal);

        await asking.DisposeAsync();
        await AskAsync(given);
        Assert.Equal(0, given.Engine.Limits.GetStatus("acme")!.Running);
    }

    private Given Limited(LimitOptions? limit, ScriptedClient? client = null) => Given.AnEngineWith(
        client ?? new ScriptedClient("hi"),
        options =>
        {
            if (limit is not null)
                options.Limits["acme"] = limit;
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static long Used(Given given) =>
        given.Engine.Limits.GetStatus("acme")!.Rules.Single(rule => rule.Rule.Unit == LimitUnit.Tokens).Used;

    private static async Task<string> AskAsync(Given given, string? model = null) =>
        (await given.Chat.GetResponseAsync("hi", new() { ModelId = model })).Text;

    private static async Task StreamAsync(Given given) => await given.Chat.GetStreamingResponseAsync("hi").ToListAsync();

    private static async Task<CallError> RefusedAsync(Given given, string? model = null) =>
        (await Assert.ThrowsAsync<CallException>(() => AskAsync(given, model))).Error;
}

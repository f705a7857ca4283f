using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>The order of cache, selection, limit, provider and fallback in a call, and the steps after its end.</summary>
public sealed class CallOrderTests
{
    private readonly ScriptedClient _first = Answering("first");
    private readonly ScriptedClient _second = Answering("second");
    private readonly ScriptedClient _third = Answering("third");

    [Covers("S003-84")]
    [Fact]
    public async Task The_cache_is_asked_before_anything_else()
    {
        await using var given = await StartAsync(options =>
        {
            options.Cache = new();
            options.Limits["first"] = One();
            options.Models["fast"].Fallback.Clear();
        });

        Assert.Equal("from first", await AskAsync(given));
        // The limit is used up and there is no other target: only the cache can answer.
        Assert.Equal("from first", await AskAsync(given));
        Assert.Single(_first.Asked);
    }

    [Covers("S003-86")]
    [Fact]
    public async Task The_limit_of_the_provider_that_was_chosen_is_checked_before_it_is_called()
    {
        await using var given = await StartAsync(options => options.Limits["first"] = One());

        Assert.Equal("from first", await AskAsync(given));
        Assert.Equal("from second", await AskAsync(given));

        Assert.Single(_first.Asked);
        Assert.Single(_second.Asked);
        Assert.Equal("second", given.Ended[1].Attempts[^1].Provider);
    }

    [Covers("S003-87")]
    [Fact]
    public async Task What_was_answered_is_paid_counted_and_kept()
    {
        await using var given = await StartAsync(options =>
        {
            options.Cache = new();
            options.Budgets.Named["total"] = new() { Usd = 10 };
        });

        await AskAsync(given);

        // 100 tokens in and 50 out at a dollar a million each.
        Assert.Equal(150_000, given.Ended[0].Cost.Total);
        Assert.Equal(150_000, Assert.Single(given.Engine.Budgets.List()).Spent);
        Assert.Equal(1, given.Engine.Cache.Statistics.TotalEntries);
        await AskAsync(given);
        Assert.Equal((1, 0L), (_first.Asked.Count, given.Ended[1].Cost.Total));
    }

    /// <summary>What waits for the calls of a configuration, such as the unloading of a plugin, waits for their settlement too.</summary>
    [Fact]
    public async Task A_call_runs_and_holds_its_configuration_until_its_end_has_been_reported()
    {
        (int Running, long Held) atEnd = default;
        Given? given = null;
        given = Given.AnEngineWith(Answering("acme"), build: builder => builder.AddSink(new EndedSink(_ =>
            atEnd = (given!.Engine.RunningCount, given.Engine.Snapshot.InFlight.Count))));
        await using (given)
        {
            await given.Chat.GetResponseAsync("Hello", cancellationToken: Stop);

            Assert.Equal((1, 1L), atEnd);
            Assert.Equal((0, 0L), (given.Engine.RunningCount, given.Engine.Snapshot.InFlight.Count));
        }
    }

    [Covers("S003-88")]
    [Fact]
    public async Task Each_fallback_passes_its_own_limit_and_when_none_is_left_the_error_is_reported()
    {
        await using var given = await StartAsync(options =>
        {
            options.Limits["second"] = One();
            options.Limits["third"] = One();
        }, failing: true);

        Assert.Equal("from second", await AskAsync(given));
        Assert.Equal("from third", await AskAsync(given));
        var error = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(given));

        Assert.Equal((1, 1), (_second.Asked.Count, _third.Asked.Count));
        Assert.Equal(["first", "second", "third"], given.Ended[2].Attempts.Select(attempt => attempt.Provider));
        Assert.NotNull(error);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static LimitOptions One() => new() { Requests = 1, Window = TimeSpan.FromMinutes(1) };

    private static ScriptedClient Answering(string name) => new(
        new TextContent($"from {name}"),
        new UsageContent(new UsageDetails { InputTokenCount = 100, OutputTokenCount = 50, TotalTokenCount = 150 }));

    private static async Task<string> AskAsync(Given given) =>
        (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast" }, Stop)).Text;

    private async Task<Given> StartAsync(Action<SwitchyardOptions> configure, bool failing = false)
    {
        var given = Given.AnEngine(
            options =>
            {
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "first/own" }],
                    Fallback = [new() { Model = "second/own" }, new() { Model = "third/own" }],
                };
                foreach (var provider in new[] { "first", "second", "third" })
                    options.Prices.Models[$"{provider}/*"] = new() { Input = 1, Output = 1 };
                configure(options);
            },
            builder =>
            {
                var down = new ScriptedClient(new HttpRequestException("The first is down."));
                builder.AddProvider("first", failing ? down : _first, null, "own");
                builder.AddProvider("second", _second, null, "own");
                builder.AddProvider("third", _third, null, "own");
            });
        await given.Engine.StartAsync(Stop);
        return given;
    }
}

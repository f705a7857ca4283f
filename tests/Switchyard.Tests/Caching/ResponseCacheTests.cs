using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Caching;

/// <summary>The cache for in-process callers and for administrators.</summary>
public sealed class ResponseCacheTests
{
    private static readonly ChatMessage[] s_hello = [new(ChatRole.User, "Hello")];

    private readonly TestClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Covers("S003-43")]
    [Fact]
    public async Task The_same_messages_are_answered_once_by_the_provider_whole_and_streamed_and_then_for_nothing()
    {
        var client = new ScriptedClient("Hi", " there");
        await using var given = Cached(client);

        var first = await given.Chat.GetResponseAsync(s_hello, cancellationToken: Token);
        var second = await given.Chat.GetResponseAsync(s_hello, cancellationToken: Token);
        var streamed = await given.Chat.GetStreamingResponseAsync(s_hello, cancellationToken: Token).ToListAsync(Token);
        var again = await given.Chat.GetStreamingResponseAsync(s_hello, cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(2, client.Asked.Count);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(["Hi", " there"], again.Select(update => update.Text));
        Assert.Equal(streamed.Select(update => update.Text), again.Select(update => update.Text));
        Assert.Equal(("miss", "hit"), (Said(first.AdditionalProperties), Said(second.AdditionalProperties)));
        Assert.Equal(("miss", "hit"), (Said(streamed[0].AdditionalProperties), Said(again[0].AdditionalProperties)));
        Assert.Equal(("acme", 0), (second.AdditionalProperties![AnswerFacts.Provider], second.AdditionalProperties[AnswerFacts.Attempts]));
        Assert.Equal([CacheOutcome.Miss, CacheOutcome.Hit, CacheOutcome.Miss, CacheOutcome.Hit], given.Ended.Select(call => call.Cache));
        Assert.Equal([1, 0, 1, 0], given.Ended.Select(call => call.Attempts.Count));
    }

    [Fact]
    public async Task What_one_caller_does_with_an_answer_never_reaches_another()
    {
        var call = new FunctionCallContent("c-1", "weather", new Dictionary<string, object?> { ["city"] = "Bern" });
        await using var given = Cached(new ScriptedClient(call));

        var first = await given.Chat.GetResponseAsync(s_hello, cancellationToken: Token);
        ((FunctionCallContent)first.Messages[0].Contents[0]).Arguments!["city"] = "Basel";
        var second = await given.Chat.GetResponseAsync(s_hello, cancellationToken: Token);
        second.Messages.Clear();
        var third = await given.Chat.GetResponseAsync(s_hello, cancellationToken: Token);

        var kept = Assert.IsType<FunctionCallContent>(third.Messages[0].Contents[0]);
        Assert.Equal("Bern", kept.Arguments!["city"]!.ToString());
    }

    [Covers("S003-45")]
    [Fact]
    public void A_cache_holds_a_thousand_answers_for_an_hour_and_is_on_as_soon_as_there_is_one()
    {
        var cache = new CacheOptions();

        Assert.Equal((1000, TimeSpan.FromMilliseconds(3_600_000), true), (cache.MaxEntries, cache.Ttl, cache.Enabled));
        // Caching is opt-in: not every user wants old answers.
        Assert.Null(new SwitchyardOptions().Cache);
    }

    [Covers("S003-51")]
    [Fact]
    public async Task Switched_off_it_is_neither_read_nor_written_and_nothing_is_counted()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Cached(client);
        await AskAsync(given);
        var before = given.Engine.Cache.Statistics;

        Assert.True((await given.Engine.Cache.SetEnabledAsync(false, cancellationToken: Token)).Applied);
        Assert.Equal([null, null], [await AskAsync(given), await AskAsync(given, "Another")]);
        Assert.Equal(before, given.Engine.Cache.Statistics);
        await given.Engine.Cache.SetEnabledAsync(true, cancellationToken: Token);

        Assert.Equal(["hit", "miss"], [await AskAsync(given), await AskAsync(given, "Another")]);
        Assert.Equal(4, client.Asked.Count);
    }

    [Covers("S003-52", "S003-53")]
    [Fact]
    public async Task One_setting_can_be_changed_alone_and_a_new_time_holds_for_later_answers()
    {
        await using var given = Cached(new ScriptedClient("Hi"), cache => cache.Ttl = TimeSpan.FromHours(1));
        await AskAsync(given, "early");

        await given.Engine.Cache.UpdateAsync(cache => cache.MaxEntries = 5000, cancellationToken: Token);
        await given.Engine.Cache.UpdateAsync(cache => cache.Ttl = TimeSpan.FromMilliseconds(7_200_000), cancellationToken: Token);
        await AskAsync(given, "late");
        var settings = given.Engine.Options.Cache!;
        _clock.Advance(TimeSpan.FromMinutes(90));

        Assert.Equal((5000, TimeSpan.FromHours(2), 256 * 1024 * 1024L), (settings.MaxEntries, settings.Ttl, settings.MaxBytes));
        Assert.Equal(["miss", "hit"], [await AskAsync(given, "early"), await AskAsync(given, "late")]);
    }

    [Covers("S003-48", "S003-49", "S003-50")]
    [Fact]
    public async Task It_tells_what_it_is_good_for_and_is_emptied_of_one_answer_or_of_all()
    {
        await using var given = Cached(new ScriptedClient("Hi"));
        var (cache, chat) = (given.Engine.Cache, (SwitchyardChatClient)given.Chat);
        foreach (var text in (string[])["a", "a", "a", "b"])
            await AskAsync(given, text);

        var told = cache.Statistics;
        Assert.Equal((2, 2L, 2L, 0.5), (told.TotalEntries, told.TotalHits, told.TotalMisses, told.HitRate));
        Assert.True(told.MemorySizeBytes > 0);
        Assert.True(await chat.InvalidateAsync([new(ChatRole.User, "a")], cancellationToken: Token));
        Assert.False(await chat.InvalidateAsync([new(ChatRole.User, "a")], cancellationToken: Token));
        Assert.Equal(["miss", "hit"], [await AskAsync(given, "a"), await AskAsync(given, "b")]);
        cache.Clear();
        Assert.Equal(new() { TotalEntries = 0, TotalHits = 0, TotalMisses = 0, MemorySizeBytes = 0 }, cache.Statistics);
    }

    [Fact]
    public async Task A_caller_can_leave_the_cache_out_renew_an_answer_and_set_its_time_and_none_of_it_is_sent()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Cached(client);

        Assert.Equal("miss", await AskAsync(given, mode: CacheMode.On, ttl: TimeSpan.FromMinutes(1)));
        Assert.Equal("hit", await AskAsync(given, mode: "read-only"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("refresh", await AskAsync(given, mode: CacheMode.Refresh, ttl: "2h"));
        _clock.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal("hit", await AskAsync(given));
        Assert.Null(await AskAsync(given, mode: "off"));

        Assert.All(client.Asked, asked => Assert.Empty(asked.Options?.AdditionalProperties ?? []));
        await Assert.ThrowsAsync<CallException>(() => AskAsync(given, mode: "please"));
    }

    [Fact]
    public async Task Callers_that_ask_for_the_same_at_once_share_one_call_and_one_that_leaves_disturbs_no_other()
    {
        var go = new TaskCompletionSource();
        var client = new ScriptedClient(_ => Answer());
        await using var given = Cached(client);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = given.Chat.GetStreamingResponseAsync(s_hello, cancellationToken: leaving.Token).GetAsyncEnumerator(leaving.Token);
        Assert.True(await first.MoveNextAsync());

        var second = given.Chat.GetStreamingResponseAsync(s_hello, cancellationToken: Token).ToListAsync(Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.MoveNextAsync());
        await first.DisposeAsync();
        go.SetResult();

        Assert.Equal(["Hi", " there"], (await second).Select(update => update.Text));
        Assert.Single(client.Asked);

        IEnumerable<object> Answer()
        {
            yield return "Hi";
            while (!go.Task.IsCompleted)
                yield return TimeSpan.FromMilliseconds(1);
            yield return " there";
        }
    }

    [Fact]
    public async Task A_key_of_the_callers_own_is_answered_once()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client);
        var options = new ChatOptions { AdditionalProperties = new() { [AnswerFacts.IdempotencyKey] = "k-1" } };

        await given.Chat.GetResponseAsync(s_hello, options, Token);
        var again = await given.Chat.GetResponseAsync(s_hello, options, Token);
        var refused = await Assert.ThrowsAsync<CallException>(
            () => given.Chat.GetResponseAsync([new ChatMessage(ChatRole.User, "Another")], options, Token));

        Assert.Equal(("replay", "Hi"), (Said(again.AdditionalProperties), again.Text));
        Assert.Equal((CallErrorKind.KeyReused, 422), (refused.Error.Kind, refused.Error.Status));
        Assert.Single(client.Asked);
    }

    private Given Cached(IChatClient client, Action<CacheOptions>? configure = null) => Given.AnEngineWith(
        client,
        options =>
        {
            options.Cache = new();
            configure?.Invoke(options.Cache);
        },
        builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static async Task<string?> AskAsync(Given given, string text = "Hello", object? mode = null, object? ttl = null)
    {
        var options = new ChatOptions { AdditionalProperties = [] };
        if (mode is not null)
            options.AdditionalProperties[AnswerFacts.Cache] = mode;
        if (ttl is not null)
            options.AdditionalProperties[AnswerFacts.CacheTtl] = ttl;
        var answer = await given.Chat.GetResponseAsync([new ChatMessage(ChatRole.User, text)], options, Token);
        return Said(answer.AdditionalProperties);
    }

    private static string? Said(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.TryGetValue(AnswerFacts.Cache, out var said) ? (string?)said : null;
}

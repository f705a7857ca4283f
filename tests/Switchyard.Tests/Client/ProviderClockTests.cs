using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>An in-process provider has the same timeouts as one over HTTP.</summary>
public sealed class ProviderClockTests
{
    private readonly TestClock _clock = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Covers("Y6")]
    [Fact]
    public async Task A_providers_own_timeout_holds_for_a_client_that_streams_nothing()
    {
        await using var given = GivenAClient(new ProviderSettings { Type = "acme", Timeout = TimeSpan.FromSeconds(7) });

        var answer = given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "acme/small" }).ToListAsync().AsTask();
        await AssertGivenUpAfterAsync(7, answer, "timeouts.first_token");
    }

    [Covers("S004-24", "S004-26", "Y8")]
    [Theory]
    [InlineData(20, 120)]
    [InlineData(300, 300)]
    public async Task The_catalogues_time_of_a_slow_provider_lengthens_the_configured_one_and_never_shortens_it(int configured, int seconds)
    {
        await using var given = GivenAClient(
            new ProviderSettings { Type = "huggingface" }, options => options.Timeouts.FirstToken = TimeSpan.FromSeconds(configured));

        var answer = given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "huggingface/small" }).ToListAsync().AsTask();
        await AssertGivenUpAfterAsync(seconds, answer, "timeouts.first_token");
    }

    [Fact]
    public async Task A_configured_time_that_equals_the_catalogues_shortens_the_general_one()
    {
        await using var given = GivenAClient(
            new ProviderSettings { Type = "huggingface", Timeout = TimeSpan.FromSeconds(120) },
            options => options.Timeouts.FirstToken = TimeSpan.FromSeconds(300));

        var answer = given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "huggingface/small" }).ToListAsync().AsTask();
        await AssertGivenUpAfterAsync(120, answer, "timeouts.first_token");
    }

    [Covers("Y5", "Y6", "S003-37", "S004-32", "S004-64")]
    [Fact]
    public async Task A_providers_own_attempt_timeout_holds_for_a_client_that_never_answers()
    {
        await using var given = GivenAClient(new ProviderSettings { Type = "acme", AttemptTimeout = TimeSpan.FromSeconds(9) });

        var answer = given.Chat.GetResponseAsync("Hello", new() { ModelId = "acme/small" });
        await AssertGivenUpAfterAsync(9, answer, "timeouts.attempt");
    }

    [Covers("S001-57")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_has_ended_is_not_ended_once_more_by_its_clocks(bool stream)
    {
        var client = new ScriptedClient("one", "two");
        await using var given = Given.AnEngineWith(client, build: builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        if (stream)
            await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();
        else
            await given.Chat.GetResponseAsync("Hello");
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.True(client.Token.CanBeCanceled);
        Assert.False(client.Token.IsCancellationRequested);
    }

    [Covers("Y6")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_configured_timeout_holds_for_the_mock(bool stream)
    {
        await using var given = Given.AnEngine(
            options => options.Providers["mock"] = new ProviderOptions
            {
                Timeout = TimeSpan.FromSeconds(3),
                AttemptTimeout = TimeSpan.FromSeconds(3),
                Settings = { ["delay"] = "60s" },
            },
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        Task answer = stream
            ? given.Chat.GetStreamingResponseAsync("Hello", new() { ModelId = "mock/mock-model-v1" }).ToListAsync().AsTask()
            : given.Chat.GetResponseAsync("Hello", new() { ModelId = "mock/mock-model-v1" });
        // The mock's own delay and the timer wheel.
        await _clock.WaitForTimersAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(3.2));

        Assert.Equal(CallErrorKind.UpstreamTimeout, (await Assert.ThrowsAsync<CallException>(() => answer)).Error.Kind);
    }

    [Covers("Y9")]
    [Fact]
    public async Task A_caller_that_takes_its_time_between_two_updates_is_no_silence_of_the_provider()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient("one", "two"),
            options => options.Timeouts.Idle = TimeSpan.FromSeconds(5),
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        var seen = new List<string>();
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
        {
            seen.Add(update.Text);
            _clock.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(["one", "two"], seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_update_without_content_restarts_the_time_of_the_first_token_where_comments_count(bool counts)
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient(_ => Slowly("", "", "Hi")),
            options =>
            {
                options.Timeouts.FirstToken = TimeSpan.FromSeconds(5);
                options.Timeouts.CommentsCount = counts;
            },
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        var answer = given.Chat.GetStreamingResponseAsync("Hello").ToListAsync().AsTask();

        if (counts)
            Assert.Equal(["", "", "Hi"], (await answer).Select(update => update.Text));
        else
            Assert.Equal(CallErrorKind.UpstreamTimeout, (await Assert.ThrowsAsync<CallException>(() => answer)).Error.Kind);
    }

    private IEnumerable<object> Slowly(params string[] texts)
    {
        foreach (var text in texts)
        {
            _clock.Advance(TimeSpan.FromSeconds(4));
            yield return text;
        }
    }

    private Given GivenAClient(ProviderSettings settings, Action<SwitchyardOptions>? configure = null)
    {
        var client = new ScriptedClient(_ =>
        {
            _asked.SetResult();
            return [Timeout.InfiniteTimeSpan];
        });
        return Given.AnEngine(configure, builder =>
        {
            builder.AddProvider(new ChatClientProvider(settings.Type, client), settings);
            builder.Services.AddSingleton<TimeProvider>(_clock);
        });
    }

    private async Task AssertGivenUpAfterAsync(int seconds, Task answer, string setting)
    {
        await _asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
        Assert.False(answer.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.7));

        var error = (await Assert.ThrowsAsync<CallException>(() => answer)).Error;
        Assert.Equal(CallErrorKind.UpstreamTimeout, error.Kind);
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }
}

using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>Hedging over HTTP: the late attempt is cancelled, and both are accounted.</summary>
public sealed class HedgeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_that_is_late_is_left_for_the_one_that_answers_first(bool stream)
    {
        var records = new List<CallRecord>();
        await using var slow = await FakeUpstream.StartAsync();
        await using var quick = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(slow, quick, record => records.Add(record));
        var asked = Hang(slow);
        quick.Then(async http =>
        {
            // Only a request that has arrived is seen to be left.
            await asked;
            await FakeUpstream.WriteAsync(
                http, 200, stream ? "text/event-stream" : "application/json",
                stream ? string.Concat(Some.ChatStream()) : Some.ChatCompletion());
        });

        using (var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: stream)))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("quick", response.Headers.GetValues("x-switchyard-provider").Single());
            Assert.Equal("2", response.Headers.GetValues("x-switchyard-attempts").Single());
            Assert.Contains(
                stream ? "there" : "Hello", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }

        await slow.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await gateway.StopAsync();
        var record = Assert.Single(records);
        Assert.Equal(CallOutcome.Finished, record.Outcome);
        Assert.Equal(
            [("slow", AttemptOutcome.Abandoned, false), ("quick", AttemptOutcome.Finished, true)],
            record.Attempts.Select(attempt => (attempt.Provider, attempt.Outcome, attempt.IsHedge)));
        Assert.Contains("answered first", record.Attempts[0].Error!.Message, StringComparison.Ordinal);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.Contains("is asked too", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_attempt_that_lost_after_it_had_begun_to_answer_keeps_the_usage_it_reported()
    {
        var records = new List<CallRecord>();
        await using var slow = await FakeUpstream.StartAsync();
        await using var quick = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(slow, quick, record => records.Add(record));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Then(async http =>
        {
            await FakeUpstream.WriteAsync(http, 200, "text/event-stream", Some.UsageChunk);
            await http.Response.Body.FlushAsync();
            begun.SetResult();
            await slow.HangAsync(http);
        });
        quick.Then(async http =>
        {
            await begun.Task;
            // The gateway reads the usage within this time.
            await Task.Delay(250);
            await FakeUpstream.WriteAsync(http, 200, "text/event-stream", string.Concat(Some.ChatStream()));
        });

        using (var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true)))
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await gateway.StopAsync();

        Assert.Equal(9, Assert.Single(records).Attempts[0].Usage.Input);
    }

    [Fact]
    public async Task Two_that_hang_leave_the_next_target_its_time()
    {
        var clock = new TestClock();
        await using var slow = await FakeUpstream.StartAsync();
        await using var quick = await FakeUpstream.StartAsync();
        await using var third = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Timeouts.Total = TimeSpan.FromSeconds(30);
                options.Providers["slow"] = new() { BaseUrl = slow.BaseUrl, Key = "k" };
                options.Providers["quick"] = new() { BaseUrl = quick.BaseUrl, Key = "k" };
                options.Providers["third"] = new() { BaseUrl = third.BaseUrl, Key = "k" };
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "slow/m" }, new() { Model = "quick/m" }, new() { Model = "third/m" }],
                    Hedge = new() { After = "800ms", Max = 1 },
                };
            },
            builder => builder.Services.AddSingleton<TimeProvider>(clock));
        Task[] asked = [Hang(slow), Hang(quick)];

        var answer = gateway.ChatAsync(Some.ChatRequest("fast"));
        await asked[0];
        // The timer wheel, and the wait for the first target.
        await clock.WaitForTimersAsync(2);
        clock.Advance(TimeSpan.FromSeconds(0.8));
        await asked[1];
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));

        using var response = await answer;
        Assert.Equal("third", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("3", response.Headers.GetValues("x-switchyard-attempts").Single());
    }

    private static Task Hang(FakeUpstream upstream)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(http =>
        {
            asked.SetResult();
            return upstream.HangAsync(http);
        });
        return asked.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream slow, FakeUpstream quick, Action<CallRecord> note) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["slow"] = new() { BaseUrl = slow.BaseUrl, Key = "k" };
            options.Providers["quick"] = new() { BaseUrl = quick.BaseUrl, Key = "k" };
            options.Models["fast"] = new()
            {
                Targets = [new() { Model = "slow/m" }, new() { Model = "quick/m" }],
                Hedge = new() { After = "50ms", Max = 1 },
            };
        },
        builder => builder.AddSink(new EndedSink(note)));
}

using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Pipeline;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>A reload replaces everything at once: all parts of a configuration that a call sees are of one generation.</summary>
public sealed class SnapshotSwapTests
{
    [Fact]
    public async Task A_thousand_swaps_under_load_show_no_call_two_generations()
    {
        const int swaps = 1000;
        var seen = new ConcurrentQueue<string>();
        await using var given = Given.AnEngineWith(
            new ScriptedClient("Hi"), options => Mark(options, 1), builder => builder.UseRouted<Comparing>());
        var engine = given.Engine;
        await engine.StartAsync(TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();

        var calls = new int[3];
        var load = Enumerable.Range(0, calls.Length).Select(worker => Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; Interlocked.Increment(ref calls[worker]))
            {
                using var held = engine.Hold();
                await Task.Yield();
                if (Compare(held.Snapshot) is { } difference)
                    seen.Enqueue($"held: {difference}");
                var answer = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "marked" });
                if (answer.Text != "Hi")
                    seen.Enqueue("no answer");
            }
        })).ToArray();

        for (var i = 2; i <= swaps + 1; i++)
        {
            var applied = await engine.ApplyAsync(options => Mark(options, i), TestContext.Current.CancellationToken);
            Assert.True(applied.Applied, applied.Reason);
            // Every worker has calls under way while the configurations change: a swap takes microseconds.
            for (var before = calls.Min(); i % 10 == 0 && calls.Min() == before;)
                await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.Empty(seen);
        Assert.Equal(swaps + 1, engine.Snapshot.Generation);
    }

    [Fact]
    public async Task A_configuration_that_is_held_keeps_its_providers()
    {
        await using var given = Given.AnEngine(options =>
        {
            options.Providers["house"] = new ProviderOptions { Type = "mock" };
            options.Providers["other"] = new ProviderOptions { Type = "mock" };
        });
        var engine = given.Engine;
        await engine.StartAsync(TestContext.Current.CancellationToken);
        var held = engine.Hold();
        await engine.ApplyAsync(options => options.Providers.Remove("house"), TestContext.Current.CancellationToken);

        Assert.True(engine.Registry.TryGet("house", out var provider));
        Assert.DoesNotContain("house", engine.ProviderNames);
        Assert.Equal(1, held.Snapshot.Generation);
        held.Dispose();
        await Wait.ForAsync(() => !provider.IsInitialized);
    }

    /// <summary>Writes the number of a configuration into every part of it that a call can see.</summary>
    private static void Mark(SwitchyardOptions options, int number)
    {
        options.Server.MaxBodyBytes = 1_000_000 + number;
        options.Server.Keys = [$"key of {number}"];
        options.Timeouts.Total = TimeSpan.FromSeconds(1_000_000 + number);
        options.Models["marked"] = new() { Targets = [new TargetOptions { Model = $"acme/{number}" }] };
    }

    private static string? Compare(CallSnapshot snapshot)
    {
        var number = snapshot.Generation;
        return snapshot.Section(RequestLimits.Section)!.MaxBodyBytes != 1_000_000 + number ? $"{number} with another's limit"
            : snapshot.Section(CallerTable.Section)!.Find($"key of {number}") is null ? $"{number} with another's keys"
            : snapshot.Clocks.Total != TimeSpan.FromSeconds(1_000_000 + number) ? $"{number} with another's clocks"
            : Target(snapshot) != $"{number}" ? $"{number} with another's route"
            : null;
    }

    private static string Target(CallSnapshot snapshot) =>
        snapshot.Routes.ResolveAsync("marked", Canonical.CallOperation.Chat, CancellationToken.None).AsTask().Result.Route!
            .Groups[0].Deployments[0].Model;

    private sealed class Comparing : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            var different = Compare(call.Snapshot)
                ?? (call.Route!.Groups[0].Deployments[0].Model == $"{call.Snapshot.Generation}" ? null : "routed by another's table");
            return different is null ? next(call) : throw new InvalidOperationException(different);
        }
    }
}

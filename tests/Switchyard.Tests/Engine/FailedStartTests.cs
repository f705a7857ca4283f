using Microsoft.Extensions.DependencyInjection;
using Switchyard.Identity;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Switchyard.Tests.Providers;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>An engine that was not started, or whose start failed, can still be started, and is disposed with all that it owns.</summary>
public sealed class FailedStartTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_is_made_after_a_start_that_failed_does_not_start_the_engine_without_its_configuration()
    {
        var isReady = false;
        var late = new RecordingProvider("late")
        {
            OnInitialize = () => isReady ? Task.CompletedTask : throw new TimeoutException("not yet"),
        };
        await using var given = Given.AnEngine(
            options => options.Models["fast"] = new() { Targets = [new() { Model = "late/known" }] },
            builder =>
            {
                builder.Services.AddSingleton<IKeyStore>(new FakeKeyStore());
                builder.AddProvider(late, new ProviderSettings { Type = "late" });
            });
        await Assert.ThrowsAsync<TimeoutException>(() => given.Engine.StartAsync(Stop).AsTask());

        isReady = true;
        await given.Engine.Keys.CreateKeyAsync("ci", [], Stop);
        await given.Engine.StartAsync(Stop);

        Assert.Contains("fast", given.Engine.Options.Models.Keys);
        Assert.NotNull(given.Engine.Snapshot.Section(CallerTable.Section));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_and_a_provider_of_the_host_are_disposed_with_an_engine_that_was_never_started_or_failed_to(bool starts)
    {
        var client = new ScriptedClient("Hi");
        var broken = new RecordingProvider("broken")
        {
            OnInitialize = () => throw new TimeoutException("not yet"),
            OnDispose = () => throw new InvalidOperationException("cannot be disposed"),
        };
        await using (var given = Given.AnEngine(
            build: builder => builder.AddProvider(broken, new ProviderSettings { Type = "broken" })
                .AddProvider("acme", client, null, "small")))
        {
            var engine = given.Engine;
            if (starts)
                await Assert.ThrowsAsync<TimeoutException>(() => engine.StartAsync(Stop).AsTask());
            Assert.False(client.IsDisposed);
        }

        Assert.Equal(1, broken.Disposals);
        Assert.True(client.IsDisposed);
    }
}

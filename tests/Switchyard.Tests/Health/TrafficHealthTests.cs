using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Health;

/// <summary>Health derived from calls, and how long it is kept.</summary>
public sealed class TrafficHealthTests
{
    [Fact]
    [Covers("S003-22")]
    public async Task Every_call_updates_the_health_of_its_provider()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(number => number == 1 ? ["hello"] : [Down()]));
        await given.Chat.GetResponseAsync("Hi");
        Assert.Equal(HealthState.Healthy, HealthOf(given).State);

        await Assert.ThrowsAnyAsync<Exception>(() => given.Chat.GetResponseAsync("Hi"));
        Assert.Equal(HealthState.Degraded, HealthOf(given).State);
        Assert.Contains("down", HealthOf(given).LastError, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_request_that_is_refused_for_the_clients_fault_says_nothing_of_the_provider()
    {
        var refusal = new CallException(new CallError(CallErrorKind.UpstreamRejected, "The model is unknown.") { UpstreamStatus = 404 });
        await using var given = Given.AnEngineWith(new ScriptedClient(refusal));
        await Assert.ThrowsAnyAsync<Exception>(() => given.Chat.GetResponseAsync("Hi"));

        Assert.Equal(HealthState.Unknown, HealthOf(given).State);
    }

    [Fact]
    public async Task A_reload_that_leaves_the_provider_keeps_its_health_and_one_that_changes_it_begins_anew()
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new ProviderOptions());
        await given.Chat.GetResponseAsync("Hi", new ChatOptions { ModelId = "mock/mock-model-v1" });
        var before = HealthOf(given, "mock");

        await given.Engine.ApplyAsync(options => options.Strict = true);
        Assert.Same(before, HealthOf(given, "mock"));
        await given.Engine.ApplyAsync(options => options.Providers["mock"].Settings["success_rate"] = "0.5");
        Assert.Equal(HealthState.Unknown, HealthOf(given, "mock").State);
    }

    private static CallException Down() => new(new CallError(CallErrorKind.UpstreamUnavailable, "The provider is down."));

    private static ProviderHealth HealthOf(Given given, string provider = "acme") =>
        given.Engine.Registry.FindEntry(provider)!.Health;
}

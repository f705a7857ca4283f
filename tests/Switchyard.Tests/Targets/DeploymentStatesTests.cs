using System.Runtime.CompilerServices;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Targets;

/// <summary>State is shared by key, and removed with the last deployment that uses it.</summary>
public sealed class DeploymentStatesTests
{
    [Fact]
    public void The_same_provider_model_and_account_share_a_state()
    {
        var states = new DeploymentStates();
        var state = states.Get(new("openai", "gpt-4o", "a"));

        Assert.Same(state, states.Get(new("openai", "gpt-4o", "a")));
        Assert.NotSame(state, states.Get(new("openai", "gpt-4o", "b")));
        Assert.NotSame(state, states.Get(new("openai", "gpt-4o-mini", "a")));
        GC.KeepAlive(state);
    }

    [Fact]
    public void Names_that_clients_make_up_are_forgotten_with_their_calls()
    {
        var states = new DeploymentStates();
        var kept = states.Get(new("openai", "gpt-4o", ""));
        for (var i = 0; i < 50; i++)
        {
            MakeUp(states, i);
            GC.Collect();
        }

        Assert.InRange(states.Count, 1, 5_000);
        Assert.Same(kept, states.Get(new("openai", "gpt-4o", "")));
    }

    [Fact]
    public async Task However_many_ask_at_once_they_get_one_state()
    {
        var states = new DeploymentStates();
        var got = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => states.Get(new("p", "m", "")))));

        Assert.All(got, state => Assert.Same(got[0], state));
    }

    // In a separate method, so that the caller's frame holds no reference.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeUp(DeploymentStates states, int round)
    {
        for (var i = 0; i < 1000; i++)
            states.Get(new("openai", $"made-up-{round}-{i}", ""));
    }
}

using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>Calls that belong together go to the same target while it can be used.</summary>
public sealed class AffinityTests
{
    [Fact]
    public async Task A_conversation_stays_with_its_target_and_others_are_shared_out()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new AffinityOptions());

        List<string> turns = [];
        for (var i = 0; i < 12; i++)
            turns.Add(await ProviderAsync(gateway, Turn("Hi", later: i)));
        HashSet<string> others = [];
        for (var i = 0; i < 40; i++)
            others.Add(await ProviderAsync(gateway, Turn($"Hi {i}", later: 0)));

        Assert.Single(turns.Distinct());
        Assert.Equal(3, others.Count);
    }

    [Fact]
    public async Task A_target_that_fails_is_passed_over_and_the_conversation_stays_with_the_one_that_stood_in()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new AffinityOptions());
        var first = await ProviderAsync(gateway, Turn("Hi", later: 0));

        upstream.ThenJson("{}", 500).ThenJson(Some.ChatCompletion());
        var second = await ProviderAsync(gateway, Turn("Hi", later: 1));

        Assert.NotEqual(first, second);
        for (var i = 2; i < 8; i++)
            Assert.Equal(second, await ProviderAsync(gateway, Turn("Hi", later: i)));
    }

    [Fact]
    public async Task An_end_user_or_what_a_header_names_stays_with_a_target_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new AffinityOptions { By = ["header:x-session-id", "end_user"] });

        HashSet<string> session = [], user = [], none = [];
        for (var i = 0; i < 40; i++)
        {
            session.Add(await ProviderAsync(gateway, Turn($"Hi {i}", later: 0), ("X-Session-Id", "seven")));
            user.Add(await ProviderAsync(gateway, Some.ChatRequest("fast", extra: $",\"user\":\"ada\",\"seed\":{i}")));
            none.Add(await ProviderAsync(gateway, Turn("Hi", later: 0)));
        }

        Assert.Single(session);
        Assert.Single(user);
        Assert.Equal(3, none.Count);
    }

    [Fact]
    public async Task The_decision_says_what_was_put_behind_for_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new AffinityOptions());
        await ProviderAsync(gateway, Turn("Hi", later: 0));

        using var answer = await gateway.ChatAsync(Turn("Hi", later: 1), ("x-switchyard-explain", "true"));

        var told = answer.Headers.GetValues("x-switchyard-explain").Single();
        Assert.Equal(3, told.Split("behind:not_sticky").Length);
        using var explained = await gateway.PostAsync("/route/explain", Turn("Hi", later: 2));
        Assert.Contains(
            $"\"chosen\":{{\"provider\":\"{answer.Headers.GetValues("x-switchyard-provider").Single()}\"",
            await explained.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
    }

    private static string Turn(string text, int later) => Some.ChatRequest("fast", text).Replace(
        "}]",
        "}" + string.Concat(Enumerable.Range(0, later).Select(i => $$""",{"role":"user","content":"More {{i}}"}""")) + "]",
        StringComparison.Ordinal);

    private static async Task<string> ProviderAsync(GatewayHost gateway, string body, params (string Name, string Value)[] headers)
    {
        using var answer = await gateway.ChatAsync(body, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return answer.Headers.GetValues("x-switchyard-provider").Single();
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, AffinityOptions affinity) => GatewayHost.StartAsync(options =>
    {
        foreach (var name in (string[])["one", "two", "three"])
            options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = $"key-of-{name}" };
        options.Models["fast"] = new()
        {
            Strategy = "weighted",
            Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }, new() { Model = "three/m" }],
            Affinity = affinity,
        };
    });
}

using System.Net;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>A request that goes on from an earlier answer reaches the account that keeps it, or none.</summary>
public sealed class StatefulIdTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_reaches_the_account_that_gave_the_answer(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var owner = await ProviderAsync(
            gateway, upstream, "resp_1", $$"""{"model":"fast","input":"Hi","stream":{{(stream ? "true" : "false")}}}""");

        for (var i = 0; i < 10; i++)
        {
            var next = await ProviderAsync(
                gateway, upstream, $"resp_next_{i}", """{"model":"fast","input":"More","previous_response_id":"resp_1"}""");
            Assert.Equal(owner, next);
        }
    }

    [Theory]
    [InlineData("\"conv_1\"")]
    [InlineData("{\"id\":\"conv_1\"}")]
    public async Task It_reaches_the_account_that_keeps_the_conversation(string conversation)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var body = $$"""{"model":"fast","input":"Hi","conversation":{{conversation}}}""";
        var owner = await ProviderAsync(gateway, upstream, "resp_1", body);

        for (var i = 0; i < 10; i++)
            Assert.Equal(owner, await ProviderAsync(gateway, upstream, $"resp_next_{i}", body));
    }

    [Fact]
    public async Task At_another_account_it_is_refused_with_the_way_out_and_not_sent()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await ProviderAsync(gateway, upstream, "resp_1", """{"model":"one/m","input":"Hi"}""");

        using var direct = await gateway.PostAsync(
            "/v1/responses", """{"model":"two/m","input":"More","previous_response_id":"resp_1"}""");
        using var alias = await gateway.PostAsync(
            "/v1/responses", """{"model":"others","input":"More","previous_response_id":"resp_1"}""");

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.Conflict], [direct.StatusCode, alias.StatusCode]);
        var text = await alias.Content.ReadAsStringAsync();
        Assert.Contains("state_elsewhere", text, StringComparison.Ordinal);
        Assert.Contains("Ask for the model that gave it", text, StringComparison.Ordinal);
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task An_id_that_nobody_here_has_given_goes_where_the_strategy_says()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        HashSet<string> reached = [];
        for (var i = 0; i < 60; i++)
        {
            reached.Add(await ProviderAsync(
                gateway, upstream, $"resp_{i}", $$"""{"model":"fast","input":"More","previous_response_id":"unknown_{{i}}"}"""));
        }

        Assert.Equal(3, reached.Count);
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"")]
    [InlineData("\"conversation\":{\"id\":\"conv_1\"}")]
    public async Task Another_tenants_answer_or_conversation_is_not_gone_on_from(string from)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Tenants["acme"] = new();
            options.Keys["mine"] = new() { Key = "sk-mine", Tenant = "acme" };
            options.Keys["ours"] = new() { Key = "sk-ours", Tenant = "acme" };
            options.Keys["theirs"] = new() { Key = "sk-theirs" };
        });
        await ProviderAsync(gateway, upstream, "resp_1", """{"model":"one/m","input":"Hi","conversation":"conv_1"}""", "sk-mine");
        var more = $$"""{"model":"one/m","input":"More",{{from}}}""";

        using var stolen = await gateway.PostAsync("/v1/responses", more, Key("sk-theirs"));
        using var asked = await gateway.PostAsync("/route/explain", more, Key("sk-theirs"));
        var text = await stolen.Content.ReadAsStringAsync();
        Assert.Single(upstream.Requests);
        await ProviderAsync(gateway, upstream, "resp_2", more, "sk-ours");
        using var again = await gateway.PostAsync("/v1/responses", more, Key("sk-theirs"));

        Assert.Equal(
            [HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest],
            [stolen.StatusCode, asked.StatusCode, again.StatusCode]);
        Assert.Contains("previous_response_not_found", text, StringComparison.Ordinal);
        Assert.Equal(2, upstream.Requests.Count);
    }

    private static async Task<string> ProviderAsync(GatewayHost gateway, FakeUpstream upstream, string id, string body, string? key = null)
    {
        if (body.Contains("\"stream\":true", StringComparison.Ordinal))
            upstream.ThenStream(
                Event($$$"""{"type":"response.created","response":{"id":"{{{id}}}","object":"response","status":"in_progress","output":[]}}"""),
                Event("""{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}"""),
                Event($$$"""{"type":"response.completed","response":{"id":"{{{id}}}","object":"response","status":"completed","output":[]}}"""));
        else
            upstream.ThenJson(
                $$$"""{"id":"{{{id}}}","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}]}""");
        using var answer = await gateway.PostAsync("/v1/responses", body, key is null ? [] : [Key(key)]);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return answer.Headers.GetValues("x-switchyard-provider").Single();
    }

    private static (string Name, string Value) Key(string key) => ("Authorization", $"Bearer {key}");

    private static string Event(string json) => $"event: {json.Split('"')[3]}\ndata: {json}\n\n";

    private static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(options =>
    {
        foreach (var name in (string[])["one", "two", "three"])
            options.Providers[name] = new() { BaseUrl = upstream.BaseUrl, Key = $"key-of-{name}", Dialect = "openai-responses" };
        options.Models["fast"] = new()
        {
            Strategy = "weighted",
            Targets = [new() { Model = "one/m" }, new() { Model = "two/m" }, new() { Model = "three/m" }],
        };
        options.Models["others"] = new() { Targets = [new() { Model = "two/m" }, new() { Model = "three/m" }] };
        configure?.Invoke(options);
    });
}

using System.Net;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>A request that continues an earlier answer reaches the account that stores it, or none.</summary>
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
    public async Task It_is_compacted_by_the_account_that_gave_the_answer()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var owner = await ProviderAsync(gateway, upstream, "resp_1", """{"model":"fast","input":"Hi"}""");
        upstream.ThenJson(
            """{"id":"resp_c","object":"response.compaction","created_at":1790000000,"output":[{"id":"cmp_1","type":"compaction","encrypted_content":"E"}]}""");

        for (var i = 0; i < 10; i++)
        {
            using var compacted = await gateway.PostAsync(
                "/v1/responses/compact", """{"model":"fast","previous_response_id":"resp_1"}""");
            Assert.Equal(HttpStatusCode.OK, compacted.StatusCode);
            Assert.Equal(owner, compacted.Headers.GetValues("x-switchyard-provider").Single());
        }

        var other = owner == "one" ? "two" : "one";
        using var elsewhere = await gateway.PostAsync(
            "/v1/responses/compact", $$"""{"model":"{{other}}/m","previous_response_id":"resp_1"}""");
        Assert.Equal(HttpStatusCode.Conflict, elsewhere.StatusCode);
        Assert.Equal(11, upstream.Requests.Count);
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

    [Theory]
    [InlineData("previous_response_id")]
    [InlineData("conversation")]
    public async Task The_refusal_names_the_field_with_the_id(string field)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await ProviderAsync(gateway, upstream, "resp_1", $$"""{"model":"one/m","input":"Hi","{{field}}":"kept_1"}""");

        using var refused = await gateway.PostAsync("/v1/responses", $$"""{"model":"two/m","input":"More","{{field}}":"kept_1"}""");

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains($"\"param\":\"{field}\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_that_was_not_given_here_goes_where_the_strategy_says()
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

    [Fact]
    public async Task A_key_without_a_name_does_not_continue_the_answer_of_another_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Server.Keys = ["sk-mine", "sk-theirs"]);
        await ProviderAsync(gateway, upstream, "resp_1", """{"model":"one/m","input":"Hi"}""", "sk-mine");
        const string More = """{"model":"one/m","input":"More","previous_response_id":"resp_1"}""";

        using var stolen = await gateway.PostAsync("/v1/responses", More, Key("sk-theirs"));
        Assert.Equal(HttpStatusCode.BadRequest, stolen.StatusCode);
        Assert.Contains("previous_response_not_found", await stolen.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(upstream.Requests);
        await ProviderAsync(gateway, upstream, "resp_2", More, "sk-mine");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_strict_budget_holds_an_answer_that_was_given_here_as_long_as_it_was_counted(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Prices.Models["one/*"] = new PriceOptions { Input = 1, Output = 10 };
            // Too small for the 200,000 tokens that are reserved for an answer of unknown length.
            options.Budgets.Named["total"] = new BudgetOptions { Usd = 0.1m, Period = "lifetime" };
        });
        var asked = $$"""{"model":"one/m","max_output_tokens":50,"stream":{{(stream ? "true" : "false")}},"input":""";
        await ProviderAsync(gateway, upstream, "resp_1", asked + "\"Hi\"}");

        await ProviderAsync(gateway, upstream, "resp_2", asked + "\"More\",\"previous_response_id\":\"resp_1\"}");
        await ProviderAsync(gateway, upstream, "resp_3", asked + "\"More\",\"previous_response_id\":\"resp_2\"}");
        using var unknown = await gateway.PostAsync("/v1/responses", asked + "\"More\",\"previous_response_id\":\"resp_0\"}");

        Assert.Equal(HttpStatusCode.PaymentRequired, unknown.StatusCode);
        Assert.Equal(3, upstream.Requests.Count);
    }

    [Theory]
    [InlineData("two/m", null)]
    [InlineData("one/tiny", "mini; budget=total")]
    public async Task Near_the_end_of_a_budget_it_goes_to_a_cheaper_model_of_the_same_account_alone(string cheaper, string? said)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            foreach (var models in (string[])["one/*", "two/*"])
                options.Prices.Models[models] = new PriceOptions { Input = 1, Output = 10 };
            options.Models["mini"] = new() { Targets = [new() { Model = cheaper }] };
            // From the second call on.
            options.Budgets.Named["total"] = new BudgetOptions
            {
                Usd = 100, Period = "lifetime", CheaperModel = "mini", CheaperAfter = "0.0000001%",
            };
        });
        await ProviderAsync(gateway, upstream, "resp_1", """{"model":"one/m","input":"Hi"}""");
        await Wait.ForAsync(() => gateway.Engine.Budgets.List().Any(account => account.Spent > 0));

        using var next = await gateway.PostAsync("/v1/responses", """{"model":"one/m","input":"More","previous_response_id":"resp_1"}""");

        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Equal("one", next.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal(said, next.Headers.TryGetValues("x-switchyard-cheaper", out var values) ? values.Single() : null);
    }

    private static async Task<string> ProviderAsync(GatewayHost gateway, FakeUpstream upstream, string id, string body, string? key = null)
    {
        if (body.Contains("\"stream\":true", StringComparison.Ordinal))
            upstream.ThenStream(
                Event($$$"""{"type":"response.created","response":{"id":"{{{id}}}","object":"response","status":"in_progress","output":[]}}"""),
                Event("""{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}"""),
                Event($$$"""{"type":"response.completed","response":{"id":"{{{id}}}","object":"response","status":"completed","usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15},"output":[]}}"""));
        else
            upstream.ThenJson(
                $$$"""{"id":"{{{id}}}","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}],"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}""");
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

using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>Experiments as clients and operators see them: assignment, fallback, results, feedback.</summary>
public sealed class ExperimentTests
{
    private const string Header = "x-switchyard-experiment";

    private readonly Channel<CallRecord> _ended = Channel.CreateUnbounded<CallRecord>();

    [Covers("S002-88", "S003-121")]
    [Fact]
    public async Task Calls_are_shared_out_and_each_end_user_stays_with_one_variant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var variants = new Dictionary<string, string>();
        for (var round = 0; round < 2; round++)
        {
            for (var user = 0; user < 20; user++)
            {
                var response = await AskAsync(gateway, $"user-{user}");
                var variant = response.Headers.GetValues(Header).Single();
                Assert.Equal(variants.GetValueOrDefault($"{user}", variant), variant);
                variants[$"{user}"] = variant;
                Assert.Equal(variant == "small=a" ? "model-a" : "model-b", response.Headers.GetValues("x-switchyard-model").Single());
            }
        }

        Assert.Equal(["small=a", "small=b"], variants.Values.Distinct().Order(StringComparer.Ordinal));
        var result = await ResultAsync(gateway);
        Assert.Equal(40, result["variants"]!.AsArray().Sum(variant => (long)variant!["answered"]!));
        Assert.StartsWith("not enough answered calls yet: ", (string?)result["verdict"], StringComparison.Ordinal);
        Assert.Equal(40 * 9, result["variants"]!.AsArray().Sum(variant => (long)variant!["input_tokens"]!));
        Assert.Equal(5, result["comparisons"]!.AsArray().Count);
        Assert.All(result["variants"]!.AsArray(), variant => Assert.True((double)variant!["latency_ms"]! > 0));
    }

    [Fact]
    public async Task Another_gateway_assigns_the_same_users_alike()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var one = await StartAsync(upstream);
        await using var other = await StartAsync(upstream);
        for (var user = 0; user < 10; user++)
        {
            Assert.Equal(
                (await AskAsync(one, $"user-{user}")).Headers.GetValues(Header),
                (await AskAsync(other, $"user-{user}")).Headers.GetValues(Header));
        }
    }

    [Covers("S002-88")]
    [Fact]
    public async Task A_variant_that_fails_falls_back_to_the_alias_and_counts_as_an_error_of_the_variant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.Then((http, seen) => seen.Text.Contains("model-b", StringComparison.Ordinal)
            ? FakeUpstream.WriteAsync(http, 503, "application/json", """{"error":{"message":"overloaded"}}""")
            : FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion()));

        var seen = new List<string>();
        for (var user = 0; user < 20; user++)
        {
            var response = await AskAsync(gateway, $"user-{user}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            seen.Add(response.Headers.GetValues(Header).Single() + " " + response.Headers.GetValues("x-switchyard-model").Single());
        }

        Assert.Equal(["small=a model-a", "small=b usual"], seen.Distinct().Order(StringComparer.Ordinal));
        var variants = (await ResultAsync(gateway))["variants"]!.AsArray();
        Assert.Equal(0, (double)variants[0]!["error_rate"]!);
        Assert.Equal(1, (double)variants[1]!["error_rate"]!);
        Assert.Equal(0, (long)variants[1]!["answered"]!);
        Assert.Null(variants[1]!["latency_ms"]);
    }

    /// <summary>Random assignment would choose the other variant half of the time, whose account does not have the answer.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.25)]
    public async Task A_call_that_goes_on_from_a_kept_answer_stays_with_the_variant_whose_account_keeps_it(double share)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream,
            experiment =>
            {
                experiment.Sticky = "call";
                (experiment.Variants[0].Share, experiment.Variants[1].Share) = (0.5, share);
                experiment.Variants[1].Target = "other/model-b";
            },
            options =>
            {
                options.Providers["up"].Dialect = "openai-responses";
                options.Providers["other"] = new() { BaseUrl = other.BaseUrl, Key = "key-of-other", Dialect = "openai-responses" };
            });
        var given = 0;
        foreach (var one in (FakeUpstream[])[upstream, other])
            one.Then((http, _) => FakeUpstream.WriteAsync(http, 200, "application/json", Response(Interlocked.Increment(ref given))));

        var reached = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            using var first = await gateway.PostAsync("/v1/responses", """{"model":"fast","input":"Hi"}""");
            var id = (string)JsonNode.Parse(await first.Content.ReadAsStringAsync())!["id"]!;
            using var next = await gateway.PostAsync(
                "/v1/responses", $$"""{"model":"fast","input":"More","previous_response_id":"{{id}}"}""");

            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, next.StatusCode));
            Assert.Equal(first.Headers.GetValues("x-switchyard-provider"), next.Headers.GetValues("x-switchyard-provider"));
            reached.Add(first.Headers.GetValues("x-switchyard-provider").Single());
            await EndedAsync();
            await EndedAsync();
        }

        Assert.Equal(2, reached.Count);
        Assert.All((await ResultAsync(gateway))["variants"]!.AsArray(), variant => Assert.Equal(0, (double)variant!["error_rate"]!));

        static string Response(int number) =>
            $$$"""{"id":"resp_{{{number}}}","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello!","annotations":[]}]}]}""";
    }

    [Fact]
    public async Task What_the_shares_leave_goes_to_the_alias_and_is_in_no_variant()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, experiment =>
        {
            experiment.Variants[0].Share = 0.1;
            experiment.Variants[1].Share = 0.1;
        });
        var outside = 0;
        for (var user = 0; user < 40; user++)
        {
            var response = await AskAsync(gateway, $"user-{user}");
            if (response.Headers.Contains(Header))
                continue;
            outside++;
            Assert.Equal("usual", response.Headers.GetValues("x-switchyard-model").Single());
        }

        Assert.InRange(outside, 20, 39);
    }

    [Fact]
    public async Task A_stream_counts_with_its_time_to_the_first_token_and_one_whose_client_left_counts_for_nothing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream()).ThenStreamAndHang(Some.ChatStream()[..2]);

        await (await AskAsync(gateway, "ann", stream: true)).Content.ReadAsStringAsync();
        var whole = await EndedAsync();
        using (await AskAsync(gateway, "ann", stream: true))
        {
        }

        Assert.Equal((CallOutcome.Finished, CallOutcome.Abandoned), (whole.Outcome, (await EndedAsync()).Outcome));
        Assert.StartsWith("small=", whole.Experiment, StringComparison.Ordinal);
        var variant = (await ResultAsync(gateway))["variants"]!.AsArray().Single(one => (long)one!["calls"]! > 0)!;
        Assert.Equal((2L, 1L, 1L), ((long)variant["calls"]!, (long)variant["answered"]!, (long)variant["abandoned"]!));
        Assert.True((double)variant["first_token_ms"]! > 0);
        Assert.Equal(0, (double)variant["error_rate"]!);
    }

    [Fact]
    public async Task A_reload_keeps_the_outcomes_of_an_unchanged_experiment_and_drops_those_of_a_changed_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await AskAsync(gateway, "ann");

        await gateway.Engine.ApplyAsync(
            options => options.Models["fast"].Experiment!.Metric = "cost", TestContext.Current.CancellationToken);
        var kept = await ResultAsync(gateway);
        await gateway.Engine.ApplyAsync(
            options => options.Models["fast"].Experiment!.Variants[1].Share = 0.4, TestContext.Current.CancellationToken);
        var renewed = await ResultAsync(gateway);
        await gateway.Engine.ApplyAsync(options => options.Models["fast"].Experiment = null, TestContext.Current.CancellationToken);

        Assert.Equal("cost", (string?)kept["metric"]);
        Assert.Equal(1, CallsOf(kept));
        Assert.Equal(0, CallsOf(renewed));
        Assert.Empty(gateway.Engine.Experiments.List());
        Assert.False((await AskAsync(gateway, "ann")).Headers.Contains(Header));
    }

    [Fact]
    public async Task A_stopped_experiment_assigns_no_call_and_keeps_its_results()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await AskAsync(gateway, "ann");

        Assert.True(gateway.Engine.Experiments.Stop("small"));
        Assert.False(gateway.Engine.Experiments.Stop("other"));
        var response = await AskAsync(gateway, "ann");

        Assert.False(response.Headers.Contains(Header));
        Assert.Equal("usual", response.Headers.GetValues("x-switchyard-model").Single());
        var result = await ResultAsync(gateway);
        Assert.False((bool)result["running"]!);
        Assert.Equal(1, CallsOf(result));
    }

    [Fact]
    public async Task The_list_holds_every_experiment_and_an_unknown_name_is_refused_with_the_known_ones()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var list = JsonNode.Parse(await gateway.Http.GetStringAsync("/experiments"))!;
        var unknown = await gateway.Http.GetAsync("/experiments/large");

        Assert.Equal("small", (string?)list["data"]!.AsArray().Single()!["name"]);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var error = JsonNode.Parse(await unknown.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal("experiment_not_found", (string?)error["code"]);
        Assert.Equal("There is no experiment 'large'. There are: small.", (string?)error["message"]);
    }

    [Fact]
    public async Task A_caller_rates_its_own_calls_and_a_second_score_replaces_the_first()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, configure: options => options.Server.Keys = ["key-of-ann", "key-of-bob"]);
        var id = (await AskAsync(gateway, "x", "key-of-ann")).Headers.GetValues("x-request-id").Single();

        var foreign = await RateAsync(gateway, "key-of-bob", $$"""{"request_id":"{{id}}","score":-1}""");
        var first = await RateAsync(gateway, "key-of-ann", $$"""{"request_id":"{{id}}","score":-1}""");
        var second = await RateAsync(gateway, "key-of-ann", $$"""{"request_id":"{{id}}","score":0.5,"comment":"better"}""");
        var nobody = await gateway.PostAsync("/feedback", $$"""{"request_id":"{{id}}","score":1}""");

        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var counted = JsonNode.Parse(await second.Content.ReadAsStringAsync())!;
        Assert.StartsWith("small=", (string?)counted["experiment"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.GetAsync("/experiments")).StatusCode);
        var rated = gateway.Engine.Experiments.Find("small")!.Variants.Single(variant => variant.Ratings > 0);
        Assert.Equal((1L, 0.5), (rated.Ratings, rated.Score));
        // The comment may quote the request, so only the score is logged.
        Assert.Contains(gateway.Log.Lines, line => line.Text.StartsWith($"Call {id} (small=", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Text.Contains("better", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_results_can_be_opened_to_who_has_no_key_and_feedback_cannot()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, configure: options =>
        {
            options.Server.Keys = ["a-key"];
            options.Server.Open = ["/experiments"];
        });

        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/experiments/small")).StatusCode);
        Assert.Equal(
            HttpStatusCode.Unauthorized, (await gateway.PostAsync("/feedback", """{"request_id":"x","score":1}""")).StatusCode);
    }

    [Theory]
    [InlineData("""{"request_id":"none","score":1}""", 404, "call_not_found")]
    [InlineData("""{"score":1}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x"}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x","score":2}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x","score":"good"}""", 400, "invalid_request")]
    [InlineData("""{"request_id":7,"score":1}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x","score":1,"stars":5}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x","score":1e400}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"\ud800","score":1}""", 400, "invalid_request")]
    [InlineData("""{"request_id":"x","score":1,"comment":"\udc00"}""", 400, "invalid_request")]
    [InlineData("""{"\ud800":1}""", 400, "invalid_request")]
    [InlineData("[1]", 400, "invalid_request")]
    [InlineData("{", 400, "invalid_request")]
    public async Task Feedback_that_cannot_be_counted_is_refused_with_the_reason(string body, int status, string code)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var response = await gateway.PostAsync("/feedback", body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!["code"]);
    }

    private static long CallsOf(JsonNode result) => result["variants"]!.AsArray().Sum(variant => (long)variant!["calls"]!);

    private static async Task<JsonNode> ResultAsync(GatewayHost gateway) =>
        JsonNode.Parse(await gateway.Http.GetStringAsync("/experiments/small"))!;

    private static Task<HttpResponseMessage> RateAsync(GatewayHost gateway, string key, string json) =>
        gateway.PostAsync("/feedback", json, ("Authorization", $"Bearer {key}"));

    /// <summary>Sends a request and, unless it is a stream, waits until the call has ended.</summary>
    private async Task<HttpResponseMessage> AskAsync(GatewayHost gateway, string user, string? key = null, bool stream = false)
    {
        var request = Some.ChatRequest("fast", stream: stream, extra: $",\"user\":\"{user}\"");
        (string, string)[] headers = key is null ? [] : [("Authorization", $"Bearer {key}")];
        var response = await gateway.ChatAsync(request, headers);
        if (stream)
            return response;
        await response.Content.ReadAsStringAsync();
        await EndedAsync();
        return response;
    }

    /// <summary>A call ends after its client has read the answer.</summary>
    private async Task<CallRecord> EndedAsync() => await _ended.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    private Task<GatewayHost> StartAsync(
        FakeUpstream upstream, Action<ExperimentOptions>? change = null, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream,
        options =>
        {
            var experiment = new ExperimentOptions
            {
                Name = "small",
                Sticky = "end_user",
                Variants =
                [
                    new() { Name = "a", Target = "up/model-a", Share = 0.5 },
                    new() { Name = "b", Target = "up/model-b", Share = 0.5 },
                ],
            };
            change?.Invoke(experiment);
            options.Models["fast"] = new() { Targets = [new() { Model = "up/usual" }], Experiment = experiment };
            configure?.Invoke(options);
        },
        switchyard => switchyard.AddSink(new EndedSink(record => _ended.Writer.TryWrite(record))));
}

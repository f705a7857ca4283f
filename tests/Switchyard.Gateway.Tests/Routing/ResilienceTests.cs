using System.Net;
using System.Text.Json;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Routing;

/// <summary>Retries, circuits, refused keys, concurrency and strategies, as a client of the gateway sees them.</summary>
public sealed class ResilienceTests
{
    private const string Overloaded = """{"error":{"message":"The server is overloaded."}}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Covers("S002-28", "S002-26")]
    public async Task A_failure_that_passes_is_not_seen(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, Quick);
        upstream.ThenJson(Overloaded, 503).ThenJson(Overloaded, 429);
        if (stream)
            upstream.ThenStream(Some.ChatStream());
        else
            upstream.ThenJson(Some.ChatCompletion());

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("3", response.Headers.GetValues("x-switchyard-attempts").Single());
    }

    [Theory]
    [InlineData(429, 429)]
    [InlineData(500, 502)]
    [InlineData(503, 502)]
    [InlineData(504, 504)]
    [InlineData(408, 504)]
    [Covers("S002-19", "S002-20", "S002-21", "S002-25", "S002-39")]
    public async Task What_fails_on_every_try_is_tried_four_times_and_reported_with_all_of_them(int status, int seen)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, Quick);
        upstream.ThenJson(Overloaded, status);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(seen, (int)response.StatusCode);
        Assert.Equal(4, upstream.Requests.Count);
        var details = await DetailsAsync(response);
        Assert.Equal(4, details.Length);
        Assert.All(details, detail => Assert.Equal(("up", "some-model", status), detail));
    }

    [Fact]
    [Covers("S002-22")]
    public async Task A_port_without_a_listener_is_a_502_after_four_tries()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["up"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:9/v1", Key = "sk-nobody-listens" };
            Quick(options);
        });

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("Failed to connect to up", body, StringComparison.Ordinal);
        Assert.Equal("4", response.Headers.GetValues("x-switchyard-attempts").Single());
    }

    [Fact]
    [Covers("S002-27")]
    public async Task A_request_the_provider_calls_wrong_is_tried_once()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, Quick);
        upstream.ThenJson("""{"error":{"message":"temperature is too high"}}""", 400);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Single(upstream.Requests);
        Assert.DoesNotContain("details", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("S002-07", "S002-29")]
    public async Task Each_provider_has_retries_of_its_own()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Overloaded, 503);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            foreach (var (name, retries) in new[] { ("interactive", 2), ("batch", 5) })
            {
                options.Providers[name] = new ProviderOptions
                {
                    BaseUrl = upstream.BaseUrl,
                    Key = "sk-retries-of-its-own",
                    MaxRetries = retries,
                };
            }

            Quick(options);
        });

        foreach (var (model, tries) in new[] { ("interactive/m", 3), ("batch/m", 6) })
        {
            var response = await gateway.ChatAsync(Some.ChatRequest(model));
            Assert.Equal($"{tries}", response.Headers.GetValues("x-switchyard-attempts").Single());
        }
    }

    [Fact]
    [Covers("S002-74", "S002-75")]
    public async Task A_target_that_keeps_failing_is_refused_at_once_and_not_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Circuit = new());
        upstream.ThenJson(Overloaded, 500);
        for (var i = 0; i < 5; i++)
        {
            var failed = await gateway.ChatAsync(Some.ChatRequest());
            Assert.Equal(HttpStatusCode.BadGateway, failed.StatusCode);
            Assert.Contains("overloaded", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var refused = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var body = await refused.Content.ReadAsStringAsync();
        Assert.Contains("Circuit breaker open", body, StringComparison.Ordinal);
        Assert.Contains("circuit_open", body, StringComparison.Ordinal);
        Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single(), null), 50, 60);
        Assert.Equal(5, upstream.Requests.Count);
    }

    [Fact]
    [Covers("S002-75")]
    public async Task A_callers_mistake_opens_no_circuit()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Circuit = new());
        upstream.ThenJson("""{"error":{"message":"wrong"}}""", 400);
        for (var i = 0; i < 30; i++)
            Assert.Equal(HttpStatusCode.BadRequest, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);

        Assert.Equal(30, upstream.Requests.Count);
    }

    [Fact]
    [Covers("S004-47")]
    public async Task Targets_with_an_open_circuit_are_passed_over_but_never_all()
    {
        await using var one = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        await using var gateway = await StartTwoAsync(one, other, options => options.Circuit = new());
        one.ThenJson(Overloaded, 500);
        other.ThenJson(Some.ChatCompletion());
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("fast"))).StatusCode);
        Assert.InRange(one.Requests.Count, 3, 5);

        other.ThenJson(Overloaded, 500);
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.BadGateway, (await gateway.ChatAsync(Some.ChatRequest("fast"))).StatusCode);
        other.ThenJson(Some.ChatCompletion());
        one.ThenJson(Some.ChatCompletion());

        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest("fast"))).StatusCode);
    }

    [Theory]
    [InlineData(401, "Incorrect API key provided.")]
    [InlineData(403, "No access.")]
    [InlineData(402, "Insufficient balance.")]
    public async Task A_key_that_is_refused_is_left_out_and_the_providers_other_key_answers(int status, string message)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then(async (http, seen) =>
        {
            var refuses = seen.Headers["Authorization"].EndsWith("-out", StringComparison.Ordinal);
            http.Response.StatusCode = refuses ? status : 200;
            http.Response.ContentType = "application/json";
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(
                http.Response, refuses ? $$$"""{"error":{"message":"{{{message}}}"}}""" : Some.ChatCompletion());
        });
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["up"] = new ProviderOptions
        {
            BaseUrl = upstream.BaseUrl,
            Keys = [new() { Key = "sk-of-an-account-out", Weight = 1000 }, new() { Key = "sk-of-an-account-in" }],
        });

        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);

        Assert.Single(upstream.Requests, seen => seen.Headers["Authorization"].EndsWith("-out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_only_key_is_tried_by_every_call_although_it_was_refused()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Incorrect API key provided."}}""", 401).ThenJson(Some.ChatCompletion());

        Assert.Equal(HttpStatusCode.InternalServerError, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_without_a_place_is_refused_at_once_when_none_may_wait(bool overall)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Routing.Queue = 0;
            if (overall)
                options.Routing.Concurrency = 1;
            else
                options.Providers["up"].Concurrency = 1;
        });
        upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        var first = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        var refused = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("concurrency_limit", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(refused.Headers.Contains("Retry-After"));
        first.Dispose();
    }

    [Fact]
    public async Task A_provider_whose_bound_is_learnt_takes_no_more_than_its_maximum_and_shows_how_many_it_may_take()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Routing.Queue = 0;
            options.Providers["up"].AdaptiveConcurrency = true;
            options.Providers["up"].Concurrency = 1;
        });
        upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        using var first = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        var refused = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("adaptive_concurrency", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var health = await gateway.Http.GetStringAsync("/health/providers");
        Assert.Contains("\"concurrency_limit\":1", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_target_has_a_place_the_explanation_says_so_of_each()
    {
        await using var one = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        await using var gateway = await StartTwoAsync(one, other, options =>
        {
            options.Routing.Queue = 0;
            foreach (var provider in options.Providers.Values)
                provider.Concurrency = 1;
        });
        one.ThenStreamAndHang(Some.ChatStream()[..2]);
        other.ThenStreamAndHang(Some.ChatStream()[..2]);
        using var first = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true));
        using var second = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true));

        var refused = await gateway.ChatAsync(Some.ChatRequest("fast"), ("x-switchyard-explain", "true"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(2, refused.Headers.GetValues("x-switchyard-explain").Single().Split("no_place").Length - 1);
    }

    [Fact]
    [Covers("S003-85", "S003-89")]
    public async Task A_bare_name_falls_back_to_the_other_providers_that_serve_it_by_priority_unless_that_is_off()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        foreach (var fallback in new[] { true, false })
        {
            bad.ThenJson(Overloaded, 503);
            await using var gateway = await GatewayHost.StartAsync(options =>
            {
                options.Providers["good"] = Serving(good, priority: 10);
                options.Providers["bad"] = Serving(bad, priority: 20);
                options.Routing.Fallback = fallback;
            });

            var response = await gateway.ChatAsync(Some.ChatRequest("shared-model"));

            Assert.Equal(fallback ? HttpStatusCode.OK : HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Equal(fallback ? "good" : "bad", response.Headers.GetValues("x-switchyard-provider").Single());
        }
    }

    [Fact]
    [Covers("S003-89", "S003-90", "S003-91")]
    public async Task Fallbacks_are_bounded_and_the_error_names_each_attempt()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Overloaded, 503);
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            for (var i = 0; i < 5; i++)
                options.Providers[$"p{i}"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = $"sk-bounded-{i}" };
            options.Models["fast"] = new() { Targets = [.. Enumerable.Range(0, 5).Select(i => new TargetOptions { Model = $"p{i}/m" })] };
            options.Routing.MaxFallbacks = 2;
        });

        var details = await DetailsAsync(await gateway.ChatAsync(Some.ChatRequest("fast")));

        Assert.Equal([("p0", "m", 503), ("p1", "m", 503), ("p2", "m", 503)], details);
    }

    [Fact]
    [Covers("S003-23", "S003-30", "S002-58")]
    public async Task Strategy_and_preference_change_while_it_runs_and_targets_that_are_absent_are_ignored()
    {
        await using var one = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        await using var gateway = await StartTwoAsync(one, other, options =>
        {
            options.Providers["absent"] = new ProviderOptions { BaseUrl = one.BaseUrl, Enabled = false };
            options.Models["fast"].Targets.Add(new() { Model = "absent/m" });
        });
        Assert.Equal("one", await AnsweringAsync(gateway));

        await gateway.Engine.ApplyAsync(options => options.Routing.Strategy = "round-robin");
        Assert.Equal(["one", "one", "other", "other"], (await AnsweringAsync(gateway, 4)).Order());

        await gateway.Engine.ApplyAsync(options => options.Routing.Preferred = ["other"]);
        Assert.Equal(["other", "other", "other", "other"], await AnsweringAsync(gateway, 4));

        await gateway.Engine.ApplyAsync(options =>
        {
            options.Routing.Preferred = [];
            options.Routing.Strategy = "weighted";
            options.Providers["one"].Weight = 0;
        });
        Assert.Equal(["other", "other", "other", "other"], await AnsweringAsync(gateway, 4));

        await gateway.Engine.ApplyAsync(options =>
        {
            options.Routing.Strategy = "priority";
            options.Providers["other"].Priority = 5;
        });
        Assert.Equal("other", await AnsweringAsync(gateway));
    }

    private static void Quick(SwitchyardOptions options) =>
        options.Retry = new() { Base = TimeSpan.FromMilliseconds(1), Max = TimeSpan.FromMilliseconds(5) };

    private static ProviderOptions Serving(FakeUpstream upstream, int priority) =>
        new() { BaseUrl = upstream.BaseUrl, Key = "sk-serves-the-same", Models = ["shared-model"], Priority = priority };

    private static Task<GatewayHost> StartTwoAsync(FakeUpstream one, FakeUpstream other, Action<SwitchyardOptions> configure) =>
        GatewayHost.StartAsync(options =>
        {
            options.Providers["one"] = new ProviderOptions { BaseUrl = one.BaseUrl, Key = "sk-one-of-two" };
            options.Providers["other"] = new ProviderOptions { BaseUrl = other.BaseUrl, Key = "sk-other-of-two" };
            options.Models["fast"] = new() { Targets = [new() { Model = "one/m" }, new() { Model = "other/m" }] };
            configure(options);
        });

    private static async Task<string> AnsweringAsync(GatewayHost gateway) => (await AnsweringAsync(gateway, 1))[0];

    private static async Task<string[]> AnsweringAsync(GatewayHost gateway, int calls)
    {
        var names = new List<string>();
        for (var i = 0; i < calls; i++)
        {
            var response = await gateway.ChatAsync(Some.ChatRequest("fast"));
            names.Add(response.Headers.GetValues("x-switchyard-provider").Single());
        }

        return [.. names];
    }

    private static async Task<(string Provider, string Model, int Status)[]> DetailsAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return
        [
            .. json.RootElement.GetProperty("error").GetProperty("details").EnumerateArray().Select(detail => (
                detail.GetProperty("provider").GetString()!,
                detail.GetProperty("model").GetString()!,
                detail.GetProperty("status").GetInt32())),
        ];
    }
}

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>The configuration below <c>/admin/config</c>: read, changed, rolled back, exported and imported.</summary>
public sealed class ConfigurationAdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Fact]
    public async Task It_is_shown_changed_and_taken_back_with_its_version_as_the_etag()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (_, seen, tag) = await SendAsync(gateway, HttpMethod.Get, "/admin/config?key=routing.strategy");
        var only = seen["settings"]![0]!;
        Assert.Equal(("\"0\"", "priority", "default"), (tag, (string?)only["value"], (string?)only["source"]));

        var (_, made, next) = await SendAsync(
            gateway, HttpMethod.Patch, "/admin/config", """{"routing.strategy":"cost","cache":{"ttl":"2h","max_entries":5000}}""", tag);
        var (status, moved, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"strict":true}""", tag);
        var (_, yaml, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", "strict: true\n", next);

        Assert.Equal(("\"1\"", "admin", 1), (next, (string?)made["who"], (int)made["version"]!));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "changed_meanwhile"), (status, (string?)moved["code"]));
        Assert.Equal(2, (int)yaml["version"]!);
        Assert.Equal((TimeSpan.FromHours(2), true), (gateway.Engine.Options.Cache!.Ttl, gateway.Engine.Options.Strict));
        var (_, diff, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/config/diff?from=1");
        Assert.Equal(("strict", "true"), ((string?)diff["changes"]![0]!["key"], (string?)diff["changes"]![0]!["after"]));

        await SendAsync(gateway, HttpMethod.Post, "/admin/config/rollback", """{"version":1}""");
        Assert.False(gateway.Engine.Options.Strict);
        await SendAsync(gateway, HttpMethod.Delete, "/admin/config?key=cache");
        Assert.Null(gateway.Engine.Options.Cache);
        await SendAsync(gateway, HttpMethod.Delete, "/admin/config");
        Assert.Equal("priority", gateway.Engine.Options.Routing.Strategy);
        var (_, history, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/config/history?limit=2");
        Assert.Equal([5, 4], history["data"]!.AsArray().Select(version => (int)version!["version"]!));
        var (_, rest, _) = await SendAsync(gateway, HttpMethod.Get, $"/admin/config/history?cursor={history["next"]}");
        Assert.Equal([3, 2, 1], rest["data"]!.AsArray().Select(version => (int)version!["version"]!));
        var (_, set, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/config?source=run_time");
        Assert.Empty(set["settings"]!.AsArray());
    }

    [Theory]
    [InlineData("PATCH", "/admin/config", """{"models.quick.targets":["up/some-model"]}""")]
    [InlineData("PATCH", "/admin/config", """{"budgets.total.usd":7}""")]
    [InlineData("PATCH", "/admin/config", """{"logs.content":true}""")]
    [InlineData("POST", "/admin/config/import", """{"admin":{"key":"********"},"providers":{"mock":{}}}""")]
    [InlineData("DELETE", "/admin/config", null)]
    [InlineData("PUT", "/admin/config/canary", """{"share":0.5,"settings":{"timeouts.total":"1m"}}""")]
    [InlineData("PATCH", "/admin/providers/up", """{"weight":0.5}""")]
    [InlineData("PATCH", "/admin/cache", """{"ttl_seconds":60}""")]
    [InlineData("PUT", "/admin/limits/up", """{"rpm":60}""")]
    [InlineData("DELETE", "/admin/limits/up", null)]
    public async Task The_history_names_the_user_of_each_change_at_run_time(string method, string path, string? body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        // So that there is a value to remove.
        await gateway.Engine.Limits.SetLimitAsync("up", new() { RequestsPerMinute = 5 }, cancellationToken: Stop);

        var (status, answer, _) = await SendAsync(gateway, new HttpMethod(method), path, body);

        Assert.True((int)status < 300, $"{status} {answer}");
        var newest = gateway.Engine.Configuration.GetHistory()[0];
        Assert.Equal((2, "admin"), (newest.Version, newest.Who));
        Assert.NotEqual("code", newest.Action);
    }

    /// <summary>An operator who tries prices of zero on all calls, and applies them, has changed the configuration.</summary>
    [Fact]
    public async Task An_operator_neither_chooses_nor_applies_the_settings_of_a_trial_but_may_end_it()
    {
        const string Operator = "an-operators-key-of-some-length";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Admin.Key = Key;
            options.Admin.Keys["on-call"] = new() { Key = Operator, Role = "operator" };
        });

        var chosen = await AskAsync(HttpMethod.Put, "", """{"share":1,"settings":{"prices":{"up/*":{"input":0,"output":0}}}}""");
        await SendAsync(gateway, HttpMethod.Put, "/admin/config/canary", """{"share":0.5,"settings":{"timeouts.total":"1m"}}""");
        var applied = await AskAsync(HttpMethod.Post, "/promote", null);
        var changed = await AskAsync(HttpMethod.Patch, "", """{"share":0.1}""");
        var ended = await AskAsync(HttpMethod.Delete, "", null);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (chosen, applied));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (changed, ended));

        async Task<HttpStatusCode> AskAsync(HttpMethod method, string below, string? body)
        {
            using var request = new HttpRequestMessage(method, "/admin/config/canary" + below);
            request.Headers.Authorization = new("Bearer", Operator);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await gateway.Http.SendAsync(request, Stop);
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData(".")]
    [InlineData(". .")]
    public async Task Dots_are_no_key_of_the_whole_configuration(string key)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"cache.ttl":"2h"}""");

        var (status, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", new JsonObject { [key] = "x" }.ToJsonString());
        await SendAsync(gateway, HttpMethod.Delete, "/admin/config?key=" + Uri.EscapeDataString(key));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(1, gateway.Engine.Configuration.Version);
    }

    [Fact]
    public async Task It_is_exported_without_secrets_and_imported_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"limits.up.rpm":5}""");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/config/export");
        request.Headers.Authorization = new("Bearer", Key);
        using var response = await gateway.Http.SendAsync(request, Stop);
        var exported = await response.Content.ReadAsStringAsync(Stop);

        Assert.Equal("application/yaml", response.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("sk-upstream-secret", exported);
        Assert.DoesNotContain(Key, exported);
        await SendAsync(gateway, HttpMethod.Delete, "/admin/config");
        var (status, made, _) = await SendAsync(gateway, HttpMethod.Post, "/admin/config/import", exported);

        Assert.Equal((HttpStatusCode.OK, "import"), (status, (string?)made["action"]));
        Assert.Equal(5, gateway.Engine.Options.Limits["up"].RequestsPerMinute);
        Assert.Equal("sk-upstream-secret", gateway.Engine.Options.Providers["up"].Key);
        using var answer = await gateway.ChatAsync(Some.ChatRequest());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Settings_are_tried_on_a_share_of_the_calls_and_answers_tell_which()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (_, begun, tag) = await SendAsync(
            gateway, HttpMethod.Put, "/admin/config/canary", """{"share":0.5,"seed":3,"settings":{"timeouts.total":"1m"}}""");
        var candidate = (string?)begun["canary"]!["generation"]!.ToString();

        var seen = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest());
            await answer.Content.ReadAsStringAsync();
            seen.Add(answer.Headers.GetValues("x-switchyard-config").Single());
        }

        // A call is counted after its answer, and not if its client leaves before the end.
        var tried = seen.Count(generation => generation == candidate);
        await Wait.ForAsync(() => gateway.Engine.Configuration.Canary!.Candidate.Calls == tried);
        var (_, read, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/config/canary");
        Assert.Equal(["2", candidate], seen.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(tried, (int)read["canary"]!["candidate"]!["calls"]!);
        Assert.Equal("timeouts.total", (string?)read["canary"]!["changes"]![0]!["key"]);
        var (more, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config/canary", """{"share":0.1}""", tag);
        Assert.Equal(HttpStatusCode.OK, more);
        var (_, promoted, _) = await SendAsync(gateway, HttpMethod.Post, "/admin/config/canary/promote");
        Assert.Null(promoted["canary"]);
        Assert.Equal(TimeSpan.FromMinutes(1), gateway.Engine.Snapshot.Clocks.Total);
        var (status, gone, _) = await SendAsync(gateway, HttpMethod.Delete, "/admin/config/canary");
        Assert.Equal((HttpStatusCode.NotFound, "no_canary"), (status, (string?)gone["code"]));
    }

    [Fact]
    public async Task Providers_are_listed_switched_off_and_on()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (_, off, _) = await SendAsync(
            gateway, HttpMethod.Patch, "/admin/providers/up", """{"enabled":false,"weight":0.5,"priority":7}""");
        Assert.Equal((false, 0.5, 7), ((bool)off["enabled"]!, (double)off["weight"]!, (int)off["priority"]!));
        using var refused = await gateway.ChatAsync(Some.ChatRequest());
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        var (_, listed, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/providers");
        Assert.Equal(["up"], listed["data"]!.AsArray().Select(provider => (string?)provider!["name"]));
        await SendAsync(gateway, HttpMethod.Patch, "/admin/providers/up", """{"enabled":true}""");
        using var answered = await gateway.ChatAsync(Some.ChatRequest());
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        var (_, shown, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/providers/up");
        Assert.Equal(("configuration", true), ((string?)shown["source"], (bool)shown["ready"]!));
        var (status, unknown, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/providers/nobody", """{"enabled":true}""");
        Assert.Equal((HttpStatusCode.NotFound, "provider_not_found"), (status, (string?)unknown["code"]));
    }

    [Theory]
    [InlineData("PUT", "/admin/config/canary", """{"share":2,"settings":{"strict":true}}""", 400, "invalid_configuration", "share")]
    [InlineData("PUT", "/admin/config/canary", """{"settings":{"strict":true}}""", 400, "invalid_share", "share")]
    [InlineData("PATCH", "/admin/config", """{"cache":{"tll":"1h"},"strict":"perhaps"}""", 400, "invalid_configuration", "tll")]
    [InlineData("PATCH", "/admin/config", """{"strict":true,"strict":false}""", 400, "unreadable_document", "JSON")]
    [InlineData("PATCH", "/admin/config", "[1]", 400, "unreadable_document", "map")]
    [InlineData("PATCH", "/admin/config", "a: [", 400, "unreadable_document", "YAML")]
    [InlineData("PATCH", "/admin/config", """{"providers.nobody.weight":0.5}""", 400, "invalid_configuration", "nobody")]
    [InlineData("PATCH", "/admin/config", """{"default_provider":"${HOME}"}""", 400, "invalid_configuration", "environment variable")]
    [InlineData("POST", "/admin/config/rollback", """{"version":7}""", 404, "version_not_found", "7")]
    [InlineData("POST", "/admin/config/rollback", "{}", 400, "invalid_request", "version")]
    [InlineData("GET", "/admin/config/diff?from=x", null, 400, "invalid_query", "from")]
    [InlineData("GET", "/admin/config?source=moon", null, 400, "invalid_query", "source")]
    public async Task What_cannot_be_done_is_a_problem_that_names_the_cause(
        string method, string path, string? body, int status, string code, string names)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (answered, problem, _) = await SendAsync(gateway, new(method), path, body);

        Assert.Equal((status, code), ((int)answered, (string?)problem["code"]));
        Assert.Contains(names, (string?)problem["detail"]);
        Assert.Equal(1, gateway.Engine.Snapshot.Generation);
    }

    [Theory]
    [InlineData("PATCH", "/admin/config", """{"admin.key":null}""")]
    [InlineData("POST", "/admin/config/import", """{"providers":{"mock":{}}}""")]
    [InlineData("POST", "/admin/config/import", """{"admin":{"keys":{"ops":{"key":"a-key-of-an-operator","role":"operator"}}}}""")]
    public async Task The_last_administrator_cannot_be_removed_while_it_runs(string method, string path, string body)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (status, problem, _) = await SendAsync(gateway, new(method), path, body);
        var (still, _, _) = await SendAsync(gateway, HttpMethod.Get, "/admin/config/history");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_configuration"), (status, (string?)problem["code"]));
        Assert.Contains("admin.key", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, still);
        Assert.Equal(1, gateway.Engine.Snapshot.Generation);
    }

    [Fact]
    public async Task An_administrator_can_be_removed_if_another_one_stays()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Admin.Key = "a-key-that-will-be-removed";
            options.Admin.Keys["ops"] = new() { Key = Key, Role = "admin" };
        });

        var (removed, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"admin.key":null}""");
        var (last, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"admin.keys.ops.role":"operator"}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (removed, last));
        Assert.Null(gateway.Engine.Options.Admin.Key);
    }

    [Theory]
    [InlineData("GET", "nonsense", "There is no setting 'nonsense'.")]
    [InlineData("GET", "routing.strategi", "There is no setting 'routing.strategi'; did you mean 'strategy'?")]
    [InlineData("GET", "models.nowhere", "There is no entry 'models.nowhere'.")]
    [InlineData("DELETE", "nonsense", "There is no setting 'nonsense'.")]
    [InlineData("DELETE", "routing.strategi", "There is no setting 'routing.strategi'; did you mean 'strategy'?")]
    public async Task A_key_that_no_setting_has_is_not_found(string method, string key, string detail)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (status, problem, _) = await SendAsync(gateway, new(method), $"/admin/config?key={key}");

        Assert.Equal((HttpStatusCode.NotFound, "setting_not_found"), (status, (string?)problem["code"]));
        Assert.Equal(detail, (string?)problem["detail"]);
    }

    [Theory]
    [InlineData("GET", "models")]
    [InlineData("GET", "cache")]
    [InlineData("DELETE", "routing.strategy")]
    [InlineData("DELETE", "models.nowhere")]
    public async Task A_section_without_entries_and_a_setting_that_is_not_set_are_no_mistake(string method, string key)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        var (status, _, _) = await SendAsync(gateway, new(method), $"/admin/config?key={key}");

        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task A_version_that_a_proxy_has_made_weak_is_the_same_version()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (_, _, tag) = await SendAsync(gateway, HttpMethod.Get, "/admin/config?key=routing.strategy");

        var (changed, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"strict":true}""", $"W/{tag}");
        var (late, _, _) = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", """{"strict":false}""", $"W/{tag}");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.PreconditionFailed), (changed, late));
        Assert.True(gateway.Engine.Options.Strict);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream) =>
        GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);

    private static async Task<(HttpStatusCode Status, JsonObject Body, string? Tag)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "Authorization", $"Bearer {Key}" } } };
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await gateway.Http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        return (response.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject(), response.Headers.ETag?.Tag);
    }
}

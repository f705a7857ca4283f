using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Egress.Exchange;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>Keys and tenants that the admin API creates, on one gateway and on several, with the store available and unavailable.</summary>
public sealed class StoredKeyTests
{
    private const string Admin = "an-admin-key-of-some-length";

    private readonly FakeKeyStore _store = new();
    private readonly TestClock _time = new();

    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_a_hash()
    {
        await using var gateway = await StartAsync();

        var made = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","models":["mock/*"],"tags":{"team":"a"}}""");
        var key = (string)made.Body["key"]!;
        var shown = await SendAsync(gateway, HttpMethod.Get, "/admin/keys/ci");

        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Matches("^sy-[A-Za-z0-9_-]{43}$", key);
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
        Assert.Null(shown.Body["key"]);
        Assert.Equal(key[..7], (string?)shown.Body["prefix"]);
        Assert.Equal(("active", "store"), ((string?)shown.Body["status"], (string?)shown.Body["source"]));
        Assert.DoesNotContain(key[7..], string.Concat(_store.Documents) + shown.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(key, string.Concat(gateway.Log.GetSnapshot().Select(line => line.Message)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_soon_as_the_store_has_a_key_every_call_needs_one()
    {
        await using var gateway = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, null));
        await CreateAsync(gateway, "ci");
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(gateway, null));
        await SendAsync(gateway, HttpMethod.Delete, "/admin/keys/ci");
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(gateway, null));
    }

    [Fact]
    public async Task A_setting_that_a_file_would_not_take_is_refused_with_its_reason()
    {
        await using var gateway = await StartAsync(options => options.Tenants["acme"] = new());

        var unknown = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","model":["fast"]}""");
        var operation = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","operations":["chats"]}""");
        var tenant = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","tenant":"acne"}""");
        var own = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci","key":"mine"}""");
        var broken = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", "{");

        Assert.All(new[] { unknown, operation, tenant, own, broken }, answer => Assert.Equal(HttpStatusCode.BadRequest, answer.Status));
        Assert.Contains("unknown key 'keys.ci.model'; did you mean 'models'?", (string?)unknown.Body["detail"], StringComparison.Ordinal);
        Assert.Contains("'chats' is not one of: chat, ", (string?)operation.Body["detail"], StringComparison.Ordinal);
        Assert.Equal("There is no tenant 'acne'; did you mean 'acme'? Create it first.", (string?)tenant.Body["detail"]);
        Assert.DoesNotContain("mine", (string?)own.Body["detail"], StringComparison.Ordinal);
        Assert.Empty(_store.Documents);
    }

    [Theory]
    [InlineData("keys", ".")]
    [InlineData("keys", "..")]
    [InlineData("tenants", "..")]
    public async Task A_name_that_no_path_can_contain_is_refused(string kind, string name)
    {
        await using var gateway = await StartAsync();

        var refused = await SendAsync(gateway, HttpMethod.Post, $"/admin/{kind}", $$"""{"name":"{{name}}"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_name"), (refused.Status, (string?)refused.Body["code"]));
        Assert.Empty(_store.Documents);
    }

    [Theory]
    [InlineData("acme")]
    [InlineData("acme/build")]
    public async Task A_tenant_to_which_keys_of_the_store_belong_is_not_removed_from_the_configuration(string tenant)
    {
        await using var gateway = await StartAsync(options =>
        {
            options.Tenants["acme"] = new() { Models = ["other/*"] };
            options.Tenants["acme/build"] = new();
        });
        var key = await CreateAsync(gateway, "ci", """,{"tenant":"Acme/Build"}""");
        var remove = new JsonObject { [$"tenants.{tenant}"] = null }.ToJsonString();

        var refused = await SendAsync(gateway, HttpMethod.Patch, "/admin/config", remove);
        var reload = gateway.Engine.Keys.RefuseLostTenant(gateway.Engine.Options, new());

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains($"the tenant '{tenant}', to which the key 'ci' of the store belongs", (string?)refused.Body["detail"]);
        Assert.Contains("to which the key 'ci' of the store belongs", reload, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await ChatAsync(gateway, key));
        await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/revoke");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(gateway, HttpMethod.Patch, "/admin/config", remove)).Status);
    }

    [Fact]
    public async Task Keys_of_the_store_whose_tenant_has_no_entry_are_named_in_the_log_once()
    {
        await using (var first = await StartAsync(options => options.Tenants["acme"] = new()))
            await CreateAsync(first, "ci", """,{"tenant":"acme"}""");

        await using var gateway = await StartAsync(options => options.Tenants["other"] = new());
        await CreateAsync(gateway, "more");

        Assert.Single(gateway.Log.GetSnapshot(), line => line.Message.Contains("tenants without an entry", StringComparison.Ordinal)
            && line.Message.EndsWith(": ci", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_change_is_in_force_with_its_answer()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, "ci");

        await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"models":["other/*"],"tags":{"a":"b"}}""");
        Assert.Equal(HttpStatusCode.Forbidden, await ChatAsync(gateway, key));
        var cleared = await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/ci", """{"models":null}""");
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
        Assert.Equal("b", (string?)cleared.Body["tags"]!["a"]);
    }

    [Fact]
    public async Task A_rotated_key_works_beside_the_new_one_until_the_grace_ends()
    {
        await using var gateway = await StartAsync();
        var old = await CreateAsync(gateway, "ci");

        var rotated = await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate?grace=1h");
        var key = (string)rotated.Body["key"]!;

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await ChatAsync(gateway, old), await ChatAsync(gateway, key)));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await ChatAsync(gateway, old), await ChatAsync(gateway, key)));
        var wrong = await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate?grace=forever");
        // Ignored, it would leave a leaked key a day.
        var inBody = await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate", """{"grace":"0s"}""");
        Assert.Equal("invalid_grace", (string?)wrong.Body["code"]);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (inBody.Status, (string?)inBody.Body["code"]));
    }

    [Fact]
    public async Task A_revoked_key_is_refused_on_a_connection_that_is_open_and_says_why()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, "ci");
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));

        var revoked = await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/revoke");
        var response = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", $"Bearer {key}"));

        Assert.Equal("revoked", (string?)revoked.Body["status"]);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("key_revoked", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate")).Status);
    }

    [Fact]
    public async Task A_candidate_configuration_knows_which_keys_are_revoked_and_which_still_work_beside_a_new_one()
    {
        await using var gateway = await StartAsync();
        var revoked = await CreateAsync(gateway, "left");
        var old = await CreateAsync(gateway, "ci");
        await gateway.Engine.Configuration.StartCanaryAsync(
            new() { ["routing.strategy"] = "round-robin" }, share: 1, seed: 1, cancellationToken: TestContext.Current.CancellationToken);

        await SendAsync(gateway, HttpMethod.Post, "/admin/keys/left/revoke");
        await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/rotate?grace=1h");

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await ChatAsync(gateway, revoked), await ChatAsync(gateway, old)));
        await Wait.ForAsync(() => gateway.Engine.Configuration.Canary!.Candidate.Calls == 1);
    }

    [Fact]
    public async Task A_key_of_the_configuration_is_listed_and_changed_only_there()
    {
        await using var gateway = await StartAsync(options => options.Keys["file"] = new() { Key = "sk-file", Models = ["fast"] });
        await CreateAsync(gateway, "ci");

        var list = await SendAsync(gateway, HttpMethod.Get, "/admin/keys");
        var again = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"FILE"}""");
        var changed = await SendAsync(gateway, HttpMethod.Patch, "/admin/keys/file", """{"enabled":false}""");

        Assert.Equal(
            ["ci store", "file configuration"],
            list.Body["data"]!.AsArray().Select(key => $"{(string)key!["name"]!} {(string)key["source"]!}"));
        Assert.DoesNotContain("sk-file", list.Body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("key_exists", (string?)again.Body["code"]);
        Assert.Equal((HttpStatusCode.Conflict, "configured"), (changed.Status, (string?)changed.Body["code"]));
    }

    [Fact]
    public async Task A_tenant_bounds_its_keys_and_is_not_deleted_while_it_has_any()
    {
        await using var gateway = await StartAsync();
        await SendAsync(gateway, HttpMethod.Post, "/admin/tenants", """{"name":"acme","models":["other/*"]}""");
        await SendAsync(gateway, HttpMethod.Post, "/admin/tenants", """{"name":"acme/build"}""");
        var key = await CreateAsync(gateway, "ci", """,{"tenant":"acme/build"}""");

        Assert.Equal(HttpStatusCode.Forbidden, await ChatAsync(gateway, key));
        var shown = await SendAsync(gateway, HttpMethod.Get, "/admin/tenants/acme%2Fbuild");
        var refused = await SendAsync(gateway, HttpMethod.Delete, "/admin/tenants/acme");
        await SendAsync(gateway, HttpMethod.Patch, "/admin/tenants/acme", """{"models":null}""");

        Assert.Equal(["ci"], shown.Body["keys"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("tenant_in_use", (string?)refused.Body["code"]);
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
        await SendAsync(gateway, HttpMethod.Delete, "/admin/keys/ci");
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(gateway, HttpMethod.Delete, "/admin/tenants/acme%2Fbuild")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(gateway, HttpMethod.Delete, "/admin/tenants/acme")).Status);
    }

    [Fact]
    public async Task Another_gateway_follows_a_change_within_a_second()
    {
        var theirs = new TestClock();
        await using var one = await StartAsync();
        await using var other = await StartAsync(time: theirs);
        var key = await CreateAsync(one, "ci");

        Assert.Equal(HttpStatusCode.OK, await ChatAsync(one, key));
        await FollowAsync(other, theirs);
        Assert.Equal(HttpStatusCode.OK, await ChatAsync(other, key));
        await SendAsync(one, HttpMethod.Post, "/admin/keys/ci/revoke");
        await FollowAsync(other, theirs);
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(other, key));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_store_is_away_known_keys_work_and_unknown_ones_are_a_503(bool isBlackHole)
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, "ci");
        _store.IsAway = !isBlackHole;
        _store.IsBlackHole = isBlackHole;
        await _time.WaitForTimersAsync();
        _time.Advance(KeyDirectory.AsksEvery);
        if (isBlackHole)
        {
            // The store has five seconds to answer.
            await _time.WaitForTimersAsync();
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await Wait.ForAsync(() => gateway.Engine.Keys.IsAway);
        var unknown = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer sy-unknown"));

        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, key));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        Assert.NotNull(unknown.Headers.RetryAfter);
        Assert.Contains("keys_unavailable", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(gateway, null));
        Assert.All(gateway.Log.GetSnapshot(), line => Assert.DoesNotContain("password=secret", line.Message, StringComparison.Ordinal));
        if (isBlackHole)
            return;
        var change = await SendAsync(gateway, HttpMethod.Post, "/admin/keys/ci/revoke");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "key_store_away"), (change.Status, (string?)change.Body["code"]));
        Assert.DoesNotContain("password", change.Body.ToJsonString(), StringComparison.Ordinal);
        _store.IsAway = false;
        await LetAskAsync(gateway, _time);
        await Wait.ForAsync(() => !gateway.Engine.Keys.IsAway);
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(gateway, "sy-unknown"));
    }

    [Fact]
    public async Task A_gateway_that_starts_while_the_store_is_away_opens_to_no_caller()
    {
        _store.IsAway = true;
        await using var gateway = await StartAsync(options => options.Keys["file"] = new() { Key = "sk-file" });
        await using var bare = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await ChatAsync(gateway, "sk-file"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ChatAsync(gateway, "sy-maybe"));
        Assert.Equal(HttpStatusCode.Unauthorized, await ChatAsync(bare, null));
    }

    [Fact]
    public async Task The_last_use_is_noted_to_the_minute_and_written_off_the_calls_way()
    {
        string key;
        var used = _time.GetUtcNow();
        await using (var gateway = await StartAsync())
        {
            key = await CreateAsync(gateway, "ci");
            await ChatAsync(gateway, key);
            Assert.Empty(_store.Uses);
        }

        Assert.Equal(used, _store.Uses["ci"]);
        await using var next = await StartAsync();
        Assert.Equal(
            used.ToString("yyyy-MM-ddTHH:mm:ssZ"), (string?)(await SendAsync(next, HttpMethod.Get, "/admin/keys/ci")).Body["last_used"]);
    }

    [Fact]
    public async Task A_key_whose_settings_this_version_cannot_read_is_refused_rather_than_unbound()
    {
        await using var gateway = await StartAsync();
        var key = await CreateAsync(gateway, "ci");
        var rows = await _store.ReadAsync(0, default);
        var document = rows[^1].Document!.Replace("\"settings\":{}", "\"settings\":{\"later\":1}", StringComparison.Ordinal);
        await _store.WriteAsync(rows[^1] with { Document = document }, default);
        await FollowAsync(gateway, _time);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ChatAsync(gateway, key));
        Assert.Equal("unreadable", (string?)(await SendAsync(gateway, HttpMethod.Get, "/admin/keys/ci")).Body["status"]);
    }

    [Fact]
    public async Task Without_a_store_nothing_can_be_made_and_the_answer_says_what_to_set()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Admin.Key = Admin);

        var answer = await SendAsync(gateway, HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no_key_store"), (answer.Status, (string?)answer.Body["code"]));
        Assert.Contains("storage.ledger", (string?)answer.Body["detail"], StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(Action<SwitchyardOptions>? configure = null, TestClock? time = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Admin;
            configure?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time ?? _time);
            builder.Services.AddSingleton<IKeyStore>(_store);
        });

    private static async Task<string> CreateAsync(GatewayHost gateway, string name, string settings = "")
    {
        var body = new JsonObject { ["name"] = name };
        if (settings.Length > 0)
        {
            foreach (var (key, value) in JsonNode.Parse(settings[1..])!.AsObject())
                body[key] = value!.DeepClone();
        }

        return (string)(await SendAsync(gateway, HttpMethod.Post, "/admin/keys", body.ToJsonString())).Body["key"]!;
    }

    private static async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(
        GatewayHost gateway, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", Admin);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject());
    }

    private static async Task<HttpStatusCode> ChatAsync(GatewayHost gateway, string? key)
    {
        using var response = key is null
            ? await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"))
            : await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", $"Bearer {key}"));
        return response.StatusCode;
    }

    /// <summary>Lets a gateway poll the store once.</summary>
    private static async Task FollowAsync(GatewayHost gateway, TestClock time)
    {
        var before = gateway.Engine.Snapshot.Generation;
        await LetAskAsync(gateway, time);
        await Wait.ForAsync(() => gateway.Engine.Snapshot.Generation > before);
    }

    /// <summary>Lets a gateway ask its store. The timers of the clocks of calls end first, because they wait too.</summary>
    private static async Task LetAskAsync(GatewayHost gateway, TestClock time)
    {
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        time.Advance(2 * ClockWheel.Tick);
        await time.WaitForTimersAsync();
        time.Advance(KeyDirectory.AsksEvery);
    }
}

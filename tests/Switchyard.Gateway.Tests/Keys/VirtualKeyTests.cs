using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>Virtual keys of the configuration: their models, tenant and expiry.</summary>
public sealed class VirtualKeyTests
{
    private readonly Channel<CallRecord> _ends = Channel.CreateUnbounded<CallRecord>();

    [Fact]
    public async Task A_key_is_known_by_its_hash_alone()
    {
        await using var gateway = await StartAsync(new KeyOptions { Hash = HashOf("sk-ci") });

        Assert.Equal(HttpStatusCode.OK, (await ChatAsync(gateway, "mock/mock-model-v1")).StatusCode);
        Assert.Equal("ci", (await _ends.Reader.ReadAsync()).Caller.Name);
        using var wrong = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer sk-other"));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Theory]
    [InlineData("fast", "fast", HttpStatusCode.OK)]
    [InlineData("fast", "mock/mock-model-v1", HttpStatusCode.Forbidden)]
    [InlineData("mock/*", "mock/mock-model-v1", HttpStatusCode.OK)]
    [InlineData("mock/*", "fast", HttpStatusCode.OK)]
    [InlineData("mock/*", "second/mock-model-v1", HttpStatusCode.Forbidden)]
    [InlineData("second/*", "fast", HttpStatusCode.Forbidden)]
    [InlineData("MOCK/Mock-Model-??", "mock/mock-model-v1", HttpStatusCode.OK)]
    public async Task An_allow_list_is_compared_with_the_alias_and_with_the_target(string allowed, string asked, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync(new KeyOptions { Models = [allowed] }, options =>
            options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-model-v1" }] });

        Assert.Equal(expected, (await ChatAsync(gateway, asked)).StatusCode);
    }

    [Fact]
    public async Task A_refused_model_names_what_is_allowed_and_the_way_out()
    {
        await using var gateway = await StartAsync(new KeyOptions { Models = ["fast", "second/*"] }, options =>
            options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-model-v1" }] });

        var error = await ErrorOf(await ChatAsync(gateway, "mock/mock-model-v1"));

        Assert.Equal("model_not_allowed", error.GetProperty("code").GetString());
        Assert.Equal("model", error.GetProperty("param").GetString());
        Assert.Equal(
            "The key 'ci' may not call 'mock/mock-model-v1'. It may call: fast, second/*. "
                + "Ask for one of these, or ask the gateway's operator to allow it.",
            error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Of_an_alias_that_is_not_named_only_the_targets_that_are_allowed_are_tried()
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(new KeyOptions { Models = ["second/*"] }, options =>
        {
            options.Providers["first"] = new() { BaseUrl = first.BaseUrl, Key = "k", Models = ["some-model"] };
            options.Providers["second"] = new() { BaseUrl = second.BaseUrl, Key = "k", Models = ["some-model"] };
            options.Models["both"] = new() { Targets = [new() { Model = "first/some-model" }, new() { Model = "second/some-model" }] };
        });

        second.ThenJson(Some.ChatCompletion("hi"));

        Assert.Equal(HttpStatusCode.OK, (await ChatAsync(gateway, "both")).StatusCode);
        Assert.Empty(first.Requests);
    }

    [Fact]
    public async Task A_key_for_chat_counts_tokens_and_embeds_nothing()
    {
        await using var gateway = await StartAsync(new KeyOptions { Operations = ["chat"] });

        var embedding = await gateway.PostAsync(
            "/v1/embeddings", """{"model":"mock/mock-model-v1","input":"x"}""", ("Authorization", "Bearer sk-ci"));
        var counting = await gateway.PostAsync(
            "/v1/messages/count_tokens", """{"model":"mock/mock-model-v1","messages":[{"role":"user","content":"x"}]}""",
            ("x-api-key", "sk-ci"));

        Assert.Equal(HttpStatusCode.Forbidden, embedding.StatusCode);
        Assert.Equal("operation_not_allowed", await CodeOf(embedding));
        Assert.NotEqual(HttpStatusCode.Forbidden, counting.StatusCode);
    }

    [Fact]
    public async Task The_list_of_models_holds_only_what_the_key_may_call()
    {
        await using var gateway = await StartAsync(new KeyOptions { Models = ["fast"] }, options =>
            options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-model-v1" }] });
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk-ci");

        using var list = JsonDocument.Parse(await gateway.Http.GetStringAsync("/v1/models"));
        var other = await gateway.Http.GetAsync("/v1/models/mock%2Fmock-model-v1");
        var explained = await gateway.PostAsync(
            "/route/explain", """{"model":"mock/mock-model-v1"}""", ("Authorization", "Bearer sk-ci"));

        Assert.Equal(["fast"], list.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, explained.StatusCode);
    }

    [Theory]
    [InlineData("/v1/models/mock%2Fmock-model-v1", HttpStatusCode.OK)]
    [InlineData("/v1/capabilities?model=mock/mock-model-v1", HttpStatusCode.OK)]
    [InlineData("/v1/models/second%2Fmock-model-v1", HttpStatusCode.Forbidden)]
    public async Task A_key_that_may_not_chat_sees_the_models_it_may_call(string path, HttpStatusCode expected)
    {
        await using var gateway = await StartAsync(new KeyOptions { Operations = ["embedding"], Models = ["mock/*"] });
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk-ci");

        Assert.Equal(expected, (await gateway.Http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task A_key_ends_when_it_says_so()
    {
        var time = new TestClock();
        await using var gateway = await StartAsync(
            new KeyOptions { Expires = time.GetUtcNow().AddHours(1).ToString("O") },
            build: builder => builder.Services.AddSingleton<TimeProvider>(time));

        Assert.Equal(HttpStatusCode.OK, (await ChatAsync(gateway, "mock/mock-model-v1")).StatusCode);
        time.Advance(TimeSpan.FromHours(2));
        var late = await ChatAsync(gateway, "mock/mock-model-v1");

        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
        Assert.Equal("key_expired", await CodeOf(late));
    }

    [Fact]
    public async Task A_disabled_key_and_the_key_of_a_disabled_tenant_say_so()
    {
        await using var gateway = await StartAsync(new KeyOptions { Enabled = false }, options =>
        {
            options.Tenants["acme"] = new() { Enabled = false };
            options.Tenants["acme/build"] = new();
            options.Keys["build"] = new() { Key = "sk-build", Tenant = "acme/build" };
        });

        var disabled = await ChatAsync(gateway, "mock/mock-model-v1");
        var tenant = await gateway.ChatAsync(Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer sk-build"));

        Assert.Equal((HttpStatusCode.Unauthorized, "key_disabled"), (disabled.StatusCode, await CodeOf(disabled)));
        Assert.Equal((HttpStatusCode.Forbidden, "tenant_disabled"), (tenant.StatusCode, await CodeOf(tenant)));
    }

    [Fact]
    public async Task A_call_counts_for_the_key_its_tenant_and_those_above()
    {
        await using var gateway = await StartAsync(new KeyOptions { Tenant = "acme/build", Tags = { ["team"] = "ci" } });

        await ChatAsync(gateway, "mock/mock-model-v1");
        var record = await _ends.Reader.ReadAsync();

        Assert.Equal("acme/build", record.Tenant);
        Assert.Equal(["key ci", "tenant acme/build", "tenant acme"], record.Caller.Scopes.Select(scope => scope.ToString()));
        Assert.Equal("ci", record.Caller.Tags["team"]);
    }

    [Theory]
    [InlineData(false, "acme/build", null, "acme/build")]
    [InlineData(false, "acme/build", "ACME/Build", "acme/build")]
    [InlineData(false, "acme/build", "acme/other", null)]
    [InlineData(false, null, "acme", null)]
    [InlineData(true, "acme", "acme/other", "acme/other")]
    [InlineData(true, "acme", "acmeother", null)]
    [InlineData(true, null, "anyone", "anyone")]
    public async Task A_tenant_is_named_only_where_the_key_allows_it(bool allowed, string? own, string? named, string? expected)
    {
        await using var gateway = await StartAsync(new KeyOptions { Tenant = own, MayNameTenant = allowed });

        var response = named is null
            ? await ChatAsync(gateway, "mock/mock-model-v1")
            : await gateway.ChatAsync(
                Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer sk-ci"), ("x-switchyard-tenant", named));
        var record = await _ends.Reader.ReadAsync();

        Assert.Equal(expected is null ? HttpStatusCode.Forbidden : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected ?? own, record.Tenant);
        Assert.Equal(record.Tenant, record.Caller.Tenant);
        if (expected is null)
            Assert.Equal("tenant_not_allowed", await CodeOf(response));
    }

    [Fact]
    public async Task A_tenants_list_bounds_its_keys_and_those_of_tenants_below()
    {
        await using var gateway = await StartAsync(new KeyOptions { Tenant = "acme/build", Models = ["*"] }, options =>
        {
            options.Tenants["acme"] = new() { Models = ["second/*"] };
            options.Tenants["acme/build"] = new();
        });

        var refused = await ChatAsync(gateway, "mock/mock-model-v1");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.StartsWith("The tenant 'acme' may not call", (await ErrorOf(refused)).GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_good_key_counts_beside_one_that_has_ended()
    {
        await using var gateway = await StartAsync(new KeyOptions { Enabled = false }, options =>
            options.Keys["good"] = new() { Key = "sk-good" });

        var response = await gateway.ChatAsync(
            Some.ChatRequest("mock/mock-model-v1"), ("Authorization", "Bearer sk-ci"), ("x-api-key", "sk-good"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<GatewayHost> StartAsync(
        KeyOptions key, Action<SwitchyardOptions>? configure = null, Action<Switchyard.Hosting.SwitchyardBuilder>? build = null)
    {
        if (key.Hash is null)
            key.Key = "sk-ci";
        return await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Providers["second"] = new() { Type = "mock" };
                options.Keys["ci"] = key;
                configure?.Invoke(options);
            },
            builder =>
            {
                builder.AddSink(new EndedSink(record => _ends.Writer.TryWrite(record)));
                build?.Invoke(builder);
            });
    }

    private static Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string model) =>
        gateway.ChatAsync(Some.ChatRequest(model), ("Authorization", "Bearer sk-ci"));

    private static async Task<string?> CodeOf(HttpResponseMessage response) =>
        (await ErrorOf(response)).GetProperty("code").GetString();

    private static async Task<JsonElement> ErrorOf(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("error").Clone();
    }

    private static string HashOf(string key) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
}

using Switchyard.Canonical;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class ValidationTests
{
    [Theory]
    [InlineData(
        "lo cal: { base_url: \"http://a/v1\" }", "1:14: 'lo…' is not a legal name of a provider: use letters, digits, '.', '-' and '_'")]
    [InlineData(
        "a/b: { base_url: \"http://a/v1\" }", "1:14: 'a/b' is not a legal name of a provider: use letters, digits, '.', '-' and '_'")]
    [InlineData(
        "a234567890123456789012345678901234567890123456789012345678901234567890: { type: openai }",
        "1:14: the provider's name 'a234567890123456789012345678901234567890123456789012345678901234…' has 70 characters, "
            + "which is more than 64")]
    [InlineData(
        "opnai: {}", "1:14: the provider 'opnai' is not in the catalogue, so it needs a base_url or a type; did you mean 'openai'?")]
    [InlineData(
        "work: { type: opnai }",
        "1:28: the type 'opnai' is not in the catalogue; write custom for a provider described here; did you mean 'openai'?")]
    [InlineData("work: { type: custom }", "1:14: the provider 'work' is of type custom, so it needs a base_url")]
    [InlineData("openai: { key: \"\" }", "1:29: the key of 'openai' is empty; leave it out to take the provider's usual variable")]
    [InlineData("openai: { key: \"a\\nb\" }", "1:29: the key of 'openai' holds a line break or another control character")]
    [InlineData(
        "openai: { dialect: openai }",
        "1:33: the dialect 'openai' is not known; this version knows: openai-chat, openai-responses, anthropic-messages, gemini, "
            + "bedrock-converse, cohere, ollama")]
    [InlineData("openai: { timeout: 500ms }", "1:33: a provider's timeout is at least 1s")]
    [InlineData("openai: { models: [ a, \"\" ] }", "1:37: the name of a model is empty")]
    [InlineData("openai: { headers: { \"a b\": c } }", "1:42: the header 'a…' has a name that HTTP does not allow")]
    [InlineData("openai: { headers: { host: c } }", "1:41: the header 'host' is set by the connection itself and cannot be configured")]
    [InlineData(
        "openai: { headers: { a: \"b\\r\\nc: d\" } }", "1:38: the header 'a' has a value with a line break or another control character")]
    public void A_provider_is_legal_and_can_be_reached(string provider, string expected)
    {
        using var given = Given.Yaml($"providers: {{ {provider} }}");

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData("ftp://host/v1", "must be an absolute http or https URL")]
    [InlineData("/v1", "must be an absolute http or https URL")]
    [InlineData("host/v1", "must be an absolute http or https URL")]
    [InlineData("http://", "must be an absolute http or https URL")]
    [InlineData("https://user@host/v1", "must not hold a user name or password")]
    [InlineData("https://host/v1?key=x", "must not hold a query")]
    [InlineData("https://host/v1?", "must not hold a query")]
    [InlineData("https://host/v1#x", "must not hold a fragment")]
    public void A_base_url_can_be_called_and_holds_no_secret(string url, string expected)
    {
        using var given = Given.Yaml($"providers: {{ local: {{ base_url: \"{url}\" }} }}");

        Assert.StartsWith($"switchyard.yaml:1:33: the base_url of 'local' {expected}", given.Problem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fast: {}", "1:11: the alias 'fast' needs at least one entry in targets: provider/model")]
    [InlineData("fast: { targets: [] }", "1:11: the alias 'fast' needs at least one entry in targets: provider/model")]
    [InlineData("fast: { targets: [ gpt ] }", "1:30: a target of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData("fast: { targets: [ mock/ ] }", "1:30: a target of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData("fast: { targets: [ /m ] }", "1:30: a target of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData("fast: { targets: [ {} ] }", "1:30: a target of 'fast' is not provider/model, for example openai/gpt-4o-mini")]
    [InlineData(
        "fast: { targets: [ { model: opnai/m } ] }",
        "1:39: a target of 'fast' names the provider 'opnai', which is neither configured nor in the catalogue; did you mean 'openai'?")]
    [InlineData(
        "fast: { targets: [ mock/m ], fallback: [ nowhere/m ] }",
        "1:52: a target of 'fast' names the provider 'nowhere', which is neither configured nor in the catalogue")]
    [InlineData("fast: { targets: [ fast ] }", "1:30: a target of 'fast' names itself; a target is provider/model, never an alias")]
    [InlineData(
        "fast: { targets: [ slow ] }, slow: { targets: [ mock/m ] }",
        "1:30: a target of 'fast' names the alias 'slow'; a target is provider/model, never an alias")]
    [InlineData(
        "team/fast: { targets: [ team/fast ] }", "1:35: a target of 'team/fast' names itself; a target is provider/model, never an alias")]
    [InlineData(
        "fast: { strategy: fastest, targets: [ mock/m ] }",
        "1:29: 'fastest' is not one of: priority, cost, performance, round-robin, weighted, least-busy, manual")]
    [InlineData(
        "fast: { strategy: weighted, targets: [ { model: mock/m, weight: -1 } ] }",
        "1:75: a target's weight is a number that is not negative")]
    [Covers("S002-57", "S003-12")]
    public void An_alias_leads_to_models_of_providers_that_exist(string alias, string expected)
    {
        using var given = Given.Yaml($"models: {{ {alias} }}");

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Fact]
    public void Aliases_that_name_each_other_are_both_refused()
    {
        using var given = Given.Yaml("models: { a: { targets: [ b ] }, b: { targets: [ a ] } }");

        Assert.Equal(2, given.Problems().Count);
    }

    [Fact]
    public void An_alias_may_redirect_the_name_of_a_real_model()
    {
        using var given = Given.Yaml("models: { openai/gpt-4o: { targets: [ openai/gpt-4o, mock/gpt-4o ] } }");

        Assert.Equal(2, given.Options().Models["openai/gpt-4o"].Targets.Count);
    }

    [Theory]
    [InlineData("timeouts: { connect: 0s }", "1:22: the timeout 'connect' must be longer than 0 and at most 24d")]
    [InlineData("timeouts: { idle: 25d }", "1:19: the timeout 'idle' must be longer than 0 and at most 24d")]
    [InlineData(
        "timeouts: { first_token: 30s, total: 20s }", "1:38: the timeout 'total' (20s) must not be shorter than 'first_token' (30s)")]
    [InlineData("timeouts: { first_token: 11m }", "1:1: the timeout 'total' (10m) must not be shorter than 'first_token' (11m)")]
    [InlineData("server: { max_body: 1000 }", "1:21: max_body must be between 1KB and 1GB")]
    [InlineData("server: { max_body: 1.5GB }", "1:21: max_body must be between 1KB and 1GB")]
    [InlineData("server: { shutdown_grace: 2h }", "1:27: shutdown_grace must be at most 1h")]
    [InlineData("server: { keys: [ a, \" \" ] }", "1:22: a client key is empty")]
    [InlineData(
        "server: { urls: \"http://127.0.0.1:8080/ai\" }",
        "1:17: 'http://127.0.0.1:8080/ai' has a path, which an address to listen on cannot; write it as path_base")]
    [InlineData(
        "server: { h2c_urls: \"https://127.0.0.1:8082\" }",
        "1:21: h2c_urls must be addresses such as http://127.0.0.1:8082; https ones speak HTTP/2 anyway")]
    [InlineData(
        "server: { path_base: ai }", "1:22: path_base must begin with a slash and not end in one, for example /ai")]
    [InlineData("server: { heartbeat: 10ms }", "1:22: heartbeat must be at least 1s")]
    [InlineData("server: { scheduling: fifo }", "1:23: 'fifo' is not one of: batch, normal")]
    [InlineData("server: { shutdown_delay: 1h }", "1:27: shutdown_delay must be at most 5m")]
    [InlineData(
        "server: { open: [ /v1/models ] }",
        "1:19: '/v1/models' is not one of: /metrics, /health/providers, /experiments")]
    [InlineData(
        "server: { allowed_hosts: [ \"http://a\" ] }",
        "1:28: 'http://a' is not a host name; write it without scheme, port and path, or * for any")]
    [InlineData(
        "server: { cors: { origins: [ app.example.com ] } }",
        "1:30: 'app.example.com' is not an origin; write scheme and host such as https://app.example.com, or * for any")]
    [InlineData("server: { tls: { key: a.pem } }", "1:11: a key or password needs the certificate it belongs to")]
    [InlineData(
        "providers: { openai: { proxy: proxy.corp } }",
        "1:31: the proxy of 'openai' must be an address such as http://proxy.example.com:3128, or none")]
    [InlineData(
        "default_provider: opnai", "1:19: the default provider 'opnai' is neither configured nor in the catalogue; did you mean 'openai'?")]
    [InlineData(
        "default_provider: openai\nproviders: { openai: { enabled: false } }", "1:19: the default provider 'openai' is not enabled")]
    public void Clocks_bounds_and_names_make_sense(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData("hedge: { after: p200 }", "is neither a duration such as 800ms nor a percentile from p50 to p99")]
    [InlineData("hedge: { after: soon }", "is neither a duration such as 800ms nor a percentile from p50 to p99")]
    [InlineData("hedge: { max: 0% }", "max is a share above 0% and up to 100%")]
    [InlineData("hedge: {}", "there is no other target to ask; add one to targets or fallback")]
    [InlineData("continuation: true", "there is no other target to continue with; add one to targets or fallback")]
    [InlineData("buffer: {}", "a buffer needs chunks, time, or both")]
    [InlineData("buffer: { chunks: 0 }", "chunks is between 1 and 1000")]
    [InlineData("buffer: { time: 1m }", "time is between 1ms and 30s")]
    public void Hedge_buffer_and_continuation_make_sense(string setting, string expected)
    {
        var fallback = setting is "hedge: {}" or "continuation: true" ? "" : "fallback: [ mock/large ], ";
        using var given = Given.Yaml($"models: {{ fast: {{ targets: [ mock/a ], {fallback}{setting} }} }}");

        Assert.Contains(expected, given.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_catalogue_every_provider_is_taken_to_exist()
    {
        using var given = Given.Yaml("providers: { anything: {} }\nmodels: { fast: { targets: [ whatever/m ] } }");

        var result = ConfigurationLoader.Load(given.Request with { IsKnownProvider = null });

        Assert.Empty(result.Problems);
    }

    [Theory]
    [InlineData("keys: { ci: {} }", "1:9: a key needs its hash (hash: \"sha256:…\") or the key itself (key: ${NAME})")]
    [InlineData("keys: { ci: { key: a, hash: b } }", "1:29: the hash must be sha256: and 64 hexadecimal digits, printf %s KEY | sha256sum")]
    [InlineData("keys: { ci: { key: \" \" } }", "1:20: the key is empty")]
    [InlineData("keys: { a: { key: same }, b: { key: same } }", "1:27: this is the same key as keys.a; each needs its own")]
    [InlineData("keys: { \"a b\": { key: x } }", "1:9: the key's name may hold letters, digits and any of - _ . : @ / only")]
    [InlineData("keys: { ci: { key: x, expires: soon } }", "1:32: 'soon' is not a day or time; write 2027-01-01, or 2027-01-01T12:00:00Z")]
    [InlineData("keys: { ci: { key: x, tenant: a//b } }", "1:31: the tenant's name has an empty part; write it as acme or acme/build")]
    [InlineData(
        "{ keys: { ci: { key: x, tenant: acme/biuld } }, tenants: { acme/build: {} } }",
        "1:33: there is no tenant 'acme/biuld' under tenants; did you mean 'acme/build'?")]
    [InlineData("tenants: { acme: { models: [ \"\" ] } }", "1:30: a model is empty; write an alias, provider/model, or provider/*")]
    public void A_key_and_a_tenant_say_what_they_may(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData(
        "admin: { key: short }", "1:15: the admin key must have at least 16 characters; 'openssl rand -hex 32' makes one")]
    [InlineData(
        "{ server: { keys: [ sixteen-letters-or-more ] }, admin: { key: sixteen-letters-or-more } }",
        "1:64: the admin key is also a client's key; that client could change everything")]
    [InlineData(
        "admin: { key: sixteen-letters-or-more, keys: { ci: { key: sixteen-letters-or-more } } }",
        "1:59: this is the same key as admin.key; each needs its own")]
    [InlineData("dashboard: { path: /v1/ui }", "1:20: /v1 is a path of the gateway itself; choose another, as /dashboard")]
    [InlineData(
        "dashboard: { public_url: gateway.example.com }",
        "1:26: the address has http or https, a host and no path, as https://gateway.example.com")]
    [InlineData(
        "dashboard: { public_url: https://gateway.example.com/ui }",
        "1:26: the address has http or https, a host and no path, as https://gateway.example.com")]
    [InlineData("dashboard: { session: 0s }", "1:23: a session lasts more than 0 and at most 30 days, as 8h")]
    [InlineData(
        "dashboard: { path: / }",
        "1:20: the path begins with a slash, does not end with one, and has letters, digits, '-' and '_': /dashboard")]
    [InlineData("admin: { keys: { ci: { role: viewer } } }", "1:18: it needs its key (key: ${NAME})")]
    [InlineData(
        "admin: { keys: { ci: { key: sixteen-letters-or-more, role: owner } } }",
        "1:60: 'owner' is not one of: viewer, operator, admin")]
    [InlineData(
        "admin: { oidc: { authority: \"http://login.example.com\", audience: x } }",
        "1:29: the authority must be an address with https, or on this machine")]
    [InlineData(
        "admin: { oidc: { authority: \"https://login.example.com\" } }",
        "1:10: name the audience; without it a token for any other service would be accepted")]
    [InlineData(
        "admin: { oidc: { authority: \"https://login.example.com\", audience: x, roles: { ops: owner } } }",
        "1:85: 'owner' is not one of: viewer, operator, admin")]
    [InlineData("admin: { urls: \"http://127.0.0.1:8081\" }", "1:16: nothing would answer there: the admin API needs admin.key")]
    [InlineData(
        "admin: { key: sixteen-letters-or-more, urls: \"http://127.0.0.1:8080\" }",
        "1:46: 'http://127.0.0.1:8080' has the port of an address where calls are taken; give it its own")]
    [InlineData(
        "admin: { key: sixteen-letters-or-more, urls: here }",
        "1:46: 'here' is not an address to listen on; write it as http://127.0.0.1:8081")]
    public void The_admin_api_has_a_key_that_cannot_be_guessed_and_a_port_of_its_own(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Fact]
    public void An_operation_that_is_allowed_is_one_there_is()
    {
        using var given = Given.Yaml("keys: { ci: { key: x, operations: [ chats ] } }");

        Assert.StartsWith(
            "switchyard.yaml:1:37: 'chats' is not one of: chat, completion, ", given.Problem(), StringComparison.Ordinal);
        Assert.Equal(
            Enum.GetValues<CallOperation>().Select(CallOperations.DataName).Order(),
            OptionShape.Root.Find("keys")!.Shape.Element!.Find("operations")!.KnownValues.Order());
    }

    [Covers("S001-97")]
    [Theory]
    [InlineData("egress: { mode: strict }", "1:17: 'strict' is not one of: enforce, report, off")]
    [InlineData("egress: { allow: [ api.openai.com/v1 ] }", "1:20: the entry 'api.openai.com/v1' of egress.allow is neither a host nor a "
        + "network such as 10.0.0.0/8: leave out the path")]
    [InlineData("egress: { allow: [ default, \"*openai.com\" ] }", "1:29: the entry '*openai.com' of egress.allow has its '*' elsewhere "
        + "than in front: write *.example.com")]
    [InlineData("media: { allow: [ \"http://a b/\" ] }", "1:19: the entry 'http://a b/' of media.allow is not a host (api.example.com), "
        + "host:port, *.example.com, *, an IP address, a network (10.0.0.0/8) or a URL")]
    public void An_entry_of_an_allow_list_says_what_it_may_be(string yaml, string expected)
    {
        using var given = Given.Yaml(yaml);

        Assert.Equal("switchyard.yaml:" + expected, given.Problem());
    }

    [Theory]
    [InlineData("budgets: { total: { usd: 1, period: 30d } }", "2:37: '30d'")]
    [InlineData("keys: { ci: { key: x, budget: { usd: 1, period: 169h } } }", "2:49: '169h'")]
    public void Calls_are_kept_for_as_long_as_a_rolling_budget_counts_them(string yaml, string expected)
    {
        using var given = Given.Yaml($"storage: {{ retention: 7d }}\n{yaml}");

        Assert.Equal(
            $"switchyard.yaml:{expected} is longer than storage.retention: calls would be deleted that the budget still counts",
            given.Problem());
    }

    [Theory]
    [InlineData("7d")]
    [InlineData("month")]
    public void A_rolling_budget_may_be_as_long_as_calls_are_kept_and_one_that_ends_longer(string period)
    {
        using var given = Given.Yaml($"storage: {{ retention: 7d }}\nbudgets: {{ total: {{ usd: 1, period: {period} }} }}");

        Assert.Empty(given.Problems());
    }
}

using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Health;
using Switchyard.Hosting;
using Switchyard.Network;
using Switchyard.Telemetry;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Network;

/// <summary>The network policy, as clients and operators see it.</summary>
public sealed class EgressTests : IAsyncLifetime
{
    private readonly Queue<string> _addresses = new();
    private FakeUpstream _upstream = null!;

    private int Port => new Uri(_upstream.BaseUrl).Port;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Covers("S001-36", "S001-95", "S001-100")]
    [Fact]
    public async Task A_target_that_is_not_allowed_is_a_403_and_sees_nothing()
    {
        await using var gateway = await StartAsync(["api.example.com"]);

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var error = await ErrorAsync(answer);
        Assert.Equal("egress_blocked", error.GetProperty("code").GetString());
        Assert.StartsWith(
            $"Egress to '127.0.0.1:{Port}' is not permitted by network policy", error.GetProperty("message").GetString(),
            StringComparison.Ordinal);
        Assert.DoesNotContain("/v1", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
        var (level, line) = Assert.Single(gateway.Log.Lines, line => line.Text.StartsWith("egress ", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, level);
        Assert.Equal(
            "egress blocked by policy, no entry of egress.allow names the host: "
                + $"target=http://127.0.0.1:{Port}/v1/chat/completions, mode=enforce, action=provider.request, provider=up, "
                + "operation=chat, model=some-model, address=-",
            line);
        Assert.Equal("egress.guard", Assert.Single(gateway.Log.GetSnapshot(), record => record.Message == line).Id.Name);
    }

    [Covers("S001-96")]
    [Fact]
    public async Task A_policy_that_reports_sends_and_says_so()
    {
        await using var gateway = await StartAsync(["api.example.com"], egress => egress.Mode = "report");

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(gateway.Log.Lines, line =>
            line.Level == LogLevel.Warning && line.Text.StartsWith("egress would be blocked by policy", StringComparison.Ordinal));
    }

    [Covers("S001-96")]
    [Theory]
    [InlineData("off")]
    [InlineData(null)]
    public async Task Without_a_policy_everything_is_sent_and_nothing_is_said(string? mode)
    {
        await using var gateway = await GatewayHost.StartAsync(
            _upstream, options => options.Egress = mode is null ? null : new() { Mode = mode, Allow = ["api.example.com"] });

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Text.StartsWith("egress ", StringComparison.Ordinal));
    }

    [Covers("S001-99")]
    [Fact]
    public async Task The_ready_made_list_holds_for_a_section_that_names_nothing()
    {
        await using var gateway = await StartAsync([]);
        using var answer = await gateway.ChatAsync(Some.ChatRequest());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Covers("S001-36")]
    [Fact]
    public async Task Every_retry_is_asked_about_again()
    {
        _upstream.ThenJson("{}", 503).ThenJson("{}", 503).ThenJson(Some.ChatCompletion());
        await using var gateway = await StartAsync(["127.0.0.1"], configure: options => options.Retry = Quick());

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, _upstream.Requests.Count);
        var text = await gateway.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(3, Decisions(text, "provider.request", "allowed"));
        Assert.Equal(0, Decisions(text, "provider.request", "blocked"));
    }

    [Covers("S001-95")]
    [Fact]
    public async Task A_refused_target_is_not_retried_and_its_health_does_not_suffer()
    {
        await using var gateway = await StartAsync(["api.example.com"], configure: options =>
        {
            options.Retry = Quick();
            options.Circuit.Enabled = true;
            options.Circuit.Failures = 1;
        });

        for (var i = 0; i < 3; i++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest());
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Equal("1", answer.Headers.GetValues("x-switchyard-attempts").Single());
        }
    }

    [Covers("S001-95")]
    [Fact]
    public async Task Another_target_that_is_allowed_answers()
    {
        await using var gateway = await StartAsync(["127.0.0.1"], configure: options =>
        {
            options.Providers["far"] = new ProviderOptions { BaseUrl = "https://far.example/v1", Key = "k", Models = ["m"] };
            options.Models["fast"] = new ModelRouteOptions
            {
                Targets = [new TargetOptions { Model = "far/m" }],
                Fallback = [new TargetOptions { Model = "up/some-model" }],
            };
        });

        using var answer = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("up", answer.Headers.GetValues("x-switchyard-provider").Single());
    }

    /// <summary>The name is allowed but resolves to this machine, or to an address that only this machine can reach.</summary>
    [Covers("B25")]
    [Theory]
    [InlineData("*.test", "127.0.0.1", false)]
    [InlineData("*.test", "::ffff:127.0.0.1", false)]
    [InlineData("vllm.test", "169.254.169.254", false)]
    [InlineData("vllm.test", "127.0.0.1", true)]
    [InlineData("*.test, 127.0.0.0/8", "127.0.0.1", true)]
    public async Task A_name_is_as_good_as_the_address_it_leads_to(string allow, string address, bool isSent)
    {
        _addresses.Enqueue(address);
        await using var gateway = await StartAsync([.. allow.Split(", ")], host: "vllm.test");

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(isSent ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(isSent ? 1 : 0, _upstream.Requests.Count);
        if (isSent)
            return;
        var error = await ErrorAsync(answer);
        Assert.Equal("egress_blocked", error.GetProperty("code").GetString());
        Assert.Contains($"'vllm.test:{Port}'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(address, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(gateway.Log.Lines, line => line.Text.Contains($"address={IPAddress.Parse(address)}", StringComparison.Ordinal));
    }

    [Covers("B25")]
    [Fact]
    public async Task A_name_that_changes_its_mind_between_two_connections_gains_nothing()
    {
        _addresses.Enqueue("127.0.0.1");
        _addresses.Enqueue("169.254.169.254");
        // Each answer closes its connection, so the next call resolves the name again.
        _upstream.Then(async http =>
        {
            http.Response.Headers.Connection = "close";
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Some.ChatCompletion()));
        });
        await using var gateway = await StartAsync(["vllm.test"], host: "vllm.test");

        using (var first = await gateway.ChatAsync(Some.ChatRequest()))
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
        Assert.Single(_upstream.Requests);
        Assert.Empty(_addresses);
    }

    [Covers("B25")]
    [Fact]
    public async Task A_policy_that_changes_is_in_force_for_connections_that_are_open_already()
    {
        await using var gateway = await StartAsync(["vllm.test"], host: "vllm.test");
        _addresses.Enqueue("127.0.0.1");
        using (var first = await gateway.ChatAsync(Some.ChatRequest()))
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        var applied = await gateway.Engine.ApplyAsync(
            options => options.Egress!.Allow = ["*.test"], TestContext.Current.CancellationToken);
        Assert.True(applied.Applied, applied.Reason);
        _addresses.Enqueue("127.0.0.1");
        using var second = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.Forbidden, second.StatusCode);
    }

    [Covers("B25")]
    [Fact]
    public async Task A_redirect_is_not_followed_to_anywhere()
    {
        await using var other = await FakeUpstream.StartAsync();
        _upstream.Then(http =>
        {
            http.Response.StatusCode = 307;
            http.Response.Headers.Location = other.BaseUrl;
            return Task.CompletedTask;
        });
        await using var gateway = await StartAsync(["127.0.0.1"]);

        using var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.False(answer.IsSuccessStatusCode);
        Assert.Empty(other.Requests);
    }

    [Covers("B25")]
    [Fact]
    public async Task Through_a_proxy_the_url_is_judged_and_the_proxy_is_reached()
    {
        // The upstream acts as a proxy: it gets the whole URL of a host that does not exist.
        await using var gateway = await StartAsync(["vllm.test"], configure: options =>
        {
            options.Providers["up"].BaseUrl = "http://vllm.test/v1";
            options.Providers["up"].Proxy = $"http://127.0.0.1:{Port}";
            options.Providers["far"] = new ProviderOptions
            {
                BaseUrl = "http://far.test/v1", Key = "k", Models = ["m"], Proxy = $"http://127.0.0.1:{Port}",
            };
        });

        using var passed = await gateway.ChatAsync(Some.ChatRequest());
        using var refused = await gateway.ChatAsync(Some.ChatRequest("far/m"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (passed.StatusCode, refused.StatusCode));
        Assert.Equal("vllm.test", Assert.Single(_upstream.Requests).Headers["Host"]);
    }

    [Covers("B25")]
    [Fact]
    public async Task Lists_of_models_and_health_checks_are_asked_about_too()
    {
        await using var gateway = await StartAsync(["api.example.com"]);
        var checker = gateway.Services.GetRequiredService<HealthChecker>();

        var result = await checker.CheckAsync("up", HealthLevel.Reachability, TestContext.Current.CancellationToken);

        Assert.False(result.Healthy);
        Assert.Contains("not permitted by network policy", result.Error, StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
        Assert.Contains(gateway.Log.Lines, line => line.Text.Contains("action=provider.probe, provider=up", StringComparison.Ordinal));
    }

    [Covers("S001-36")]
    [Theory]
    [InlineData("https://api.example.com/v1", HttpStatusCode.OK)]
    [InlineData("https://far.example/v1", HttpStatusCode.Forbidden)]
    [InlineData(null, HttpStatusCode.OK)]
    public async Task A_client_in_process_is_asked_about_where_it_says_what_it_calls(string? url, HttpStatusCode status)
    {
        var client = new SaysWhere(url is null ? null : new Uri(url));
        await using var gateway = await StartAsync(
            ["https://api.example.com/v1/chat/completions"], build: builder => builder.AddProvider("mine", client, null, "m"));

        using var answer = await gateway.ChatAsync(Some.ChatRequest("mine/m"));

        Assert.Equal((status, status == HttpStatusCode.OK), (answer.StatusCode, client.WasCalled));
    }

    [Covers("B25", "M6")]
    [Theory]
    [InlineData("127.0.0.1", "", false)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1, *", "", false)]
    public async Task Clients_reach_what_the_gateway_may_reach_only_where_downloads_may(string allow, string media, bool isFetched)
    {
        await using var files = await FakeUpstream.StartAsync();
        files.ThenBytes([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10], "image/png");
        _upstream.ThenJson("""{"model":"m","message":{"role":"assistant","content":"A cat."},"done":true,"done_reason":"stop"}""");
        await using var gateway = await StartAsync([.. allow.Split(", ")], configure: options =>
        {
            options.Providers["up"].Dialect = "ollama";
            options.Media.Allow = [.. media.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        });

        using var answer = await gateway.ChatAsync(
            $$$"""{"model":"up/m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{files.BaseUrl}}}/cat.png"}}]}]}""");

        Assert.Equal(isFetched ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(isFetched ? 1 : 0, files.Requests.Count);
        if (!isFetched)
            Assert.Equal("invalid_image_url", (await ErrorAsync(answer)).GetProperty("code").GetString());
    }

    private static RetryOptions Quick() => new() { Attempts = 4, Base = TimeSpan.FromMilliseconds(1), Max = TimeSpan.FromMilliseconds(2) };

    private static async Task<JsonElement> ErrorAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("error").Clone();

    private static int Decisions(string metrics, string action, string decision) => metrics.Split('\n')
        .Where(line => line.StartsWith("switchyard_egress_decisions_total{", StringComparison.Ordinal)
            && line.Contains($"action=\"{action}\"", StringComparison.Ordinal)
            && line.Contains($"decision=\"{decision}\"", StringComparison.Ordinal))
        .Sum(line => int.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture));

    private Task<GatewayHost> StartAsync(
        List<string> allow,
        Action<EgressOptions>? set = null,
        string? host = null,
        Action<SwitchyardOptions>? configure = null,
        Action<SwitchyardBuilder>? build = null) => GatewayHost.StartAsync(
        _upstream,
        options =>
        {
            if (host is not null)
                options.Providers["up"].BaseUrl = $"http://{host}:{Port}/v1";
            options.Egress = new EgressOptions { Allow = allow };
            set?.Invoke(options.Egress);
            configure?.Invoke(options);
        },
        builder =>
        {
            // The test decides how names are resolved.
            builder.Services.AddSingleton(services => new EgressGuards(
                new EgressEvents(services.GetRequiredService<EngineMetrics>(), services.GetRequiredService<ILogger<EgressEvents>>()),
                (name, cancellationToken) => IPAddress.TryParse(name, out var literal)
                    ? Task.FromResult<IPAddress[]>([literal])
                    : Task.FromResult<IPAddress[]>([IPAddress.Parse(_addresses.Dequeue())])));
            build?.Invoke(builder);
        });

    private sealed class SaysWhere(Uri? url) : IChatClient
    {
        public bool WasCalled { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            WasCalled = true;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("mine", url) : null;

        public void Dispose()
        {
        }
    }
}

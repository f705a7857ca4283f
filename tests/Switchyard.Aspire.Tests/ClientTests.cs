using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Hosting;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Aspire.Tests;

/// <summary>The client, as an application adds it, against a gateway over a socket.</summary>
public sealed class ClientTests
{
    private const string Key = "key-of-the-application";

    [Fact]
    public async Task A_call_is_answered_whole_and_streamed()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));
        var chat = host.Services.GetRequiredService<IChatClient>();
        var options = new ChatOptions { ModelId = "fast" };

        Assert.Equal("Mock response to: Hello", (await chat.GetResponseAsync("Hello", options)).Text);
        var updates = await chat.GetStreamingResponseAsync("Hello", options).ToListAsync();
        Assert.Equal("Mock response to: Hello", string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count(update => update.Text.Length > 0) > 1);
    }

    [Fact]
    public async Task What_the_gateway_did_is_reported_as_it_is_in_process()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));
        var chat = host.Services.GetRequiredService<IChatClient>();
        var options = new ChatOptions { ModelId = "fast" };

        var whole = (await chat.GetResponseAsync("Hello", options)).AdditionalProperties!;
        var first = (await chat.GetStreamingResponseAsync("Hello", options).FirstAsync()).AdditionalProperties!;
        Assert.All([whole, first], facts =>
        {
            Assert.Equal("mock", facts[AnswerFacts.Provider]);
            Assert.Equal("mock-fast-model", facts[AnswerFacts.Model]);
            Assert.Equal("fast", facts[AnswerFacts.RequestedModel]);
            Assert.Equal(1, facts[AnswerFacts.Attempts]);
            Assert.IsType<long>(facts[AnswerFacts.Config]);
        });
        Assert.NotEqual(whole[AnswerFacts.RequestId], first[AnswerFacts.RequestId]);
    }

    [Fact]
    public async Task What_a_call_is_tagged_with_reaches_the_gateway_and_the_callers_options_stay_as_they_were()
    {
        var seen = new SeenCalls();
        await using var gateway = await StartAsync(
            // Tags are read only if costs are counted.
            options => options.Budgets.Named["all"] = new() { Usd = 100, Mode = "warn" },
            build =>
            {
                build.Services.AddSingleton(seen);
                build.UseCall<NoteCall>();
            });
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));
        var options = new ChatOptions
        {
            ModelId = "fast",
            AdditionalProperties =
                new() { [AnswerFacts.Tag] = "nightly", [AnswerFacts.Session] = "s-1", [AnswerFacts.Cache] = CacheMode.Off },
        };
        await host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", options);

        Assert.Equal([("aspire", "nightly", "s-1")], seen);
        Assert.Equal("nightly", options.AdditionalProperties[AnswerFacts.Tag]);
    }

    [Fact]
    public async Task A_call_may_ask_the_gateway_why_it_went_where_it_went_and_for_strict_mode()
    {
        var seen = new List<bool>();
        await using var gateway = await StartAsync(build: build =>
        {
            build.Services.AddSingleton(seen);
            build.UseCall<NoteStrict>();
        });
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));
        var options = new ChatOptions
        {
            ModelId = "fast",
            AdditionalProperties = new() { [AnswerFacts.Explain] = true, [AnswerFacts.Strict] = true },
        };

        var answer = await host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", options);

        Assert.Contains("strategy=", (string)answer.AdditionalProperties![AnswerFacts.Explain]!, StringComparison.Ordinal);
        Assert.Equal([true], seen);

        // An option that does not even reach the gateway.
        options.RawRepresentationFactory = _ => new Version(1, 0);
        var refused = await Assert.ThrowsAsync<CallException>(
            () => host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", options));
        Assert.Equal("RawRepresentationFactory", refused.Error.Param);
        Assert.Equal([true], seen);
    }

    [Theory]
    [InlineData("r\u00e9union", "r_union")]
    [InlineData("nightly\nrun", "nightly_run")]
    [InlineData("nightly\r\nrun", "nightly__run")]
    public async Task A_tag_that_is_no_plain_text_is_taken_as_it_is_in_process(string tag, string taken)
    {
        var seen = new SeenCalls();
        await using var gateway = await StartAsync(
            options => options.Budgets.Named["all"] = new() { Usd = 100, Mode = "warn" },
            build =>
            {
                build.Services.AddSingleton(seen);
                build.UseCall<NoteCall>();
            });
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));
        var options = new ChatOptions { ModelId = "fast", AdditionalProperties = new() { [AnswerFacts.Tag] = tag } };
        await host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", options);

        Assert.Equal(taken, Assert.Single(seen).Tag);
    }

    [Fact]
    public async Task A_keyed_client_asks_for_the_model_of_its_connection()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder =>
        {
            builder.Configuration["ConnectionStrings:fast"] = $"{ConnectionString(gateway)};Model=fast";
            builder.AddKeyedSwitchyardChatClient("fast");
            builder.AddSwitchyardChatClient("ai", settings => settings.Model = "mock/another");
        });

        Assert.Equal("fast", await ModelOfAsync(host.Services.GetRequiredKeyedService<IChatClient>("fast")));
        Assert.Equal("mock/another", await ModelOfAsync(host.Services.GetRequiredService<IChatClient>()));

        static async Task<object?> ModelOfAsync(IChatClient chat) =>
            (await chat.GetResponseAsync("Hello")).AdditionalProperties![AnswerFacts.RequestedModel];
    }

    [Fact]
    public async Task Texts_are_embedded()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder =>
        {
            builder.AddSwitchyardEmbeddingGenerator("ai", settings => settings.Model = "mock/embedding");
            builder.AddKeyedSwitchyardEmbeddingGenerator("ai");
        });
        var made = await host.Services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(["one", "two"]);

        Assert.Equal([8, 8], made.Select(embedding => embedding.Vector.Length));
        Assert.Equal("mock", made.AdditionalProperties![AnswerFacts.Provider]);
        Assert.NotNull(host.Services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("ai"));
    }

    [Fact]
    public async Task A_call_is_one_trace_from_the_application_through_the_gateway()
    {
        var spans = new Spans();
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder =>
        {
            builder.AddSwitchyardChatClient("ai");
            builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(nameof(Spans)).AddProcessor(spans));
        });
        host.Services.GetRequiredService<TracerProvider>();
        using (var own = Spans.Source.StartActivity("the application's")!)
        {
            await host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new() { ModelId = "fast" });
            // On each side the call and its attempt.
            await Wait.ForAsync(() => spans.Of(own.TraceId).Count(span => span.Source.Name == "Switchyard") == 4);
        }
    }

    [Fact]
    public async Task A_failure_has_its_kind_and_says_no_key()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai", settings => settings.Key = "another-key"));
        var chat = host.Services.GetRequiredService<IChatClient>();

        var refused = await Assert.ThrowsAsync<CallException>(() => chat.GetResponseAsync("Hello", new() { ModelId = "fast" }));
        Assert.DoesNotContain("another-key", refused.ToString(), StringComparison.Ordinal);
        var unnamed = await Assert.ThrowsAsync<CallException>(() => chat.GetResponseAsync("Hello"));
        Assert.Contains("model", unnamed.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_gateways_refusal_is_tried_once_because_the_gateway_has_tried_again_itself()
    {
        var ended = new ConcurrentQueue<CallRecord>();
        await using var gateway = await StartAsync(
            options =>
            {
                options.Providers["mock"].Settings["success_rate"] = "0";
                options.Retry.Attempts = 1;
            },
            build => build.AddSink(new EndedSink(ended.Enqueue)));
        using var host = Host(gateway, builder => builder.AddSwitchyardChatClient("ai"));

        await Assert.ThrowsAsync<CallException>(
            () => host.Services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new() { ModelId = "fast" }));
        await Wait.ForAsync(() => !ended.IsEmpty);
        Assert.Single(ended);
    }

    [Fact]
    public async Task The_health_of_the_gateway_is_the_applications()
    {
        var gateway = await StartAsync();
        using var host = Host(gateway, builder =>
        {
            builder.Configuration["Aspire:Switchyard:HealthCheckTimeout"] = "00:01:00";
            builder.AddSwitchyardChatClient("ai");
            builder.AddKeyedSwitchyardChatClient("ai");
        });
        var health = host.Services.GetRequiredService<HealthCheckService>();

        var report = await health.CheckHealthAsync();
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(["Switchyard_ai"], report.Entries.Keys);
        await gateway.DisposeAsync();
        var entry = (await health.CheckHealthAsync()).Entries["Switchyard_ai"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.DoesNotContain(Key, $"{entry.Description} {entry.Exception}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"status":"ok","service":"switchyard","version":"2.3.4"}""", HealthStatus.Healthy)]
    [InlineData("""{"status":"ok","version":"0.1.0"}""", HealthStatus.Healthy)]
    [InlineData("""{"status":"ok"}""", HealthStatus.Unhealthy)]
    [InlineData("""{"status":"ok","service":"another"}""", HealthStatus.Unhealthy)]
    [InlineData("<html>Welcome</html>", HealthStatus.Unhealthy)]
    [InlineData("", HealthStatus.Unhealthy)]
    public async Task Another_server_at_the_address_is_not_healthy(string body, HealthStatus expected)
    {
        await using var server = new RawUpstream((_, _) => RawUpstream.Answer(body));
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:ai"] = $"Endpoint={new Uri(server.BaseUrl).GetLeftPart(UriPartial.Authority)};Key={Key}";
        builder.Configuration["Aspire:Switchyard:HealthCheckTimeout"] = "00:01:00";
        builder.AddSwitchyardChatClient("ai");
        using var host = builder.Build();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(expected, report.Status);
    }

    [Fact]
    public async Task Without_a_health_check_none_is_added()
    {
        await using var gateway = await StartAsync();
        using var host = Host(gateway, builder =>
        {
            builder.Configuration["Aspire:Switchyard:DisableHealthChecks"] = "true";
            builder.AddSwitchyardChatClient("ai");
        });

        Assert.Null(host.Services.GetService<HealthCheckService>());
    }

    [Fact]
    public async Task The_settings_of_a_connection_win_over_those_of_all_and_the_connection_string_over_both()
    {
        await using var gateway = await StartAsync();
        var seen = new SwitchyardClientSettings();
        using var host = Host(gateway, builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Aspire:Switchyard:Endpoint"] = "http://127.0.0.1:1",
                ["Aspire:Switchyard:Model"] = "of-all",
                ["Aspire:Switchyard:DisableTracing"] = "true",
                ["Aspire:Switchyard:ai:Model"] = "of-this",
                ["Aspire:Switchyard:ai:HealthCheckTimeout"] = "00:00:30",
            });
            builder.AddSwitchyardChatClient("ai", settings => seen = settings);
        });

        Assert.Equal(new Uri(gateway.Address, "/v1"), seen.Endpoint);
        Assert.Equal(("of-this", Key, true, false), (seen.Model, seen.Key, seen.DisableTracing, seen.DisableMetrics));
        Assert.Equal(TimeSpan.FromSeconds(30), seen.HealthCheckTimeout);
    }

    [Fact]
    public void The_schema_for_editors_has_every_setting_and_no_other()
    {
        using var schema = JsonDocument.Parse(Repository.Read("src/Switchyard.Aspire/ConfigurationSchema.json"));
        var described = schema.RootElement.GetProperty("properties").GetProperty("Aspire").GetProperty("properties")
            .GetProperty("Switchyard").GetProperty("properties").EnumerateObject().Select(property => property.Name);

        Assert.Equal(typeof(SwitchyardClientSettings).GetProperties().Select(property => property.Name).Order(), described.Order());
    }

    [Fact]
    public void A_gateway_without_an_address_and_a_string_that_is_none_are_errors_that_say_the_way_out()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.AddSwitchyardChatClient("ai");
        using var host = builder.Build();
        var missing = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IChatClient>());
        Assert.Contains("ConnectionStrings:ai", missing.Message, StringComparison.Ordinal);

        builder.Configuration["ConnectionStrings:other"] = "Endpoint=gateway;Key=sk-secret";
        var wrong = Assert.Throws<InvalidOperationException>(() => builder.AddSwitchyardChatClient("other"));
        Assert.Contains("Endpoint=http://", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", wrong.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The spans that an application's OpenTelemetry receives.</summary>
    private sealed class Spans : BaseProcessor<Activity>
    {
        public static readonly ActivitySource Source = new(nameof(Spans));

        private readonly ConcurrentQueue<Activity> _ended = new();

        public IEnumerable<Activity> Of(ActivityTraceId trace) => _ended.Where(span => span.TraceId == trace);

        public override void OnEnd(Activity data) => _ended.Enqueue(data);
    }

    /// <summary>The caller of each call, with its tag and session.</summary>
    private sealed class SeenCalls : ConcurrentQueue<(string Key, string? Tag, string? Session)>;

    private sealed class NoteCall(SeenCalls seen) : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            seen.Enqueue((call.Caller.Name, call.Tag, call.Session));
            return next(call);
        }
    }

    private sealed class NoteStrict(List<bool> seen) : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            seen.Add(call.Strict);
            return next(call);
        }
    }

    /// <summary>A gateway with a key, the mock, and an alias of it.</summary>
    private static Task<GatewayHost> StartAsync(
        Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-fast-model" }] };
                options.Keys["aspire"] = new() { Key = Key };
                configure?.Invoke(options);
            },
            build);

    private static string ConnectionString(GatewayHost gateway) => $"Endpoint={new Uri(gateway.Address, "/v1")};Key={Key}";

    private static IHost Host(GatewayHost gateway, Action<HostApplicationBuilder> add)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:ai"] = ConnectionString(gateway);
        add(builder);
        return builder.Build();
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Client;

/// <summary>The registrations of a host, and the services it resolves.</summary>
public sealed class RegistrationTests
{
    [Covers("S004-13")]
    [Covers("Z4", "V10")]
    [Fact]
    public async Task Registering_twice_is_harmless_and_the_settings_add_up()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Strict = true);
        services.AddSwitchyard(Section(("timeouts:total", "2m"), ("models:fast:targets:0", "mock/mock-model-v1")));
        services.Configure<SwitchyardOptions>(options => options.AutoEnable = false);

        await using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<SwitchyardEngine>().Options;
        Assert.True(options.Strict);
        Assert.False(options.AutoEnable);
        Assert.Equal(TimeSpan.FromMinutes(2), options.Timeouts.Total);
        Assert.Equal(TimeSpan.FromMinutes(2), provider.GetRequiredService<IOptions<SwitchyardOptions>>().Value.Timeouts.Total);
        Assert.Equal(["fast"], options.Models.Keys);
        Assert.Single(provider.GetServices<IChatClient>());
    }

    [Covers("Z4")]
    [Fact]
    public void Whole_options_replace_no_settings_that_were_added_before()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(new SwitchyardOptions { Strict = true });
        services.AddSwitchyard(options => options.AutoEnable = false);

        Assert.Throws<InvalidOperationException>(() => services.AddSwitchyard(new SwitchyardOptions()));
    }

    [Covers("V10")]
    [Fact]
    public async Task A_provider_set_to_null_in_code_has_its_defaults()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = null!);
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<SwitchyardEngine>().StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["mock"], provider.GetRequiredService<SwitchyardEngine>().ProviderNames);
    }

    [Covers("Z5")]
    [Fact]
    public async Task Logging_added_after_the_engine_logs()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false);
        services.AddFakeLogging();
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<SwitchyardEngine>().StartAsync(TestContext.Current.CancellationToken);

        Assert.Contains(provider.GetFakeLogCollector().Lines, line => line.Text.Contains("in force", StringComparison.Ordinal));
    }

    [Covers("V10")]
    [Fact]
    public async Task Options_that_cannot_work_stop_the_start_wherever_they_come_from()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard();
        services.Configure<SwitchyardOptions>(options => options.Models["fast"] = new());
        await using var provider = services.BuildServiceProvider();

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => provider.GetRequiredService<SwitchyardEngine>().StartAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("models.fast", refused.Message, StringComparison.Ordinal);
    }

    [Covers("Z7")]
    [Fact]
    public async Task A_section_that_changes_is_followed_and_one_that_breaks_is_not()
    {
        var source = new Dictionary<string, string?> { ["auto_enable"] = "false", ["models:fast:targets:0"] = "mock/one" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(source).Build();
        var services = new ServiceCollection();
        services.AddFakeLogging();
        services.AddSwitchyard(configuration);
        await using var provider = services.BuildServiceProvider();
        var log = provider.GetFakeLogCollector();
        var engine = provider.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(TestContext.Current.CancellationToken);

        configuration["models:slow:targets:0"] = "mock/two";
        configuration.Reload();
        await Wait.ForAsync(() => engine.Options.Models.ContainsKey("slow"));
        configuration["timeouts:total"] = "soon";
        configuration.Reload();
        await Wait.ForAsync(
            () => log.Lines.Any(line => line.Level == LogLevel.Error && line.Text.Contains("timeouts.total", StringComparison.Ordinal)));

        Assert.Equal(2, engine.Snapshot.Generation);
        Assert.Equal(["fast", "slow"], engine.Options.Models.Keys.Order(StringComparer.Ordinal));
    }

    [Covers("H11")]
    [Fact]
    public async Task A_section_that_loses_its_client_keys_does_not_open_the_gateway()
    {
        var source = new Dictionary<string, string?> { ["providers:mock:enabled"] = "true", ["server:keys:0"] = "secret" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(source).Build();
        var services = new ServiceCollection();
        services.AddFakeLogging();
        services.AddSwitchyard(configuration);
        await using var provider = services.BuildServiceProvider();
        var log = provider.GetFakeLogCollector();
        var engine = provider.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(TestContext.Current.CancellationToken);

        configuration["server:keys:0"] = null;
        configuration.Reload();
        await Wait.ForAsync(() => log.Lines.Any(line => line.Level == LogLevel.Error));

        Assert.Contains(log.Lines, line => line.Text.Contains("server.keys", StringComparison.Ordinal));
        Assert.Equal(["secret"], engine.Options.Server.Keys);
    }

    [Covers("Z8")]
    [Fact]
    public async Task Options_handed_out_are_copies_and_a_change_touches_only_what_it_names()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient("Hi"), options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }] });
        await given.Engine.StartAsync(TestContext.Current.CancellationToken);

        given.Engine.Options.Strict = true;
        given.Engine.Options.Models.Clear();
        Assert.False(given.Engine.Options.Strict);
        var applied = await given.Engine.ApplyAsync(
            options => options.Timeouts.Total = TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);

        Assert.True(applied.Applied, applied.Reason);
        Assert.Equal(TimeSpan.FromMinutes(3), given.Engine.Snapshot.Clocks.Total);
        Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast" })).Text);
        var refused = await given.Engine.ApplyAsync(options => options.Models["none"] = new(), TestContext.Current.CancellationToken);
        Assert.False(refused.Applied);
        Assert.Contains("models.none", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(2, given.Engine.Snapshot.Generation);
    }

    [Fact]
    public async Task A_keyed_client_asks_for_its_own_alias()
    {
        var client = new ScriptedClient("Hi");
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }] };
        }).AddProvider("acme", client);
        services.AddSwitchyardChatClient("fast").UseFunctionInvocation();
        await using var provider = services.BuildServiceProvider();
        var fast = provider.GetRequiredKeyedService<IChatClient>("fast");

        Assert.Equal("Hi", (await fast.GetResponseAsync("Hello")).Text);
        Assert.Equal("small", Assert.Single(client.Asked).Options!.ModelId);
        Assert.NotNull(fast.GetService<FunctionInvokingChatClient>());
        Assert.Equal("fast", fast.GetService<ChatClientMetadata>()!.DefaultModelId);
    }

    [Fact]
    public async Task What_the_host_registered_first_wins()
    {
        var dialects = new DialectSet([], []);
        using var client = new ScriptedClient("Hi");
        var services = new ServiceCollection();
        services.AddSingleton(dialects);
        services.AddSingleton<IChatClient>(client);
        services.AddSwitchyard();

        await using var provider = services.BuildServiceProvider();
        Assert.Same(dialects, provider.GetRequiredService<DialectSet>());
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
    }

    [Fact]
    public async Task Options_come_from_code_from_a_section_or_as_they_are()
    {
        var section = Section(("timeouts:total", "2m"), ("models:fast:targets:0", "mock/mock-model-v1"));
        var options = new SwitchyardOptions { AutoEnable = false };

        Assert.Equal("mock", (await Options(services => services.AddSwitchyard(given => given.DefaultProvider = "mock"))).DefaultProvider);
        Assert.Equal(TimeSpan.FromMinutes(2), (await Options(services => services.AddSwitchyard(section))).Timeouts.Total);
        Assert.Equal("mock/mock-model-v1", (await Options(services => services.AddSwitchyard(section))).Models["fast"].Targets[0].Model);
        Assert.False((await Options(services => services.AddSwitchyard(options))).AutoEnable);
        Assert.NotSame(options, await Options(services => services.AddSwitchyard(options)));

        static async Task<SwitchyardOptions> Options(Action<IServiceCollection> add)
        {
            var services = new ServiceCollection();
            add(services);
            await using var provider = services.BuildServiceProvider();
            return provider.GetRequiredService<SwitchyardEngine>().Options;
        }
    }

    [Fact]
    public async Task A_section_with_errors_stops_the_start_and_every_error_is_named()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(Section(("timeouts:total", "soon"), ("modles:fast", "mock/mock-model-v1")));
        await using var provider = services.BuildServiceProvider();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => provider.GetRequiredService<SwitchyardEngine>().StartAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.Contains("timeouts.total", refused.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean 'models'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_to_a_variable_in_a_section_is_an_error_and_no_key()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(Section(("providers:up:key", "${UP_KEY:-secret}"), ("providers:up:base_url", "http://127.0.0.1:1/v1")));
        await using var provider = services.BuildServiceProvider();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(
            () => provider.GetRequiredService<SwitchyardEngine>().StartAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.Contains("providers.up.key: ${UP_KEY} is replaced only in a switchyard.yaml.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("providers__up__key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret}", refused.Message, StringComparison.Ordinal);
    }

    [Covers("S000-50")]
    [Fact]
    public async Task A_client_becomes_a_provider_that_is_listed_and_disposed_with_the_engine()
    {
        var client = new ScriptedClient("Hi");
        await using (var given = Given.AnEngineWith(client))
        {
            Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" })).Text);
            Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "small" })).Text);
            // The default mock of an empty configuration is gone.
            Assert.Equal(["acme"], given.Engine.Registry.List());
            Assert.Equal(["acme/small"], (await given.Engine.Models.ListAsync(default)).Select(model => model.Id));
            Assert.False(client.IsDisposed);
        }

        Assert.True(client.IsDisposed);
    }

    [Covers("S002-41")]
    [Fact]
    public async Task An_instance_is_initialized_when_the_engine_starts()
    {
        var mock = new MockProvider("house", new MockOptions { Answer = "From the house" });
        await using var given = Given.AnEngine(null, builder => builder.AddProvider(mock, new ProviderSettings { Type = "house" }));
        Assert.False(mock.IsInitialized);
        await given.Engine.StartAsync();

        Assert.True(mock.IsInitialized);
        Assert.Equal(
            "From the house", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "house/mock-model-v1" })).Text);
    }

    [Covers("S000-14")]
    [Fact]
    public async Task A_class_is_built_on_its_first_call()
    {
        await using var given = Given.AnEngine(null, builder => builder.AddProvider<MockProvider>(new ProviderSettings { Type = "mock" }));
        await given.Engine.StartAsync();
        Assert.False(given.Engine.Registry.TryGet("mock", out _));

        Assert.Equal(
            "Mock response to: Hello",
            (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v1" })).Text);
        Assert.True(given.Engine.Registry.TryGet("mock", out _));
    }

    [Covers("S000-49")]
    [Fact]
    public void A_class_without_a_mark_is_refused()
    {
        var builder = new ServiceCollection().AddSwitchyard();
        var refused = Assert.Throws<ArgumentException>(
            () => builder.AddProvider<ChatClientProvider>(new ProviderSettings { Type = "any" }));

        Assert.Contains("[Provider(\"name\")]", refused.Message, StringComparison.Ordinal);
    }

    [Covers("S000-65")]
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_marked_classes_of_an_assembly_are_found_and_those_without_settings_left_out(bool withSettings)
    {
        var seen = new List<string>();
        await using var given = Given.AnEngine(null, builder => builder.AddProvidersFrom(typeof(MockProvider).Assembly, name =>
        {
            seen.Add(name);
            return withSettings ? new ProviderSettings { Type = name } : null;
        }));
        var asking = given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v1" });

        if (withSettings)
            Assert.Equal("Mock response to: Hello", (await asking).Text);
        else
            await Assert.ThrowsAsync<CallException>(() => asking);
        Assert.Equal(["mock"], seen);
    }

    [Covers("S000-11", "S002-02")]
    [Fact]
    public async Task A_provider_registered_while_the_engine_runs_can_be_called_at_once()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        await given.Engine.StartAsync();
        await given.Engine.Registry.RegisterAsync(
            new ChatClientProvider("late", new ScriptedClient("Late")), new ProviderSettings { Type = "late" });

        Assert.Equal("Late", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "late/any" })).Text);
    }

    [Fact]
    public async Task Middleware_runs_in_the_order_it_was_added_the_first_outermost_and_before_routing()
    {
        var steps = new List<string>();
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"), null, builder =>
        {
            builder.Services.AddSingleton(steps);
            builder.UseCall<Outer>().UseCall<Inner>();
        });
        await given.Chat.GetResponseAsync("Hello");

        Assert.Equal(["outer in, no route", "inner in", "inner out", "outer out, routed"], steps);
    }

    [Fact]
    public async Task A_step_stands_before_routing_after_it_or_around_each_attempt()
    {
        var steps = new List<string>();
        await using var given = Given.AnEngineWith(
            new ScriptedClient(number => number == 1 ? [new InvalidOperationException("broken")] : ["Hi"]),
            options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/one" }, new() { Model = "acme/two" }] },
            builder =>
            {
                builder.Services.AddSingleton(steps);
                builder.UseAttempt<AroundAttempts>().UseRouted<Inner>().UseCall<Outer>();
            });
        await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast" });

        Assert.Equal(["outer in, no route", "inner in", "acme/one", "acme/two", "inner out", "outer out, routed"], steps);
    }

    [Fact]
    public async Task Middleware_may_answer_itself_and_the_call_still_ends_once()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client, null, builder => builder.UseCall<Refusing>());
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.Forbidden, failure.Error.Kind);
        Assert.Empty(client.Asked);
        Assert.Equal(CallOutcome.Failed, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task Middleware_that_throws_fails_its_call_and_not_the_host()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"), null, builder => builder.UseCall<Throwing>());
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.Internal, failure.Error.Kind);
        Assert.DoesNotContain("a secret of the plugin's", failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            given.Log.Lines,
            line => line.Level == LogLevel.Error && line.Text.Contains("a secret of the plugin's", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_call_ends_exactly_once_however_it_ends()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient(number => number == 3 ? [new InvalidOperationException("broken")] : ["one", "two"]));
        await given.Chat.GetResponseAsync("Hello");
        await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();
        await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));
        await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "nobody/knows" }));
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
            break;

        Assert.Equal(
            [CallOutcome.Finished, CallOutcome.Finished, CallOutcome.Failed, CallOutcome.Failed, CallOutcome.Abandoned],
            given.Ended.Select(ended => ended.Outcome));
        Assert.Equal(5, given.Ended.Select(ended => ended.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_sink_that_throws_harms_neither_the_call_nor_the_other_sinks()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient("Hi"), null,
            builder => builder.AddSink<ThrowingSink>().AddSink<CountingSink>().Services.AddSingleton<Counter>());
        var answer = await given.Chat.GetResponseAsync("Hello");

        Assert.Equal("Hi", answer.Text);
        Assert.Single(given.Ended);
        Assert.Contains(
            given.Log.Lines, line => line.Level == LogLevel.Error && line.Text.Contains(nameof(ThrowingSink), StringComparison.Ordinal));
    }

    private static IConfiguration Section(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, string? (pair) => pair.Value)).Build();

    private sealed class Outer(List<string> steps) : ICallMiddleware
    {
        public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            steps.Add(call.Route is null ? "outer in, no route" : "outer in, routed");
            var response = await next(call);
            steps.Add(call.Route is null ? "outer out, no route" : "outer out, routed");
            return response;
        }
    }

    private sealed class Inner(List<string> steps) : ICallMiddleware
    {
        public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            steps.Add("inner in");
            var response = await next(call);
            steps.Add("inner out");
            return response;
        }
    }

    private sealed class AroundAttempts(List<string> steps) : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            steps.Add(call.Attempt!.Deployment.ToString());
            return next(call);
        }
    }

    private sealed class Refusing : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
            new(new FailedResponse(new CallError(CallErrorKind.Forbidden, "Not today.")));
    }

    private sealed class Throwing : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
            throw new InvalidOperationException("a secret of the plugin's");
    }

    private sealed class ThrowingSink : ICallSink
    {
        public void OnCallEnded(CallRecord record) => throw new InvalidOperationException("the sink is full");
    }

    private sealed class Counter
    {
        public int Count { get; set; }
    }

    private sealed class CountingSink(Counter counter) : ICallSink
    {
        public void OnCallEnded(CallRecord record) => counter.Count++;
    }
}

using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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

/// <summary>What a host puts into its service collection, and what it gets out.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task Registering_twice_is_harmless_and_the_first_options_hold()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Strict = true);
        var count = services.Count;
        services.AddSwitchyard();

        Assert.Equal(count, services.Count);
        await using var provider = services.BuildServiceProvider();
        Assert.True(provider.GetRequiredService<SwitchyardEngine>().Options.Strict);
        Assert.Single(provider.GetServices<IChatClient>());
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
        Assert.Same(options, await Options(services => services.AddSwitchyard(options)));

        static async Task<SwitchyardOptions> Options(Action<IServiceCollection> add)
        {
            var services = new ServiceCollection();
            add(services);
            await using var provider = services.BuildServiceProvider();
            return provider.GetRequiredService<SwitchyardEngine>().Options;
        }
    }

    [Fact]
    public void A_section_with_errors_is_refused_and_every_error_is_named()
    {
        var section = Section(("timeouts:total", "soon"), ("modles:fast", "mock/mock-model-v1"));
        var refused = Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddSwitchyard(section));

        Assert.Contains("timeouts.total", refused.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean 'models'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C04_a_client_becomes_a_provider_that_is_listed_and_disposed_with_the_engine()
    {
        var client = new ScriptedClient("Hi");
        await using (var given = Given.AnEngineWith(client))
        {
            Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" })).Text);
            Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "small" })).Text);
            // The mock of a fresh machine has stepped back.
            Assert.Equal(["acme"], given.Engine.Registry.List());
            Assert.Equal(["acme/small"], (await given.Engine.Models.ListAsync(default)).Select(model => model.Id));
            Assert.False(client.IsDisposed);
        }

        Assert.True(client.IsDisposed);
    }

    [Fact]
    public async Task An_instance_is_initialized_when_the_engine_starts()
    {
        var mock = new MockProvider("house", new MockOptions { Answer = "From the house" });
        await using var given = Given.AnEngine(null, builder => builder.AddProvider(mock, new ProviderSettings { Type = "house" }));
        Assert.False(mock.IsInitialized);
        await given.Engine.StartAsync();

        Assert.True(mock.IsInitialized);
        Assert.Equal("From the house", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "house/mock-model-v1" })).Text);
    }

    [Fact]
    public async Task C02_a_class_is_built_on_its_first_call()
    {
        await using var given = Given.AnEngine(null, builder => builder.AddProvider<MockProvider>(new ProviderSettings { Type = "mock" }));
        await given.Engine.StartAsync();
        Assert.False(given.Engine.Registry.TryGet("mock", out _));

        Assert.Equal("Mock response to: Hello", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v1" })).Text);
        Assert.True(given.Engine.Registry.TryGet("mock", out _));
    }

    [Fact]
    public void C03_a_class_without_a_mark_is_refused()
    {
        var builder = new ServiceCollection().AddSwitchyard();
        var refused = Assert.Throws<ArgumentException>(() => builder.AddProvider<ChatClientProvider>(new ProviderSettings { Type = "any" }));

        Assert.Contains("[Provider(\"name\")]", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task C03_the_marked_classes_of_an_assembly_are_found_and_those_without_settings_left_out(bool withSettings)
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

    [Fact]
    public async Task A_provider_registered_while_the_engine_runs_can_be_called_at_once()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"));
        await given.Engine.StartAsync();
        await given.Engine.Registry.RegisterAsync(new ChatClientProvider("late", new ScriptedClient("Late")), new ProviderSettings { Type = "late" });

        Assert.Equal("Late", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "late/any" })).Text);
    }

    [Fact]
    public async Task C19_middleware_runs_in_the_order_it_was_added_the_first_outermost_and_before_routing()
    {
        var steps = new List<string>();
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"), null, builder =>
        {
            builder.Services.AddSingleton(steps);
            builder.UseMiddleware<Outer>().UseMiddleware<Inner>();
        });
        await given.Chat.GetResponseAsync("Hello");

        Assert.Equal(["outer in, no route", "inner in", "inner out", "outer out, routed"], steps);
    }

    [Fact]
    public async Task Middleware_may_answer_itself_and_the_call_still_ends_once()
    {
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client, null, builder => builder.UseMiddleware<Refusing>());
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.Forbidden, failure.Error.Kind);
        Assert.Empty(client.Asked);
        Assert.Equal(CallOutcome.Failed, Assert.Single(given.Ended).Outcome);
    }

    [Fact]
    public async Task Middleware_that_throws_fails_its_call_and_not_the_host()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"), null, builder => builder.UseMiddleware<Throwing>());
        var failure = await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));

        Assert.Equal(CallErrorKind.Internal, failure.Error.Kind);
        Assert.DoesNotContain("a secret of the plugin's", failure.Message, StringComparison.Ordinal);
        Assert.Contains(given.Log.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("a secret of the plugin's", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_call_ends_exactly_once_however_it_ends()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(number => number == 3 ? [new InvalidOperationException("broken")] : ["one", "two"]));
        await given.Chat.GetResponseAsync("Hello");
        await given.Chat.GetStreamingResponseAsync("Hello").ToListAsync();
        await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello"));
        await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "nobody/knows" }));
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello"))
            break;

        Assert.Equal(
            [CallOutcome.Finished, CallOutcome.Finished, CallOutcome.Failed, CallOutcome.Failed, CallOutcome.Abandoned],
            given.Ended.Select(ended => ended.Outcome));
        Assert.Equal(5, given.Ended.Select(ended => ended.Call.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_sink_that_throws_harms_neither_the_call_nor_the_other_sinks()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient("Hi"), null, builder => builder.AddSink<ThrowingSink>().AddSink<CountingSink>().Services.AddSingleton<Counter>());
        var answer = await given.Chat.GetResponseAsync("Hello");

        Assert.Equal("Hi", answer.Text);
        Assert.Single(given.Ended);
        Assert.Contains(given.Log.Lines, line => line.Level == LogLevel.Error && line.Text.Contains(nameof(ThrowingSink), StringComparison.Ordinal));
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

    private sealed class Refusing : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
            new(new FailedResponse(new CallError(CallErrorKind.Forbidden, "Not today.")));
    }

    private sealed class Throwing : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) => throw new InvalidOperationException("a secret of the plugin's");
    }

    private sealed class ThrowingSink : ICallSink
    {
        public void OnCallEnded(ModelCall call, CallOutcome outcome, CallError? error) => throw new InvalidOperationException("the sink is full");
    }

    private sealed class Counter
    {
        public int Count { get; set; }
    }

    private sealed class CountingSink(Counter counter) : ICallSink
    {
        public void OnCallEnded(ModelCall call, CallOutcome outcome, CallError? error) => counter.Count++;
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
// begin: usings
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
// end
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Engine;
using Switchyard.Guards;
using Switchyard.Health;
using Switchyard.Hosting;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Refinement;
using Switchyard.Statistics;

namespace Switchyard.Tests.Docs;

/// <summary>
/// The C# of the documentation, compiled and, where possible, run by <see cref="SnippetTests"/>. A documentation page shows a region
/// between <c>// begin: NAME</c> and <c>// end</c> word for word; a test compares the two.
/// </summary>
internal static class Snippets
{
    public static void Extend(IServiceCollection services)
    {
        // begin: extend
        services.AddSwitchyard()
            .UseCall<SlowCallWarning>()
            .AddSink<TokenCounter>()
            .AddAttemptObserver<FailureCounter>();
        // end
    }

    public static IServiceCollection OfFile(string file)
    {
        // begin: settings of a file
        var services = new ServiceCollection();
        var loaded = ConfigurationLoader.Load(new ConfigurationRequest { File = file });
        if (loaded.Options is not { } options)
            throw new InvalidOperationException(string.Join('\n', loaded.Problems));
        services.AddSwitchyard(options);
        // end
        return services;
    }

    public static async Task<List<string>> ReconfigureAsync(SwitchyardEngine engine)
    {
        var seen = new List<string>();
        // begin: configuration at run time
        var configuration = engine.Configuration;
        var settings =
            new Dictionary<string, string?> { ["routing.strategy"] = "cost", ["cache.ttl"] = "2h", ["budgets.daily.usd"] = "25" };

        // Only what is named changes: all of it, or nothing.
        var made = await configuration.UpdateAsync(settings, who: "alice");

        // What is in force, and where each value comes from; secrets are masked.
        foreach (var setting in configuration.Describe("routing.strategy"))
            seen.Add($"{setting.Key} = {setting.Value} ({setting.Origin})");

        // The way back: to a version, of some settings, or of all.
        await configuration.RollBackAsync(made.Version - 1);
        await configuration.ResetAsync(["cache"]);
        await configuration.ResetAsync();
        // end
        return seen;
    }

    public static IChatClient Around(IChatClient client)
    {
        // begin: around a client
        return client.AsBuilder()
            .UseSwitchyard(options => options.Models["chat"] = new()
            {
                Targets = [new() { Model = "inner/my-model" }],
                Fallback = [new() { Model = "mock/mock-model-v1" }],
            })
            .Build();
        // end
    }

    public static async Task<string> TestedAsync()
    {
        // begin: testing
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["mock"] = new() { Settings = { ["answers.Is it late?"] = "Yes." } };
            options.Models["fast"] = new() { Targets = [new() { Model = "mock/mock-model-v1" }] };
        });
        await using var provider = services.BuildServiceProvider();
        var chat = provider.GetRequiredService<IChatClient>();
        var answer = await chat.GetResponseAsync("Is it late?", new ChatOptions { ModelId = "fast" });
        // end
        return answer.Text;
    }

    public static async Task<string> ReplayedAsync(string folder)
    {
        // begin: replay
        // folder: "cassettes", or one of those in it, or one file.
        var options = await RecordedTraffic.ReadAsync(folder);
        await using var services = new ServiceCollection().AddSwitchyard(options).Services.BuildServiceProvider();
        var client = services.GetRequiredService<IChatClient>();
        var answer = await client.GetResponseAsync("Say hello.", new() { ModelId = "fast" });
        // end
        return answer.Text;
    }

    public static async Task<string[]> ByProviderAsync()
    {
        // begin: clients of a provider
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = new());
        await using var provider = services.BuildServiceProvider();
        var byKey = provider.GetRequiredKeyedService<IChatClient>("mock");
        var byEngine = provider.GetRequiredService<SwitchyardEngine>().GetChatClient("mock", "mock-model-v2");
        // end
        return [(await byKey.GetResponseAsync("Hello")).Text, (await byEngine.GetResponseAsync("Hello")).Text];
    }

#pragma warning disable MEAI001 // Experimental in Microsoft.Extensions.AI.
    public static async Task<string> MediaAsync(IServiceProvider provider)
    {
        // begin: images and audio
        var painter = provider.GetRequiredKeyedService<IImageGenerator>("openai/gpt-image-1");
        var images = await painter.GenerateImagesAsync("A cat", new ImageGenerationOptions { ImageSize = new(1024, 1024) });
        await File.WriteAllBytesAsync("cat.png", ((DataContent)images.Contents[0]).Data);

        var listener = provider.GetRequiredKeyedService<ISpeechToTextClient>("groq/whisper-large-v3");
        await using var recording = File.OpenRead("meeting.mp3");
        var text = await listener.GetTextAsync(recording);
        // end
        return text.Text;
    }
#pragma warning restore MEAI001

    public static async Task<string> HealthAsync()
    {
        // begin: health
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = new());
        await using var provider = services.BuildServiceProvider();
        var health = provider.GetRequiredService<HealthChecker>();
        var results = await health.CheckAllAsync();
        var isHealthy = results["mock"].Healthy;
        var (state, lastCheck) = (health.StatusOf("mock").State, health.StatusOf("mock").LastCheck);
        provider.GetRequiredService<HealthMonitor>().Start();
        // end
        return $"{isHealthy} {state} {lastCheck is not null}";
    }

    public static async Task<string> StatisticsAsync()
    {
        // begin: statistics
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.Providers["mock"] = new());
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v1" });
        var statistics = provider.GetRequiredService<ProviderStatistics>();
        var metrics = statistics.GetMetrics("mock", since: DateTimeOffset.UtcNow.AddMinutes(-15));
        var (rate, p95) = (metrics.SuccessRate, metrics.P95ResponseTime);
        var best = statistics.GetTopProviders(3);
        var slowest = statistics.GetSlowestProviders(3);
        var errors = statistics.GetErrorBreakdown("mock");
        var timeline = statistics.GetTimeline("mock", TimeSpan.FromMinutes(5));
        // end
        return $"{rate} {p95 >= TimeSpan.Zero} {best.Count} {slowest.Count} {errors.Count} {timeline.Count}";
    }

    public static async Task<string> RefinedAsync(JsonElement[] samples)
    {
        // begin: refinement
        var services = new ServiceCollection();
        services.AddSwitchyard().AddSchemaRefinement();
        await using var provider = services.BuildServiceProvider();
        var refinement = provider.GetRequiredService<SchemaRefinement>();

        var result = await refinement.RefineSchemaAsync(new(new("record Guest(string Mail);"), samples));
        Console.WriteLine(result.RefinedSchema.Code);
        foreach (var suggestion in result.Suggestions)
            Console.WriteLine(suggestion);
        // end
        return result.RefinedSchema.Code;
    }

    public static WebApplication InAHost(string[] args)
    {
        // begin: in a host
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSwitchyard(builder.Configuration.GetSection("Switchyard"));
        builder.Services.AddSwitchyardGateway();
        var app = builder.Build();
        app.MapSwitchyard();
        app.UseSwitchyardFallback(ownPathsOnly: true);
        // end
        return app;
    }

    public static void AddDialect(IServiceCollection services, IEgressDialect mine)
    {
        // begin: add a dialect
        services.AddSingleton(BuiltInDialects.Set.With(mine));
        services.AddSwitchyard();
        // end
    }
}

// begin: middleware
/// <summary>Warns of answers that were slow to open. Shared by all calls, so it keeps nothing of a call.</summary>
public sealed class SlowCallWarning : ICallMiddleware
{
    public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var response = await next(call);
        if (call.Elapsed > TimeSpan.FromSeconds(10))
            Trace.TraceWarning($"{call.Envelope.Model} took {call.Elapsed} to answer");
        return response;
    }
}
// end

// begin: sink
/// <summary>Counts tokens. It is called by many calls at once, and must be quick.</summary>
public sealed class TokenCounter : ICallSink
{
    private long _tokens;

    public long Tokens => Interlocked.Read(ref _tokens);

    public void OnCallEnded(CallRecord record) => Interlocked.Add(ref _tokens, record.Usage.Total ?? 0);
}
// end

// begin: attempt observer
/// <summary>Counts the attempts that a provider failed, before its answer or in the middle of it.</summary>
public sealed class FailureCounter : IAttemptObserver
{
    private long _failures;

    public long Failures => Interlocked.Read(ref _failures);

    public void OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        if (attempt.Outcome is AttemptOutcome.Failed or AttemptOutcome.BrokeOff)
            Interlocked.Increment(ref _failures);
    }
}
// end

/// <summary>The page about plugins.</summary>
public static class PluginSnippets
{
    public static async Task LoadAsync(SwitchyardEngine engine, string folder)
    {
        // begin: load a plugin
        await engine.Plugins.LoadAsync(folder);
        // end
    }

    public static async Task ReplaceAsync(SwitchyardEngine engine, string newer)
    {
        // begin: replace and unload a plugin
        var replaced = await engine.Plugins.ReplaceAsync(newer);
        var unloaded = await engine.Plugins.UnloadAsync("greeting");
        Console.WriteLine($"{replaced.Loaded.State}, {unloaded.State}: {unloaded.Reason}");
        // end
    }
}

// begin: guard
public sealed class NoShouting : IGuard
{
    public ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        var isLoud = subject.Side == GuardSide.Request && subject.Texts.Any(text => text.Length > 3 && !text.Any(char.IsLower));
        return new(isLoud ? GuardVerdict.Block(new GuardMatch("capitals")) : GuardVerdict.Pass);
    }
}
// end

// begin: exception reader
public sealed class AcmeExceptions : IClientExceptionReader
{
    public ClientFailure? Read(Exception exception) =>
        exception is AcmeException acme ? new ClientFailure(acme.HttpStatus) { Code = acme.Reason } : null;
}
// end

/// <summary>The exception of a vendor's package.</summary>
public sealed class AcmeException(int httpStatus, string reason) : Exception
{
    public int HttpStatus { get; } = httpStatus;

    public string Reason { get; } = reason;
}

/// <summary>Repeats the user's message.</summary>
internal sealed class EchoClient : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, messages.Last().Text)));

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, messages.Last().Text);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

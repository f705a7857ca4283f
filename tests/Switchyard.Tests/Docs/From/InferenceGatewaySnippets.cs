using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Health;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/inference-gateway.md, run by <see cref="InferenceGatewayTests"/>.</summary>
internal static class InferenceGatewaySnippets
{
    public static void AddOpenAI(IServiceCollection services, string apiKey)
    {
        // begin: inference gateway, openai
        services.AddSwitchyard(options => options.Providers["openai-gpt4"] = new()
        {
            Type = "openai",
            Key = apiKey,
            BaseUrl = "https://api.openai.com/v1",
            AttemptTimeout = TimeSpan.FromSeconds(30),
            MaxRetries = 3,
        });
        // end
    }

    public static void AddVllm(IServiceCollection services)
    {
        // begin: inference gateway, vllm
        services.AddSwitchyard(options => options.Providers["vllm-local"] = new() { Type = "vllm", BaseUrl = "http://localhost:8000/v1" });
        // end
    }

    public static async Task<ChatResponse> CompleteAsync(SwitchyardEngine engine)
    {
        // begin: inference gateway, completion
        var provider = engine.GetChatClient("openai-gpt4", "gpt-4");
        var request = new ChatMessage(ChatRole.User, "Hello");
        var response = await provider.GetResponseAsync(request, new ChatOptions { Temperature = 0.7f, MaxOutputTokens = 100 });
        Console.WriteLine($"{response.ResponseId}: {response.Text}, {response.Usage?.TotalTokenCount} tokens");
        // end
        return response;
    }

    public static async Task<(int Status, string Detail)> FailAsync(IChatClient provider)
    {
        // begin: inference gateway, errors
        try
        {
            await provider.GetResponseAsync("Hello");
        }
        catch (CallException e)
        {
            return (e.Error.Status, e.Error.Message);
        }
        // end

        return default;
    }

    public static async Task<List<string>> CheckAsync(IServiceProvider services)
    {
        var lines = new List<string>();
        // begin: inference gateway, health
        var health = services.GetRequiredService<HealthChecker>();
        foreach (var (name, result) in await health.CheckAllAsync())
            lines.Add(result.Healthy ? $"{name}: {result.Latency?.TotalMilliseconds:F2} ms" : $"{name}: {result.Error}");

        // All of them each 30 seconds, until the container is disposed.
        services.GetRequiredService<HealthMonitor>().Start();
        // end
        return lines;
    }

    public static void AddWeights(IServiceCollection services)
    {
        // begin: inference gateway, weights
        services.AddSwitchyard(options => options.Models["gpt-4"] = new()
        {
            Strategy = "weighted",
            Targets = [new() { Model = "openai-gpt4/gpt-4", Weight = 0.7 }, new() { Model = "vllm-local/llama-3", Weight = 0.3 }],
        });
        // end
    }

    public static void AddBreaker(IServiceCollection services)
    {
        // begin: inference gateway, circuit breaker
        services.AddSwitchyard(options =>
        {
            options.Circuit.Failures = 5;
            options.Circuit.Open = TimeSpan.FromSeconds(60);
        });
        // end
    }
}

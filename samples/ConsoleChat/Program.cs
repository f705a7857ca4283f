// The engine in a console program, without a server: a chat, a stream, an alias that falls back, embeddings.
// Run it with `dotnet run --project samples/ConsoleChat`. It needs no key and no network: the built-in mock answers.
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;

await FirstCallAsync();
await StreamAndFallBackAsync();
return;

static async Task FirstCallAsync()
{
    // begin: first call
    var services = new ServiceCollection();
    services.AddSwitchyard(options => options.Providers["mock"] = new());
    await using var provider = services.BuildServiceProvider();
    var chat = provider.GetRequiredService<IChatClient>();
    var answer = await chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock-model-v1" });
    Console.WriteLine(answer.Text);
    // end
}

static async Task StreamAndFallBackAsync()
{
    var services = new ServiceCollection();
    services.AddSwitchyard(options =>
    {
        // Only the providers named here, even if this machine has keys for others.
        options.AutoEnable = false;
        options.Providers["mock"] = new();
        options.Providers["broken"] = new() { Type = "mock", Settings = { ["success_rate"] = "0" } };
        options.Models["fast"] = new()
        {
            Targets = [new TargetOptions { Model = "broken/mock-model-v1" }],
            Fallback = [new TargetOptions { Model = "mock/mock-model-v2" }],
        };
    });
    await using var provider = services.BuildServiceProvider();
    var chat = provider.GetRequiredService<IChatClient>();
    var fast = new ChatOptions { ModelId = "fast" };

    // A stream arrives piece by piece. Its first update names the provider that answers.
    await foreach (var update in chat.GetStreamingResponseAsync("Tell me a story", fast))
    {
        if (update.AdditionalProperties?.TryGetValue(AnswerFacts.Provider, out string? name) == true)
            Console.Write($"[{name}, attempt {update.AdditionalProperties[AnswerFacts.Attempts]}] ");
        Console.Write(update.Text);
    }

    Console.WriteLine();

    // A failure is an exception whose message says what happened and how to solve it.
    try
    {
        await chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "broken/mock-model-v1" });
    }
    catch (CallException failure)
    {
        Console.WriteLine($"{failure.Error.Kind} ({failure.Error.Status}): {failure.Message}");
    }

    var generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
    var vectors = await generator.GenerateAsync(["one", "two"], new EmbeddingGenerationOptions { ModelId = "mock-model-v2" });
    Console.WriteLine($"{vectors.Count} vectors of {vectors[0].Vector.Length} dimensions, {vectors.Usage?.InputTokenCount} tokens");
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Guards;
using Switchyard.Pipeline;
using Switchyard.Providers;

namespace Switchyard.TestPlugin;

/// <summary>A gate that the test opens.</summary>
internal static class Gate
{
    public static void Wait(IReadOnlyDictionary<string, string> settings)
    {
        if (AppContext.GetData(settings["gate"]) is ManualResetEventSlim gate)
            gate.Wait();
    }
}

/// <summary>A step around calls that does as the setting <c>act</c> says.</summary>
internal sealed class ActingStep(IReadOnlyDictionary<string, string> settings, string version) : ICallMiddleware
{
    public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var act = settings.GetValueOrDefault("act");
        if (AppContext.GetData(settings.GetValueOrDefault("seen", "")) is System.Collections.Concurrent.ConcurrentQueue<string> seen)
            seen.Enqueue($"{version}:{call.Envelope.Model}");
        switch (act)
        {
            case "throw":
                throw new InvalidOperationException("It failed with the key sk-secret-of-the-host.");
            case "block":
                Gate.Wait(settings);
                return await next(call);
            case "refuse":
                throw new CallException(CallErrorKind.Forbidden, "Not on a Sunday.");
            case "none":
                return null!;
        }

        var answer = await next(call);
        switch (act)
        {
            case "throw after":
                throw new InvalidOperationException("It failed in the end.");
            case "block after":
                Gate.Wait(settings);
                break;
            case "dispose":
                await answer.DisposeAsync();
                throw new InvalidOperationException("It took the answer along.");
            case "twice":
                await answer.DisposeAsync();
                return await next(call);
        }

        return answer;
    }
}

/// <summary>A guard that blocks requests in capitals, and throws on the text "fail".</summary>
internal sealed class QuietGuard : IGuard
{
    public ValueTask<GuardVerdict> InspectAsync(GuardSubject subject, CancellationToken cancellationToken) => new(
        subject.Texts.Contains("fail") ? throw new InvalidOperationException("It failed.")
        : subject.Side == GuardSide.Request && subject.Texts.Any(text => text.Length > 0 && text.All(char.IsAsciiLetterUpper))
            ? GuardVerdict.Block(new GuardMatch("capitals"))
            : GuardVerdict.Pass);
}

/// <summary>A sink that does as the setting <c>sink</c> says.</summary>
internal sealed class ActingSink(IReadOnlyDictionary<string, string> settings) : ICallSink
{
    public void OnCallEnded(CallRecord record)
    {
        switch (settings["sink"])
        {
            case "throw":
                throw new InvalidOperationException("It cannot write.");
            case "block":
                Gate.Wait(settings);
                break;
            default:
                (AppContext.GetData(settings["sink"]) as System.Collections.Concurrent.ConcurrentQueue<string>)?.Enqueue(record.Model);
                break;
        }
    }
}

/// <summary>A provider with its own class.</summary>
internal sealed class TalkingProvider(string name, TalkingClient client, bool cannotBegin) : ProviderBase(name), IChatClientProvider
{
    protected override bool RequiresApiKey => false;

    public IChatClient GetChatClient(string modelId) => client;

    public IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId) => null;

    public override bool ServesModel(string modelId) => modelId == "small";

    protected override ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken) =>
        cannotBegin ? throw new ProviderException("It cannot begin today.") : default;

    protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) =>
        new([new ProviderModel { Id = "small", Name = "small", Provider = Name }]);
}

/// <summary>A client that answers with its version, one piece for each letter.</summary>
internal sealed class TalkingClient(IReadOnlyDictionary<string, string> settings, string version) : IChatClient
{
    private string Text => $"{settings.GetValueOrDefault("says", "I am")} {version}";

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await ActAsync();
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, Text)) { ModelId = options?.ModelId };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var first = true;
        foreach (var letter in Text)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, $"{letter}");
            if (first)
                await ActAsync();
            first = false;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // It has nothing.
    }

    private async Task ActAsync()
    {
        switch (settings.GetValueOrDefault("talk"))
        {
            case "throw":
                throw new InvalidOperationException("It lost its voice.");
            case "block":
                Gate.Wait(settings);
                break;
            case "wait":
                await ((Task)AppContext.GetData(settings["until"])!);
                break;
        }
    }
}

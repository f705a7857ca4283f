// begin: a plugin
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers;

namespace GreetingPlugin;

public sealed class GreetingPlugin : IPlugin
{
    public string Name => "greeting";

    public void Register(IPluginHost host)
    {
        var client = new GreetingClient(host.Settings["greeting"]);
        var settings = new ProviderSettings { Type = "greeter", Models = ["polite"] };
        host.AddProvider("greeter", new ChatClientProvider("greeter", client), settings);
        host.UseCall(new CallCounter(host.Logger));
    }
}

public sealed class GreetingClient(string greeting) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"{greeting}, {messages.Last().Text}!")));

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            yield return update;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}

public sealed class CallCounter(ILogger logger) : ICallMiddleware
{
    private int _calls;

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        logger.LogInformation("Call {Number} is for {Model}", Interlocked.Increment(ref _calls), call.Envelope.Model);
        return next(call);
    }
}

// end

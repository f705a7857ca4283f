using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;
using Switchyard.TestKit;

namespace Switchyard.Tests.Client;

/// <summary>An engine in this process, without providers from the environment.</summary>
internal sealed class Given : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private string? _model;

    private Given(ServiceProvider services) => _services = services;

    /// <summary>
    /// The host's client; if the engine has the provider <c>acme</c>, its default is that provider's model.
    /// </summary>
    public IChatClient Chat => _model is null ? _services.GetRequiredService<IChatClient>() : new SwitchyardChatClient(Engine, _model);

    public IEmbeddingGenerator<string, Embedding<float>> Embeddings =>
        _services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

    public SwitchyardEngine Engine => _services.GetRequiredService<SwitchyardEngine>();

    public FakeLogCollector Log => _services.GetFakeLogCollector();

    /// <summary>The calls that have ended, oldest first.</summary>
    public List<CallRecord> Ended { get; } = [];

    public static Given AnEngine(Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null)
    {
        var services = new ServiceCollection();
        services.AddFakeLogging();
        var builder = services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            // Most tests are about one attempt, and let one provider fail on purpose many times.
            options.Retry.Attempts = 1;
            options.Circuit.Enabled = false;
            configure?.Invoke(options);
            if (options.Providers.Count == 0 && build is null)
                options.Providers["mock"] = new();
        });
        Given? given = null;
        builder.AddSink(new EndedSink(ended => given!.Ended.Add(ended)));
        build?.Invoke(builder);
        return given = new Given(services.BuildServiceProvider());
    }

    /// <summary>An engine whose provider <c>acme</c> is the client given.</summary>
    public static Given AnEngineWith(
        IChatClient client, Action<SwitchyardOptions>? configure = null, Action<SwitchyardBuilder>? build = null)
    {
        var given = AnEngine(configure, builder =>
        {
            builder.AddProvider("acme", client, null, "small");
            build?.Invoke(builder);
        });
        given._model = "acme/small";
        return given;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

/// <summary>A scripted client that records its requests.</summary>
internal sealed class ScriptedClient(Func<int, IEnumerable<object>> script) : IChatClient
{
    public ScriptedClient(params object[] script)
        : this(_ => script)
    {
    }

    public List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Asked { get; } = [];

    /// <summary>The token of the last call.</summary>
    public CancellationToken Token { get; private set; }

    public bool IsDisposed { get; private set; }

    public int StreamsClosed { get; private set; }

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = new ChatResponse { ModelId = options?.ModelId };
        await foreach (var update in GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            response.Usage ??= update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details;
            response.Messages.Add(new ChatMessage(ChatRole.Assistant, [.. update.Contents.Where(content => content is not UsageContent)]));
        }

        return response;
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Asked.Add(([.. messages], options));
        Token = cancellationToken;
        try
        {
            foreach (var step in script(Asked.Count))
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (step)
                {
                    case Exception failure:
                        throw failure;
                    case TimeSpan wait:
                        await Task.Delay(wait, cancellationToken);
                        break;
                    case AIContent content:
                        yield return new ChatResponseUpdate(ChatRole.Assistant, [content]);
                        break;
                    default:
                        yield return new ChatResponseUpdate(ChatRole.Assistant, (string)step);
                        break;
                }
            }
        }
        finally
        {
            StreamsClosed++;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => IsDisposed = true;
}

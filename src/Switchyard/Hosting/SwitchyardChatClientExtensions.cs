using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps an existing client in an engine.</summary>
public static class SwitchyardChatClientExtensions
{
    /// <summary>The name under which <see cref="UseSwitchyard"/> registers the inner client.</summary>
    public const string InnerProvider = "inner";

    /// <summary>The model of an inner client that names no default of its own.</summary>
    private const string OwnModel = "default";

    /// <summary>
    /// Sends calls through a separate engine: a call that names an alias or another provider is routed there, any other to the inner client
    /// with the requested model. Disposing the result disposes the engine and the inner client. It logs if the pipeline is built with
    /// services that have logging.
    /// </summary>
    /// <param name="builder">The pipeline of clients.</param>
    /// <param name="configure">Sets the engine's options.</param>
    /// <param name="defaultModel">The model of a call that names none; null uses the inner client's default.</param>
    public static ChatClientBuilder UseSwitchyard(
        this ChatClientBuilder builder, Action<SwitchyardOptions>? configure = null, string? defaultModel = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, host) => Wrap(inner, host, configure, defaultModel));
    }

    private static OwningChatClient Wrap(
        IChatClient inner, IServiceProvider host, Action<SwitchyardOptions>? configure, string? defaultModel)
    {
        var model = defaultModel ?? inner.GetService<ChatClientMetadata>()?.DefaultModelId;
        var client = model is null ? new OwnModelClient(inner) : inner;
        model ??= OwnModel;
        var services = new ServiceCollection();
        if (host.GetService<ILoggerFactory>() is { } loggers)
            services.AddSingleton(loggers).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services
            .AddSwitchyard(options =>
            {
                options.DefaultProvider = InnerProvider;
                configure?.Invoke(options);
            })
            // Disposed with the result, whose engine may never have been started.
            .AddProvider(
                new ChatClientProvider(InnerProvider, client, ownsClient: false),
                new ProviderSettings { Type = InnerProvider, Models = [model] });
        var provider = services.BuildServiceProvider();
        return new OwningChatClient(new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), model), provider, inner);
    }

    /// <summary>
    /// Removes the model if the call named none. The engine needs a placeholder name, which the client would take for a model.
    /// </summary>
    private sealed class OwnModelClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(messages, WithoutName(options), cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(messages, WithoutName(options), cancellationToken);

        private static ChatOptions? WithoutName(ChatOptions? options)
        {
            if (options is not { ModelId: OwnModel })
                return options;
            var own = options.Clone();
            own.ModelId = null;
            return own;
        }
    }

    /// <summary>
    /// Disposes the service provider, and with it the engine, and the inner client, whose services it finds as other clients of a pipeline
    /// do.
    /// </summary>
    private sealed class OwningChatClient(IChatClient engine, ServiceProvider services, IChatClient inner) : DelegatingChatClient(engine)
    {
        public override object? GetService(Type serviceType, object? serviceKey = null) =>
            base.GetService(serviceType, serviceKey) ?? inner.GetService(serviceType, serviceKey);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                services.Dispose();
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

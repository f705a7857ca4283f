using Microsoft.Extensions.DependencyInjection;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;

namespace Microsoft.Extensions.AI;

/// <summary>Puts the engine around a client that exists already.</summary>
public static class SwitchyardChatClientExtensions
{
    /// <summary>The name under which <see cref="UseSwitchyard"/> registers the inner client.</summary>
    public const string InnerProvider = "inner";

    /// <summary>
    /// Sends calls through an engine of their own: what names another provider or alias goes there, everything else to the inner client,
    /// with the model it was asked for. Disposing the result disposes the engine and the inner client.
    /// </summary>
    /// <param name="builder">The pipeline of clients.</param>
    /// <param name="configure">Sets the engine's options.</param>
    /// <param name="defaultModel">The model asked for when a call names none; null takes the inner client's own default.</param>
    public static ChatClientBuilder UseSwitchyard(
        this ChatClientBuilder builder, Action<SwitchyardOptions>? configure = null, string? defaultModel = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(inner => Wrap(inner, configure, defaultModel));
    }

    private static OwningChatClient Wrap(IChatClient inner, Action<SwitchyardOptions>? configure, string? defaultModel)
    {
        var model = defaultModel ?? inner.GetService<ChatClientMetadata>()?.DefaultModelId ?? "default";
        var services = new ServiceCollection();
        services
            .AddSwitchyard(options =>
            {
                options.DefaultProvider = InnerProvider;
                configure?.Invoke(options);
            })
            .AddProvider(InnerProvider, inner, null, model);
        var provider = services.BuildServiceProvider();
        return new OwningChatClient(new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), model), provider);
    }

    /// <summary>Disposes what was built for it.</summary>
    private sealed class OwningChatClient(IChatClient inner, ServiceProvider services) : DelegatingChatClient(inner)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing)
                services.Dispose();
            base.Dispose(disposing);
        }
    }
}

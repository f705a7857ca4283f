using Microsoft.Extensions.DependencyInjection;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps an existing client in an engine.</summary>
public static class SwitchyardChatClientExtensions
{
    /// <summary>The name under which <see cref="UseSwitchyard"/> registers the inner client.</summary>
    public const string InnerProvider = "inner";

    /// <summary>
    /// Sends calls through a separate engine: a call that names an alias or another provider goes there, any other to the inner client with
    /// the requested model. Disposing the result disposes the engine and the inner client.
    /// </summary>
    /// <param name="builder">The pipeline of clients.</param>
    /// <param name="configure">Sets the engine's options.</param>
    /// <param name="defaultModel">The model of a call that names none; null takes the inner client's default.</param>
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

    /// <summary>Disposes the service provider, and with it the engine.</summary>
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

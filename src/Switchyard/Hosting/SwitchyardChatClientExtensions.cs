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
    /// Sends calls through an engine of their own: what names another provider or alias goes there, everything else to the client at hand,
    /// with the model it was asked for. Disposing the result disposes the engine and the client.
    /// </summary>
    /// <param name="client">The client at hand.</param>
    /// <param name="configure">Sets the engine's options.</param>
    /// <param name="defaultModel">The model asked for when a call names none; null takes the client's own default.</param>
    public static IChatClient UseSwitchyard(this IChatClient client, Action<SwitchyardOptions>? configure = null, string? defaultModel = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        var model = defaultModel ?? client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "default";
        var services = new ServiceCollection();
        services
            .AddSwitchyard(options =>
            {
                options.DefaultProvider = InnerProvider;
                configure?.Invoke(options);
            })
            .AddProvider(InnerProvider, client, null, model);
        var provider = services.BuildServiceProvider();
        return new OwningChatClient(new SwitchyardChatClient(provider.GetRequiredService<SwitchyardEngine>(), model), provider);
    }

    /// <summary>Disposes what was built for it.</summary>
    private sealed class OwningChatClient(IChatClient inner, ServiceProvider services) : DelegatingChatClient(inner)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing)
                services.DisposeAsync().AsTask().GetAwaiter().GetResult();
            base.Dispose(disposing);
        }
    }
}

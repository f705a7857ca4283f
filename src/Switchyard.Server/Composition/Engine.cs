using Microsoft.Extensions.AI;
using Switchyard.Configuration;
using Switchyard.Providers;

namespace Switchyard.Server.Composition;

/// <summary>Puts the program together. The verbs that need the gateway say so until it is there.</summary>
internal sealed class Engine : IEngine
{
    public ConfigurationRequest Complete(ConfigurationRequest request) => request;

    public Task ServeAsync(ServeRequest request, CancellationToken cancellationToken) => throw NotBuilt("serve");

    public IReadOnlyList<ProviderRow> ListProviders(SwitchyardOptions options) => throw NotBuilt("providers");

    public Task<IReadOnlyList<ModelRow>> ListModelsAsync(SwitchyardOptions options, CancellationToken cancellationToken) => throw NotBuilt("models");

    public Task<IChatClient> CreateChatClientAsync(SwitchyardOptions options, CancellationToken cancellationToken) => throw NotBuilt("chat");

    private static ProviderException NotBuilt(string verb) => new($"'{verb}' is not available in this build.");
}

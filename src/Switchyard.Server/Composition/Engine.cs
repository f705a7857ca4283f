using Microsoft.Extensions.AI;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Providers;

namespace Switchyard.Server.Composition;

/// <summary>Puts the program together out of the library and the gateway.</summary>
internal sealed class Engine : IEngine
{
    public ConfigurationRequest Complete(ConfigurationRequest request) => request with
    {
        IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
        Dialects = [.. DialectSet.Default.EgressIds.Select(id => id.Value)],
    };

    public IReadOnlyList<string> FindProviderProblems(SwitchyardOptions options) => new ProviderActivator().Activate(options).Problems;

    public Task ServeAsync(ServeRequest request, CancellationToken cancellationToken) => GatewayServer.RunAsync(request, cancellationToken);

    public IReadOnlyList<ProviderRow> ListProviders(SwitchyardOptions options) => ProviderTable.Of(options);

    public async Task<IReadOnlyList<ModelRow>> ListModelsAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        await using var services = Build(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        var models = await engine.Models.ListAsync(cancellationToken);
        return
        [
            .. models.Select(model => options.Models.TryGetValue(model.Id, out var alias)
                ? new ModelRow(model.Id, "alias", [.. alias.Targets.Concat(alias.Fallback).Select(target => target.Model)])
                : new ModelRow(model.Id, "model", [model.Id])),
        ];
    }

    public async Task<IChatClient> CreateChatClientAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        var services = Build(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        // The program ends with its one question, and the engine with the program.
        return new SwitchyardChatClient(engine);
    }

    private static ServiceProvider Build(SwitchyardOptions options)
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options).AddSwitchyardCloud();
        return services.BuildServiceProvider();
    }
}

using System.Globalization;
using Microsoft.Extensions.AI;
using Switchyard.Auditing;
using Switchyard.Calls;
using Switchyard.Checking;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Hosting;
using Switchyard.Identity;
using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Refinement;
using Switchyard.Secrets;
using Switchyard.Server.Serving;
using Switchyard.Storage.Migrations;
using Switchyard.Targets;

namespace Switchyard.Server.Composition;

/// <summary>The composition root: makes the engine and the gateway that the verbs need.</summary>
internal sealed class CommandServices : ICommandServices
{
    private PluginCheck? _plugins;

    public ConfigurationRequest Complete(ConfigurationRequest request) => request with
    {
        IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        ProviderNames = [.. ProviderCatalog.Default.All.Select(provider => provider.Name)],
        // Read again with each configuration: a reloaded one may name other plugins.
        PluginProviders = plugins => (_plugins = PluginCheck.Of(plugins)).Providers,
    };

    public async Task<(SwitchyardOptions? Options, string? Problem)> ResolveSecretsAsync(
        SwitchyardOptions options, CancellationToken cancellationToken)
    {
        await using var services = Build(options);
        var resolved = await services.GetRequiredService<SecretResolver>().ResolveAsync(options, cancellationToken);
        return resolved.Refusal is { } refusal ? (null, refusal) : (resolved.Options, null);
    }

    public OpenedSecrets OpenSecrets(SwitchyardOptions options, bool isPlain) => OpenedSecrets.Of(options, isPlain);

    public IReadOnlyList<string> FindProviderProblems(SwitchyardOptions options)
    {
        var activation = new ProviderActivator().Activate(options);
        return activation.Providers.Count == 0 && PluginsOf(options).Providers.Count == 0
            ? [.. activation.Problems, ProviderActivation.NoProvider]
            : activation.Problems;
    }

    public IReadOnlyList<string> FindServerProblems(SwitchyardOptions options) =>
        ListenSettings.FindProblem(options.Server.Tls) is { } problem ? [problem] : [];

    public IReadOnlyList<string> FindPluginProblems(SwitchyardOptions options) => PluginsOf(options).FindProblems(options.Guards);

    public IReadOnlyList<string> FindWarnings(SwitchyardOptions options)
    {
        var activation = new ProviderActivator().Activate(options);
        var known = new RegisteredNames(activation.Providers.Select(provider => provider.Name).Concat(activation.Disabled)
            .Concat(PluginsOf(options).Providers));
        return
        [
            .. ListenSettings.FindWarnings(options), .. SkippedTargets(options, known), .. IdlePrices(options, known),
            .. activation.Warnings,
        ];
    }

    public IReadOnlyList<string> FindProxies(SwitchyardOptions options)
    {
        var found = new List<string>();
        foreach (var provider in new ProviderActivator().Activate(options).Providers)
        {
            if (AddressOf(provider) is { } address
                && ProviderProxy.Of(provider.Settings.Proxy, usual: null)?.Describe(address) is { } proxy)
                found.Add($"{provider.Name} is reached through the proxy {proxy}");
        }

        return found;
    }

    public IReadOnlyList<EnabledProvider> FindEnabled(SwitchyardOptions options) =>
    [
        .. new ProviderActivator().Activate(options).Providers.OrderBy(provider => provider.Name, StringComparer.Ordinal)
            .Select(provider => new EnabledProvider(provider.Name, ProviderTable.Why(provider))),
    ];

    public Task ServeAsync(ServeRequest request, CancellationToken cancellationToken) =>
        GatewayServer.RunAsync(request, new FullSides(), cancellationToken);

    public async Task ReplayAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        var options = await RecordedTraffic.ReadAsync(
            request.Folder,
            replay => (replay.Speed, replay.Strict, replay.Ignore) = (request.Speed, request.Strict, [.. request.Ignore]),
            cancellationToken);
        options.Server.Urls = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{request.Port}");
        var serve = new ServeRequest { Options = options, Configuration = null, Insecure = false, LogLevel = request.LogLevel };
        await GatewayServer.RunAsync(serve, new FullSides(), cancellationToken);
    }

    public IReadOnlyList<ProviderRow> ListProviders(SwitchyardOptions options) => ProviderTable.Of(options);

    public async Task<IReadOnlyList<ModelRow>> ListModelsAsync(
        SwitchyardOptions options, bool includeCatalogue, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        var models = await engine.Models.ListAsync(includeCatalogue, cancellationToken);
        var today = DateOnly.FromDateTime(services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime);
        return [.. models.Select(model => Row(model, today))];
    }

    public async Task<CallDecision> ExplainAsync(
        SwitchyardOptions options, string model, long? seed, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        return await engine.ExplainAsync(model, seed, cancellationToken);
    }

    public async Task<IReadOnlyList<HealthResult>> CheckHealthAsync(
        SwitchyardOptions options, string? provider, HealthLevel? level, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var checker = services.GetRequiredService<HealthChecker>();
        if (provider is not null)
            return [await checker.CheckAsync(provider, level, cancellationToken)];
        var results = await checker.CheckAllAsync(level, cancellationToken);
        return [.. results.Values.OrderBy(result => result.Name, StringComparer.Ordinal)];
    }

    public async Task<IReadOnlyList<ProviderCheckReport>> CheckLiveAsync(
        SwitchyardOptions options, LiveCheckRequest request, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        var providers = request.Provider is null ? engine.ProviderNames : [await NameAsync(engine, request.Provider, cancellationToken)];
        var check = new LiveCheck(engine, services.GetRequiredService<TimeProvider>())
        {
            Timeout = request.Timeout,
            Progress = request.Progress,
        };
        var reports = new List<ProviderCheckReport>();
        foreach (var provider in providers)
            reports.Add(await check.RunAsync(provider, request.Model, cancellationToken));
        return reports;
    }

    public LedgerTools OpenLedger(SwitchyardOptions options) => new(Build(options), options);

    public Task<IReadOnlyList<string>> MigrateAsync(
        SwitchyardOptions options, bool onlyPlan, Action<string> say, CancellationToken cancellationToken) =>
        LedgerMigration.RunAsync(options.Storage.Ledger, onlyPlan, say, cancellationToken);

    public async Task<IKeyDesk> OpenKeysAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        var services = Build(options);
        var desk = new StoreKeyDesk(
            services.GetRequiredService<SwitchyardEngine>().Keys, services, services.GetRequiredService<AuditLog>());
        try
        {
            await services.GetRequiredService<KeyDirectory>().LoadAsync(cancellationToken);
            return desk;
        }
        catch
        {
            await desk.DisposeAsync();
            throw;
        }
    }

    public Task<string?> PingAsync(Uri gateway, string? authorities, TimeSpan patience, CancellationToken cancellationToken) =>
        GatewayPing.AskAsync(gateway, patience, cancellationToken, authorities);

    public AdminClient OpenGateway(Uri gateway, string key, ServerTlsOptions? own = null, string? authorities = null) =>
        new(new HttpMessageInvoker(GatewayHandler.Of(gateway, own, authorities)), gateway, key);

    public IKeyDesk OpenKeys(Uri gateway, string key, string? authorities = null) =>
        new GatewayKeyDesk(OpenGateway(gateway, key, authorities: authorities));

    public async Task<IChatClient> CreateChatClientAsync(SwitchyardOptions options, ICallSink calls, CancellationToken cancellationToken)
    {
        var services = Build(options, switchyard => switchyard.AddSink(calls));
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await StartWithLedgerAsync(engine, options, cancellationToken);
        // Not disposed: the process ends with the conversation.
        return new SwitchyardChatClient(engine);
    }

    public async Task<SchemaRefinement> CreateRefinementAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        var engine = Build(options).GetRequiredService<SwitchyardEngine>();
        await StartWithLedgerAsync(engine, options, cancellationToken);
        // Not disposed: the process ends after one refinement.
        return new SchemaRefinement(engine);
    }

    /// <summary>Starts an engine that records its calls in the ledger, which a running gateway may hold already.</summary>
    private static async Task StartWithLedgerAsync(SwitchyardEngine engine, SwitchyardOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await engine.StartAsync(cancellationToken);
        }
        catch (IOException held) when (LedgerTools.OwnFile(options.Storage) is { } argument)
        {
            throw new ServeException($"{held.Message} To give this command its own: {argument}", held);
        }
    }

    /// <summary>The targets of aliases whose provider is not enabled. Validation reports those of a disabled provider.</summary>
    private static IEnumerable<string> SkippedTargets(SwitchyardOptions options, RegisteredNames known) =>
        from alias in options.Models
        from target in alias.Value.Targets.Concat(alias.Value.Fallback)
        let name = known.Find(target.Model.Split('/')[0])
        where !known.Has(name)
        select $"'{alias.Key}' skips {target.Model}: the provider '{name}' is not enabled";

    /// <summary>The prices for a provider that is not enabled.</summary>
    private static IEnumerable<string> IdlePrices(SwitchyardOptions options, RegisteredNames known)
    {
        var activator = new ProviderActivator();
        return
            from pattern in options.Prices.Models.Keys
            let written = pattern.Split('/')[0]
            let name = activator.NameOf(written, options.Providers.GetValueOrDefault(written)) ?? written
            where !name.AsSpan().ContainsAny('*', '?') && !known.Has(name)
            select $"the price of '{pattern}' has no effect: the provider '{name}' is not enabled";
    }

    /// <summary>The check of the plugin folders, read once for each configuration.</summary>
    private PluginCheck PluginsOf(SwitchyardOptions options) =>
        _plugins is { } read && read.IsOf(options.Plugins) ? read : _plugins = PluginCheck.Of(options.Plugins);

    /// <summary>A provider's base URL; null if it has none or it is incomplete.</summary>
    private static Uri? AddressOf(ProviderRegistration provider)
    {
        try
        {
            return EndpointAddress.Resolve(provider.Name, provider.Descriptor, provider.Settings, Environment.GetEnvironmentVariable);
        }
        catch (ProviderException)
        {
            return null;
        }
    }

    /// <summary>The registered name of a provider's name or alias. Throws for one that is not enabled, with what would enable it.</summary>
    private static async Task<string> NameAsync(SwitchyardEngine engine, string name, CancellationToken cancellationToken)
    {
        await engine.Registry.GetRequiredAsync(name, cancellationToken);
        return engine.Registry.GetRegisteredName(name)!;
    }

    private static ModelRow Row(ListedModel model, DateOnly today)
    {
        var price = model.PriceOn(today);
        return new ModelRow(model.Id, model.IsAlias ? "alias" : "model", model.Provider, model.IsAlias ? model.Targets : [model.Id])
        {
            ContextWindow = model.ContextWindow,
            MaxOutputTokens = model.Info?.Facts.MaxOutputTokens,
            // A price for searches is not shown as one for tokens.
            InputPrice = price is { Unit: PriceUnit.Tokens } ? price.Rates.Input : null,
            OutputPrice = price is { Unit: PriceUnit.Tokens } ? price.Rates.Output : null,
            PriceSource = price?.Source.Name,
            PriceDate = price?.Source.Date,
            Status = model.Info?.Status,
            ListedBy = model.ListedBy switch
            {
                ListedBy.Provider => "provider",
                ListedBy.Configuration => "configuration",
                _ => "catalogue",
            },
        };
    }

    /// <summary>For verbs that record nothing: a running gateway may hold the ledger exclusively.</summary>
    private static ServiceProvider BuildWithoutLedger(SwitchyardOptions options)
    {
        options.Storage.Ledger = null;
        return Build(options);
    }

    private static ServiceProvider Build(SwitchyardOptions options, Action<SwitchyardBuilder>? more = null)
    {
        var services = new ServiceCollection();
        var switchyard = services.AddSwitchyard(options).AddSwitchyardCloud().AddSwitchyardStorage();
        more?.Invoke(switchyard);
        return services.BuildServiceProvider();
    }
}

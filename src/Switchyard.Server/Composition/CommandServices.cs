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
using Switchyard.Providers;
using Switchyard.Refinement;
using Switchyard.Secrets;
using Switchyard.Server.Serving;
using Switchyard.Targets;

namespace Switchyard.Server.Composition;

/// <summary>The operations that verbs need of an engine or a gateway, and the composition of both.</summary>
internal static class CommandServices
{
    /// <summary>The options with their secrets resolved from the stores; null, and the reason, if that fails.</summary>
    public static async Task<(SwitchyardOptions? Options, ConfigurationProblem? Problem)> ResolveSecretsAsync(
        SwitchyardOptions options, CancellationToken cancellationToken)
    {
        await using var services = Build(options);
        var resolved = await services.GetRequiredService<SecretResolver>().ResolveAsync(options, cancellationToken);
        return resolved.Refusal is { } refusal
            ? (null, ConfigurationChecks.ProblemAt(options, resolved.RefusedAt, refusal))
            : (resolved.Options, null);
    }

    /// <summary>Serves until the process gets a signal to stop.</summary>
    public static Task ServeAsync(ServeRequest request, CancellationToken cancellationToken) =>
        GatewayServer.RunAsync(request, new FullSides(), cancellationToken);

    /// <summary>Serves recordings until the process gets a signal to stop.</summary>
    /// <exception cref="Recorded.CassetteException">The recordings cannot be read.</exception>
    public static async Task ReplayAsync(ReplayRequest request, CancellationToken cancellationToken)
    {
        var options = await RecordedTraffic.ReadAsync(
            request.Folder,
            replay => (replay.Speed, replay.Strict, replay.Ignore) = (request.Speed, request.Strict, [.. request.Ignore]),
            cancellationToken);
        options.Server.Urls = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{request.Port}");
        var serve = new ServeRequest { Options = options, Configuration = null, Insecure = false, LogLevel = request.LogLevel };
        await GatewayServer.RunAsync(serve, new FullSides(), cancellationToken);
    }

    /// <summary>The aliases, then the models that the enabled providers list; on request also those that only the catalogue has.</summary>
    public static async Task<IReadOnlyList<ModelRow>> ListModelsAsync(
        SwitchyardOptions options, bool includeCatalogue, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        var models = await engine.Models.ListAsync(includeCatalogue, cancellationToken);
        var today = DateOnly.FromDateTime(services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime);
        return [.. models.Select(model => Row(model, today))];
    }

    /// <summary>Where a call for a model would go, and why. No provider is called.</summary>
    /// <exception cref="CallException">There is no such model.</exception>
    public static async Task<CallDecision> ExplainAsync(
        SwitchyardOptions options, string model, long? seed, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(cancellationToken);
        return await engine.ExplainAsync(model, seed, cancellationToken);
    }

    /// <summary>Checks the health of the configured providers, or of the one named, all at once; sorted by name.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="provider">The provider; null for all.</param>
    /// <param name="level">The level of the check; null takes the configured one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<HealthResult>> CheckHealthAsync(
        SwitchyardOptions options, string? provider, HealthLevel? level, CancellationToken cancellationToken)
    {
        await using var services = BuildWithoutLedger(options);
        var checker = services.GetRequiredService<HealthChecker>();
        if (provider is not null)
            return [await checker.CheckAsync(provider, level, cancellationToken)];
        var results = await checker.CheckAllAsync(level, cancellationToken);
        return [.. results.Values.OrderBy(result => result.Name, StringComparer.Ordinal)];
    }

    /// <summary>Probes the enabled providers, or the one named, one after the other.</summary>
    /// <exception cref="Providers.ProviderException">The provider named is not enabled.</exception>
    public static async Task<IReadOnlyList<ProviderCheckReport>> CheckLiveAsync(
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

    /// <summary>The ledger that the configuration names. The caller disposes it.</summary>
    public static LedgerTools OpenLedger(SwitchyardOptions options) => new(Build(options), options);

    /// <summary>Keys and tenants in the database of <c>storage.ledger</c>. The caller disposes it.</summary>
    /// <exception cref="Identity.KeyChangeException">No database is configured, or it cannot be read.</exception>
    public static async Task<IKeyDesk> OpenKeysAsync(SwitchyardOptions options, CancellationToken cancellationToken)
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

    /// <summary>The admin API of a running gateway. The caller disposes it.</summary>
    /// <param name="gateway">Its address.</param>
    /// <param name="key">The admin key.</param>
    /// <param name="own">
    /// The certificate that the configuration gives a gateway on this machine: trusted by itself, because its name is not that of a
    /// loopback address. Null for none.
    /// </param>
    /// <param name="authorities">The file of the authorities that alone are trusted; null for those of the system.</param>
    public static AdminClient OpenGateway(Uri gateway, string key, ServerTlsOptions? own = null, string? authorities = null) =>
        new(new HttpMessageInvoker(GatewayHandler.Of(gateway, own, authorities)), gateway, key);

    /// <summary>Keys and tenants of a running gateway. The caller disposes it.</summary>
    public static IKeyDesk OpenKeys(Uri gateway, string key, string? authorities = null) =>
        new GatewayKeyDesk(OpenGateway(gateway, key, authorities: authorities));

    /// <summary>The engine as a client in this process. The caller disposes it.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="calls">Receives each call at its end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IChatClient> CreateChatClientAsync(
        SwitchyardOptions options, ICallSink calls, CancellationToken cancellationToken)
    {
        var services = Build(options, switchyard => switchyard.AddSink(calls));
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await StartWithLedgerAsync(engine, options, cancellationToken);
        // Not disposed: the process ends with the conversation.
        return new SwitchyardChatClient(engine);
    }

    /// <summary>Schema refinement over an engine in this process.</summary>
    public static async Task<SchemaRefinement> CreateRefinementAsync(SwitchyardOptions options, CancellationToken cancellationToken)
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

/// <summary>
/// A model as <c>switchyard models</c> shows it. Prices are US dollars for a million tokens; null is unknown, not free.
/// </summary>
/// <param name="Name">The name a client asks for.</param>
/// <param name="Kind"><c>alias</c> or <c>model</c>.</param>
/// <param name="Provider">The provider; for an alias that of its first target.</param>
/// <param name="Targets">Where calls go, in order: <c>provider/model</c>.</param>
internal sealed record ModelRow(string Name, string Kind, string Provider, IReadOnlyList<string> Targets)
{
    public int? ContextWindow { get; init; }

    public int? MaxOutputTokens { get; init; }

    public decimal? InputPrice { get; init; }

    public decimal? OutputPrice { get; init; }

    /// <summary>The source of the price; null if no price is known.</summary>
    public string? PriceSource { get; init; }

    public DateOnly? PriceDate { get; init; }

    public string? Status { get; init; }

    /// <summary>The source that lists the model: <c>provider</c>, <c>configuration</c> or <c>catalogue</c>.</summary>
    public required string ListedBy { get; init; }
}

/// <summary>The options of <c>switchyard check --live</c>.</summary>
/// <param name="Provider">The provider; null for all that are enabled.</param>
/// <param name="Model">The model to send requests to; null takes the cheapest known.</param>
/// <param name="Timeout">How long one request may take.</param>
/// <param name="Progress">Receives the name of each probe as it begins.</param>
internal sealed record LiveCheckRequest(string? Provider, string? Model, TimeSpan Timeout, IProgress<string> Progress);

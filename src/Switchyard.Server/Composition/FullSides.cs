using System.Runtime.CompilerServices;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Composition;

/// <summary>The full edition: databases, clouds, telemetry export and the dashboard.</summary>
internal sealed class FullSides : IGatewaySides
{
    public void AddTo(SwitchyardBuilder engine, SwitchyardOptions options)
    {
        engine.AddSwitchyardCloud().AddSwitchyardStorage();
        if (options.HasDashboard)
            engine.KeepRecentCalls();
    }

    public void AddExport(IServiceCollection services) => OtlpExport.AddTo(services, Environment.GetEnvironmentVariable);

    public void Use(WebApplication app, SwitchyardOptions options)
    {
        if (options.HasDashboard)
            UseDashboard(app);
    }

    public string? Refuse(SwitchyardOptions options) => null;

    public IEnumerable<string> NextSteps(string address, SwitchyardEngine engine, ServeRequest request)
    {
        // Only recordings are served without a configuration, and there is no file for settings then.
        if (request.Configuration is null)
        {
            yield return "point the client under test here: a request that no recording answers is refused, and the nearest one is named";
            yield break;
        }

        if (engine.UsesMock || engine.NotReady is not null)
            yield return "set a provider's key variable, or write a switchyard.yaml: 'switchyard providers' names the variables";
        if (request.Options.HasDashboard)
            yield return $"dashboard: {GatewayAddress.Reaching(request.Options.Admin.Urls ?? address)}{request.Options.Dashboard.Path}";
        else if (!request.Options.Admin.IsOn)
            yield return "put admin: { key: … } into switchyard.yaml for the dashboard and 'switchyard live'";
        var ledger = LedgerTools.OwnFile(request.Options.Storage) is { } argument ? $" {argument}" : "";
        yield return $"talk to a model in another terminal: 'switchyard chat{ledger}'; 'switchyard --help' lists the rest";
    }

    /// <summary>A separate method, so that the dashboard's assembly is loaded only if the dashboard is served.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseDashboard(WebApplication app) => app.UseSwitchyardDashboard();
}

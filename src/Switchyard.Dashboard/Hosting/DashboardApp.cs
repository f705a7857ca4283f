using System.Diagnostics;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server.Circuits;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Radzen;
using Switchyard.Auditing;
using Switchyard.Configuration;
using Switchyard.Dashboard.Liveness;
using Switchyard.Dashboard.Pages;
using Switchyard.Dashboard.Sessions;
using Switchyard.Dashboard.Shell;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Admin;
using Switchyard.Health;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Statistics;

namespace Switchyard.Dashboard.Hosting;

/// <summary>
/// The dashboard as a separate application inside the gateway: services, sign-in and pages that no call passes through. It shares the
/// gateway's engine and the services behind the admin API. Thread-safe.
/// </summary>
internal sealed class DashboardApp : IDisposable
{
    /// <summary>How long the circuit of a lost connection is kept, so that the user finds the page as it was.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private const int MostWaitingCircuits = 20;

    private readonly ServiceProvider _services;
    private readonly RequestDelegate _pipeline;
    private readonly PathString _path;
    private readonly Uri? _publicUrl;

    public DashboardApp(IServiceProvider gateway, DashboardOptions options, PathString path)
    {
        _path = path;
        _publicUrl = options.PublicUrl is { } address ? new Uri(address) : null;
        _services = ServicesOf(gateway, options).BuildServiceProvider();
        _pipeline = PipelineOf(_services);
    }

    /// <summary>Answers a request for an address below the dashboard's path.</summary>
    public async Task AnswerAsync(HttpContext http, PathString below)
    {
        var (path, pathBase, services) = (http.Request.Path, http.Request.PathBase, http.Features.Get<IServiceProvidersFeature>());
        var (scheme, host) = (http.Request.Scheme, http.Request.Host);
        await using var scope = _services.CreateAsyncScope();
        http.Features.Set<IServiceProvidersFeature>(new Scope(scope.ServiceProvider));
        (http.Request.PathBase, http.Request.Path) = (pathBase.Add(_path), below);
        // A proxy that terminates TLS sends http, and often a host of its own: sign-in, cookies and forms must see what the browser sees.
        if (_publicUrl is not null)
            (http.Request.Scheme, http.Request.Host) = (_publicUrl.Scheme, new HostString(_publicUrl.Authority));
        try
        {
            await _pipeline(http);
        }
        finally
        {
            (http.Request.PathBase, http.Request.Path) = (pathBase, path);
            (http.Request.Scheme, http.Request.Host) = (scheme, host);
            http.Features.Set(services);
        }
    }

    public void Dispose() => _services.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static ServiceCollection ServicesOf(IServiceProvider gateway, DashboardOptions options)
    {
        var services = new ServiceCollection();
        Share<ILoggerFactory>();
        Share<IConfiguration>();
        Share<IHostEnvironment>();
        Share<IWebHostEnvironment>();
        Share<IHostApplicationLifetime>();
        Share<IServer>();
        Share<DiagnosticListener>();
        Share<DiagnosticSource>();
        Share<TimeProvider>();
        Share<SwitchyardEngine>();
        Share<DialectSet>();
        Share<StatusReader>();
        Share<OwnFigures>();
        Share<BudgetCurves>();
        Share<CallFinder>();
        Share<HealthChecker>();
        Share<ProviderStatistics>();
        Share<AuditLog>();
        Share<AdminAdmission>();
        Share<AdminSignIn>();
        if (gateway.GetService<IUsageReader>() is { } ledger)
            services.AddSingleton(ledger);
        services.AddLogging();
        services.AddRouting();
        // The keys are in memory only: after a restart users sign in again.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddSessions(options);
        services.AddSingleton<Pulse>();
        services.AddScoped<Attention>();
        services.AddScoped<CircuitHandler>(circuit => circuit.GetRequiredService<Attention>());
        services.AddDashboardPages();
        services.AddRadzenComponents();
        services.AddCascadingAuthenticationState();
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DisconnectedCircuitMaxRetained = MostWaitingCircuits;
            circuits.DisconnectedCircuitRetentionPeriod = s_patience;
        });
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "switchyard_form";
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        return services;

        void Share<T>()
            where T : class => services.AddSingleton(gateway.GetRequiredService<T>());
    }

    private static RequestDelegate PipelineOf(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.Use(PageHeaders.AddAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseEndpoints(endpoints =>
        {
            EmbeddedAssets.Map(endpoints);
            SignInEndpoints.Map(endpoints);
            SingleSignOn.Map(endpoints);
            // The pages, and the connection that keeps them alive: for signed-in users only.
            endpoints.MapRazorComponents<Document>()
                .AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null)
                .RequireAuthorization();
        });
        app.Run(http => new RazorComponentResult<LostPage> { StatusCode = StatusCodes.Status404NotFound }.ExecuteAsync(http));
        return app.Build();
    }

    private sealed record Scope(IServiceProvider RequestServices) : IServiceProvidersFeature
    {
        public IServiceProvider RequestServices { get; set; } = RequestServices;
    }
}

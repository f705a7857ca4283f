using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Switchyard.Gateway;
using Switchyard.Gateway.Admin;
using Switchyard.Gateway.Admin.Description;
using Switchyard.Gateway.Admin.Features;
using Switchyard.Gateway.Experiments;
using Switchyard.Gateway.Explaining;
using Switchyard.Gateway.Health;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Metrics;
using Switchyard.Gateway.Models;
using Switchyard.Gateway.Refining;
using Switchyard.Gateway.Security;
using Switchyard.Gateway.Stored;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the gateway to an ASP.NET Core application.</summary>
public static class SwitchyardGatewayExtensions
{
    /// <summary>Registers the gateway of an engine added with <c>AddSwitchyard</c>, and starts the engine with the host.</summary>
    public static IServiceCollection AddSwitchyardGateway(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.TryAddSingleton<Refusals>();
        services.TryAddSingleton<RequestFailures>();
        services.TryAddSingleton<JsonAnswers>();
        services.TryAddSingleton<BodyPool>();
        services.TryAddSingleton<IngressHandlers>();
        services.TryAddSingleton<StoredEndpoints>();
        services.TryAddSingleton<ModelsEndpoint>();
        services.TryAddSingleton<CapabilitiesEndpoint>();
        services.TryAddSingleton<HealthEndpoint>();
        services.TryAddSingleton<ProviderHealthEndpoint>();
        services.TryAddSingleton<MetricsEndpoint>();
        services.TryAddSingleton<ExperimentsEndpoint>();
        services.TryAddSingleton<FeedbackEndpoint>();
        services.TryAddSingleton<ExplainEndpoint>();
        services.TryAddSingleton<AdminTokens>();
        services.TryAddSingleton<AdminSignIn>();
        // Created when the first token comes, because it loads the libraries of single sign-on.
        services.TryAddSingleton(static provider => new Lazy<AdminTokens>(provider.GetRequiredService<AdminTokens>));
        services.TryAddSingleton<AdminAdmission>();
        services.TryAddSingleton<AdminAudit>();
        services.AddSchemaRefinement();
        services.TryAddSingleton<RefineEndpoint>();
        services.TryAddSingleton<AdminGate>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, BudgetsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, CacheAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, ConfigurationAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, CanaryAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, ProvidersAdmin>());
        services.TryAddSingleton<AdminPaths>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, KeysAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, PluginsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, ExperimentsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, TenantsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, UsageAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, LimitsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, MeAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, AuditAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, DescriptionAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, StatusAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, StatisticsAdmin>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAdminEndpoints, RunningCallsAdmin>());
        services.TryAddSingleton<UnknownPath>();
        services.TryAddSingleton<CrossOrigin>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EngineStarter>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, MonitorStarter>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LastCalls>());
        return services;
    }

    /// <summary>
    /// Maps the gateway's endpoints: <c>/v1/…</c>, <c>/v1beta/…</c>, the same under <c>/openai</c>, <c>/anthropic</c> and <c>/genai</c>,
    /// under <c>/openai</c> also the paths of Azure OpenAI (<c>/openai/deployments/…</c>),
    /// <c>/chat</c>, <c>/route/explain</c>, <c>/schemas/refine</c>, <c>/health</c>, <c>/metrics</c>, <c>/experiments</c>, <c>/feedback</c>
    /// and <c>/admin</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapSwitchyard(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IngressEndpoints.Map(endpoints);
        StoredEndpoints.Map(endpoints);
        var unknown = endpoints.ServiceProvider.GetRequiredService<UnknownPath>();
        ModelPaths.Map(endpoints, http => unknown.RefuseMethodAsync(http, HttpMethods.Post));
        var health = endpoints.ServiceProvider.GetRequiredService<HealthEndpoint>();
        endpoints.MapMethods("/health", IngressEndpoints.Reads, health.AnswerReadyAsync);
        endpoints.MapMethods("/health/ready", IngressEndpoints.Reads, health.AnswerReadyAsync);
        endpoints.MapMethods("/health/live", IngressEndpoints.Reads, health.AnswerLiveAsync);
        var providers = endpoints.ServiceProvider.GetRequiredService<ProviderHealthEndpoint>();
        endpoints.MapMethods(ProviderHealthEndpoint.Path, IngressEndpoints.Reads, providers.AnswerAsync);
        var metrics = endpoints.ServiceProvider.GetRequiredService<MetricsEndpoint>();
        endpoints.MapMethods(MetricsEndpoint.Path, IngressEndpoints.Reads, metrics.AnswerAsync);
        var experiments = endpoints.ServiceProvider.GetRequiredService<ExperimentsEndpoint>();
        endpoints.MapMethods(ExperimentsEndpoint.Path, IngressEndpoints.Reads, experiments.ListAsync);
        endpoints.MapMethods(ExperimentsEndpoint.Path + "/{**name}", IngressEndpoints.Reads, experiments.GetAsync);
        endpoints.MapPost("/feedback", endpoints.ServiceProvider.GetRequiredService<FeedbackEndpoint>().AnswerAsync);
        endpoints.MapPost(ExplainEndpoint.Path, endpoints.ServiceProvider.GetRequiredService<ExplainEndpoint>().AnswerAsync);
        endpoints.MapPost(RefineEndpoint.Path, endpoints.ServiceProvider.GetRequiredService<RefineEndpoint>().AnswerAsync);
        endpoints.ServiceProvider.GetRequiredService<AdminPaths>().Map(endpoints);
        return endpoints;
    }

    /// <summary>
    /// Lets web pages use the gateway as configured in <c>server.cors</c>. Call it before <c>UseRouting</c>, in a host that does not use
    /// <c>UseCors</c> for that.
    /// </summary>
    public static IApplicationBuilder UseSwitchyardCors(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var pages = app.ApplicationServices.GetRequiredService<CrossOrigin>();
        return app.Use(next => http => pages.InvokeAsync(http, next));
    }

    /// <summary>
    /// Answers requests that no endpoint serves, in the client's format: a 405 if the path has another method, else a 404 with a hint.
    /// Call it after <c>UseRouting</c> if the host calls that itself.
    /// </summary>
    /// <remarks>
    /// It is ASP.NET Core middleware, not a catch-all endpoint: such an endpoint would be a routing candidate of every call, which costs
    /// allocations.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <param name="ownPathsOnly">
    /// Whether to answer only paths below the gateway's own (<c>/v1</c>, <c>/v1beta</c> and the same under the prefixes), for a host that
    /// serves other paths as well. The default, false, answers every path: for a host that is only a gateway.
    /// </param>
    public static IApplicationBuilder UseSwitchyardFallback(this IApplicationBuilder app, bool ownPathsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(app);
        var unknown = app.ApplicationServices.GetRequiredService<UnknownPath>();
        return app.Use(next => http =>
            http.GetEndpoint() is RouteEndpoint || (ownPathsOnly && !IngressEndpoints.IsOwn(http.Request.Path))
                ? next(http)
                : unknown.AnswerAsync(http));
    }
}

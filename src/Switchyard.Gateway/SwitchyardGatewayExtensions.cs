using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Switchyard.Gateway;
using Switchyard.Gateway.Health;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Models;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the gateway into an ASP.NET Core application.</summary>
public static class SwitchyardGatewayExtensions
{
    /// <summary>Registers the HTTP face of an engine added with <c>AddSwitchyard</c>, and starts the engine with the host.</summary>
    public static IServiceCollection AddSwitchyardGateway(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.TryAddSingleton<IngressHandlers>();
        services.TryAddSingleton<ModelsEndpoint>();
        services.TryAddSingleton<CapabilitiesEndpoint>();
        services.TryAddSingleton<HealthEndpoint>();
        services.TryAddSingleton<UnknownPath>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EngineStarter>());
        return services;
    }

    /// <summary>
    /// Maps the gateway's endpoints: <c>/v1/…</c>, <c>/v1beta/…</c>, the same under <c>/openai</c>, <c>/anthropic</c> and <c>/genai</c>,
    /// <c>/chat</c> and <c>/health</c>.
    /// </summary>
    public static IEndpointRouteBuilder MapSwitchyard(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IngressEndpoints.Map(endpoints);
        ModelPaths.Map(endpoints);
        endpoints.MapGet("/health", endpoints.ServiceProvider.GetRequiredService<HealthEndpoint>().AnswerAsync);
        return endpoints;
    }

    /// <summary>
    /// Answers what no endpoint serves with an error in the client's format that names the way: a wrong base URL or method most often. Call it
    /// after <c>UseRouting</c>, where the host calls that itself.
    /// </summary>
    /// <remarks>A step of its own rather than endpoints for the rest of the paths: those would be candidates for every call as well.</remarks>
    /// <param name="app">The application.</param>
    /// <param name="ownPathsOnly">
    /// Whether only paths below the gateway's own (<c>/v1</c>, <c>/v1beta</c> and the same under the prefixes) are answered, for a host that
    /// serves something else besides. The default answers every path: for a host that is nothing but a gateway.
    /// </param>
    public static IApplicationBuilder UseSwitchyardFallback(this IApplicationBuilder app, bool ownPathsOnly = false)
    {
        ArgumentNullException.ThrowIfNull(app);
        var unknown = app.ApplicationServices.GetRequiredService<UnknownPath>();
        return app.Use(next => http =>
            http.GetEndpoint() is RouteEndpoint || (ownPathsOnly && !IngressEndpoints.IsOwn(http.Request.Path)) ? next(http) : unknown.AnswerAsync(http));
    }
}

using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Switchyard.Gateway;
using Switchyard.Gateway.Health;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Models;
using Switchyard.Gateway.Security;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the gateway into an ASP.NET Core application.</summary>
public static class SwitchyardGatewayExtensions
{
    /// <summary>Registers the HTTP face of an engine added with <c>AddSwitchyard</c>, and starts the engine with the host.</summary>
    public static IServiceCollection AddSwitchyardGateway(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.TryAddSingleton<ClientKeys>();
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
        var unknown = endpoints.ServiceProvider.GetRequiredService<UnknownPath>();
        foreach (var pattern in IngressEndpoints.CatchAllPatterns())
            endpoints.Map(pattern, unknown.AnswerAsync).WithOrder(int.MaxValue);
        return endpoints;
    }

    /// <summary>Answers every path nobody serves with an error that names the way. For a host that is nothing but a gateway.</summary>
    public static IEndpointRouteBuilder MapSwitchyardFallback(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapFallback(endpoints.ServiceProvider.GetRequiredService<UnknownPath>().AnswerAsync);
        return endpoints;
    }
}

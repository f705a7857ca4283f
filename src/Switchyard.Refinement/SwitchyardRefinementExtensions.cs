using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Switchyard.Engine;
using Switchyard.Hosting;
using Switchyard.Refinement;
using Switchyard.Refinement.Requests;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers schema refinement.</summary>
public static class SwitchyardRefinementExtensions
{
    /// <summary>
    /// Registers <see cref="SchemaRefinement"/> over the engine. The gateway does so itself. Calling it twice is harmless.
    /// </summary>
    public static SwitchyardBuilder AddSchemaRefinement(this SwitchyardBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSchemaRefinement();
        return builder;
    }

    /// <summary>As <see cref="AddSchemaRefinement(SwitchyardBuilder)"/>, for an engine that is registered elsewhere.</summary>
    public static IServiceCollection AddSchemaRefinement(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => new SchemaRefinement(
            provider.GetRequiredService<SwitchyardEngine>(),
            provider.GetServices<AddedRefiner>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<SchemaRefinement>>()));
        return services;
    }

    /// <summary>Adds a refiner of the host application, which requests select like a provider.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="refiner">The refiner.</param>
    /// <param name="preferred">Whether it also answers requests that leave the choice open, while it is healthy.</param>
    public static SwitchyardBuilder AddSchemaRefiner(this SwitchyardBuilder builder, ISchemaRefiner refiner, bool preferred = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(refiner);
        builder.AddSchemaRefinement();
        builder.Services.AddSingleton(new AddedRefiner(refiner, preferred));
        return builder;
    }
}

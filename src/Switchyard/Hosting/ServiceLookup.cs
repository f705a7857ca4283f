using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Switchyard.Hosting;

/// <summary>What nearly every registration needs from the container.</summary>
internal static class ServiceLookup
{
    public static TimeProvider Time(this IServiceProvider provider) => provider.GetRequiredService<TimeProvider>();

    /// <summary>The host may add logging before or after the engine; without it nothing is logged.</summary>
    public static ILogger<T> LoggerOf<T>(this IServiceProvider provider) => provider.GetService<ILogger<T>>() ?? NullLogger<T>.Instance;

    /// <summary>Lets a registered singleton observe as well: both services are one instance.</summary>
    public static void TryAddObserver<TService, TObserver>(this IServiceCollection services)
        where TService : class
        where TObserver : class, TService =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TService, TObserver>(
            provider => provider.GetRequiredService<TObserver>()));
}

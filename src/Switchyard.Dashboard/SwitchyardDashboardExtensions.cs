using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Switchyard.Dashboard.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the dashboard to a gateway.</summary>
public static class SwitchyardDashboardExtensions
{
    /// <summary>
    /// Serves the dashboard at the addresses of the admin API, below <c>dashboard.path</c>; <c>/</c> redirects there. Call it before
    /// <c>UseRouting</c>: requests for the dashboard do not enter the gateway's own pipeline, and calls do not enter the dashboard's.
    /// </summary>
    /// <remarks>It is created on the first request for it: before that it has no services, no pages and no timer.</remarks>
    public static IApplicationBuilder UseSwitchyardDashboard(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var door = new DashboardDoor(app.ApplicationServices);
        app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(door.Dispose);
        return app.Use(next => http => door.Takes(http) ? door.AnswerAsync(http) : next(http));
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Switchyard.Dashboard.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the dashboard to a gateway.</summary>
public static class SwitchyardDashboardExtensions
{
    /// <summary>
    /// Serves the dashboard where the admin API answers, below <c>dashboard.path</c>; <c>/</c> leads there. Call it before
    /// <c>UseRouting</c>: what is the dashboard's does not pass through the gateway's own paths, and calls pass by it.
    /// </summary>
    /// <remarks>Until somebody opens it nothing of it is made: no services, no pages, no timer.</remarks>
    public static IApplicationBuilder UseSwitchyardDashboard(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var door = new DashboardDoor(app.ApplicationServices);
        app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(door.Dispose);
        return app.Use(next => http => door.Takes(http) ? door.AnswerAsync(http) : next(http));
    }
}

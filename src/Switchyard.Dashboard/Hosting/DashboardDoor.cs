using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Dashboard.Hosting;

/// <summary>
/// Decides which requests are for the dashboard, and creates it on the first of them: until it is opened, the gateway starts as fast and
/// takes as little memory as one without a dashboard. Thread-safe.
/// </summary>
internal sealed class DashboardDoor : IDisposable
{
    private readonly SwitchyardEngine _engine;
    private readonly AdminAdmission _admission;
    private readonly PathString _path;
    private readonly Lazy<DashboardApp> _app;

    public DashboardDoor(IServiceProvider gateway)
    {
        _engine = gateway.GetRequiredService<SwitchyardEngine>();
        _admission = gateway.GetRequiredService<AdminAdmission>();
        // Read once, like addresses: cookies and links are made for this path.
        _path = _engine.Options.Dashboard.Path;
        _app = new(() => new DashboardApp(gateway, _engine.Options.Dashboard, _path));
    }

    /// <summary>Whether a request is for the dashboard. It runs for every call too, where it compares two strings.</summary>
    public bool Takes(HttpContext http)
    {
        var path = http.Request.Path;
        return (IsRootPage(http.Request) || path.StartsWithSegments(_path, StringComparison.OrdinalIgnoreCase))
            && _engine.Snapshot.Section(AdminAccess.Section) is { } access
            && _admission.IsAtItsAddress(http, access);
    }

    /// <summary>Answers it.</summary>
    public Task AnswerAsync(HttpContext http)
    {
        if (IsRoot(http.Request.Path) || !http.Request.Path.StartsWithSegments(_path, out var rest) || !rest.HasValue)
        {
            // With a slash at the end, so that relative links resolve below it.
            http.Response.Redirect($"{http.Request.PathBase}{_path}/");
            return Task.CompletedTask;
        }

        return _app.Value.AnswerAsync(http, rest);
    }

    public void Dispose()
    {
        if (_app.IsValueCreated)
            _app.Value.Dispose();
    }

    // A client that posts to the address alone gets its error: it would follow a redirect, and get a page.
    private static bool IsRootPage(HttpRequest request) =>
        IsRoot(request.Path) && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));

    private static bool IsRoot(PathString path) => path.Value is "/" or "" or null;
}

using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Security;

/// <summary>
/// Lets scripts of the web pages that <c>server.cors</c> names read answers, and answers their browsers' preflight requests. Thread-safe.
/// </summary>
internal sealed class CrossOrigin(SwitchyardEngine engine, ILoggerFactory loggers)
{
    private const string AsksForPrivateNetwork = "Access-Control-Request-Private-Network";
    private const string AllowsPrivateNetwork = "Access-Control-Allow-Private-Network";

    private readonly CorsService _service = new(Options.Create(new CorsOptions()), loggers);

    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        // Only browsers send the header. The admin API is closed to pages of other origins.
        if (http.Request.Headers.Origin.Count == 0 || AdminPath.IsOwn(http.Request.Path)
            || engine.Snapshot.Section(WebPolicy.Section) is not { HasOrigins: true } allowed)
            return next(http);
        var result = _service.EvaluatePolicy(http, PolicyOf(allowed));
        _service.ApplyResult(result, http.Response);
        if (!result.IsPreflightRequest)
            return next(http);
        // A browser asks separately for permission to reach this machine from a page on the internet.
        if (result.IsOriginAllowed && http.Request.Headers.ContainsKey(AsksForPrivateNetwork))
            http.Response.Headers[AllowsPrivateNetwork] = "true";
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static CorsPolicy PolicyOf(WebPolicy allowed)
    {
        var builder = new CorsPolicyBuilder().AllowAnyHeader().AllowAnyMethod().WithExposedHeaders("*");
        return allowed.AnyOrigin ? builder.AllowAnyOrigin().Build() : builder.SetIsOriginAllowed(allowed.NamesOrigin).Build();
    }
}

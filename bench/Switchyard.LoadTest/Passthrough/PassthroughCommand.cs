using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Passthrough;

/// <summary>
/// The verb <c>passthrough</c>: the least a gateway on this platform can do. The empty builder has no logging, no configuration
/// files, no routing and no host filtering; there is one middleware, and it forwards.
/// </summary>
internal static class PassthroughCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var port = arguments.Number("--port", fallback: 9101, min: 1, max: 65535);
        var upstream = new Uri(arguments.Text("--upstream") ?? throw new UsageException("--upstream is needed"));
        using var lifetime = new ServerLifetime(arguments.Flag("--exit-with-stdin"));
        arguments.RefuseRest();

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });

        await using var app = builder.Build();
        using var forwarder = new Forwarder(upstream);
        app.Run(context => context.Request.Method == HttpMethods.Post ? forwarder.ForwardAsync(context) : AnswerGetAsync(context));
        await app.StartAsync();
        await lifetime.Ended;
        return 0;
    }

    private static Task AnswerGetAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/health":
                return context.Response.WriteAsync("ok");
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }
}

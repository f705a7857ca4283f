using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Upstream;

/// <summary>The verb <c>upstream</c>.</summary>
internal static class UpstreamCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var port = arguments.Number("--port", fallback: 9100, min: 1, max: 65535);
        using var lifetime = new ServerLifetime(arguments.Flag("--exit-with-stdin"));
        arguments.RefuseRest();

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        using var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);

        await server.StartAsync(new UpstreamApplication(), CancellationToken.None);
        await lifetime.Ended;
        await server.StopAsync(new CancellationToken(canceled: true));
        return 0;
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Switchyard.TestKit;

namespace Switchyard.Storage.Tests;

/// <summary>A real gateway in a separate process, which can be killed.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly string _directory;
    private readonly int _port = ChildServer.FreePort();
    private ChildServer _server = null!;

    private GatewayProcess(string directory)
    {
        _directory = directory;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 400 })
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}")),
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>A client for it.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts one.</summary>
    /// <param name="directory">The folder of its files; each gateway needs a separate one.</param>
    /// <param name="yaml">Its configuration.</param>
    public static async Task<GatewayProcess> StartAsync(string directory, string yaml)
    {
        var gateway = new GatewayProcess(directory);
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync($"{directory}/switchyard.yaml", yaml);
        await gateway.StartAsync();
        return gateway;
    }

    /// <summary>Starts it again after it was killed, with its files.</summary>
    public async Task StartAsync()
    {
        _server = await ChildServer.StartAsync(
            "/usr/bin/env", "-C", _directory, Executable, "serve", "--config", "switchyard.yaml", "--urls",
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"));
        for (var tries = 0; tries < 2400; tries++)
        {
            try
            {
                using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                // It does not listen yet. HttpClient throws a bare SocketException if a connection is reset just after it was made.
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException("The gateway did not start.");
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public ValueTask KillAsync() => _server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
    }

    private static string Executable
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Switchyard.slnx")))
                directory = directory.Parent;
            var kind = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(directory!.FullName, "artifacts", "bin", "Switchyard.Server", kind, "Switchyard.Server");
        }
    }
}

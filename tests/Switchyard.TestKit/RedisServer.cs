using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Switchyard.TestKit;

/// <summary>
/// A real Redis, started for a test. <c>./test</c> installs it; otherwise <see cref="Missing"/> is the reason for skipping a test.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";

    private static readonly Lazy<Task<RedisServer>> s_shared = new(StartAsync);

    private readonly int _port;
    private ChildServer _server;

    private RedisServer(int port, ChildServer server) => (_port, _server) = (port, server);

    /// <summary>Why Redis is missing on this machine; null if it is installed.</summary>
    public static string? Missing => File.Exists(Program) ? null : "Redis is not installed: apt-get install redis-server, or run ./test.";

    /// <summary>A shared server for tests that use unique names and do not stop the server.</summary>
    public static Task<RedisServer> SharedAsync() => s_shared.Value;

    /// <summary>The value of <c>storage.redis</c>.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{_port}");

    /// <summary>Starts an empty one.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var port = ChildServer.FreePort();
        return new RedisServer(port, await RunAsync(port));
    }

    /// <summary>Changes a setting, which a gateway's own connection may not.</summary>
    public async Task SetAsync(string setting, string value)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONFIG SET {setting} {value}\r\n"));
        using var reader = new StreamReader(stream);
        if (await reader.ReadLineAsync() is not "+OK" and var answer)
            throw new InvalidOperationException($"Redis refuses the setting: {answer}");
    }

    /// <summary>Stops it without ending it: it accepts connections and never answers.</summary>
    public void Freeze() => _server.Freeze();

    /// <summary>Continues it.</summary>
    public void Thaw() => _server.Thaw();

    /// <summary>Kills it; its data is lost.</summary>
    public ValueTask KillAsync() => _server.DisposeAsync();

    /// <summary>Starts it again on its port, empty.</summary>
    public async Task RestartAsync() => _server = await RunAsync(_port);

    /// <summary>Kills it.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static Task<ChildServer> RunAsync(int port) => Listening.StartAsync(
        port, Program, "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--dir", Path.GetTempPath());
}

/// <summary>Starts a server, and waits until it listens.</summary>
internal static class Listening
{
    /// <summary>Starts a program. If it does not listen in time, it is killed.</summary>
    public static async Task<ChildServer> StartAsync(int port, string program, params string[] arguments)
    {
        var server = await ChildServer.StartAsync(program, arguments);
        try
        {
            await WaitAsync(port);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static async Task WaitAsync(int port)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }
}

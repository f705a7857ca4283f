using System.Diagnostics;
using System.Globalization;

namespace Switchyard.TestKit;

/// <summary>
/// A real PostgreSQL, started for tests in a separate directory. <c>./test</c> installs it; otherwise <see cref="Missing"/> is the reason
/// for skipping a test.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> s_shared = new(StartAsync);

    private readonly int _port;
    private readonly string _directory;
    private readonly Process _sweeper;
    private ChildServer _server;
    private int _databases;

    private PostgresServer(int port, string directory, ChildServer server, Process sweeper) =>
        (_port, _directory, _server, _sweeper) = (port, directory, server, sweeper);

    /// <summary>Why PostgreSQL is missing on this machine; null if it is installed.</summary>
    public static string? Missing =>
        Programs is not null ? null : "PostgreSQL is not installed: apt-get install postgresql, or run ./test.";

    /// <summary>A shared server for tests that create their own database and do not stop the server.</summary>
    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    /// <summary>Debian's folder of the newest version's programs; null if there is none.</summary>
    private static string? Programs => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => $"{version}/bin")
            .Where(bin => File.Exists($"{bin}/initdb")).Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    /// <summary>Starts an empty one.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("switchyard-postgres-").FullName;
        var sweeper = SweepAtEnd(directory);
        try
        {
            var data = $"{directory}/data";
            Directory.CreateDirectory(data);
            if (Environment.IsPrivilegedProcess)
                await RunAsync("chown", ["-R", "postgres", directory]);
            var (program, arguments) = AsOrdinaryUser(
                $"{Programs}/initdb", "--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-sync",
                "--no-instructions", "--locale", "C");
            await RunAsync(program, arguments);
            var port = ChildServer.FreePort();
            return new PostgresServer(port, directory, await ServeAsync(port, data), sweeper);
        }
        catch
        {
            await EndAsync(sweeper);
            throw;
        }
    }

    /// <summary>Creates an empty database and returns its <c>storage.ledger</c> value.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await SayAsync(_port, $"create database {name}");
        return string.Create(CultureInfo.InvariantCulture, $"postgres://postgres@127.0.0.1:{_port}/{name}");
    }

    /// <summary>Kills it with all its processes. Committed data is there after <see cref="RestartAsync"/>.</summary>
    public async Task KillAsync()
    {
        await RunAsync("pkill", ["-KILL", "-P", _server.Pid.ToString(CultureInfo.InvariantCulture)], ignoreFailure: true);
        await _server.DisposeAsync();
    }

    /// <summary>Starts it again on its port, with its data.</summary>
    public async Task RestartAsync()
    {
        File.Delete($"{_directory}/data/postmaster.pid");
        _server = await ServeAsync(_port, $"{_directory}/data");
    }

    /// <summary>Stops it and all its processes without ending them: it accepts connections and never answers.</summary>
    public Task FreezeAsync() => SignalAllAsync("-STOP");

    /// <summary>Continues it.</summary>
    public Task ThawAsync() => SignalAllAsync("-CONT");

    /// <summary>Kills it and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await EndAsync(_sweeper);
    }

    /// <summary>
    /// A shell that deletes the directory at the end of its standard input: when this is disposed, or, for <see cref="SharedAsync"/>, when
    /// the test process ends. It tries for two seconds, because the server's processes write until they have ended.
    /// </summary>
    private static Process SweepAtEnd(string directory)
    {
        const string Script = "exec >/dev/null 2>&1; cat; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf \"$1\" && exit; sleep 0.2; done";
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", Script, "sh", directory])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task EndAsync(Process sweeper)
    {
        sweeper.StandardInput.Close();
        await sweeper.WaitForExitAsync();
        sweeper.Dispose();
    }

    private async Task SignalAllAsync(string signal)
    {
        var pid = _server.Pid.ToString(CultureInfo.InvariantCulture);
        await RunAsync("kill", [signal, pid]);
        await RunAsync("pkill", [signal, "-P", pid], ignoreFailure: true);
    }

    private static async Task<ChildServer> ServeAsync(int port, string data)
    {
        var (program, arguments) = AsOrdinaryUser(
            $"{Programs}/postgres", "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB");
        var server = await Listening.StartAsync(port, program, arguments);
        try
        {
            await WaitUntilReadyAsync(port);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it takes statements. It listens before that, and refuses every connection while it starts.</summary>
    private static async Task WaitUntilReadyAsync(int port)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await SayAsync(port, "select 1");
                return;
            }
            catch (InvalidOperationException) when (tries < 300)
            {
                await Task.Delay(100);
            }
        }
    }

    private static Task SayAsync(int port, string statement) => RunAsync(
        "psql",
        [
            "--no-psqlrc", "--quiet", "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture),
            "--username", "postgres", "--command", statement,
        ]);

    /// <summary>PostgreSQL refuses to run as root, which tests in a container often are.</summary>
    private static (string Program, string[] Arguments) AsOrdinaryUser(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? ("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program, .. arguments])
            : (program, arguments);

    private static async Task RunAsync(string program, string[] arguments, bool ignoreFailure = false)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !ignoreFailure)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}");
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Switchyard.TestKit;

/// <summary>
/// A real server that a test runs on a free port of loopback, in a separate directory. It ends with the test process, also if that is
/// killed: the shell around it waits for the end of its standard input.
/// </summary>
public sealed class ChildServer : IAsyncDisposable
{
    private const int FirstPort = 20_000;
    private const int PortCount = 12_000;

    // Test processes that run at the same time begin at different ports.
    private static int s_ports = Random.Shared.Next(PortCount);

    private readonly Process _shell;
    private bool _isDead;

    private ChildServer(Process shell, int pid) => (_shell, Pid) = (shell, pid);

    /// <summary>The server's process id.</summary>
    public int Pid { get; }

    /// <summary>
    /// A free port of loopback, below those that Linux gives to outgoing connections (32768 and above): one of these may be taken by a
    /// client before the server listens. No port is returned twice by a process.
    /// </summary>
    public static int FreePort()
    {
        for (var tries = 0; tries < PortCount; tries++)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref s_ports) % PortCount);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another program listens there.
            }
        }

        throw new InvalidOperationException("No port of loopback is free.");
    }

    /// <summary>Starts a program.</summary>
    public static async Task<ChildServer> StartAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-c", "\"$@\" >&2 & echo $!; cat >/dev/null; kill -9 $!", "sh", program, .. arguments])
            start.ArgumentList.Add(argument);
        var shell = Process.Start(start)!;
        shell.ErrorDataReceived += (_, _) => { };
        var line = await shell.StandardOutput.ReadLineAsync();
        shell.BeginErrorReadLine();
        return new ChildServer(shell, int.Parse(line!, CultureInfo.InvariantCulture));
    }

    /// <summary>Stops it without ending it: it accepts connections and never answers.</summary>
    public void Freeze() => Signal("-STOP");

    /// <summary>Continues a frozen server.</summary>
    public void Thaw() => Signal("-CONT");

    /// <summary>Kills it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDead)
            return;
        _isDead = true;
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("/bin/kill", [signal, Pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}

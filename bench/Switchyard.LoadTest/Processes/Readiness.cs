using System.Diagnostics;
using System.Net.Sockets;
using Switchyard.LoadTest.Load;

namespace Switchyard.LoadTest.Processes;

internal static class Readiness
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(1);

    /// <summary>Asks <c>GET /health</c> until the answer is 200 and returns how long that took since <paramref name="from"/>.</summary>
    public static TimeSpan Wait(ChildProcess process, int port, long from)
    {
        while (!IsReady(port))
        {
            process.RequireRunning();
            if (Stopwatch.GetElapsedTime(from) > Limit)
                throw new RunFailedException($"not ready after {Limit.TotalSeconds} s:\n{process.LogTail()}");
            Thread.Sleep(BetweenTries);
        }

        return Stopwatch.GetElapsedTime(from);
    }

    private static bool IsReady(int port)
    {
        try
        {
            using var client = new SequentialClient(port, RequestBytes.Get(port, "/health"));
            client.Measure(stackalloc double[1]);
            return true;
        }
        catch (Exception e) when (e is SocketException or BadAnswerException)
        {
            return false;
        }
    }
}

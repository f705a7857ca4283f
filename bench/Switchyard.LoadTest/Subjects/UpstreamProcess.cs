using System.Diagnostics;
using System.Globalization;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Subjects;

/// <summary>The provider that all subjects call.</summary>
internal sealed class UpstreamProcess(ChildProcess process, int port) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}")) };

    public int Port => port;

    public static UpstreamProcess Start(Children children, int core)
    {
        var port = FreePort.Next();
        var launch = OwnExecutable.Launch("upstream", "upstream", "--port", FormattableString.Invariant($"{port}")).WithQuickTiering();
        var from = Stopwatch.GetTimestamp();
        var process = children.Start(launch, core);
        Readiness.Wait(process, port, from);
        return new UpstreamProcess(process, port);
    }

    /// <summary>The number of requests that have reached it.</summary>
    public async Task<long> CountAsync()
    {
        process.RequireRunning();
        return long.Parse(await _client.GetStringAsync("/bench/count"), CultureInfo.InvariantCulture);
    }

    public void Dispose() => _client.Dispose();
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Switchyard.LoadTest.Load;

/// <summary>One connection, one request at a time, each timed from before the send to the last byte of the answer.</summary>
internal sealed class SequentialClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        ReceiveTimeout = 10_000,
        SendTimeout = 10_000,
    };

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly ResponseParser _parser = new();
    private readonly byte[] _request;

    public SequentialClient(int port, byte[] request)
    {
        _request = request;
        _socket.Connect(IPAddress.Loopback, port);
    }

    /// <summary>Fills <paramref name="microseconds"/>, one request for each element.</summary>
    public void Measure(Span<double> microseconds)
    {
        foreach (ref var time in microseconds)
        {
            var from = Stopwatch.GetTimestamp();
            Exchange();
            time = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
        }
    }

    /// <summary>Sends requests one after another for a duration.</summary>
    public LoadResult Run(TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        var answers = 0;
        for (; clock.Elapsed < duration; answers++) Exchange();
        return new LoadResult(answers, Frames: 0, Failures: 0, FirstFailure: null, clock.Elapsed);
    }

    public void Dispose() => _socket.Dispose();

    private void Exchange()
    {
        _parser.Reset();
        _socket.Send(_request);
        while (!_parser.IsComplete)
        {
            var read = _socket.Receive(_buffer);
            if (read == 0) throw new BadAnswerException("the connection was closed");
            _parser.Feed(_buffer.AsSpan(0, read));
        }

        if (_parser.Status != 200) throw new BadAnswerException(FormattableString.Invariant($"status {_parser.Status}"));
    }
}

using System.Net;
using System.Net.Sockets;

namespace Switchyard.LoadTest.Load;

/// <summary>One keep-alive connection with at most one open request.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ResponseParser _parser = new();

    public LoadConnection(int port)
    {
        _socket.Connect(IPAddress.Loopback, port);
        _socket.Blocking = false;
    }

    public Socket Socket => _socket;

    public bool IsBusy { get; private set; }

    public ResponseParser Answer => _parser;

    public void Send(byte[] request)
    {
        _parser.Reset();
        IsBusy = true;
        // A request of this tool always fits in an empty socket buffer.
        if (_socket.Send(request, SocketFlags.None, out var error) != request.Length)
            throw new BadAnswerException($"a request could not be sent: {error}");
    }

    /// <summary>Reads the arrived bytes; true if they completed the answer.</summary>
    public bool Receive(byte[] buffer)
    {
        var read = _socket.Receive(buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return false;
        if (read == 0 || error != SocketError.Success) throw new BadAnswerException($"the connection was closed ({error})");

        _parser.Feed(buffer.AsSpan(0, read));
        if (_parser.IsComplete) IsBusy = false;
        return _parser.IsComplete;
    }

    public void Dispose() => _socket.Dispose();
}

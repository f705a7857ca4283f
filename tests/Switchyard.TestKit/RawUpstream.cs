using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Switchyard.TestKit;

/// <summary>
/// A provider on bare sockets, for behaviour that no correct server has: it closes a connection when a request arrives, answers in
/// arbitrary pieces, or sends invalid headers.
/// </summary>
public sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, int, byte[]?> _answer;
    private readonly bool _isEarly;
    private readonly Task _accepting;
    private int _connections;
    private int _requests;

    /// <summary>Starts one.</summary>
    /// <param name="answer">
    /// The answer to a request, by the numbers of its connection and of the request on it, both from 0; null closes the connection after
    /// the request's headers.
    /// </param>
    /// <param name="isEarly">Whether it answers before it has read the body, and then closes the connection.</param>
    public RawUpstream(Func<int, int, byte[]?> answer, bool isEarly = false)
    {
        (_answer, _isEarly) = (answer, isEarly);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The address with its version segment.</summary>
    public string BaseUrl => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1";

    /// <summary>The number of connections made to it.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The number of requests that reached it, including those answered by a close.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>A whole answer that leaves the connection open.</summary>
    public static byte[] Answer(string body, string headers = "Content-Type: application/json", int status = 200) =>
        Answer(Encoding.UTF8.GetBytes(body), headers, status);

    /// <summary>A whole answer that leaves the connection open. Headers may hold any bytes of Latin-1.</summary>
    public static byte[] Answer(byte[] body, string headers, int status = 200) =>
        [.. Encoding.Latin1.GetBytes($"HTTP/1.1 {status} Said\r\n{headers}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = ServeAsync(client, Interlocked.Increment(ref _connections) - 1);
        }
    }

    private async Task ServeAsync(TcpClient client, int connection)
    {
        using var socket = client;
        var stream = client.GetStream();
        for (var number = 0; await ReadHeadAsync(stream) is { } head; number++)
        {
            Interlocked.Increment(ref _requests);
            if (_answer(connection, number) is not { } answer)
            {
                // Unread bytes make this a reset, as when a server closes before it reads the request.
                return;
            }

            if (!_isEarly)
                await ReadBodyAsync(stream, head);
            await stream.WriteAsync(answer, _stop.Token);
            if (_isEarly)
                return;
        }
    }

    private async Task<string?> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private async Task ReadBodyAsync(NetworkStream stream, string head)
    {
        const string Name = "Content-Length: ";
        var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return;
        at += Name.Length;
        var length = int.Parse(head.AsSpan(at, head.IndexOf('\r', at) - at), System.Globalization.CultureInfo.InvariantCulture);
        await stream.ReadExactlyAsync(new byte[length], _stop.Token);
    }
}

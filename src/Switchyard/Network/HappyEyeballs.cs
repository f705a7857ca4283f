using System.Net;
using System.Net.Sockets;

namespace Switchyard.Network;

/// <summary>
/// Connects to a host of several addresses as RFC 8305 says: families in turn, the next address when one fails or has not connected
/// within a moment, the first that connects wins. An address that swallows packets costs that moment, not the connect timeout.
/// </summary>
internal static class HappyEyeballs
{
    /// <summary>The head start of an address over the next: the 250 ms that RFC 8305 recommends.</summary>
    public static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    /// <summary>Resolves a host and connects to it.</summary>
    public static async ValueTask<Stream> ConnectAsync(DnsEndPoint host, TimeProvider time, CancellationToken cancellationToken) =>
        await ConnectAsync(
            await Dns.GetHostAddressesAsync(host.Host, cancellationToken).ConfigureAwait(false), host.Port, time, cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Connects to one of several addresses.</summary>
    /// <exception cref="SocketException">None could be connected to; the reason is the first one's.</exception>
    public static async ValueTask<Stream> ConnectAsync(
        IReadOnlyList<IPAddress> addresses, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = addresses.Count == 1
            ? await ConnectOneAsync(addresses[0], port, cancellationToken).ConfigureAwait(false)
            : await RaceAsync(addresses, (address, stop) => ConnectOneAsync(address, port, stop), time, cancellationToken)
                .ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Runs the race. The losers are cancelled, and disposed if they connect anyway.</summary>
    /// <param name="addresses">The addresses in the resolver's order.</param>
    /// <param name="connect">Connects to one.</param>
    /// <param name="time">Measures the head start.</param>
    /// <param name="cancellationToken">Ends the race.</param>
    internal static async Task<T> RaceAsync<T>(
        IReadOnlyList<IPAddress> addresses,
        Func<IPAddress, CancellationToken, Task<T>> connect,
        TimeProvider time,
        CancellationToken cancellationToken)
        where T : IDisposable
    {
        var order = InTurn(addresses);
        if (order.Count == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        Task? firstFailure = null;
        try
        {
            for (var next = 0; ;)
            {
                if (next < order.Count)
                    running.Add(connect(order[next++], stop.Token));
                var pause = next < order.Count ? Task.Delay(HeadStart, time, stop.Token) : null;
                var ended = await Task.WhenAny(pause is null ? running : running.Append(pause)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (ended == pause)
                    continue;
                running.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                    return ((Task<T>)ended).Result;
                firstFailure ??= ended;
                if (running.Count == 0 && next == order.Count)
                    await firstFailure.ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var loser in running)
                _ = DisposeAsync((Task<T>)loser);
        }
    }

    /// <summary>The addresses with alternating families, beginning with the first one's.</summary>
    private static List<IPAddress> InTurn(IReadOnlyList<IPAddress> addresses)
    {
        var (mine, others) = (new Queue<IPAddress>(), new Queue<IPAddress>());
        foreach (var address in addresses)
            (address.AddressFamily == addresses[0].AddressFamily ? mine : others).Enqueue(address);
        var order = new List<IPAddress>(addresses.Count);
        while (mine.Count + others.Count > 0)
        {
            if (mine.TryDequeue(out var one))
                order.Add(one);
            if (others.TryDequeue(out var other))
                order.Add(other);
        }

        return order;
    }

    private static async Task<Socket> ConnectOneAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken).ConfigureAwait(false);
            // The HTTP client reads it outside its handling of failed connections, and throws a bare SocketException if the peer has reset
            // the connection meanwhile. Read here, that is a failed connection, and the socket caches the value.
            _ = socket.RemoteEndPoint;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task DisposeAsync<T>(Task<T> loser)
        where T : IDisposable
    {
        try
        {
            (await loser.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // A loser that failed to connect.
        }
    }
}

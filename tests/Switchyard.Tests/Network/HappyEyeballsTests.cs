using System.Net;
using System.Net.Sockets;
using Switchyard.Network;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Network;

/// <summary>Connecting to a host with several addresses: RFC 8305 in virtual time.</summary>
public sealed class HappyEyeballsTests
{
    private static readonly IPAddress s_six = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress s_otherSix = IPAddress.Parse("2001:db8::2");
    private static readonly IPAddress s_four = IPAddress.Parse("192.0.2.1");

    private readonly TestClock _clock = new();
    private readonly List<IPAddress> _tried = [];
    private readonly Dictionary<IPAddress, TaskCompletionSource<Connected>> _answers = [];

    /// <summary>The HTTP client reads a connection's remote address outside the code that handles connection failures.</summary>
    [Fact]
    public async Task A_connection_that_is_reset_at_once_still_says_where_it_leads()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = (IPEndPoint)listener.LocalEndpoint;

        await using var stream = (NetworkStream)await HappyEyeballs.ConnectAsync([address.Address], address.Port, _clock, default);
        using (var peer = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
            peer.LingerState = new LingerOption(true, 0);
        await Assert.ThrowsAsync<IOException>(async () => await stream.ReadExactlyAsync(new byte[1]));

        Assert.Equal(address, stream.Socket.RemoteEndPoint);
    }

    [Covers("Y12")]
    [Fact]
    public async Task An_address_that_swallows_packets_costs_a_quarter_of_a_second()
    {
        var race = RaceAsync([s_six, s_four]);
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal([s_six], _tried);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Answer(s_four).SetResult(new Connected(s_four));

        Assert.Equal(s_four, (await race).Address);
    }

    [Covers("Y12")]
    [Fact]
    public async Task An_address_that_fails_gives_way_at_once()
    {
        Answer(s_six).SetException(new SocketException((int)SocketError.NetworkUnreachable));
        Answer(s_four).SetResult(new Connected(s_four));

        Assert.Equal(s_four, (await RaceAsync([s_six, s_four])).Address);
    }

    [Covers("Y12")]
    [Fact]
    public async Task The_families_take_turns()
    {
        foreach (var address in new[] { s_six, s_otherSix, s_four })
            Answer(address).SetException(new SocketException((int)SocketError.ConnectionRefused));

        await Assert.ThrowsAsync<SocketException>(() => RaceAsync([s_six, s_otherSix, s_four]));
        Assert.Equal([s_six, s_four, s_otherSix], _tried);
    }

    [Covers("Y12")]
    [Fact]
    public async Task When_all_fail_the_first_reason_is_reported()
    {
        Answer(s_six).SetException(new SocketException((int)SocketError.NetworkUnreachable));
        Answer(s_four).SetException(new SocketException((int)SocketError.ConnectionRefused));

        var failure = await Assert.ThrowsAsync<SocketException>(() => RaceAsync([s_six, s_four]));
        Assert.Equal(SocketError.NetworkUnreachable, failure.SocketErrorCode);
    }

    [Covers("Y12")]
    [Fact]
    public async Task A_loser_that_connects_all_the_same_is_closed()
    {
        var race = RaceAsync([s_six, s_four]);
        await _clock.WaitForTimersAsync();
        _clock.Advance(HappyEyeballs.HeadStart);
        Answer(s_four).SetResult(new Connected(s_four));
        await race;
        var late = new Connected(s_six);
        Answer(s_six).SetResult(late);

        await late.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Covers("Y12")]
    [Fact]
    public async Task A_client_that_leaves_ends_the_race()
    {
        using var client = new CancellationTokenSource();
        var race = HappyEyeballs.RaceAsync<Connected>(
            [s_six, s_four],
            async (_, stop) =>
            {
                await Task.Delay(Timeout.Infinite, stop);
                throw new InvalidOperationException();
            },
            _clock,
            client.Token);
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
    }

    [Covers("Y12")]
    [Fact]
    public async Task Over_real_sockets_an_address_without_a_listener_gives_way_to_one_that_answers()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var stream = await HappyEyeballs.ConnectAsync(
            [IPAddress.Parse("127.0.0.99"), IPAddress.Loopback], port, TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.True(stream.CanWrite);
    }

    private Task<Connected> RaceAsync(IReadOnlyList<IPAddress> addresses) => HappyEyeballs.RaceAsync(
        addresses,
        (address, _) =>
        {
            _tried.Add(address);
            return Answer(address).Task;
        },
        _clock,
        CancellationToken.None);

    private TaskCompletionSource<Connected> Answer(IPAddress address)
    {
        if (!_answers.TryGetValue(address, out var answer))
            _answers[address] = answer = new TaskCompletionSource<Connected>(TaskCreationOptions.RunContinuationsAsynchronously);
        return answer;
    }

    private sealed class Connected(IPAddress address) : IDisposable
    {
        private readonly TaskCompletionSource _closed = new();

        public IPAddress Address => address;

        public Task Closed => _closed.Task;

        public void Dispose() => _closed.TrySetResult();
    }
}

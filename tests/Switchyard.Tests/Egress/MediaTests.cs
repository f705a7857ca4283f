using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Media;
using Switchyard.Network;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Egress;

/// <summary>
/// Media that a client references by URL is downloaded only from the public internet, or from addresses the operator allows.
/// </summary>
public sealed class MediaTests : IDisposable
{
    private static readonly byte[] s_png = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 1, 2, 3];

    private readonly MediaDownload _download = new();
    private readonly OneAnswer _server = new();

    private static MediaPolicy Allowing(params string[] hosts) =>
        MediaPolicy.Default with { Guard = new EgressGuards().ForDownloads(egress: null, hosts) };

    [Covers("M6")]
    [Fact]
    public async Task An_allowed_host_is_downloaded_from()
    {
        var data = await RunAsync(_server.Serve("application/octet-stream", s_png), Allowing("127.0.0.1"));
        Assert.Equal("image/png", data.MediaType);
        Assert.Equal(s_png, data.Data.ToArray());
    }

    [Covers("M6")]
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task This_machine_is_not_reached_through_the_gateway(string host)
    {
        var address = new UriBuilder(_server.Serve("image/png", s_png)) { Host = host }.Uri;
        var error = (await Assert.ThrowsAsync<CallException>(() => RunAsync(address, MediaPolicy.Default))).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "invalid_image_url"), (error.Kind, error.Code));
        Assert.Contains("public internet", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _server.Connections);
    }

    [Covers("M6")]
    [Fact]
    public async Task A_redirect_to_an_address_that_is_not_allowed_is_not_followed()
    {
        var address = _server.Serve("", [], status: $"302 Found\r\nLocation: http://localhost:{_server.Port}/inner");
        await Assert.ThrowsAsync<CallException>(() => RunAsync(address, Allowing("127.0.0.1")));
        Assert.Equal(1, _server.Connections);
    }

    [Covers("M6")]
    [Theory]
    [InlineData("text/html", "<html></html>")]
    [InlineData("application/json", "{}")]
    [InlineData("image/png", "")]
    public async Task What_is_no_file_is_refused(string type, string body) =>
        await Assert.ThrowsAsync<CallException>(() => RunAsync(_server.Serve(type, Encoding.ASCII.GetBytes(body)), Allowing("127.0.0.1")));

    [Covers("M6")]
    [Theory]
    [InlineData("Content-Encoding: br", "this was never compressed")]
    [InlineData("Content-Encoding: gzip", "this was never compressed")]
    [InlineData("Transfer-Encoding: chunked", "ff\r\nab")]
    public async Task A_file_that_breaks_off_is_the_clients_to_change_and_no_failure_of_a_provider(string header, string body)
    {
        var address = _server.Serve($"image/png\r\n{header}", Encoding.ASCII.GetBytes(body));
        var error = (await Assert.ThrowsAsync<CallException>(() => RunAsync(address, Allowing("127.0.0.1")))).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "invalid_image_url"), (error.Kind, error.Code));
        Assert.Contains("broke off", error.Message, StringComparison.Ordinal);
    }

    [Covers("M6")]
    [Fact]
    public async Task A_file_beyond_the_bound_is_refused()
    {
        var refused = await Assert.ThrowsAsync<CallException>(() => _download.RunAsync(
            _server.Serve("image/png", s_png), Allowing("127.0.0.1"), 10, TestContext.Current.CancellationToken));
        Assert.Contains("media.max", refused.Message, StringComparison.Ordinal);
    }

    [Covers("M6")]
    [Fact]
    public async Task A_server_that_refuses_is_named_by_its_status()
    {
        var refused = await Assert.ThrowsAsync<CallException>(
            () => RunAsync(_server.Serve("image/png", [], status: "404 Not Found"), Allowing("127.0.0.1")));
        Assert.Contains("404", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _download.Dispose();
        _server.Dispose();
    }

    private Task<DataContent> RunAsync(Uri address, MediaPolicy policy) =>
        _download.RunAsync(address, policy, policy.MaxBytes, TestContext.Current.CancellationToken);

    /// <summary>A server that gives every connection the same answer.</summary>
    private sealed class OneAnswer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _connections;

        public OneAnswer() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Connections => Volatile.Read(ref _connections);

        public Uri Serve(string type, byte[] body, string status = "200 OK")
        {
            byte[] answer =
            [
                .. Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body,
            ];
            _ = AcceptAsync(answer);
            return new Uri($"http://127.0.0.1:{Port}/cat");
        }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync(byte[] answer)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _connections);
                    var stream = client.GetStream();
                    var buffer = new byte[4096];
                    _ = await stream.ReadAsync(buffer);
                    await stream.WriteAsync(answer);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}

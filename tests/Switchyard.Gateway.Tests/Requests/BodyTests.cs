using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>
/// The cost of request bodies: memory by the bytes received, time by the call's limit, and a maximum size.
/// </summary>
public sealed class BodyTests
{
    private const int Megabyte = 1024 * 1024;

    [Covers("H4")]
    [Fact]
    public async Task A_body_that_is_announced_and_never_sent_takes_no_memory_of_its_size()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var pool = gateway.Services.GetRequiredService<BodyPool>();

        using var client = await AnnounceAsync(gateway, 30 * Megabyte, 100_000);
        await Wait.ForAsync(() => pool.Held > 0);

        Assert.InRange(pool.Held, 1, 8 * 100_000);
        client.Close();
        await Wait.ForAsync(() => pool.Held == 0);
    }

    [Covers("H4")]
    [Fact]
    public async Task A_body_beyond_what_all_may_take_is_a_503_that_says_when_to_come_again()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Server.MaxBodyBytes = 2 * Megabyte;
            options.Server.MaxBodiesBytes = 4 * Megabyte;
        });
        var pool = gateway.Services.GetRequiredService<BodyPool>();
        using var first = await AnnounceAsync(gateway, 2 * Megabyte, 3 * Megabyte / 2);
        await Wait.ForAsync(() => pool.Held > 2 * Megabyte);
        var request = Some.ChatRequest(text: new string('x', 19 * Megabyte / 10));

        var refused = await gateway.ChatAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        var text = await refused.Content.ReadAsStringAsync();
        Assert.Contains("gateway_overloaded", text, StringComparison.Ordinal);
        Assert.Contains("server.max_bodies", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);

        first.Close();
        await Wait.ForAsync(() => pool.Held == 0);
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(request)).StatusCode);
        Assert.Equal(Encoding.UTF8.GetBytes(request).Length, upstream.LastRequest.Body.Length + "up/".Length);
    }

    [Covers("H4")]
    [Theory]
    [InlineData(10)]
    [InlineData(70_000)]
    [InlineData(600_000)]
    [InlineData(5_000_000)]
    public async Task A_body_arrives_whole_whatever_its_size_and_whether_it_was_announced(int size)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var request = Some.ChatRequest(text: new string('y', size));
        foreach (var announced in new[] { true, false })
        {
            using var content = announced
                ? (HttpContent)new ByteArrayContent(Encoding.UTF8.GetBytes(request))
                : new StreamContent(new UnknownLength(Encoding.UTF8.GetBytes(request)));
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            (await gateway.Http.PostAsync("/v1/chat/completions", content)).EnsureSuccessStatusCode();

            Assert.Equal(request.Replace("up/", "", StringComparison.Ordinal), upstream.LastRequest.Text);
        }

        var pool = gateway.Services.GetRequiredService<BodyPool>();
        await Wait.ForAsync(() => pool.Held == 0);
    }

    [Theory]
    [InlineData("x-switchyard-cache", "always")]
    [InlineData("x-switchyard-cache-ttl", "soon")]
    public async Task A_header_that_is_refused_gives_the_memory_of_the_body_back(string header, string value)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Cache = new());
        var pool = gateway.Services.GetRequiredService<BodyPool>();

        using var refused = await gateway.PostAsync(
            "/v1/chat/completions", Some.ChatRequest(text: new string('x', Megabyte)), (header, value));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        await Wait.ForAsync(() => pool.Held == 0);
    }

    [Covers("H4")]
    [Fact]
    public void What_the_pool_lends_is_counted_until_it_comes_back()
    {
        using var pool = new BodyPool(new TestClock());
        var small = pool.Rent(BodyPool.Small, limit: 0);
        Assert.Equal(0, pool.Held);
        var large = pool.Rent(3 * Megabyte, limit: 4 * Megabyte);
        Assert.Equal(large.Length, pool.Held);

        Assert.Equal(CallErrorKind.Overloaded, Assert.Throws<CallException>(() => pool.Rent(2 * Megabyte, 4 * Megabyte)).Error.Kind);
        Assert.Equal(large.Length, pool.Held);
        pool.Return(large);
        pool.Return(small);
        Assert.Equal(0, pool.Held);
        Assert.NotSame(large, pool.Rent(3 * Megabyte, long.MaxValue));
    }

    [Covers("H4")]
    [Fact]
    public async Task The_memory_of_a_burst_is_given_back_when_it_is_over()
    {
        var clock = new TestClock();
        using var pool = new BodyPool(clock);
        var weak = RentAndReturn(pool);
        await clock.WaitForTimersAsync();
        clock.Advance(TimeSpan.FromSeconds(5));

        Assert.False(weak.IsAlive);
    }

    [Covers("H14")]
    [Theory]
    [InlineData("application/json")]
    [InlineData("multipart/form-data; boundary=b")]
    public async Task A_body_that_trickles_in_ends_with_the_time_of_a_call(string type)
    {
        var clock = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            build: builder => builder.Services.AddSingleton<TimeProvider>(clock));

        using var client = await AnnounceAsync(gateway, 1000, 0, type, "/v1/audio/transcriptions");
        await clock.WaitForTimersAsync();
        clock.Advance(TimeSpan.FromMinutes(10));
        var answer = await new StreamReader(client.GetStream()).ReadLineAsync();

        Assert.Equal("HTTP/1.1 408 Request Timeout", answer);
    }

    [Covers("H7")]
    [Fact]
    public async Task An_upload_that_finds_no_room_on_disk_is_the_gateways_failure()
    {
        using var pool = new BodyPool(new TestClock());
        using var bytes = new SpooledBytes(pool, long.MaxValue, Path.Combine(Path.GetTempPath(), "no", "such", "folder"));

        var failure = await Assert.ThrowsAsync<CallException>(
            async () => await bytes.AddAsync(new byte[2 * Megabyte], CancellationToken.None));
        Assert.Equal(CallErrorKind.Overloaded, failure.Error.Kind);
        Assert.Contains("TMPDIR", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("such", failure.Message, StringComparison.Ordinal);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference RentAndReturn(BodyPool pool)
    {
        var array = pool.Rent(70 * Megabyte, long.MaxValue);
        pool.Return(array);
        return new WeakReference(array);
    }

    /// <summary>Polls for a condition without an event; fails after a while.</summary>

    /// <summary>Sends the headers of a body and its beginning.</summary>
    private static async Task<TcpClient> AnnounceAsync(
        GatewayHost gateway, int length, int sent, string type = "application/json", string path = "/v1/chat/completions")
    {
        var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {length}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + new string(' ', sent)));
        return client;
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}

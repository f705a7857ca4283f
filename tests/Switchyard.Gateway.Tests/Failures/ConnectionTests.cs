using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>Connections to a provider that end: while idle, which no client notices, and during a call, which is a failure.</summary>
public sealed class ConnectionTests
{
    private static readonly byte[] s_stream = RawUpstream.Answer(string.Concat(Some.ChatStream()), "Content-Type: text/event-stream");

    [Covers("Y11", "H8")]
    [Theory]
    [InlineData(100, false)]
    [InlineData(100, true)]
    [InlineData(2_000_000, false)]
    [InlineData(2_000_000, true)]
    public async Task A_request_that_met_a_closing_connection_is_sent_again_unnoticed(int size, bool stream)
    {
        await using var upstream = new RawUpstream((connection, number) =>
            connection == 0 && number == 1 ? null : stream ? s_stream : RawUpstream.Answer(Some.ChatCompletion()));
        await using var gateway = await StartAsync(upstream);

        await AskAsync(gateway, 100, stream);
        var again = await AskAsync(gateway, size, stream);

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("1", again.Headers.GetValues("x-switchyard-attempts").Single());
        Assert.Equal((2, 3), (upstream.Connections, upstream.Requests));
    }

    [Covers("Y11")]
    [Fact]
    public async Task A_translated_request_is_sent_again_as_well()
    {
        await using var upstream = new RawUpstream((connection, number) =>
            connection == 0 && number == 1 ? null : RawUpstream.Answer(Some.ChatCompletion()));
        await using var gateway = await StartAsync(upstream);
        const string Request = """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""";

        await (await gateway.PostAsync("/v1/messages", Request)).Content.ReadAsStringAsync();
        var again = await gateway.PostAsync("/v1/messages", Request);

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Covers("Y11")]
    [Fact]
    public async Task A_request_is_sent_again_once_and_not_more_often()
    {
        await using var upstream = new RawUpstream((connection, number) =>
            connection == 0 && number == 0 ? RawUpstream.Answer(Some.ChatCompletion()) : null);
        await using var gateway = await StartAsync(upstream);

        await AskAsync(gateway, 100, stream: false);
        var again = await AskAsync(gateway, 100, stream: false);

        Assert.Equal(HttpStatusCode.BadGateway, again.StatusCode);
        Assert.Equal(3, upstream.Requests);
    }

    [Covers("Y11")]
    [Fact]
    public async Task A_new_connection_that_dies_without_an_answer_is_a_failure_of_the_provider()
    {
        await using var upstream = new RawUpstream((_, _) => null);
        await using var gateway = await StartAsync(upstream);

        var answer = await AskAsync(gateway, 100, stream: false);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal(1, upstream.Requests);
    }

    [Covers("Y11")]
    [Fact]
    public async Task A_used_connection_that_dies_within_an_answer_is_a_failure_of_the_provider()
    {
        await using var upstream = new RawUpstream((connection, number) => (connection, number) switch
        {
            (0, 1) => "HTTP/1.1 200 OK\r\nContent-Ty"u8.ToArray(),
            (0, 2) => null,
            _ => RawUpstream.Answer(Some.ChatCompletion()),
        });
        var clock = new TestClock();
        await using var gateway = await StartAsync(upstream, options => options.Timeouts.Attempt = TimeSpan.FromSeconds(1), clock);

        await AskAsync(gateway, 100, stream: false);
        var asking = AskAsync(gateway, 100, stream: false);
        await Wait.ForAsync(() => upstream.Requests == 2);
        // The beginning of the answer comes within this time.
        await Task.Delay(100);
        clock.Advance(TimeSpan.FromSeconds(2));
        using var cut = await asking;

        Assert.NotEqual(HttpStatusCode.OK, cut.StatusCode);
        Assert.Equal(2, upstream.Requests);
    }

    private static Task<GatewayHost> StartAsync(
        RawUpstream upstream, Action<SwitchyardOptions>? configure = null, TimeProvider? time = null) =>
        GatewayHost.StartAsync(
            options =>
            {
                options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Models = ["some-model"] };
                configure?.Invoke(options);
            },
            builder =>
            {
                if (time is not null)
                    builder.Services.AddSingleton(time);
            });

    private static async Task<HttpResponseMessage> AskAsync(GatewayHost gateway, int size, bool stream)
    {
        var answer = await gateway.ChatAsync(Some.ChatRequest(text: new string('x', size), stream: stream));
        // The connection to the provider is free once the answer has been read.
        await answer.Content.ReadAsStringAsync();
        return answer;
    }
}

using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

public sealed class UpstreamFaultTests
{
    [Covers("S001-47", "S001-83", "S002-16", "S002-23", "S004-52", "S004-53", "S004-54", "S004-55", "E10")]
    [Theory]
    [InlineData(401, 500, "upstream_authentication_failed")]
    [InlineData(403, 500, "upstream_authentication_failed")]
    [InlineData(429, 429, null)]
    [InlineData(500, 502, null)]
    [InlineData(503, 502, null)]
    [InlineData(404, 404, null)]
    [InlineData(422, 422, null)]
    public async Task An_error_status_reaches_the_client_as_ours(int upstreamStatus, int status, string? code)
    {
        foreach (var stream in (bool[])[false, true])
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await GatewayHost.StartAsync(upstream);
            upstream.ThenJson(
                """{"error":{"message":"It went wrong with sk-abcdefgh12345678.","type":"some_type","param":null,"code":null}}""",
                upstreamStatus);

            var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));

            Assert.Equal(status, (int)response.StatusCode);
            var body = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("sk-abcdefgh", body, StringComparison.Ordinal);
            if (code is not null)
                Assert.Equal(code, JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Retry_after_is_passed_on()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        // The header wins over the body.
        upstream.ThenJson("""{"error":{"message":"Slow down.","retry_after":3}}""", 429, ("Retry-After", "17"));

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(TimeSpan.FromSeconds(17), response.Headers.RetryAfter!.Delta);
    }

    [Theory]
    [InlineData("", "application/json")]
    [InlineData("   ", "application/json")]
    [InlineData("<html><body>Bad gateway at http://10.0.0.7/</body></html>", "text/html")]
    [InlineData("<html><body>Bad gateway</body></html>", "application/json")]
    [InlineData("garbage", "application/json")]
    [InlineData("{\"cut\":", "application/json")]
    [InlineData("{\"choices\":[]},{}", "application/json")]
    public async Task Garbage_is_a_502_without_the_garbage(string body, string type)
    {
        foreach (var stream in (bool[])[false, true])
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await GatewayHost.StartAsync(upstream);
            upstream.ThenBytes(Encoding.UTF8.GetBytes(body), type);

            var response = await gateway.ChatAsync(Some.ChatRequest(stream: stream));

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            var text = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("html", text, StringComparison.Ordinal);
            Assert.DoesNotContain("10.0.0.7", text, StringComparison.Ordinal);
        }
    }

    [Covers("S002-18")]
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("bedrock-converse")]
    [InlineData("cohere")]
    [InlineData("ollama")]
    public async Task A_refusal_in_plain_text_reaches_the_client_in_its_words(string dialect)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = dialect);
        foreach (var (body, message) in ((string, string)[])
            [("temperature is too high", "temperature is too high"), ("", "Invalid request format")])
        {
            upstream.ThenBytes(Encoding.UTF8.GetBytes(body), "text/plain", 400);

            var response = await gateway.ChatAsync(Some.ChatRequest());

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(message, error.RootElement.GetProperty("error").GetProperty("message").GetString());
        }
    }

    [Covers("S004-51")]
    [Fact]
    public async Task A_limit_with_its_wait_in_the_body_is_reported_with_the_wait_in_the_header()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Slow down."},"retry_after":17}""", 429);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(17), response.Headers.RetryAfter!.Delta);
    }

    [Covers("S004-37")]
    [Theory]
    [InlineData(401, "up authentication failed")]
    [InlineData(429, "up: Too much at once.")]
    [InlineData(503, "up: Too much at once.")]
    public async Task An_error_names_provider_model_and_reason(int status, string message)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Models["fast"] = new()
        {
            Targets = [new TargetOptions { Model = "up/some-model" }],
        });
        upstream.ThenJson("""{"error":{"message":"Too much at once."}}""", status);

        var response = await gateway.ChatAsync(Some.ChatRequest("fast"));

        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(message, error.RootElement.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("up", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("some-model", response.Headers.GetValues("x-switchyard-model").Single());
        Assert.Equal("fast", response.Headers.GetValues("x-switchyard-requested-model").Single());
    }

    [Covers("S001-48")]
    [Fact]
    public async Task A_provider_that_hangs_up_is_a_502()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenCut();

        Assert.Equal(HttpStatusCode.BadGateway, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
    }

    [Covers("S001-48", "S004-50")]
    [Fact]
    public async Task A_provider_that_is_not_there_is_a_502_that_gives_no_address_away()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["gone"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1" });

        var response = await gateway.ChatAsync(Some.ChatRequest("gone/model"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("Failed to connect to gone", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
    }

    [Covers("S001-56")]
    [Fact]
    public async Task A_silent_stream_ends_in_a_504_when_the_first_token_clock_runs_out()
    {
        var clock = new TestClock();
        var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options => options.Timeouts.FirstToken = TimeSpan.FromSeconds(10),
            builder => builder.Services.AddSingleton<TimeProvider>(clock));
        upstream.Then(async http =>
        {
            var begin = ": a comment is no token\n\n" + Some.Chunk("""{"role":"assistant","content":""}""");
            await FakeUpstream.WriteAsync(http, 200, "text/event-stream", begin);
            await http.Response.Body.FlushAsync();
            silent.SetResult();
            await upstream.HangAsync(http);
        });

        var answer = gateway.ChatAsync(Some.ChatRequest(stream: true));
        await silent.Task.WaitAsync(TimeSpan.FromSeconds(30));
        clock.Advance(TimeSpan.FromSeconds(9));
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1.2));

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await answer).StatusCode);
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Covers("S001-56", "S004-49")]
    [Fact]
    public async Task A_silent_answer_ends_in_a_504_when_the_total_clock_runs_out()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options => options.Timeouts.FirstToken = options.Timeouts.Idle = options.Timeouts.Total = TimeSpan.FromMilliseconds(200));
        upstream.ThenHang();

        Assert.Equal(HttpStatusCode.GatewayTimeout, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
    }

    [Covers("S004-69")]
    [Fact]
    public async Task A_stream_that_falls_silent_ends_in_exactly_one_error_event()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Timeouts.Idle = TimeSpan.FromMilliseconds(200));
        // In one piece: between two, the machine may fall silent.
        upstream.ThenStreamAndHang(string.Concat(Some.ChatStream()[..2]));

        var text = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();

        Assert.StartsWith(string.Concat(Some.ChatStream()[..2]), text, StringComparison.Ordinal);
        AssertOneErrorThenDone(text);
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_in_the_middle_of_a_frame_ends_in_exactly_one_error_event()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStreamAndCut([.. Some.ChatStream()[..2], "data: {\"id\":\"chatcm"]);

        var text = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();

        Assert.StartsWith(string.Concat(Some.ChatStream()[..2]) + "data: {\"error\"", text, StringComparison.Ordinal);
        AssertOneErrorThenDone(text);
    }

    [Fact]
    public async Task A_stream_that_ends_in_the_middle_of_a_frame_ends_in_exactly_one_error_event()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream([.. Some.ChatStream()[..2], "data: {\"id\":\"chatcm"]);

        var text = await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync();

        Assert.StartsWith(string.Concat(Some.ChatStream()[..2]) + "data: {\"error\"", text, StringComparison.Ordinal);
        AssertOneErrorThenDone(text);
    }

    [Fact]
    public async Task A_stream_whose_last_frame_lacks_its_blank_line_arrives_as_it_is()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var whole = string.Concat(Some.ChatStream()).TrimEnd();
        upstream.ThenStream(whole);

        Assert.Equal(whole, await (await gateway.ChatAsync(Some.ChatRequest(stream: true))).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_stream_that_begins_with_an_error_is_answered_with_its_status()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":null}}\n\n");

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.True((int)response.StatusCode >= 500);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_stream_that_begins_with_garbage_is_a_502_without_the_garbage()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(["data: <html>at http://10.0.0.7/</html>\n\n", .. Some.ChatStream()]);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.DoesNotContain("10.0.0.7", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_providers_own_error_behind_content_passes_however_the_stream_is_cut(bool inOnePiece)
    {
        var outcome = new TaskCompletionSource<CallOutcome>();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => outcome.TrySetResult(call.Outcome))));
        string[] pieces =
        [
            .. Some.ChatStream()[..2], "data: {\"error\":{\"message\":\"Token limit reached\",\"code\":400}}\n\n", Some.Done,
        ];
        upstream.ThenStream(inOnePiece ? [string.Concat(pieces)] : pieces);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(string.Concat(pieces), await response.Content.ReadAsStringAsync());
        Assert.Equal(CallOutcome.Failed, await outcome.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_client_that_leaves_closes_the_upstream_within_a_second()
    {
        var quickest = long.MaxValue;
        for (var tries = 0; tries < 5 && quickest > 1000; tries++)
            quickest = Math.Min(quickest, await LeaveAsync());

        // The promise is 100 ms; the margin and the tries are for a busy machine.
        Assert.InRange(quickest, 0, 1000);
    }

    /// <summary>Leaves in the middle of an answer.</summary>
    /// <returns>The milliseconds until the provider's connection was closed.</returns>
    private static async Task<long> LeaveAsync()
    {
        var outcome = new TaskCompletionSource<CallOutcome>();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => outcome.TrySetResult(call.Outcome))));
        upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));
        var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[20]);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        response.Dispose();
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
        var elapsed = watch.ElapsedMilliseconds;

        Assert.Equal(CallOutcome.Abandoned, await outcome.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        return elapsed;
    }

    [Fact]
    public async Task A_provider_that_points_back_at_the_gateway_is_a_508()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Providers["mock"] = new ProviderOptions());
        var self = new ProviderOptions { BaseUrl = new Uri(gateway.Address, "/v1").AbsoluteUri };
        await gateway.Engine.ApplyAsync(new SwitchyardOptions { AutoEnable = false, Providers = { ["self"] = self } });

        var response = await gateway.ChatAsync(Some.ChatRequest("self/anything"));

        Assert.Equal(508, (int)response.StatusCode);
    }

    private static void AssertOneErrorThenDone(string text)
    {
        Assert.Equal(1, text.Split("\"error\"").Length - 1);
        Assert.Equal(1, text.Split("[DONE]").Length - 1);
        Assert.EndsWith(Some.Done, text, StringComparison.Ordinal);
    }
}

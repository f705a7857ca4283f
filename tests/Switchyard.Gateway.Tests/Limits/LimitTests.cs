using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Limits;

/// <summary>Limits over HTTP: the headers, in each client's own names, and the meaning of a provider's headers.</summary>
public sealed class LimitTests
{
    private readonly TestClock _clock = new();

    [Fact]
    [Covers("S003-57", "S003-64")]
    public async Task Every_limited_answer_tells_what_is_left_and_a_refusal_when_to_come_back()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new() { RequestsPerMinute = 2, TokensPerMinute = 100_000 });

        var first = await gateway.ChatAsync(Some.ChatRequest());
        await gateway.ChatAsync(Some.ChatRequest());
        _clock.Advance(TimeSpan.FromSeconds(10));
        var refused = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(("2", "1", "1m0s"), (
            Header(first, "x-ratelimit-limit-requests"), Header(first, "x-ratelimit-remaining-requests"),
            Header(first, "x-ratelimit-reset-requests")));
        Assert.Equal("100000", Header(first, "x-ratelimit-limit-tokens"));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(("50", "0", "50s"), (
            Header(refused, "Retry-After"), Header(refused, "x-ratelimit-remaining-requests"),
            Header(refused, "x-ratelimit-reset-requests")));
        var error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());
        Assert.StartsWith("Rate limit exceeded. Retry after 50s", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_client_of_Anthropic_reads_its_own_headers_and_the_time_of_the_reset()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, new() { RequestsPerMinute = 1 });
        const string Message = """{"model":"up/some-model","max_tokens":9,"messages":[{"role":"user","content":"Hello"}]}""";

        var answer = await gateway.PostAsync("/v1/messages", Message);
        var refused = await gateway.PostAsync("/v1/messages", Message);

        Assert.Equal(("1", "0", "2030-01-01T00:01:00Z"), (
            Header(answer, "anthropic-ratelimit-requests-limit"), Header(answer, "anthropic-ratelimit-requests-remaining"),
            Header(answer, "anthropic-ratelimit-requests-reset")));
        Assert.False(answer.Headers.Contains("x-ratelimit-limit-requests"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "60"), (refused.StatusCode, Header(refused, "Retry-After")));
        Assert.Contains("rate_limit_error", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0DATA"}}""")]
    [InlineData("/v1/chat/completions", """{"type":"input_audio","input_audio":{"data":"UklGRDATA","format":"wav"}}""")]
    [InlineData("/v1/messages", """{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"\/9j\/DATA"}}""")]
    public async Task A_picture_takes_no_more_of_a_limit_of_tokens_the_more_bytes_it_has(string path, string part)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var gateway = await StartAsync(upstream, new() { TokensPerMinute = 100_000 });
        part = part.Replace("DATA", new string('A', 300_000), StringComparison.Ordinal);
        var body = $$"""{"model":"up/some-model","max_tokens":50,"messages":[{"role":"user","content":[{{part}}]}]}""";
        using var request = new StringContent(body, Encoding.UTF8, "application/json");
        using var leave = new CancellationTokenSource();
        var asking = gateway.Http.PostAsync(path, request, leave.Token);
        await Wait.ForAsync(() => upstream.Requests.Count > 0);

        // Two of them run in parallel: counted by bytes, one alone would take 75,000.
        Assert.InRange(gateway.Engine.Limits.GetStatus("up")!.Rules.Single().Used, 1_000, 2_000);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Without_limits_no_answer_speaks_of_them()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var answer = await gateway.ChatAsync(Some.ChatRequest());

        Assert.DoesNotContain(answer.Headers, header => header.Key.Contains("ratelimit", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("openai-chat", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "1m30s")]
    [InlineData("openai-chat", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "90")]
    [InlineData("anthropic-messages", "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset",
        "2030-01-01T00:01:30Z")]
    public async Task A_target_whose_provider_says_that_nothing_is_left_is_passed_over_until_its_reset(
        string dialect, string remaining, string reset, string value)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        first.ThenJson(dialect == "openai-chat" ? Some.ChatCompletion() : Anthropic, 200, (remaining, "0"), (reset, value));
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["first"] = new() { BaseUrl = first.BaseUrl, Key = "k", Dialect = dialect };
                options.Providers["second"] = new() { BaseUrl = second.BaseUrl, Key = "k" };
                options.Models["fast"] = new() { Targets = [new() { Model = "first/m" }], Fallback = [new() { Model = "second/m" }] };
            },
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));

        foreach (var (wait, expected) in new[] { (0, "first"), (89, "second"), (2, "first") })
        {
            _clock.Advance(TimeSpan.FromSeconds(wait));
            var answer = await gateway.ChatAsync(Some.ChatRequest("fast"));
            Assert.Equal(expected, Header(answer, "x-switchyard-provider"));
        }
    }

    private const string Anthropic =
        """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}""";

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, LimitOptions limit) => GatewayHost.StartAsync(
        upstream, options => options.Limits["up"] = limit, builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}

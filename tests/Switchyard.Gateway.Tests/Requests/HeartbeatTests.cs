using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Heartbeats for a client that waits for the first token.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);

    public static TheoryData<string, string> Clients => new()
    {
        { "/v1/chat/completions", Some.ChatRequest("slow/m", stream: true) },
        { "/v1/messages", Some.ChatRequest("slow/m", stream: true, extra: ",\"max_tokens\":9") },
        { "/v1/responses", """{"model":"slow/m","input":"Hi","stream":true}""" },
        { "/chat", Some.ChatRequest("slow/m", stream: true) },
        { "/v1beta/models/slow/m:streamGenerateContent", """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""" },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    [Covers("W11")]
    public async Task A_stream_that_waits_is_begun_early_and_then_answered(string path, string json)
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync();

        using var response = await slow.BeginAsync(gateway, path, json);
        slow.Answer(Some.ChatStream());
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.Contains("x-request-id"));
        Assert.Equal(path == "/v1/messages", response.Headers.Contains("request-id"));
        Assert.Contains(" there", body, StringComparison.Ordinal);
        Assert.True(body.StartsWith(": keep-alive\n", StringComparison.Ordinal) || body.TrimStart('\n').StartsWith('['), body);
    }

    [Covers("X2", "W11")]
    [Theory]
    [InlineData(
        "/v1/messages", """{"model":"slow/m","messages":[{"role":"user","content":"Hi"}],"max_tokens":9,"stream":true,"top_k":5}""")]
    [InlineData(
        "/v1beta/models/slow/m:streamGenerateContent",
        """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"topK":5}}""")]
    public async Task A_stream_begun_early_names_in_itself_what_the_request_lost(string path, string json)
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync();

        using var response = await slow.BeginAsync(gateway, path, json);
        slow.Answer(Some.ChatStream());
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("x-switchyard-dropped: top_k", body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    [Covers("W11")]
    public async Task While_only_heartbeats_were_written_another_target_is_tried(string path, string json)
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync(options => options.Models["slow/m"] = new ModelRouteOptions
        {
            Targets = [new() { Model = "slow/some-model" }],
            Fallback = [new() { Model = "mock/mock-model-v1" }],
        });

        using var response = await slow.BeginAsync(gateway, path, json);
        slow.Fail();
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("Mock ", body, StringComparison.Ordinal);
        Assert.DoesNotContain("no more", body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    [Covers("W11", "S004-69")]
    public async Task A_failure_after_heartbeats_is_an_error_event(string path, string json)
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync();

        using var response = await slow.BeginAsync(gateway, path, json);
        slow.Fail();
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("no more", body, StringComparison.Ordinal);
        Assert.Contains("error", body, StringComparison.Ordinal);
    }

    /// <summary>A body forwarded to a provider of the client's own format may be one that the gateway cannot decode.</summary>
    [Fact]
    public async Task A_failure_after_heartbeats_is_reported_for_a_request_that_was_only_passed_on()
    {
        const string Request = """{"model":"slow/m","stream":true,"messages":[{"role":5}]}""";
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync();

        using var response = await slow.BeginAsync(gateway, "/v1/chat/completions", Request);
        slow.Fail();

        Assert.Contains("no more", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W11")]
    public async Task A_stream_of_events_to_Gemini_has_its_headers_early_and_no_comment()
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync();

        using var response = await slow.BeginAsync(
            gateway, "/v1beta/models/slow/m:streamGenerateContent?alt=sse", """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""");
        slow.Answer(Some.ChatStream());

        Assert.StartsWith("data: ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W11")]
    public async Task Without_the_setting_nothing_is_written_before_the_answer()
    {
        await using var slow = new SlowUpstream();
        await slow.StartAsync();
        await using var gateway = await slow.GatewayAsync(options => options.Server.Heartbeat = null);

        var pending = gateway.PostAsync("/v1/chat/completions", Some.ChatRequest("slow/m", stream: true));
        await slow.Asked;
        slow.Clock.Advance(s_interval);
        slow.Fail();

        Assert.Equal(HttpStatusCode.BadGateway, (await pending).StatusCode);
    }

    /// <summary>A provider that answers when the test releases it, behind a gateway whose time the test advances.</summary>
    private sealed class SlowUpstream : IAsyncDisposable
    {
        private readonly TaskCompletionSource<string[]?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private FakeUpstream _upstream = null!;

        public TestClock Clock { get; } = new();

        public Task Asked => _asked.Task;

        public async Task StartAsync()
        {
            _upstream = await FakeUpstream.StartAsync();
            _upstream.Then(async (http, _) =>
            {
                _asked.TrySetResult();
                if (await _answer.Task is not { } pieces)
                {
                    http.Response.StatusCode = 503;
                    await http.Response.WriteAsync("""{"error":{"message":"no more","type":"server_error","param":null,"code":null}}""");
                    return;
                }

                http.Response.ContentType = "text/event-stream";
                await http.Response.WriteAsync(string.Concat(pieces));
            });
        }

        public Task<GatewayHost> GatewayAsync(Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
            options =>
            {
                options.Server.Heartbeat = s_interval;
                options.Providers["slow"] = new ProviderOptions { BaseUrl = _upstream.BaseUrl };
                options.Providers["mock"] = new();
                configure?.Invoke(options);
            },
            builder => builder.Services.AddSingleton<TimeProvider>(Clock));

        /// <summary>Sends a request and lets a heartbeat interval pass: the answer begins although the provider has sent nothing.</summary>
        public async Task<HttpResponseMessage> BeginAsync(GatewayHost gateway, string path, string json)
        {
            var pending = gateway.PostAsync(path, json);
            await Task.WhenAny(Asked, pending);
            // The clock of the attempt, and the heartbeat, which begins after the provider was asked.
            if (!pending.IsCompleted)
                await Clock.WaitForTimersAsync(2);
            while (!pending.IsCompleted)
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(pending, Task.Delay(10));
                if (Clock.Elapsed > TimeSpan.FromSeconds(25))
                    break;
            }

            return await pending;
        }

        public void Answer(string[] pieces) => _answer.TrySetResult(pieces);

        public void Fail() => _answer.TrySetResult(null);

        public async ValueTask DisposeAsync()
        {
            Fail();
            await _upstream.DisposeAsync();
        }
    }
}

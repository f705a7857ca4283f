using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Tests.Failures;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The id of a request, its line in the log, and its place in a trace.</summary>
public sealed class RequestLogTests
{
    private const string Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    public static TheoryData<string> Clients => [.. ClientFormat.Names];

    [Covers("Y13", "V4", "S002-64")]
    [Theory, MemberData(nameof(Clients))]
    public async Task A_call_that_succeeds_is_one_line_with_the_id_of_its_answer(string client)
    {
        var (format, reader) = (ProviderFormat.Of(client), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, client);
        foreach (var stream in (bool[])[false, true])
        {
            upstream.ThenBytes(
                stream ? format.Stream : Encoding.UTF8.GetBytes(format.Whole), stream ? format.StreamType : "application/json");
            using var response = await gateway.PostAsync(
                reader.Path("up/some-model", stream), reader.Body("up/some-model", stream), ("x-request-id", $"mine-{stream}"));
            await response.Content.ReadAsStringAsync();
            Assert.Equal($"mine-{stream}", response.Headers.GetValues("x-request-id").Single());
            await gateway.Log.WaitForAsync($"Call mine-{stream}: ");
            var (level, line) = Assert.Single(gateway.Log.Lines, line => line.Text.Contains($"mine-{stream}", StringComparison.Ordinal));
            Assert.Equal(LogLevel.Information, level);
            Assert.Matches(
                @"^Call mine-(True|False): Chat of up/some-model answered by up/some-model: 200 in \d+\.\d\d ms, 9 \+ 2 tokens$", line);
        }
    }

    [Covers("V4")]
    [Fact]
    public async Task Every_refusal_has_one_id_in_answer_and_log()
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys = ["a-client-key"]);
        gateway.Http.DefaultRequestHeaders.Add("x-request-id", "mine-1");
        (string Path, string Method, string? Key, int Status)[] asked =
        [
            ("/v1/chat/completions", "POST", null, 401),
            ("/v1/chat/completions", "POST", "a-client-key", 400),
            ("/v1/messages", "POST", "wrong", 401),
            ("/v1/models", "GET", null, 401),
            ("/v1/models/none", "GET", "a-client-key", 404),
            ("/v1/capabilities?feature=none", "GET", "a-client-key", 400),
            ("/v1/nothing", "GET", null, 404),
        ];
        foreach (var (path, method, key, status) in asked)
        {
            gateway.Log.Clear();
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (method == "POST")
                request.Content = new StringContent("{", Encoding.UTF8, "application/json");
            if (key is not null)
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
            using var response = await gateway.Http.SendAsync(request);
            Assert.Equal((path, status), (path, (int)response.StatusCode));
            Assert.Equal("mine-1", response.Headers.GetValues("x-request-id").Single());
            Assert.Single(gateway.Log.Lines, line => line.Text.StartsWith("Request mine-1 ", StringComparison.Ordinal));
        }
    }

    [Covers("H9")]
    [Fact]
    public async Task Of_strangers_a_few_are_logged_and_the_others_counted()
    {
        var clock = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Server.Keys = ["a-client-key"], build => build.Services.AddSingleton<TimeProvider>(clock));
        for (var i = 0; i < 25; i++)
        {
            using var refused = await gateway.ChatAsync("{}");
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        Assert.Equal(Refusals.LinesPerWindow, LinesOfRefusals(gateway));
        // Callers with a key are still logged.
        using var known = await gateway.ChatAsync("{}", ("Authorization", "Bearer a-client-key"));
        Assert.Equal(Refusals.LinesPerWindow + 1, LinesOfRefusals(gateway));

        clock.Advance(Refusals.Window);
        using var later = await gateway.ChatAsync("{}");
        Assert.Equal(Refusals.LinesPerWindow + 2, LinesOfRefusals(gateway));
        Assert.Single(
            gateway.Log.Lines,
            line => line.Text.StartsWith("15 more requests without a valid key or path were refused", StringComparison.Ordinal));

        static int LinesOfRefusals(GatewayHost gateway) =>
            gateway.Log.Lines.Count(line => line.Text.StartsWith("Request ", StringComparison.Ordinal)
                && line.Text.Contains("refused", StringComparison.Ordinal));
    }

    [Covers("Y14")]
    [Theory, InlineData(false), InlineData(true)]
    public async Task What_a_provider_says_of_a_request_is_logged_only_at_debug_or_when_asked_for(bool content)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options => options.Logs.Content = content,
            build => build.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug)));
        upstream.ThenJson("""{"error":{"message":"Cannot do: my secret plan","type":"invalid_request_error"}}""", 422);

        using var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Contains("my secret plan", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var text in (string[])["secret plan", "upstream status 422"])
            await Wait.ForAsync(() => gateway.Log.Lines.Any(line => line.Text.Contains(text, StringComparison.Ordinal)));
        var quoting = gateway.Log.Lines.Where(line => line.Text.Contains("secret plan", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(quoting);
        Assert.Equal(content, quoting.Any(line => line.Level > LogLevel.Debug));
        Assert.Contains(
            gateway.Log.Lines,
            line => line is { Level: LogLevel.Information } && line.Text.Contains("upstream status 422", StringComparison.Ordinal));
    }

    [Covers("Y13")]
    [Fact]
    public async Task A_failure_is_one_line_without_a_stack()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
            options.Providers["gone"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1" });

        using var response = await gateway.ChatAsync(Some.ChatRequest("gone/model"));

        await gateway.Log.WaitForAsync("Call ");
        var line = Assert.Single(gateway.Log.Lines, line => line.Text.StartsWith("Call ", StringComparison.Ordinal)).Text;
        Assert.Contains("upstream status none", line, StringComparison.Ordinal);
        Assert.Contains("Failed to connect to gone", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 1, 300);
        Assert.DoesNotContain("Exception", line, StringComparison.Ordinal);
    }

    [Covers("H10")]
    [Fact]
    public async Task Control_characters_of_clients_and_providers_are_escaped()
    {
        const string Evil = @"a\r\nb\u001b[2J\u0000\u2028\u202e";
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "up/a" }],
            Fallback = [new TargetOptions { Model = "up/b" }],
        });
        upstream.ThenJson($$$"""{"error":{"message":"{{{Evil}}}"}}""", 503);
        foreach (var model in (string[])[$"up/{Evil}", Evil, "fast"])
            using (await gateway.ChatAsync(Some.ChatRequest(model)))
            {
            }

        using (await gateway.Http.GetAsync("/v1/models/%1b%0d%0a%e2%80%a8x"))
        {
        }

        await gateway.Log.WaitForAsync(1, "falling back");
        await gateway.Log.WaitForAsync(4, @"\u001b");
        Assert.True(gateway.Log.Lines.Count(line => line.Text.Contains(@"\u001b", StringComparison.Ordinal)) >= 4);
        foreach (var (_, line) in gateway.Log.Lines.Where(line => !line.Text.Contains(" HTTP/1.1 ", StringComparison.Ordinal)))
            Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter is '\u2028' or '\u202e');
    }

    [Covers("V5")]
    [Theory]
    [InlineData("{\"model\": \"up/m\",\n  \"messages\": [}", "line 2, byte 16")]
    [InlineData("nonsense", "line 1, byte 2")]
    [InlineData("{\"model\":\"up/m\"", "line 1, byte 16")]
    public async Task Bad_JSON_is_reported_with_its_place(string body, string place)
    {
        await using var gateway = await GatewayHost.StartAsync();
        foreach (var path in (string[])["/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings"])
        {
            using var response = await gateway.PostAsync(path, body);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains(place, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Covers("V5")]
    [Fact]
    public async Task Bytes_that_are_no_text_are_reported_with_their_place()
    {
        await using var gateway = await GatewayHost.StartAsync();

        using var response = await gateway.PostAsync("/v1/chat/completions", [.. "{\n\"model\":\""u8, 0xc3, 0x28]);

        Assert.Contains("line 2, byte 10", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("V5")]
    [Theory, MemberData(nameof(FormatFaultTests.Pairs), MemberType = typeof(FormatFaultTests))]
    public async Task A_providers_failure_names_it(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        foreach (var (status, expected) in ((int, int)[])[(500, 502), (502, 502), (429, 429)])
        {
            upstream.ThenJson(format.ErrorBody("boom"), status);
            using var response = await reader.AskAsync(gateway, stream: false);
            Assert.Equal("up: boom", reader.ReadError(await response.Content.ReadAsStringAsync(), expected));
        }
    }

    [Covers("V5")]
    [Theory, MemberData(nameof(FormatFaultTests.Pairs), MemberType = typeof(FormatFaultTests))]
    public async Task A_stream_that_breaks_off_is_reported_as_interrupted_by_its_provider(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        var ended = new TaskCompletionSource<(Calls.CallOutcome Outcome, Calls.CallError? Error)>();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, ended: ended);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Then(async http =>
        {
            await format.SendAsync(http, format.Beginning);
            // A reset discards bytes that the other side has not read yet.
            await Task.WhenAny(answered.Task, Task.Delay(TimeSpan.FromSeconds(5)));
            http.Abort();
        });

        using var response = await reader.AskAsync(gateway, stream: true);
        answered.SetResult();
        var text = await response.Content.ReadAsStringAsync();

        Assert.Contains("up broke off its stream before the answer was complete.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("connect to", text, StringComparison.Ordinal);
        Assert.Equal(Calls.CallErrorKind.StreamInterrupted, (await ended.Task).Error!.Kind);
    }

    [Covers("Y15")]
    [Theory, MemberData(nameof(FormatFaultTests.Pairs), MemberType = typeof(FormatFaultTests))]
    public async Task A_clients_trace_goes_on_to_the_provider(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        upstream.ThenJson(format.Whole);

        using var traced = await gateway.PostAsync(
            reader.Path("up/some-model", false), reader.Body("up/some-model", false), ("traceparent", Parent), ("tracestate", "a=1,b=2"));

        var (parent, state) = (upstream.LastRequest.Headers["traceparent"], upstream.LastRequest.Headers["tracestate"]);
        Assert.Equal("a=1,b=2", state);
        Assert.StartsWith(Parent[..36], parent, StringComparison.Ordinal);
        await gateway.Log.WaitForAsync("Call ");
        Assert.Contains(gateway.Log.Lines, line => line.Text.Contains($" (trace {Parent[3..35]}): ", StringComparison.Ordinal));
    }

    [Covers("Y15")]
    [Fact]
    public async Task Without_a_trace_the_provider_gets_none()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            build: build => build.Services.AddLogging(
                logging => logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)));

        using var response = await gateway.ChatAsync(Some.ChatRequest(), ("traceparent", "nonsense"), ("tracestate", "a=1"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("traceparent", upstream.LastRequest.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain("tracestate", upstream.LastRequest.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }
}

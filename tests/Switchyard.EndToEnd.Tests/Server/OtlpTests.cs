using System.Net;
using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The program sends telemetry to an OpenTelemetry collector if one is configured, otherwise nothing.</summary>
public sealed class OtlpTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Covers("S002-71", "S002-72", "S000-71")]
    [Fact]
    public async Task A_collector_gets_the_spans_of_a_chat_and_its_metrics()
    {
        await using var collector = await FakeUpstream.StartAsync();
        collector.ThenBytes([], "application/x-protobuf");
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion("hi"));
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = new Uri(collector.BaseUrl).GetLeftPart(UriPartial.Authority),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
            ["OTEL_SERVICE_NAME"] = "edge-gateway",
        };
        await using var program = await (await Executable.StartAsync(
            $$"""
            providers:
              up: { base_url: "{{upstream.BaseUrl}}", key: sk-upstream, dialect: openai-chat }
              gone: { base_url: "http://127.0.0.1:1/v1", key: sk-gone, dialect: openai-chat }
            models:
              fast: { targets: [ { model: gone/m } ], fallback: [ { model: up/some-model } ] }
            auto_enable: false
            """,
            environment,
            "serve")).ServingAsync();

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Content = new StringContent(Some.ChatRequest("fast", "my secret plan"), Encoding.UTF8, "application/json");
        request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var response = await program.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var spans = await ReceiveAsync(
            () => Sent(collector, "/v1/traces").SelectMany(OtlpMessage.SpansOf).ToList(),
            spans => spans.Any(span => span.Name == "chat fast"));
        var call = Assert.Single(spans, span => span.Name == "chat fast");
        Assert.Equal((Trace, "00f067aa0ba902b7"), (call.TraceId, call.ParentId));
        var answered = Assert.Single(spans, span => span.Name == "up.chat_completion");
        var failed = spans.First(span => span.Name == "gone.chat_completion");
        Assert.All([answered, failed], attempt => Assert.Equal((Trace, call.SpanId), (attempt.TraceId, attempt.ParentId)));
        Assert.Equal("some-model", answered.Attributes["gen_ai.request.model"]);
        Assert.Equal("9", answered.Attributes["gen_ai.usage.input_tokens"]);
        Assert.Equal($"00-{Trace}-{answered.SpanId}-01", upstream.LastRequest.Headers["traceparent"]);

        var names = await ReceiveAsync(
            () => Sent(collector, "/v1/metrics").SelectMany(OtlpMessage.MetricNamesOf).ToHashSet(),
            names => names.Contains("gen_ai.client.operation.duration") && names.Contains("switchyard.requests"));
        Assert.Contains("switchyard.requests", names);
        Assert.All(collector.Requests, sent => Assert.DoesNotContain("secret plan", sent.Text, StringComparison.Ordinal));
        Assert.All(collector.Requests, sent => Assert.Contains("edge-gateway", sent.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collector_on_this_machine_is_reached_without_the_proxy()
    {
        await using var proxy = await FakeUpstream.StartAsync();
        proxy.ThenBytes([], "application/x-protobuf");
        await using var collector = await FakeUpstream.StartAsync();
        collector.ThenBytes([], "application/x-protobuf");
        var environment = new Dictionary<string, string>
        {
            ["http_proxy"] = new Uri(proxy.BaseUrl).GetLeftPart(UriPartial.Authority),
            ["no_proxy"] = "",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = new Uri(collector.BaseUrl).GetLeftPart(UriPartial.Authority),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
        };
        await using var program = await (await Executable.StartAsync(null, environment, "serve")).ServingAsync();
        using var content = new StringContent(Some.ChatRequest("mock"), Encoding.UTF8, "application/json");
        using var response = await program.Http.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        await ReceiveAsync(() => collector.Requests.Count + proxy.Requests.Count, sent => sent > 0);

        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task Without_a_collector_nothing_of_OpenTelemetry_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process has loaded is read from /proc.");
        await using var program = await (await Executable.StartAsync(null, "serve")).ServingAsync();
        using var content = new StringContent(Some.ChatRequest("mock"), Encoding.UTF8, "application/json");
        using var response = await program.Http.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var loaded = await File.ReadAllTextAsync($"/proc/{program.ProcessId}/maps", TestContext.Current.CancellationToken);

        Assert.Contains("Switchyard.Gateway.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("OpenTelemetry", loaded, StringComparison.Ordinal);
    }

    private static IEnumerable<byte[]> Sent(FakeUpstream collector, string path) =>
        collector.Requests.Where(request => request.Path == path).Select(request => request.Body);

    private static async Task<T> ReceiveAsync<T>(Func<T> read, Func<T, bool> isEnough)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var received = read();
            if (isEnough(received))
                return received;
            await Task.Delay(20, patience.Token);
        }
    }
}

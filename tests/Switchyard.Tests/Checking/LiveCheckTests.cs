using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Checking;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Checking;

public sealed class LiveCheckTests
{
    private const string List = """{"object":"list","data":[{"id":"some-model","object":"model"}]}""";

    [Covers("S000-56")]
    [Fact]
    public async Task The_mock_is_found_out_to_do_what_it_does()
    {
        await using var given = Given.AnEngine(options => options.Providers["mock"] = new ProviderOptions());
        var asked = new List<string>();

        var report = await CheckAsync(given, "mock", "mock-model-v2", progress: new Reports(asked.Add));

        Assert.True(report.CanChat);
        Assert.Equal(
            "reachable=Yes list=Yes chat=Yes stream=Yes stream_usage=Yes tools=Yes parallel_tools=Yes json_schema=Yes reasoning=No stop=No",
            Summary(report));
        Assert.Equal("mock: list", asked[0]);
        Assert.Equal("mock: stop", asked[^1]);
    }

    [Fact]
    public async Task A_provider_that_does_everything_is_reported_by_what_it_answers()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) => AnswerAsync(http, seen, able: true));
        await using var given = Engine(upstream);

        var report = await CheckAsync(given, "up", null);

        Assert.Equal("some-model", report.Model);
        Assert.Equal(
            "reachable=Yes list=Yes chat=Yes stream=Yes stream_usage=Yes tools=Yes parallel_tools=Yes json_schema=Yes reasoning=Yes "
            + "stop=Yes",
            Summary(report));
        Assert.All(
            upstream.Requests,
            request => Assert.True(request.Method == "GET" || Body(request).GetProperty("max_tokens").GetInt32() <= 1024));
    }

    [Fact]
    public async Task A_provider_that_only_chats_is_distinguished_and_every_no_has_a_reason()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) => AnswerAsync(http, seen, able: false));
        await using var given = Engine(upstream);

        var report = await CheckAsync(given, "up", null);

        Assert.True(report.CanChat);
        Assert.Equal(
            "reachable=Yes list=No chat=Yes stream=Yes stream_usage=No tools=No parallel_tools=Skipped json_schema=No reasoning=No stop=No",
            Summary(report));
        Assert.All(report.Probes.Where(probe => probe.Outcome != ProbeOutcome.Yes), probe => Assert.NotNull(probe.Detail));
        Assert.Contains("HTTP 404", report.Probes.Single(probe => probe.Probe == ProbeNames.List).Detail, StringComparison.Ordinal);
        Assert.Contains("No tools here", report.Probes.Single(probe => probe.Probe == ProbeNames.Tools).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_key_is_reachable_cannot_chat_and_is_not_repeated()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"error":{"message":"Incorrect API key provided: sk-upstream-secret.","type":"invalid_request_error","code":"invalid_api_key"}}""", 401);
        await using var given = Engine(upstream);

        var report = await CheckAsync(given, "up", null);

        Assert.False(report.CanChat);
        Assert.StartsWith("reachable=Yes list=No chat=No stream=Skipped", Summary(report), StringComparison.Ordinal);
        Assert.All(report.Probes, probe => Assert.DoesNotContain("secret", probe.Detail ?? "", StringComparison.Ordinal));
        Assert.Equal(2, upstream.Requests.Count);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_not_reachable()
    {
        await using var given = Given.AnEngine(options =>
            options.Providers["up"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Models = ["some-model"] });

        var report = await CheckAsync(given, "up", null);

        Assert.StartsWith("reachable=No list=No chat=No stream=Skipped", Summary(report), StringComparison.Ordinal);
        Assert.All(report.Probes, probe => Assert.DoesNotContain("127.0.0.1", probe.Detail ?? "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_says_nothing_is_given_up()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        await using var given = Engine(upstream);

        var clock = new TestClock();
        var checking = CheckAsync(given, "up", null, time: clock);
        await Wait.ForAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            return checking.IsCompleted;
        });
        var report = await checking;

        Assert.False(report.CanChat);
        Assert.Equal("no answer within 30 s", report.Probes.Single(probe => probe.Probe == ProbeNames.Reachable).Detail);
    }

    [Fact]
    public async Task Without_a_model_to_ask_it_says_what_is_missing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"data":[]}""");
        await using var given = Given.AnEngine(options => options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl });

        var report = await CheckAsync(given, "up", null);

        Assert.Null(report.Model);
        Assert.Contains("--model", report.Probes.Single(probe => probe.Probe == ProbeNames.Chat).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cheapest_model_known_is_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(
            options => options.Providers["openai"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret" });

        Assert.Equal("gpt-4o-mini", (await CheckAsync(given, "openai", null)).Model);
    }

    private static Given Engine(FakeUpstream upstream) => Given.AnEngine(options =>
        options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = ["some-model"] });

    private static async Task<ProviderCheckReport> CheckAsync(
        Given given, string provider, string? model, TimeProvider? time = null, IProgress<string>? progress = null)
    {
        await given.Engine.StartAsync();
        return await new LiveCheck(given.Engine, time ?? TimeProvider.System) { Progress = progress }.RunAsync(provider, model, default);
    }

    private static string Summary(ProviderCheckReport report) =>
        string.Join(' ', report.Probes.Select(probe => $"{probe.Probe}={probe.Outcome}"));

    private static JsonElement Body(SeenRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        return body.RootElement.Clone();
    }

    /// <summary>Answers as a provider that can do everything, or one that can only chat.</summary>
    private static async Task AnswerAsync(HttpContext http, SeenRequest seen, bool able)
    {
        if (seen.Method == "GET")
        {
            http.Response.StatusCode = able ? 200 : 404;
            await http.Response.WriteAsync(able ? List : "{}");
            return;
        }

        var body = Body(seen);
        if (body.TryGetProperty("stream", out var stream) && stream.GetBoolean())
        {
            http.Response.ContentType = "text/event-stream";
            foreach (var frame in Some.ChatStream(usage: able))
                await http.Response.WriteAsync(frame);
            return;
        }

        var tools = body.TryGetProperty("tools", out var list) ? list.GetArrayLength() : 0;
        if (tools > 0 && !able)
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("""{"error":{"message":"No tools here.","type":"invalid_request_error"}}""");
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(
            tools > 0 ? ToolCalls(tools)
            : !able ? Some.ChatCompletion("red green blue")
            : body.TryGetProperty("response_format", out _) ? Some.ChatCompletion("""{\"city\":\"Paris\"}""")
            : body.TryGetProperty("reasoning_effort", out _) ? Reasoned
            : Some.ChatCompletion("red "));
    }

    private const string Reasoned =
        """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"6"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":30,"total_tokens":39,"completion_tokens_details":{"reasoning_tokens":28}}}""";

    private static string ToolCalls(int count)
    {
        var calls = Enumerable.Range(0, count).Select(i => $$$"""{"id":"call_{{{i}}}","type":"function","function":{"name":"{{{(i == 0 ? "get_weather" : "get_time")}}}","arguments":"{\"city\":\"Paris\"}"}}""");
        return $$$"""{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{{{string.Join(',', calls)}}}]},"finish_reason":"tool_calls"}]}""";
    }

    private sealed class Reports(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}

using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Hosting;
using Switchyard.Overview;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary>A gateway replays the answers that another has recorded, without the provider.</summary>
public sealed class RecordReplayTests : IDisposable
{
    private static readonly JsonSerializerOptions s_asItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, bool> Formats
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var name in ClientFormat.Names)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Formats))]
    public async Task A_client_of_any_format_gets_the_recorded_answer_again(string format, bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        if (stream)
            upstream.ThenStream(Some.ChatStream(usage: true));
        string[] sent = stream ? Some.ChatStream(usage: true) : [Some.ChatCompletion()];
        var (status, recorded) = await RecordAsync(upstream, gateway => ClientFormat.Of(format).AskAsync(gateway, stream));

        await using var replay = await ReplayAsync();
        using var answer = await ClientFormat.Of(format).AskAsync(replay, stream);

        Assert.Equal(string.Concat(sent), Encoding.UTF8.GetString(AnswerIn(Assert.Single(Files()))));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (status, answer.StatusCode));
        Assert.Equal(Steady(recorded), Steady(await TextAsync(answer)));
        Assert.Single(upstream.Requests);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task An_error_comes_again_with_its_words(int error)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(
            """{"error":{"message":"Not like that.","type":"some_error","param":"temperature","code":"some_code"}}""", error,
            ("retry-after", "7"));
        var (status, recorded) = await RecordAsync(upstream, gateway => gateway.ChatAsync(Some.ChatRequest()));

        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest());

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(recorded, await TextAsync(answer));
    }

    [Fact]
    public async Task A_stream_that_broke_off_breaks_off_again_at_the_same_place()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStreamAndCut(Some.Chunk("""{"role":"assistant","content":"Half"}"""));
        var (_, recorded) = await RecordAsync(upstream, gateway => gateway.ChatAsync(Some.ChatRequest(stream: true)));

        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest(stream: true));

        Assert.True((bool?)JsonNode.Parse(File.ReadAllText(Assert.Single(Files())))!["answer"]!["broke_off"]);
        Assert.Contains("Half", recorded, StringComparison.Ordinal);
        Assert.Contains("stream_interrupted", recorded, StringComparison.Ordinal);
        Assert.Equal(recorded, await TextAsync(answer));
    }

    [Fact]
    public async Task An_answer_that_its_client_left_is_not_recorded()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenStreamAndHang(Some.Chunk("""{"role":"assistant","content":"Half"}"""));
        await using var gateway = await RecordingAsync(upstream);

        using (var answer = await gateway.ChatAsync(Some.ChatRequest(stream: true), ("x-switchyard-record", "left")))
        await using (var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken))
            await body.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken);

        await upstream.ClientLeft;
        await Wait.ForAsync(() => gateway.Engine.Recordings.Lost.GetValueOrDefault("abandoned") == 1);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Members_in_another_order_other_spaces_and_ignored_members_are_the_same_request()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await RecordAsync(upstream, gateway => gateway.ChatAsync(
            """{"model":"up/some-model","temperature":0.70,"user":"ann","messages":[{"role":"user","content":"Hi"}]}"""));

        await using var replay = await ReplayAsync(configure: replay => replay.Ignore = ["user"]);
        using var answer = await replay.ChatAsync(
            """{ "messages": [ { "content": "\u0048i", "role": "user" } ], "user": "b", "temperature": 7e-1, "model": "up/some-model" }""");

        Assert.Equal(Some.ChatCompletion(), await TextAsync(answer));
    }

    [Fact]
    public async Task Another_request_is_refused_with_the_nearest_recording_and_the_first_difference()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await RecordAsync(
            upstream,
            gateway => gateway.ChatAsync(Some.ChatRequest(text: "Something else altogether", extra: ",\"seed\":1,\"top_p\":0.5")),
            gateway => gateway.ChatAsync(Some.ChatRequest(text: "Hello")));

        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest(text: "Hullo"));
        var error = JsonNode.Parse(await TextAsync(answer))!["error"]!;

        Assert.Equal((HttpStatusCode.BadRequest, "no_recording"), (answer.StatusCode, (string?)error["code"]));
        var nearest = Path.GetRelativePath(_folder.FullPath, Files()[1]).Replace('\\', '/');
        Assert.Equal(
            $"No recording of up answers this request: the nearest recording is {nearest}: messages[0].content is \"Hullo\" and was "
            + "\"Hello\". Record this request, or name members that may differ under 'ignore'.",
            (string?)error["message"]);
    }

    [Fact]
    public async Task Several_recordings_of_one_request_answer_in_order_then_the_last_again()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion("one")).ThenJson(Some.ChatCompletion("two"));
        await RecordAsync(upstream, gateway => gateway.ChatAsync(Some.ChatRequest()), gateway => gateway.ChatAsync(Some.ChatRequest()));

        await using var replay = await ReplayAsync();
        await using var strict = await ReplayAsync(configure: replay => replay.Strict = true);

        Assert.Equal(["one", "two", "two"], await TextsAsync(replay, 3));
        Assert.Equal(["one", "two", "error"], await TextsAsync(strict, 3));
        using var refused = await strict.ChatAsync(Some.ChatRequest());
        Assert.Contains("its 2 recordings have all been used", await TextAsync(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alias_that_is_recorded_is_an_alias_again_and_retries_find_what_they_found()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"error":{"message":"Busy."}}""", 503).ThenJson(Some.ChatCompletion("at last"));
        await using (var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Recording = new() { Folder = _folder.FullPath };
            options.Models["fast/1"] = new() { Targets = [new() { Model = "up/some-model" }], Record = true };
            options.Retry = new() { Attempts = 2, Base = TimeSpan.FromMilliseconds(1) };
        }))
        {
            using var recorded = await gateway.ChatAsync(Some.ChatRequest("fast/1"));
            Assert.Equal(HttpStatusCode.OK, recorded.StatusCode);
            await TextAsync(recorded);
            await Wait.ForAsync(() => gateway.Engine.Recordings.Written == 2);
        }

        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest("fast/1"));

        Assert.Equal("2", answer.Headers.GetValues("x-switchyard-attempts").Single());
        Assert.Contains("at last", await TextAsync(answer), StringComparison.Ordinal);
        Assert.All(Files(), file => Assert.Equal("fast_1", Path.GetFileName(Path.GetDirectoryName(file))));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("/etc/x")]
    [InlineData(".hidden")]
    [InlineData("end.")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_name_that_could_lead_elsewhere_is_refused_and_nothing_is_sent(string name)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await RecordingAsync(upstream);

        using var answer = await gateway.ChatAsync(Some.ChatRequest(), ("x-switchyard-record", name));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("x-switchyard-record is not a recording's name", await TextAsync(answer), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_request_may_ask_to_be_recorded_only_where_the_configuration_says_so()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Recording = new() { Folder = _folder.FullPath };
            options.Models["fast"] = new() { Targets = [new() { Model = "up/some-model" }], Record = true };
        });

        using var refused = await gateway.ChatAsync(Some.ChatRequest(), ("x-switchyard-record", "mine"));
        using var passed = await gateway.ChatAsync(Some.ChatRequest());
        await gateway.Engine.Recordings.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (refused.StatusCode, passed.StatusCode));
        Assert.Contains("recording.by_request", await TextAsync(refused), StringComparison.Ordinal);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task No_secret_is_in_a_recording_also_where_a_stream_says_it_word_by_word()
    {
        const string Pasted = "sk-proj-1234567890abcdefghij";
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.SetCookie = "session=cookie-of-the-provider";
            http.Response.Headers["x-echo"] = "sk-upstream-secret";
            string[] texts = ["key: sk-proj-", "1234567890", "abcdefghij", " and sk-upst", "ream-secret."];
            foreach (var text in texts)
                await http.Response.WriteAsync(Some.Chunk($$"""{"content":"{{text}}"}"""));
            await http.Response.WriteAsync(Some.Chunk("{}", "\"stop\"") + Some.Done);
        });
        await RecordAsync(upstream, gateway => gateway.ChatAsync(
            Some.ChatRequest(
                text: "My key is " + Pasted, stream: true,
                extra: ""","metadata":{"password":"hunter2hunter","note":"Bearer abc123def456"}"""),
            ("authorization", "Bearer the-clients-own-key-1")));

        var text = File.ReadAllText(Assert.Single(Files()));

        foreach (var secret in (string[])
            [Pasted, "sk-upstream-secret", "cookie-of-the-provider", "hunter2hunter", "abc123def456", "the-clients-own-key-1",
             "1234567890", "abcdefghij", "ream-secret"])
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);

        // A request that still contains its secret also matches.
        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest(
            text: "My key is " + Pasted, stream: true,
            extra: ""","metadata":{"password":"hunter2hunter","note":"Bearer abc123def456"}"""));
        var streamed = await TextAsync(answer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("key: ***", streamed, StringComparison.Ordinal);
        Assert.Contains("[DONE]", streamed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_fails_no_call_and_is_logged_once()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var file = _folder.Write("file", "not a folder");
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Recording = new() { Folder = Path.Combine(file, "inner"), ByRequest = true });

        for (var i = 0; i < 3; i++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest(), ("x-switchyard-record", "mine"));
            Assert.Equal(Some.ChatCompletion(), await TextAsync(answer));
        }

        await Wait.ForAsync(() => gateway.Engine.Recordings.Lost.GetValueOrDefault("failed") == 3);
        var status = await gateway.Services.GetRequiredService<StatusReader>().ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(status.Recordings is { Enabled: true, Written: 0 });
        Assert.Equal(3, status.Recordings.Lost["failed"]);
        Assert.Single(gateway.Log.GetSnapshot(), line => line.Level == LogLevel.Warning && line.Message.Contains("was not recorded"));
    }

    [Fact]
    public async Task What_is_too_large_and_what_a_full_folder_cannot_take_is_counted_and_passes()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion(new string('x', 5000))).ThenJson(Some.ChatCompletion());
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Recording = new()
        {
            Folder = _folder.FullPath,
            ByRequest = true,
            MaxBytes = 4096,
            MaxFiles = 2,
        });

        for (var i = 0; i < 5; i++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest(), ("x-switchyard-record", "mine"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await TextAsync(answer);
        }

        await Wait.ForAsync(() => gateway.Engine.Recordings.Lost.GetValueOrDefault("folder_full") == 2);
        Assert.Equal((2, 1), (gateway.Engine.Recordings.Written, gateway.Engine.Recordings.Lost["too_large"]));
        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public async Task Without_bodies_a_recording_answers_whatever_is_asked_of_its_model()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await RecordAsync(
            upstream, options => options.RequestBodies = false, gateway => gateway.ChatAsync(Some.ChatRequest(text: "a private matter")));

        await using var replay = await ReplayAsync();
        using var answer = await replay.ChatAsync(Some.ChatRequest(text: "something else"));

        Assert.DoesNotContain("a private matter", File.ReadAllText(Assert.Single(Files())), StringComparison.Ordinal);
        Assert.Equal(Some.ChatCompletion(), await TextAsync(answer));
    }

    [Fact]
    public async Task Two_recorders_at_once_lose_nothing()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var one = await RecordingAsync(upstream);
        await using var two = await RecordingAsync(upstream);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var gateway = i % 2 == 0 ? one : two;
            using var answer = await gateway.ChatAsync(Some.ChatRequest(text: $"number {i}"), ("x-switchyard-record", "both"));
            await TextAsync(answer);
        }));
        await Wait.ForAsync(() => one.Engine.Recordings.Written + two.Engine.Recordings.Written == 40);

        Assert.Equal(40, Files().Length);
        await using var replay = await ReplayAsync();
        for (var i = 0; i < 40; i++)
        {
            using var answer = await replay.ChatAsync(Some.ChatRequest(text: $"number {i}"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_program_records_and_replays_in_process()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var asked = new ChatOptions { ModelId = "up/some-model", AdditionalProperties = new() { [AnswerFacts.Record] = "inside" } };
        await using (var gateway = await RecordingAsync(upstream))
        {
            await gateway.Services.GetRequiredService<IChatClient>()
                .GetResponseAsync("Hello", asked, TestContext.Current.CancellationToken);
            await gateway.Engine.Recordings.FlushAsync(TestContext.Current.CancellationToken);
        }

        var options = await RecordedTraffic.ReadAsync(_folder["inside"], cancellationToken: TestContext.Current.CancellationToken);
        await using var services = new ServiceCollection().AddSwitchyard(options).Services.BuildServiceProvider();
        var answer = await services.GetRequiredService<IChatClient>()
            .GetResponseAsync("Hello", asked, TestContext.Current.CancellationToken);

        Assert.Equal("Hello there!", answer.Text);
        Assert.Equal(12, answer.Usage!.TotalTokenCount);
    }

    private Task<(HttpStatusCode Status, string Body)> RecordAsync(
        FakeUpstream upstream, params Func<GatewayHost, Task<HttpResponseMessage>>[] asks) => RecordAsync(upstream, _ => { }, asks);

    /// <summary>Records answers, and returns the last one as the client received it.</summary>
    private async Task<(HttpStatusCode Status, string Body)> RecordAsync(
        FakeUpstream upstream, Action<RecordingOptions> configure, params Func<GatewayHost, Task<HttpResponseMessage>>[] asks)
    {
        await using var gateway = await RecordingAsync(upstream, configure);
        gateway.Http.DefaultRequestHeaders.Add("x-switchyard-record", "mine");
        var last = (HttpStatusCode.OK, "");
        foreach (var ask in asks)
        {
            using var answer = await ask(gateway);
            last = (answer.StatusCode, await TextAsync(answer));
        }

        // A call ends a moment after its client has the last byte.
        await Wait.ForAsync(() => gateway.Engine.Recordings.Written == asks.Length);
        return last;
    }

    private Task<GatewayHost> RecordingAsync(FakeUpstream upstream, Action<RecordingOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream, options =>
        {
            options.Recording = new() { Folder = _folder.FullPath, ByRequest = true };
            configure?.Invoke(options.Recording);
        });

    private async Task<GatewayHost> ReplayAsync(Action<ReplayOptions>? configure = null)
    {
        var replayed = await RecordedTraffic.ReadAsync(_folder.FullPath, configure, TestContext.Current.CancellationToken);
        return await GatewayHost.StartAsync(replayed.CopyTo);
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_folder.FullPath, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>The body of a recorded answer, read by another reader than ours.</summary>
    private static byte[] AnswerIn(string file)
    {
        var answer = JsonNode.Parse(File.ReadAllBytes(file))!["answer"]!;
        return answer["json"] is { } json ? Encoding.UTF8.GetBytes(json.ToJsonString(s_asItIs))
            : answer["text"] is { } text ? Encoding.UTF8.GetBytes((string)text!)
            : Encoding.UTF8.GetBytes(string.Concat(answer["pieces"]!.AsArray().Select(piece => (string?)piece!["text"])));
    }

    private static async Task<string[]> TextsAsync(GatewayHost gateway, int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest());
            var json = JsonNode.Parse(await TextAsync(answer))!;
            texts[i] = (string?)json["choices"]?[0]!["message"]!["content"] ?? "error";
        }

        return texts;
    }

    /// <summary>Removes the ids and times that differ in each answer of a format.</summary>
    private static string Steady(string body) => Regex.Replace(
        body, "\"(?:(?:resp|msg|item)_[A-Za-z0-9]+|[0-9a-f]{32})\"|\"(?:created_at|completed_at)\":[0-9]+", "~");

    private static Task<string> TextAsync(HttpResponseMessage answer) =>
        answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

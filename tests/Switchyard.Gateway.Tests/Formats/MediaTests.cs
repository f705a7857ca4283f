using System.Net;
using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>Images, speech and other operations that are only forwarded.</summary>
public sealed class MediaTests
{
    [Theory]
    [InlineData(
        "/v1/images/generations", """{"model":"up/some-model","prompt":"a cat","n":2,"x":{"deep":[1.0]}}""", "/v1/images/generations")]
    [InlineData("/openai/v1/images/generations", """{"model":"up/some-model","prompt":"a cat"}""", "/v1/images/generations")]
    [InlineData(
        "/v1/images/edits", """{"model":"up/some-model","prompt":"a dog","images":[{"image_url":"https://example.com/cat.png"}]}""",
        "/v1/images/edits")]
    [InlineData("/v1/moderations", """{"input":"hi","model":"up/some-model"}""", "/v1/moderations")]
    [InlineData(
        "/v1/audio/transcriptions", """{"model":"up/some-model","file_url":"https://example.com/a.wav"}""", "/v1/audio/transcriptions")]
    public async Task An_operation_is_forwarded_byte_for_byte_both_ways(string path, string request, string upstreamPath)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        const string sent = """{ "created": 1790000000, "data": [ {"b64_json": "QUJD"} ], "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12} }""";
        upstream.ThenJson(sent);

        var response = await gateway.PostAsync(path, request);

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(upstreamPath, upstream.LastRequest.Path);
        Assert.Equal(request.Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.Equal("up", response.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Fact]
    public async Task The_usage_of_an_image_is_read_behind_megabytes_of_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        var sent = $$"""{"created":1,"data":[{"b64_json":"{{new string('A', 3_000_000)}}"}],"usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12} }""";
        upstream.Then(async http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = sent.Length;
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(sent));
        });

        var response = await gateway.PostAsync("/v1/images/generations", """{"model":"up/some-model","prompt":"a cat"}""");

        Assert.Equal(sent.Length, response.Content.Headers.ContentLength);
        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        var usage = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((5, 7), (usage.Input, usage.Output));
    }

    [Fact]
    public async Task The_usage_that_stands_before_many_vectors_is_read()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        var vector = string.Join(',', Enumerable.Repeat("0.5", 100_000));
        var sent = $$"""{"model":"m","object":"list","usage":{"total_tokens":9,"prompt_tokens":9},"data":[{"index":0,"embedding":[{{vector}}]}]}""";
        upstream.ThenJson(sent);

        var response = await gateway.PostAsync("/v1/embeddings", """{"model":"up/some-model","input":"hi"}""");

        Assert.Equal(sent, await response.Content.ReadAsStringAsync());
        Assert.Equal(9, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Input);
    }

    [Theory]
    [InlineData(",\"stream\":true")]
    [InlineData(",\"stream_format\":\"sse\"")]
    public async Task Images_and_speech_stream_as_events_and_end_without_a_terminator(string asksFor)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<(TokenUsage Usage, CallOutcome Outcome)>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult((call.Usage, call.Outcome)))));
        string[] events =
        [
            "event: image_generation.partial_image\n"
                + """data: {"type":"image_generation.partial_image","b64_json":"QUJD","partial_image_index":0}""" + "\n\n",
            "event: image_generation.completed\n"
                + """data: {"type":"image_generation.completed","b64_json":"QUJDRA==","usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}"""
                + "\n\n",
        ];
        upstream.ThenStream(events);

        var response = await gateway.PostAsync("/v1/images/generations", $$"""{"model":"up/some-model","prompt":"a cat"{{asksFor}}}""");

        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(string.Concat(events), await response.Content.ReadAsStringAsync());
        var (usage, outcome) = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((5, 7, CallOutcome.Finished), (usage.Input, usage.Output, outcome));
    }

    [Fact]
    public async Task A_stream_of_events_that_breaks_off_ends_in_an_error()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream("data: {\"type\":\"speech.audio.delta\",\"audio\":\"QUJD\"}\n\n");

        var response = await gateway.PostAsync(
            "/v1/audio/speech", """{"model":"up/some-model","input":"hi","voice":"alloy","stream_format":"sse"}""");

        Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speech_arrives_before_the_provider_has_finished_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        byte[] first = [0xFF, 0xFB, 0x90, 0x00], rest = [0x00, 0x01, 0x02];
        var goOn = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            http.Response.ContentType = "audio/mpeg";
            await http.Response.Body.WriteAsync(first);
            await http.Response.Body.FlushAsync();
            await goOn.Task;
            await http.Response.Body.WriteAsync(rest);
        });

        var response = await gateway.PostAsync("/v1/audio/speech", """{"model":"up/some-model","input":"hi","voice":"alloy"}""");
        var body = await response.Content.ReadAsStreamAsync();
        var read = new byte[4];
        await body.ReadExactlyAsync(read).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        goOn.SetResult();

        Assert.Equal("audio/mpeg", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(first, read);
        read = new byte[3];
        await body.ReadExactlyAsync(read);
        Assert.Equal(rest, read);
        Assert.Equal("*/*", upstream.LastRequest.Headers["Accept"]);
    }

    [Fact]
    public async Task Audio_keeps_its_length()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var audio = new byte[100_000];
        Random.Shared.NextBytes(audio);
        upstream.Then(http =>
        {
            http.Response.ContentType = "audio/wav";
            http.Response.ContentLength = audio.Length;
            return http.Response.Body.WriteAsync(audio).AsTask();
        });

        var response = await gateway.PostAsync("/v1/audio/speech", """{"model":"up/some-model","input":"hi","voice":"alloy"}""");

        Assert.Equal(audio.Length, response.Content.Headers.ContentLength);
        Assert.Equal(audio, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Audio_that_breaks_off_breaks_off_for_the_client_as_well()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<CallError?>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Error))));
        upstream.Then(async http =>
        {
            http.Response.ContentType = "audio/mpeg";
            await http.Response.Body.WriteAsync(new byte[10]);
            await http.Response.Body.FlushAsync();
            http.Abort();
        });

        var response = await gateway.PostAsync("/v1/audio/speech", """{"model":"up/some-model","input":"hi","voice":"alloy"}""");

        if (response.StatusCode == HttpStatusCode.OK)
            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        Assert.Equal(CallErrorKind.UpstreamUnavailable, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30)))!.Kind);
    }

    [Theory]
    [InlineData("text/html", "<html>Bad gateway</html>", "web page")]
    [InlineData("audio/mpeg", "", "empty")]
    [InlineData("application/json", "{\"error\":{\"message\":\"No voice.\",\"type\":\"invalid_request_error\"}}", "No voice.")]
    public async Task What_is_no_speech_is_an_error_and_another_target_is_tried(string type, string body, string says)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(bad);
        bad.ThenBytes(Encoding.UTF8.GetBytes(body), type);

        var response = await gateway.PostAsync("/v1/audio/speech", """{"model":"up/some-model","input":"hi","voice":"alloy"}""");

        Assert.True((int)response.StatusCode >= 400);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_providers_refusal_keeps_its_status_and_words()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"Your request was rejected by the safety system.","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}""", 400);

        var response = await gateway.PostAsync("/v1/images/generations", """{"model":"up/some-model","prompt":"x"}""");

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("moderation_blocked", text, StringComparison.Ordinal);
        Assert.Contains("image_generation_user_error", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:01,000\nHi.\n\n")]
    [InlineData("text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHi.\n")]
    [InlineData("text/plain", "")]
    public async Task A_transcript_may_be_text_and_even_empty(string type, string transcript)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenBytes(Encoding.UTF8.GetBytes(transcript), type);

        var response = await gateway.Http.PostAsync(
            "/v1/audio/transcriptions", new MultipartForm().Field("model", "up/some-model").File("file", [1, 2]).ToContent());

        Assert.Equal(transcript, await response.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "\n Ask not what your country can do for you.\n", "text/plain; charset=utf-8")]
    [InlineData("text/html", "", "text/plain")]
    [InlineData("application/x-subrip", "", "application/x-subrip")]
    public async Task A_transcript_is_given_whatever_its_server_calls_it(string type, string transcript, string given)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenBytes(Encoding.UTF8.GetBytes(transcript), type);

        var response = await gateway.Http.PostAsync(
            "/v1/audio/transcriptions", new MultipartForm().Field("model", "up/some-model").File("file", [1, 2]).ToContent());

        Assert.Equal(transcript, await response.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, given), (response.StatusCode, response.Content.Headers.ContentType!.ToString()));
    }

    [Theory]
    [InlineData("transcriptions")]
    [InlineData("translations")]
    public async Task A_server_of_ones_own_hears_as_well(string operation)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["vllm"] = new ProviderOptions { BaseUrl = upstream.BaseUrl });
        upstream.ThenJson("""{"text":"Hi."}""");

        var response = await gateway.Http.PostAsync(
            $"/v1/audio/{operation}", new MultipartForm().Field("model", "vllm/whisper-large-v3").File("file", [1, 2]).ToContent());

        Assert.Equal("""{"text":"Hi."}""", await response.Content.ReadAsStringAsync());
        Assert.Equal($"/v1/audio/{operation}", upstream.LastRequest.Path);
    }

    [Fact]
    public async Task A_web_page_is_no_transcript()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenBytes("\r\n<!DOCTYPE html><html>Bad gateway</html>"u8.ToArray(), "text/html");

        var response = await gateway.Http.PostAsync(
            "/v1/audio/transcriptions", new MultipartForm().Field("model", "up/some-model").File("file", [1, 2]).ToContent());

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("web page", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}

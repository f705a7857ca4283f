using System.IO.Compression;
using System.Net;
using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>Answers whose HTTP contradicts their content: cut off unseen, under a wrong type, at another address.</summary>
public sealed class TransportFaultTests
{
    private const string Mark = "\uFEFF";

    public static TheoryData<string, string> EventPairs => MislabelledAnswerTests.EventPairs;

    /// <summary>Above 256 KiB the answer is copied on while it arrives. Its HTTP is complete; only the end of the JSON is gone.</summary>
    [Theory]
    [InlineData("openai-chat", false)]
    [InlineData("openai-chat", true)]
    [InlineData("anthropic-messages", true)]
    [InlineData("gemini", false)]
    [InlineData("openai-responses", true)]
    public async Task A_long_answer_that_is_cut_off_is_not_passed_on_as_a_complete_one(string dialect, bool compressed)
    {
        var (format, reader) = (ProviderFormat.Of(dialect), ClientFormat.Of(dialect));
        // Text that does not compress well: the cut is then in the middle of it.
        var text = Convert.ToBase64String(Noise(600_000));
        var answer = Encoding.UTF8.GetBytes(format.Whole.Replace("Hi there", text, StringComparison.Ordinal));
        var sent = compressed ? Compress(answer)[..^20_000] : answer[..^40];
        var ended = new TaskCompletionSource<CallRecord>();
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(
            sent, "Content-Type: application/json" + (compressed ? "\r\nContent-Encoding: gzip" : "")));
        await using var gateway = await StartAsync(upstream, dialect, ended);

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var response = await reader.AskAsync(gateway, stream: false);
            await response.Content.ReadAsByteArrayAsync();
        });

        var call = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(CallOutcome.Failed, call.Outcome);
        Assert.Equal(CallErrorKind.UpstreamUnavailable, call.Error!.Kind);
    }

    [Fact]
    public async Task A_long_answer_may_end_with_white_space()
    {
        var answer = Some.ChatCompletion(new string('x', 400_000)) + "\r\n \t";
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(answer));
        await using var gateway = await StartAsync(upstream);

        using var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
    }

    /// <summary>OpenAI's client for Node returns an answer that is not called JSON as text; others decode it by its charset.</summary>
    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("text/plain", "application/json")]
    [InlineData("application/octet-stream", "application/json")]
    [InlineData("text/event-stream; charset=utf-8", "application/json")]
    [InlineData("application/json, text/html", "application/json")]
    [InlineData("application/json; charset=utf-16", "application/json")]
    [InlineData("application/json; charset=\"ISO-8859-1\"; v=1", "application/json")]
    [InlineData("application/json; charset=UTF-8", "application/json; charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"; v=1", "application/json; charset=\"utf-8\"; v=1")]
    [InlineData("Application/JSON; v=1", "Application/JSON; v=1")]
    [InlineData("application/vnd.some+json", "application/vnd.some+json")]
    public async Task A_forwarded_answer_in_JSON_is_called_JSON(string? type, string expected)
    {
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(
            Some.ChatCompletion(), type is null ? "X-None: 1" : $"Content-Type: {type}"));
        await using var gateway = await StartAsync(upstream);

        using var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(Some.ChatCompletion(), await response.Content.ReadAsStringAsync());
        Assert.Equal(expected, response.Content.Headers.NonValidated["Content-Type"].ToString());
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task A_whole_answer_in_place_of_a_stream_is_streamed_whatever_it_is_called(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        foreach (var type in new[] { "", "text/plain", "application/octet-stream", "application/x-ndjson" })
        {
            CallRecord? call = null;
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, ended: ended, note: c => call = c);
            upstream.ThenBytes(Encoding.UTF8.GetBytes("\r\n" + format.Whole), type);

            using var response = await reader.AskAsync(gateway, stream: true);

            var bytes = await response.Content.ReadAsByteArrayAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{type}: {Encoding.UTF8.GetString(bytes)}");
            Assert.Equal("Hi there", reader.ReadStream(bytes, endsWithError: false, out var problems));
            Assert.Empty(problems);
            Assert.Equal(CallOutcome.Finished, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
            Assert.Equal((9, 2), (call!.Usage.Input, call.Usage.Output));
        }
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task A_stream_without_a_type_is_a_stream(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        upstream.ThenBytes(format.Stream, "");

        using var response = await reader.AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (provider == client)
        {
            Assert.Equal(Forwarded(format), bytes);
            return;
        }

        Assert.Equal("Hi there", reader.ReadStream(bytes, endsWithError: false, out var problems));
        Assert.Empty(problems);
    }

    /// <summary>Most clients of these formats read lines, and would lose the first event.</summary>
    [Theory]
    [InlineData("openai-chat")]
    [InlineData("anthropic-messages")]
    [InlineData("gemini")]
    [InlineData("openai-responses")]
    public async Task A_byte_order_mark_before_a_stream_does_not_reach_the_client(string dialect)
    {
        var (format, reader) = (ProviderFormat.Of(dialect), ClientFormat.Of(dialect));
        // Whatever piece the mark arrives in.
        foreach (var first in new[] { 1, 3, 10 })
        {
            var stream = Encoding.UTF8.GetBytes(Mark).Concat(format.Stream).ToArray();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, dialect);
            upstream.Then(async http =>
            {
                await format.SendAsync(http, stream.AsMemory(0, first));
                await format.SendAsync(http, stream.AsMemory(first));
            });

            using var response = await reader.AskAsync(gateway, stream: true);

            Assert.Equal(Forwarded(format), await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task An_answer_that_is_not_in_the_encoding_it_names_is_said_to_be_that(string encoding)
    {
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(
            Some.ChatCompletion(), "Content-Type: application/json\r\nContent-Encoding: " + encoding));
        await using var gateway = await StartAsync(upstream);

        using var response = await gateway.ChatAsync(Some.ChatRequest());

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("not valid in its Content-Encoding", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Where a model is a part of the provider's address, it must not lead to another address there.</summary>
    [Theory]
    [InlineData("bedrock-converse", "..")]
    [InlineData("bedrock-converse", ".")]
    [InlineData("bedrock-converse", "../../admin")]
    [InlineData("bedrock-converse", "a/../../b")]
    [InlineData("gemini", "../../admin")]
    [InlineData("gemini", "models/../files/x")]
    [InlineData("gemini", "..\\\\x")]
    public async Task A_model_that_leads_to_another_address_is_a_400_and_sent_nowhere(string dialect, string model)
    {
        foreach (var stream in new[] { false, true })
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, dialect);

            using var response = await gateway.ChatAsync(Some.ChatRequest("up/" + model, stream: stream));

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            ClientFormat.Of("openai-chat").ReadError(await response.Content.ReadAsStringAsync(), 400);
            Assert.Empty(upstream.Requests);
        }
    }

    /// <summary>A server that refuses a large request often closes the connection without reading it.</summary>
    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/v1/messages")]
    public async Task A_refusal_that_comes_before_the_request_was_read_reaches_the_client(string path)
    {
        const string Refusal = """{"error":{"message":"Too much.","type":"invalid_request_error"}}""";
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(Refusal, status: 413), isEarly: true);
        await using var gateway = await StartAsync(upstream);
        var request = Some.ChatRequest(text: new string('x', 20_000_000), extra: ",\"max_tokens\":9");

        using var response = await gateway.PostAsync(path, request);

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.RequestEntityTooLarge, text);
        Assert.Contains("Too much.", text, StringComparison.Ordinal);
        Assert.Equal(1, upstream.Requests);
    }

    private static Task<GatewayHost> StartAsync(
        RawUpstream upstream, string dialect = "openai-chat", TaskCompletionSource<CallRecord>? ended = null) => GatewayHost.StartAsync(
        options => options.Providers["up"] =
            new ProviderOptions { BaseUrl = upstream.BaseUrl, Dialect = dialect, Key = "k", Models = ["some-model"] },
        build => build.AddSink(new EndedSink(call => ended?.TrySetResult(call))));

    /// <summary>A stream as it is forwarded: the gateway keeps the usage frame, which it asked for itself.</summary>
    private static byte[] Forwarded(ProviderFormat format) =>
        format.Dialect == "openai-chat" ? Encoding.UTF8.GetBytes(string.Concat(Some.ChatStream())) : format.Stream;

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return compressed.ToArray();
    }
}

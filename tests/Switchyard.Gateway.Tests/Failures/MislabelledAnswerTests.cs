using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>
/// Answers of the wrong kind or with a wrong content type, in every format a provider speaks, as the clients of every
/// format see them.
/// </summary>
public sealed class MislabelledAnswerTests
{
    private const string Mark = "\uFEFF";

    public static TheoryData<string, string> Pairs => FormatFaultTests.Pairs;

    /// <summary>The formats whose streams are server-sent events.</summary>
    public static TheoryData<string, string> EventPairs => PairsOf(format => format.StreamType == "text/event-stream");

    /// <summary>Gemini's streams have no last event: they end with their bytes.</summary>
    public static TheoryData<string, string> PairsWithLastEvent =>
        PairsOf(format => format.StreamType == "text/event-stream" && format.Dialect != "gemini");

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_stream_in_place_of_a_whole_answer_is_joined_and_counted(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        foreach (var type in new[] { format.StreamType, "application/json", "text/plain" })
        {
            CallRecord? call = null;
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, ended: ended, note: c => call = c);
            upstream.ThenBytes(format.Stream, type);

            using var response = await reader.AskAsync(gateway, stream: false);

            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{type}: {text}");
            Assert.Equal("Hi there", reader.ReadWhole(text));
            Assert.Equal(CallOutcome.Finished, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
            Assert.Equal((9, 2), (call!.Usage.Input, call.Usage.Output));
        }
    }

    [Theory, MemberData(nameof(PairsWithLastEvent))]
    public async Task A_stream_in_place_of_a_whole_answer_is_read_to_its_last_event_and_no_further(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        upstream.ThenStreamAndHang([.. Encoding.UTF8.GetString(format.Stream).Split("\n\n").Select(piece => piece + "\n\n")]);

        using var response = await reader.AskAsync(gateway, stream: false).WaitAsync(TimeSpan.FromSeconds(30));

        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal("Hi there", reader.ReadWhole(text));
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_stream_under_the_type_of_JSON_is_a_stream(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        upstream.ThenBytes(format.Stream, "application/json");

        using var response = await reader.AskAsync(gateway, stream: true);

        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("Hi there", reader.ReadStream(bytes, endsWithError: false, out var problems));
        Assert.Empty(problems);
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task A_whole_answer_under_the_type_of_a_stream_is_streamed_and_counted(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        // In one line, over several, and with a blank line after it, like an event.
        var inLines = "\n" + format.Whole.Replace(",\"", ",\r\n\"", StringComparison.Ordinal);
        foreach (var body in new[] { format.Whole, inLines, format.Whole + "\n\n" })
        {
            CallRecord? call = null;
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, ended: ended, note: c => call = c);
            upstream.ThenBytes(Encoding.UTF8.GetBytes(body), "text/event-stream");

            using var response = await reader.AskAsync(gateway, stream: true);

            var bytes = await response.Content.ReadAsByteArrayAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, Encoding.UTF8.GetString(bytes));
            Assert.Equal("Hi there", reader.ReadStream(bytes, endsWithError: false, out var problems));
            Assert.Empty(problems);
            Assert.Equal(CallOutcome.Finished, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
            Assert.Equal((9, 2), (call!.Usage.Input, call.Usage.Output));
        }
    }

    [Fact]
    public async Task A_long_whole_answer_under_the_type_of_a_stream_is_streamed()
    {
        var text = new string('x', 600_000);
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenBytes(Encoding.UTF8.GetBytes(Some.ChatCompletion(text)), "text/event-stream");

        using var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            text,
            ClientFormat.Of("openai-chat").ReadStream(await response.Content.ReadAsByteArrayAsync(), endsWithError: false, out _));
    }

    [Fact]
    public async Task Tool_calls_and_choices_of_a_stream_in_place_of_a_whole_answer_are_all_there()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStream(
            Some.Chunk(
                """{"role":"assistant","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}"""),
            """data: {"id":"chatcmpl-2","choices":[{"index":1,"delta":{"content":"Second"},"finish_reason":null}]}""" + "\n\n",
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"""),
            Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
            Some.Chunk("{}", "\"tool_calls\""),
            """data: {"id":"chatcmpl-2","choices":[{"index":1,"delta":{},"finish_reason":"length"}]}""" + "\n\n",
            Some.Done);

        var response = await gateway.ChatAsync(Some.ChatRequest());

        var choices = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("choices");
        Assert.Equal(2, choices.GetArrayLength());
        var call = Assert.Single(choices[0].GetProperty("message").GetProperty("tool_calls").EnumerateArray());
        Assert.Equal("c1", call.GetProperty("id").GetString());
        Assert.Equal("{\"a\":1}", call.GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal("tool_calls", choices[0].GetProperty("finish_reason").GetString());
        Assert.Equal("Second", choices[1].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("length", choices[1].GetProperty("finish_reason").GetString());
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task A_stream_in_place_of_a_whole_answer_that_breaks_off_or_fails_is_a_502(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        foreach (var body in (byte[][])[format.Beginning, [.. format.Beginning, .. format.ErrorFrame("It broke.")]])
        {
            upstream.ThenBytes(body, format.StreamType);

            using var response = await reader.AskAsync(gateway, stream: false);

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            reader.ReadError(await response.Content.ReadAsStringAsync(), 502);
        }
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task An_error_that_a_stream_holds_as_bare_JSON_is_what_it_says(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        foreach (var end in new[] { "", "\n", "\r\n\r\n" })
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
            upstream.ThenBytes(Encoding.UTF8.GetBytes(format.ErrorBody("It broke.") + end), format.StreamType);

            using var response = await reader.AskAsync(gateway, stream: true);

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains("It broke.", reader.ReadError(await response.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task An_error_as_bare_JSON_behind_content_is_one_error_event_in_the_clients_format(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        // Over several lines, as Gemini writes it.
        var error = format.ErrorBody("It broke.").Replace(":{", ":\r\n{", StringComparison.Ordinal);
        foreach (var end in new[] { "", "\r\n\r\n" })
        {
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await FormatFaultTests.StartAsync(upstream, provider, ended: ended);
            upstream.ThenBytes([.. format.Beginning, .. Encoding.UTF8.GetBytes(error + end)], format.StreamType);

            using var response = await reader.AskAsync(gateway, stream: true);

            var text = await response.Content.ReadAsStringAsync();
            Assert.Contains("It broke.", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\n{", text, StringComparison.Ordinal);
            if (provider == client)
                Assert.StartsWith(Encoding.UTF8.GetString(format.Beginning), text, StringComparison.Ordinal);
            Assert.Equal(CallOutcome.Failed, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
        }
    }

    /// <summary>Event-stream readers skip such lines, and read the data after them.</summary>
    [Theory]
    [InlineData("{\"note\":1}\n")]
    [InlineData("error: {\"note\":1}\n")]
    public async Task An_event_whose_first_line_looks_like_bare_JSON_reaches_the_client(string line)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        string[] pieces = [.. Some.ChatStream().Select((piece, at) => at == 2 ? line + piece : piece)];
        upstream.ThenStream(pieces);

        var response = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        Assert.Equal(string.Concat(pieces), await response.Content.ReadAsStringAsync());
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_byte_order_mark_before_JSON_is_passed_over(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        upstream.ThenBytes(Encoding.UTF8.GetBytes(Mark + format.Whole), "application/json");
        using (var whole = await reader.AskAsync(gateway, stream: false))
        {
            var bytes = await whole.Content.ReadAsByteArrayAsync();
            Assert.Equal((byte)'{', bytes[0]);
            Assert.Equal("Hi there", reader.ReadWhole(Encoding.UTF8.GetString(bytes)));
        }

        upstream.ThenBytes(Encoding.UTF8.GetBytes(Mark + format.ErrorBody("It broke.")), "application/json", 500);
        using var error = await reader.AskAsync(gateway, stream: false);
        Assert.Contains("It broke.", reader.ReadError(await error.Content.ReadAsStringAsync(), 502), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(EventPairs))]
    public async Task An_error_status_whose_words_are_an_event_keeps_them(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await FormatFaultTests.StartAsync(upstream, provider);
        var error = $"id:1\nevent:error\n:HTTP_STATUS/400\ndata:{format.ErrorBody("It broke.")}\n\n";
        upstream.ThenBytes(Encoding.UTF8.GetBytes(error), "text/event-stream;charset=UTF-8", 400);

        using var response = await reader.AskAsync(gateway, stream: true);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("It broke.", reader.ReadError(await response.Content.ReadAsStringAsync(), 400));
    }

    private static TheoryData<string, string> PairsOf(Func<ProviderFormat, bool> isOne)
    {
        var pairs = new TheoryData<string, string>();
        foreach (var format in ProviderFormat.All.Where(isOne))
        {
            foreach (var client in ClientFormat.Names)
                pairs.Add(format.Dialect, client);
        }

        return pairs;
    }
}

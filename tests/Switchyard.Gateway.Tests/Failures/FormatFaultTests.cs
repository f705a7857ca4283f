using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>Faults in answers, in every provider format, as the clients of every format see them.</summary>
public sealed class FormatFaultTests
{
    private const string Secret = "It broke at http://10.0.0.7/v1 with sk-abcdefgh12345678.";

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var provider in ProviderFormat.Names)
            {
                foreach (var client in ClientFormat.Names)
                    pairs.Add(provider, client);
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_good_answer_arrives_whole_and_streamed_and_compressed(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        foreach (var compress in (bool[])[false, true])
        {
            upstream.ThenBytesOrGzip(Encoding.UTF8.GetBytes(format.Whole), "application/json", compress);
            using var whole = await reader.AskAsync(gateway, stream: false);
            Assert.Equal("Hi there", reader.ReadWhole(await whole.Content.ReadAsStringAsync()));

            upstream.ThenBytesOrGzip(format.Stream, format.StreamType, compress);
            using var stream = await reader.AskAsync(gateway, stream: true);
            var bytes = await stream.Content.ReadAsByteArrayAsync();
            // The usage frame that only the gateway requested is left out.
            if (provider == client)
                Assert.Equal(
                    Encoding.UTF8.GetString(format.Stream).Replace(Some.UsageChunk, "", StringComparison.Ordinal),
                    Encoding.UTF8.GetString(bytes));
            else
                AssertStream(reader, bytes, endsWithError: false, "Hi there");
        }
    }

    [Covers("E10")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task An_error_before_any_content_of_a_stream_is_answered_with_a_status(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        byte[] error = format.ErrorFrame(Secret);
        // The error alone; after the frames before content, which may report usage; and both in one read.
        byte[][][] streams =
        [
            [error], [.. format.Frames[..(format.Said - 1)], error],
            [[.. format.Frames[..(format.Said - 1)].SelectMany(frame => frame), .. error]],
        ];
        foreach (var pieces in streams)
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(upstream, provider);
            upstream.Then(http => SendAsync(http, format, pieces));

            using var response = await reader.AskAsync(gateway, stream: true);

            await AssertRefusedAsync(reader, response);
        }
    }

    [Covers("C5")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task An_error_behind_content_is_one_error_event_in_the_clients_format(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        foreach (var inOne in (bool[])[false, true])
        {
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(upstream, provider, ended: ended);
            byte[] error = format.ErrorFrame("It broke.");
            upstream.Then(http => SendAsync(http, format, inOne ? [[.. format.Beginning, .. error]] : [format.Beginning, error]));

            using var response = await reader.AskAsync(gateway, stream: true);

            var bytes = await response.Content.ReadAsByteArrayAsync();
            if (provider == client)
                Assert.StartsWith(
                    Encoding.UTF8.GetString([.. format.Beginning, .. error]), Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
            else
                AssertStream(reader, bytes, endsWithError: true, "Hi");
            Assert.Equal(CallOutcome.Failed, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
        }
    }

    [Covers("U6")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task A_stream_cut_inside_a_frame_ends_in_one_error_event_and_what_it_cost_is_known(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        byte[] half = format.Frames[format.Said][..^9];
        foreach (var abort in (bool[])[false, true])
        {
            CallRecord? call = null;
            var ended = new TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>();
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(upstream, provider, ended: ended, note: c => call = c);
            var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            upstream.Then(async http =>
            {
                await SendAsync(http, format, [format.Beginning, half]);
                if (!abort)
                    return;
                // A reset discards bytes that the other side has not read yet.
                await Task.WhenAny(answered.Task, Task.Delay(TimeSpan.FromSeconds(5)));
                http.Abort();
            });

            using var response = await reader.AskAsync(gateway, stream: true);
            answered.SetResult();

            var bytes = await response.Content.ReadAsByteArrayAsync();
            AssertBrokenOff(format, reader, bytes);
            var (outcome, error) = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(CallOutcome.Failed, outcome);
            Assert.NotEqual(CallErrorKind.Internal, error!.Kind);
            if (provider is "anthropic-messages" or "gemini")
                Assert.Equal(9, call!.Usage.Input);
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_stream_that_falls_silent_ends_in_one_error_event(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider, options => options.Timeouts.Idle = TimeSpan.FromMilliseconds(200));
        upstream.Then(async http =>
        {
            await SendAsync(http, format, [format.Beginning]);
            await upstream.HangAsync(http);
        });

        using var response = await reader.AskAsync(gateway, stream: true);

        AssertBrokenOff(format, reader, await response.Content.ReadAsByteArrayAsync());
        await upstream.ClientLeft.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_stream_that_never_says_anything_is_a_504(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(
            upstream, provider, options => options.Timeouts.FirstToken = TimeSpan.FromMilliseconds(200));
        upstream.Then(async http =>
        {
            foreach (var frame in format.Frames[..(format.Said - 1)])
                await format.SendAsync(http, frame);
            await upstream.HangAsync(http);
        });

        using var response = await reader.AskAsync(gateway, stream: true);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        reader.ReadError(await response.Content.ReadAsStringAsync(), 504);
    }

    [Covers("C5")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task What_is_no_answer_is_a_502_in_the_clients_shape_without_a_word_of_it(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        (string Body, string Type)[] answers =
        [
            ("<html><body>Bad gateway at http://10.0.0.7/</body></html>", "text/html"), ("<html>10.0.0.7</html>", "application/json"),
            ("<html>10.0.0.7</html>", format.StreamType),
            ("", "application/json"), ("", format.StreamType), (" \n", "application/json"), ("null", "application/json"),
            ("[]", "application/json"), ("{}", "application/json"),
            ("7", "application/json"), ("\"10.0.0.7\"", "application/json"), ("{\"cut\":", "application/json"),
            ("garbage 10.0.0.7", "text/plain"), ("{}", format.StreamType),
            (format.ErrorBody(Secret), "application/json"), (format.ErrorBody(Secret), "text/plain"),
            (format.Whole[..^20], "application/json"),
        ];
        foreach (var (body, type) in answers)
        {
            foreach (var stream in (bool[])[false, true])
            {
                // Forwarding passes any object on to a client of the same format.
                if (body == "{}" && provider == client && !stream)
                    continue;
                upstream.ThenBytes(Encoding.UTF8.GetBytes(body), type);
                using var response = await reader.AskAsync(gateway, stream);
                try
                {
                    await AssertRefusedAsync(reader, response);
                }
                catch (Exception e)
                {
                    throw new InvalidDataException($"'{body}' as {type}, {(stream ? "streamed" : "whole")}: {e.Message}", e);
                }
            }
        }
    }

    [Covers("E10")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task An_error_status_keeps_its_meaning_and_loses_its_secrets(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        foreach (var (status, expected) in ((int, int)[])[
            (400, 400), (401, 500), (403, 500), (404, 404), (429, 429), (500, 502), (503, 502), (529, 502)])
        {
            foreach (var body in new[]
            {
                format.ErrorBody(Secret), "<html>10.0.0.7</html>", "", "{\"error\":\"sk-abcdefgh12345678\"}",
                "[{\"error\":{\"message\":\"sk-abcdefgh12345678\"}}]",
            })
            {
                upstream.ThenBytes(Encoding.UTF8.GetBytes(body), "application/json", status);
                using var response = await reader.AskAsync(gateway, stream: status % 2 == 0);
                var text = await response.Content.ReadAsStringAsync();
                // A body may describe the error better than its status.
                if (body != format.ErrorBody(Secret))
                    Assert.Equal(expected, (int)response.StatusCode);
                AssertClean(reader.ReadError(text, (int)response.StatusCode) + text);
            }
        }

        AssertClean(gateway);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_whole_answer_to_a_streams_request_is_streamed(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        upstream.ThenBytes(Encoding.UTF8.GetBytes(format.Whole), "application/json");

        using var response = await reader.AskAsync(gateway, stream: true);

        AssertStream(reader, await response.Content.ReadAsByteArrayAsync(), endsWithError: false, "Hi there");
    }

    [Covers("E4")]
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(0, 9)]
    [InlineData(0, 30)]
    [InlineData(2, 0)]
    [InlineData(2, 5)]
    [InlineData(2, 9)]
    [InlineData(2, 30)]
    [InlineData(2, 120)]
    public async Task A_damaged_message_of_an_event_stream_is_an_error_and_never_content(int message, int at)
    {
        var format = ProviderFormat.Of("bedrock-converse");
        foreach (var reader in ClientFormat.All)
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var gateway = await StartAsync(upstream, format.Dialect);
            var frames = format.Frames.Select(frame => frame.ToArray()).ToArray();
            frames[message][Math.Min(at, frames[message].Length - 1)] ^= 0x41;
            upstream.Then(http => SendAsync(http, format, frames));

            using var response = await reader.AskAsync(gateway, stream: true);

            if (message == 0)
                await AssertRefusedAsync(reader, response);
            else
                AssertStream(reader, await response.Content.ReadAsByteArrayAsync(), endsWithError: true, "Hi");
        }
    }

    internal static Task<GatewayHost> StartAsync(
        FakeUpstream upstream, string dialect, Action<SwitchyardOptions>? configure = null,
        TaskCompletionSource<(CallOutcome Outcome, CallError? Error)>? ended = null, Action<CallRecord>? note = null) =>
        GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Providers["up"].Dialect = dialect;
                configure?.Invoke(options);
            },
            build => build.AddSink(new EndedSink(call =>
            {
                note?.Invoke(call);
                ended?.TrySetResult((call.Outcome, call.Error));
            })));

    private static async Task SendAsync(HttpContext http, ProviderFormat format, IEnumerable<byte[]> pieces)
    {
        foreach (var piece in pieces)
            await format.SendAsync(http, piece);
    }

    private static async Task AssertRefusedAsync(ClientFormat reader, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.BadGateway, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        reader.ReadError(text, (int)response.StatusCode);
        AssertClean(text);
    }

    private static void AssertClean(string text)
    {
        foreach (var secret in new[] { "10.0.0.7", "sk-abcdefgh", "sk-upstream-secret", "<html", "127.0.0.1" })
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertClean(GatewayHost gateway) => Assert.DoesNotContain(
        gateway.Log.Lines,
        line => line.Text.Contains("sk-abcdefgh", StringComparison.Ordinal)
            || line.Text.Contains("sk-upstream-secret", StringComparison.Ordinal));

    private static void AssertBrokenOff(ProviderFormat format, ClientFormat reader, byte[] bytes)
    {
        if (format.Dialect != reader.Name)
        {
            AssertStream(reader, bytes, endsWithError: true, "Hi");
            return;
        }

        // Forwarded: the frames before the fault are kept, followed by one error of the format.
        var (beginning, text) = (Encoding.UTF8.GetString(format.Beginning), Encoding.UTF8.GetString(bytes));
        Assert.StartsWith(beginning, text, StringComparison.Ordinal);
        var added = text[beginning.Length..];
        var mark = reader.Name switch { "anthropic-messages" or "openai-responses" => "event: error\n", _ => "data: {\"error\":" };
        Assert.Equal(2, added.Split(mark).Length);
        Assert.StartsWith(mark, added, StringComparison.Ordinal);
        Assert.EndsWith(
            reader.Name switch { "openai-chat" => "\n\ndata: [DONE]\n\n", "gemini" => "}\r\n\r\n", _ => "}\n\n" }, added,
            StringComparison.Ordinal);
    }

    private static void AssertStream(ClientFormat reader, byte[] bytes, bool endsWithError, string text)
    {
        var said = reader.ReadStream(bytes, endsWithError, out var problems);
        Assert.True(problems.Count == 0, string.Join("; ", problems) + "\n" + Encoding.UTF8.GetString(bytes));
        Assert.Equal(text, said);
    }
}

/// <summary>Answers with a content encoding.</summary>
file static class Compressed
{
    public static FakeUpstream ThenBytesOrGzip(this FakeUpstream upstream, byte[] body, string type, bool compress) =>
        upstream.Then(async http =>
        {
            http.Response.ContentType = type;
            if (!compress)
            {
                await http.Response.Body.WriteAsync(body);
                return;
            }

            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync(body);
        });
}

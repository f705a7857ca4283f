using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Limits;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Forms: uploads of any size pass through, with their parts in any order.</summary>
public sealed class UploadTests
{
    private const string Path = "/v1/audio/transcriptions";
    private const string Transcript = """{"text":"Hi.","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}""";

    private static readonly byte[] s_audio = Bytes(300_000);

    public static TheoryData<bool, int> Forms() => new() { { true, 1_000 }, { false, 1_000 }, { true, 3_000_000 }, { false, 3_000_000 } };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Only_the_model_changes_in_a_form_wherever_it_stands(bool modelFirst, int size)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var ended = new TaskCompletionSource<TokenUsage>();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: b => b.AddSink(new EndedSink(call => ended.TrySetResult(call.Usage))));
        upstream.ThenJson(Transcript);

        var response = await gateway.Http.PostAsync(Path, Form(modelFirst, size, "up/some-model").ToContent());

        Assert.Equal(Transcript, await response.Content.ReadAsStringAsync());
        var seen = upstream.LastRequest;
        Assert.Equal(Form(modelFirst, size, "some-model").ToBytes(), seen.Body);
        Assert.Equal(MultipartForm.ContentType, seen.Headers["Content-Type"]);
        Assert.Equal(seen.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), seen.Headers["Content-Length"]);
        Assert.Equal("/v1/audio/transcriptions", seen.Path);
        Assert.Equal("Bearer sk-upstream-secret", seen.Headers["Authorization"]);
        var usage = await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((14, 45, 14), (usage.Input, usage.Output, usage.InputAudio));
    }

    [Theory]
    [InlineData("/v1/images/edits")]
    [InlineData("/openai/v1/audio/translations")]
    public async Task A_form_of_unknown_length_passes_as_well(string path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("{}");
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = MultipartForm.Content(new StreamContent(new MemoryStream(Form(true, 2_000_000, "up/some-model").ToBytes()))),
        };
        request.Headers.TransferEncodingChunked = true;

        var response = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Form(true, 2_000_000, "some-model").ToBytes(), upstream.LastRequest.Body);
    }

    [Fact]
    public async Task A_transcript_streams_when_the_form_asks_for_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        string[] events =
        [
            "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi\"}\n\n",
            "data: {\"type\":\"transcript.text.done\",\"text\":\"Hi\"}\n\n",
        ];
        upstream.ThenStream(events);

        var response = await gateway.Http.PostAsync(
            Path, new MultipartForm().File("file", s_audio).Field("model", "up/some-model").Field("stream", "true").ToContent());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(string.Concat(events), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_large_upload_reaches_the_provider_while_it_arrives()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var arriving = new TaskCompletionSource();
        upstream.ThenUnread(async http =>
        {
            await http.Request.Body.ReadExactlyAsync(new byte[1000]);
            arriving.SetResult();
            await http.Request.Body.CopyToAsync(Stream.Null);
            await http.Response.WriteAsync(Transcript);
        });
        var form = Form(true, 2_000_000, "up/some-model").ToBytes();
        using var content = new PausedContent(form, 1_500_000, arriving.Task);

        var response = await gateway.Http.PostAsync(Path, MultipartForm.Content(content)).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task An_upload_takes_no_more_memory_than_is_set_aside_for_it()
    {
        const int size = 20 * 1024 * 1024;
        var counter = new Counter();
        var http = new DefaultHttpContext();
        http.Request.ContentType = MultipartForm.ContentType;
        http.Request.Body = new CountingSource(
            new MultipartForm().Field("model", "m")
                .Part("Content-Disposition: form-data; name=\"file\"; filename=\"a\"", new byte[size]).ToBytes(),
            counter);

        using var pool = new BodyPool(TimeProvider.System);
        await using var form = await MultipartBody.OpenAsync(
            http, new RequestLimits(32 * 1024 * 1024, long.MaxValue), pool, TimeSpan.FromMinutes(1));
        await form.WriteAsync(new CountingSink(counter), "other-model", CancellationToken.None);

        Assert.True(counter.Written > size);
        Assert.InRange(counter.MostHeld, 1, SpooledBytes.MemoryLimit + (2 * 64 * 1024));
    }

    [Theory]
    [InlineData("4", 4)]
    [InlineData("many", 1)]
    [InlineData(null, 1)]
    public async Task A_form_says_how_many_answers_it_asks_for(string? number, int expected)
    {
        var form = new MultipartForm().File("image", [1, 2, 3]).Field("model", "m");
        if (number is not null)
            form.Field("n", number);
        var http = new DefaultHttpContext();
        http.Request.ContentType = MultipartForm.ContentType;
        http.Request.Body = new MemoryStream(form.ToBytes());

        using var pool = new BodyPool(TimeProvider.System);
        await using var body = await MultipartBody.OpenAsync(
            http, new RequestLimits(32 * 1024 * 1024, long.MaxValue), pool, TimeSpan.FromMinutes(1));

        Assert.Equal(expected, body.Choices);
    }

    [Theory]
    [InlineData("before", 4)]
    [InlineData("behind", 0)]
    public async Task Of_a_form_that_is_still_arriving_it_may_not_be_known_how_many_answers_it_asks_for(string place, int expected)
    {
        var form = new MultipartForm().Field("model", "m");
        if (place == "before")
            form.Field("n", "4");
        form.File("image", new byte[3_000_000]);
        if (place == "behind")
            form.Field("n", "4");
        var http = new DefaultHttpContext();
        http.Request.ContentType = MultipartForm.ContentType;
        http.Request.Body = new MemoryStream(form.ToBytes());

        using var pool = new BodyPool(TimeProvider.System);
        await using var body = await MultipartBody.OpenAsync(
            http, new RequestLimits(32 * 1024 * 1024, long.MaxValue), pool, TimeSpan.FromMinutes(1));

        Assert.Equal(expected, body.Choices);
    }

    [Fact]
    public async Task What_comes_before_the_model_waits_in_a_file_that_has_no_name()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var during = -1;
        upstream.ThenUnread(async http =>
        {
            during = OpenSpoolFiles();
            await http.Request.Body.CopyToAsync(Stream.Null);
            await http.Response.WriteAsync(Transcript);
        });

        var response = await gateway.Http.PostAsync(Path, Form(false, 3_000_000, "up/some-model").ToContent());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        // The file of another test has its name for a moment.
        await Wait.ForAsync(() => Directory.GetFiles(System.IO.Path.GetTempPath(), SpooledBytes.FilePrefix + "*").Length == 0);
        if (OperatingSystem.IsLinux())
        {
            Assert.True(during >= 1);
            await response.Content.ReadAsStringAsync();
            await Wait.ForAsync(() => OpenSpoolFiles() < during);
        }
    }

    [Theory]
    [InlineData(true, 300_000)]
    [InlineData(false, 3_000_000)]
    public async Task An_upload_that_was_held_is_sent_to_the_next_target(bool modelFirst, int size)
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson("""{"error":{"message":"overloaded"}}""", 503);
        good.ThenJson(Transcript);

        var response = await gateway.Http.PostAsync(Path, Form(modelFirst, size, "fast").ToContent());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Form(modelFirst, size, "bad-model").ToBytes(), bad.LastRequest.Body);
        Assert.Equal(Form(modelFirst, size, "good-model").ToBytes(), good.LastRequest.Body);
    }

    [Fact]
    public async Task An_upload_that_passed_on_is_not_and_the_error_says_why()
    {
        await using var bad = await FakeUpstream.StartAsync();
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        bad.ThenJson("""{"error":{"message":"overloaded"}}""", 503);

        var response = await gateway.Http.PostAsync(Path, Form(true, 3_000_000, "fast").ToContent());

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var message = await MessageAsync(response);
        Assert.Contains("overloaded", message, StringComparison.Ordinal);
        Assert.Contains("No other target was tried", message, StringComparison.Ordinal);
        Assert.Empty(good.Requests);
    }

    [Fact]
    public async Task A_target_that_cannot_be_reached_has_taken_nothing_of_the_upload()
    {
        await using var good = await FakeUpstream.StartAsync();
        var bad = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(bad, good);
        await bad.DisposeAsync();
        good.ThenJson(Transcript);

        var response = await gateway.Http.PostAsync(Path, Form(true, 3_000_000, "fast").ToContent());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Form(true, 3_000_000, "good-model").ToBytes(), good.LastRequest.Body);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_closes_the_upstream()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var arriving = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        upstream.ThenUnread(async http =>
        {
            try
            {
                await http.Request.Body.ReadExactlyAsync(new byte[1000]);
                arriving.SetResult();
                await http.Request.Body.CopyToAsync(Stream.Null);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                closed.SetResult();
            }
        });
        using var leave = new CancellationTokenSource();
        using var content = new PausedContent(Form(true, 3_000_000, "up/some-model").ToBytes(), 2_000_000, new TaskCompletionSource().Task);
        var post = gateway.Http.PostAsync(Path, MultipartForm.Content(content), leave.Token);
        await arriving.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post.WaitAsync(TimeSpan.FromSeconds(30)));
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public static TheoryData<string, byte[], string?> BrokenForms() => new()
    {
        { "no model", new MultipartForm().File("file", s_audio).ToBytes(), "model" },
        { "empty model", new MultipartForm().Field("model", "").ToBytes(), "model" },
        { "two models", new MultipartForm().Field("model", "up/a").Field("model", "up/b").ToBytes(), "model" },
        { "two streams", new MultipartForm().Field("stream", "true").Field("stream", "false").Field("model", "up/a").ToBytes(), "stream" },
        { "two n", new MultipartForm().Field("model", "up/a").Field("n", "1").Field("n", "10").ToBytes(), "n" },
        { "n as file", new MultipartForm().Field("model", "up/a").File("n", [49]).ToBytes(), "n" },
        { "bad stream", new MultipartForm().Field("stream", "maybe").Field("model", "up/a").ToBytes(), "stream" },
        { "model as file", new MultipartForm().File("model", [65]).ToBytes(), "model" },
        {
            "encoded model",
            new MultipartForm().Part("Content-Disposition: form-data; name=model\r\nContent-Transfer-Encoding: base64", [65]).ToBytes(),
            "model"
        },
        { "not utf-8", new MultipartForm().Part("Content-Disposition: form-data; name=model", [0xC3, 0x28]).ToBytes(), "model" },
        { "long model", new MultipartForm().Field("model", new string('m', 100_000)).ToBytes(), "model" },
        { "unfinished", new MultipartForm().Field("model", "up/a").File("file", s_audio).Unfinished(), null },
        { "empty", [], null },
        { "not a form", "{\"model\":\"up/a\"}"u8.ToArray(), null },
        { "no name", new MultipartForm().Part("Content-Type: text/plain", [65]).ToBytes(), null },
        { "two names", new MultipartForm().Part("Content-Disposition: form-data; name=model; name=x", [65]).ToBytes(), null },
        {
            "two dispositions",
            new MultipartForm()
                .Part("Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=model", [65]).ToBytes(),
            null
        },
        { "folded header", new MultipartForm().Part("Content-Disposition: form-data;\r\n name=model", [65]).ToBytes(), null },
        {
            "something behind",
            [.. new MultipartForm().Field("model", "up/a").ToBytes(), .. new MultipartForm().Field("model", "up/b").ToBytes()],
            null
        },
        {
            "bare line feed",
            [
                .. new MultipartForm().Field("model", "up/a").Unfinished(),
                .. Encoding.UTF8.GetBytes($"--{MultipartForm.Boundary}\r\nContent-Disposition: form-data; name=x\r\n\r\n"),
                .. Encoding.UTF8.GetBytes($"v\n--{MultipartForm.Boundary}--\r\n"),
            ],
            null
        },
    };

    [Theory]
    [MemberData(nameof(BrokenForms))]
    public async Task A_broken_form_is_a_typed_error(string why, byte[] body, string? param)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.Http.PostAsync(Path, MultipartForm.Content(new ByteArrayContent(body)));

        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, why);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task A_form_that_breaks_late_never_reaches_the_provider_whole()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var received = new TaskCompletionSource<bool>();
        upstream.ThenUnread(async http =>
        {
            try
            {
                await http.Request.Body.CopyToAsync(Stream.Null);
                received.SetResult(true);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                received.SetResult(false);
            }
        });

        var response = await gateway.Http.PostAsync(Path, Form(true, 3_000_000, "up/some-model").Field("model", "up/other").ToContent());

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("more than once", await MessageAsync(response), StringComparison.Ordinal);
        Assert.False(await received.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_form_over_the_limit_is_refused(bool chunked)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Server.MaxBodyBytes = 2_000_000);
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Form(true, 3_000_000, "up/some-model").ToContent() };
        if (chunked)
            request.Headers.TransferEncodingChunked = true;

        var response = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("server.max_body", await MessageAsync(response), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_form_needs_a_boundary(string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var content = new ByteArrayContent(Form(true, 10, "up/some-model").ToBytes());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        var response = await gateway.Http.PostAsync(Path, content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("boundary", await MessageAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-7")]
    [InlineData("\"UTF-16\"")]
    public async Task A_form_in_a_charset_that_hides_its_fields_is_refused(string charset)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        // In UTF-7 the second field is another model: a reader that decodes names by the charset takes that one.
        var form = new MultipartForm().Field("model", "up/some-model").Field("+AG0-odel", "another-model").File("file", s_audio);
        using var content = new ByteArrayContent(form.ToBytes());
        content.Headers.TryAddWithoutValidation("Content-Type", $"{MultipartForm.ContentType}; charset={charset}");

        var response = await gateway.Http.PostAsync(Path, content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("charset", await MessageAsync(response), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    [Theory]
    [InlineData("UTF-8")]
    [InlineData("\"utf-8\"")]
    [InlineData("ISO-8859-1")]
    public async Task A_form_in_a_charset_in_which_ASCII_is_itself_passes(string charset)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(Transcript);
        using var content = new ByteArrayContent(Form(true, 1_000, "up/some-model").ToBytes());
        content.Headers.TryAddWithoutValidation("Content-Type", $"{MultipartForm.ContentType}; charset={charset}");

        var response = await gateway.Http.PostAsync(Path, content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Where_JSON_is_spoken_a_form_is_not_read()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var response = await gateway.Http.PostAsync("/v1/chat/completions", Form(true, 10, "up/some-model").ToContent());

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private static MultipartForm Form(bool modelFirst, int size, string model)
    {
        var form = new MultipartForm().Field("language", "de");
        var audio = Bytes(size);
        return modelFirst
            ? form.Field("model", model).Field("response_format", "json").File("file", audio, "Grüße.wav")
            : form.File("file", audio).Field("model", model).Field("temperature", "0");
    }

    /// <summary>Bytes full of line breaks and dashes, which are hard for a boundary search.</summary>
    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        var random = new Random(size);
        var alphabet = "\r\n--form.a\0\xFF"u8;
        for (var i = 0; i < size; i++)
            bytes[i] = alphabet[random.Next(alphabet.Length)];
        return bytes;
    }

    private static async Task<string> MessageAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("message").GetString()!;

    private static int OpenSpoolFiles() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Count(IsSpoolFile) : 0;

    private static bool IsSpoolFile(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName.Contains(
                SpooledBytes.FilePrefix, StringComparison.Ordinal) is true;
        }
        catch (IOException)
        {
            // Another test's connection, closed since the list was read.
            return false;
        }
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream bad, FakeUpstream good) => GatewayHost.StartAsync(options =>
    {
        options.Providers["bad"] = new ProviderOptions { BaseUrl = bad.BaseUrl, Key = "key-of-bad" };
        options.Providers["good"] = new ProviderOptions { BaseUrl = good.BaseUrl, Key = "key-of-good" };
        options.Models["fast"] = new ModelRouteOptions
        {
            Targets = [new TargetOptions { Model = "bad/bad-model" }],
            Fallback = [new TargetOptions { Model = "good/good-model" }],
        };
    });

    /// <summary>Sends the first bytes, and the rest when released.</summary>
    private sealed class PausedContent(byte[] bytes, int first, Task goOn) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(bytes.AsMemory(0, first), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await goOn.WaitAsync(cancellationToken);
            await stream.WriteAsync(bytes.AsMemory(first), cancellationToken);
        }

        protected override bool TryComputeLength(out long length) => (length = bytes.Length) > 0;
    }

    private sealed class Counter
    {
        public long Read { get; set; }

        public long Written { get; set; }

        public long MostHeld { get; set; }
    }

    private sealed class CountingSource(byte[] bytes, Counter counter) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            counter.Read += read;
            counter.MostHeld = Math.Max(counter.MostHeld, counter.Read - counter.Written);
            return read;
        }
    }

    private sealed class CountingSink(Counter counter) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            counter.Written += buffer.Length;
            return default;
        }
    }
}

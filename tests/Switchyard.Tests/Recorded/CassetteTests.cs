using System.Text;
using Switchyard.Recorded;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Recorded;

/// <summary>The file format of recordings: written ones are read again byte for byte, and other files are reported as invalid.</summary>
public sealed class CassetteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<byte[]> Bodies =>
    [
        .. ((string[])
        [
            "", "{}", "[]", "{\"a\":1}",
            "{\r\n  \"a\" : [ 1.50, \"\\u00fc\\ud83d\\ude00\", \"ü😀</script>\" ]\r\n}", " {\"a\":1}", "{\"a\":1}\n",
            "{\"a\":1", "data: {\"a\":\"b\"}\n\ndata: [DONE]\n\n", "plain", "\uFEFF{}", "a\0b", "\"text\"", "{\"a\":1}{\"b\":2}", "{,}",
        ]).Select(Encoding.UTF8.GetBytes),
        new byte[] { 0xff, 0xfe, 0x00, 0x80 },
        new byte[] { 0xe2, 0x82 },
    ];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Bodies))]
    public void Every_body_is_read_as_it_was_written(byte[] body)
    {
        var whole = Make(new RecordedAnswer { Status = 200, Pieces = [new(TimeSpan.Zero, body)] }, body);
        var pieces = Make(new RecordedAnswer
        {
            Status = 201,
            After = TimeSpan.FromMilliseconds(12.5),
            Headers = [new("content-type", "text/event-stream")],
            Pieces = [new(TimeSpan.FromMilliseconds(3), body), new(TimeSpan.Zero, body)],
            BrokeOff = true,
        });

        var read = Again(whole);
        var streamed = Again(pieces);

        Assert.Equal(body, Assert.Single(read.Answer.Pieces).Bytes.ToArray());
        Assert.Equal(body, read.Request.Body!.Value.ToArray());
        Assert.Equal([body, body], streamed.Answer.Pieces.Select(piece => piece.Bytes.ToArray()));
        Assert.Equal(
            (201, TimeSpan.FromMilliseconds(12.5), TimeSpan.FromMilliseconds(3), true, "text/event-stream"),
            (streamed.Answer.Status, streamed.Answer.After, streamed.Answer.Pieces[0].After, streamed.Answer.BrokeOff,
                streamed.Answer.Header("Content-Type")));
        Assert.Null(streamed.Request.Body);
    }

    [Fact]
    public void A_file_is_easy_to_read_and_notes_in_it_do_no_harm()
    {
        var text = Encoding.UTF8.GetString(CassetteWriter.Write(Make(
            new RecordedAnswer { Status = 200, Pieces = [new(TimeSpan.Zero, "{\"text\":\"Grüße\"}"u8.ToArray())] })).Span);

        Assert.Contains("\"json\": {\"text\":\"Grüße\"}", text, StringComparison.Ordinal);
        var noted = text.Replace(
            "\"cassette\": 1", "\"why\": { \"ticket\": [ 7 ] }, // by hand\n \"cassette\": 1", StringComparison.Ordinal);
        Assert.Equal("some-model", CassetteReader.Read("x.json", Encoding.UTF8.GetBytes(noted)).Model);
    }

    [Theory]
    [InlineData("", "it is not JSON at line 1")]
    [InlineData("{\n  \"cassette\": 1,\n  oops\n}", "it is not JSON at line 3")]
    [InlineData("{\"cassette\":1", "it is not JSON at line 1")]
    [InlineData("{}\n{}", "it is not JSON at line 2")]
    [InlineData("[]", "the recording must be an object")]
    [InlineData("{}", "it lacks cassette")]
    [InlineData("{\"cassette\":99}", "is of version 99")]
    [InlineData("{\"cassette\":\"one\"}", "cassette must be a number")]
    [InlineData("{\"cassette\":1,\"provider\":[]}", "provider must be text")]
    [InlineData("{\"cassette\":1,\"provider\":\"p\",\"format\":\"f\",\"model\":\"m\"}", "it lacks request")]
    [InlineData("{\"cassette\":1,\"request\":7}", "request must be an object")]
    [InlineData("{\"cassette\":1,\"request\":{\"method\":\"POST\"}}", "it lacks request.path")]
    [InlineData("{\"cassette\":1,\"request\":{\"headers\":{\"a\":1}}}", "request.headers.a must be text")]
    [InlineData("{\"cassette\":1,\"answer\":{\"status\":9}}", "answer.status must be a number from 100 to 599")]
    [InlineData("{\"cassette\":1,\"answer\":{\"base64\":\"?\"}}", "answer.base64 must be text in base64")]
    [InlineData("{\"cassette\":1,\"answer\":{\"pieces\":[{\"ms\":-1}]}}", "answer.pieces[0].ms must be a number from 0")]
    [InlineData("{\"cassette\":1,\"answer\":{\"pieces\":[{}]}}", "it lacks answer.pieces[0].text")]
    [InlineData("{\"cassette\":1,\"recorded\":\"yesterday\"}", "recorded must be a time")]
    [InlineData("{\"cassette\":1,\"model\":\"\\ud800\"}", "not all Unicode")]
    public void What_is_no_recording_is_refused_with_its_file_the_place_and_a_way_out(string text, string problem)
    {
        var error = Assert.Throws<CassetteException>(() => CassetteReader.Read("some/file.json", Encoding.UTF8.GetBytes(text)));

        Assert.StartsWith("some/file.json is ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Matches("Correct it or remove it from the folder|use a newer one", error.Message);
    }

    [Fact]
    public async Task A_folder_is_read_whole_in_the_order_of_names_and_half_written_files_are_none_of_it()
    {
        var bytes = CassetteWriter.Write(Make(new RecordedAnswer { Status = 200 })).ToArray();
        foreach (var name in (string[])["b", "a"])
            CassetteFolder.Write(_folder["inner"], name, bytes);
        CassetteFolder.Write(_folder.FullPath, "z", bytes);
        CassetteFolder.Write(_folder.FullPath, "z", bytes);
        _folder.Write(".half.json", "{");
        _folder.Write("notes.txt", "no recording");

        var read = await CassetteFolder.ReadAsync(_folder.FullPath, TestContext.Current.CancellationToken);

        Assert.Equal(["inner/a.json", "inner/b.json", "z-2.json", "z.json"], read.Select(cassette => cassette.File));
        Assert.Equal((2, 2L * bytes.Length), CassetteFolder.Measure(_folder["inner"]));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_is_refused_with_what_is_wrong_and_a_way_out()
    {
        await RefusesAsync(_folder["none"], "There is no folder of recordings", "Record some there");
        await RefusesAsync(_folder.FullPath, "has no recordings", "files whose names end in .json");

        Directory.CreateDirectory(_folder["circle"]);
        Directory.CreateSymbolicLink(_folder["circle/again"], _folder["circle"]);
        await RefusesAsync(_folder["circle"], "again is a link to a folder", "Name that folder itself");

        Directory.CreateDirectory(_folder["links"]);
        File.CreateSymbolicLink(_folder["links/a.json"], _folder["links/b.json"]);
        File.CreateSymbolicLink(_folder["links/b.json"], _folder["links/a.json"]);
        await RefusesAsync(_folder["links"], "a.json cannot be read", "remove it from the folder");

        Directory.CreateDirectory(_folder["gone"]);
        File.CreateSymbolicLink(_folder["gone/a.json"], _folder["gone/nowhere.json"]);
        await RefusesAsync(_folder["gone"], "a.json cannot be read: it does not exist, or is a broken link", "remove it from the folder");

        Directory.CreateDirectory(_folder["huge"]);
        using (var huge = new FileStream(_folder["huge/a.json"], FileMode.CreateNew))
            huge.SetLength(1024L * 1024 * 1024 + 1);
        await RefusesAsync(_folder["huge"], "a.json has 1073741825 bytes", "Remove it from the folder");
    }

    private static async Task RefusesAsync(string folder, string problem, string wayOut)
    {
        var error = await Assert.ThrowsAsync<CassetteException>(
            () => CassetteFolder.ReadAsync(folder, TestContext.Current.CancellationToken));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(wayOut, error.Message, StringComparison.Ordinal);
    }

    private static Cassette Again(Cassette cassette) => CassetteReader.Read("again.json", CassetteWriter.Write(cassette));

    private static Cassette Make(RecordedAnswer answer, byte[]? body = null) => new()
    {
        Recorded = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Provider = "up",
        Format = "openai-chat",
        Model = "some-model",
        Request = new RecordedRequest
        {
            Method = "POST",
            Path = "/chat/completions",
            Body = body is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(body),
        },
        Answer = answer,
    };
}

using System.Text;
using Switchyard.Common;
using Switchyard.Recorded;
using Switchyard.Recording;
using Xunit;

namespace Switchyard.Tests.Recording;

/// <summary>No secret is recorded: neither by its value nor by its shape, whole or in pieces.</summary>
public sealed class RedactionTests
{
    private const string Known = "the-host's-own-secret-ü-42";

    private readonly SecretRedactor _secrets = new();

    public RedactionTests() => _secrets.Remember("test", [Known]);

    public static TheoryData<string, string> Texts => new()
    {
        { "no secret, no change: sk- is short, bearer of news, max_tokens=100 ***", "" },
        { $"say {Known}!", "say ***!" },
        { "Authorization: Bearer abcDEF123456789", "Authorization: Bearer ***" },
        { "authorization: Basic dXNlcjpwYXNz", "authorization: Basic ***" },
        { "https://user:pass@host/path?x=1&key=abc123&y=2", "https://user:***@host/path?x=1&key=***&y=2" },
        { "api_key=hunter2hunter2", "api_key=***" },
        { "sk-ant-api03-0123456789abcdefABCDEF", "***" },
        { "AKIAIOSFODNN7EXAMPLE", "***" },
    };

    [Theory]
    [InlineData("""{"t":"one *** two"}""", false)]
    [InlineData("""{"t":"one *** sk-ant-api03-0123456789abcdefABCDEF"}""", true)]
    public void Whether_anything_of_a_request_was_masked_is_noted(string body, bool masked) =>
        Assert.Equal(masked, new Redaction(_secrets).Clean(Make(["{}"], body: body))!.Request.MayBeMasked);

    [Theory, MemberData(nameof(Texts))]
    public void Texts_headers_and_queries_are_masked(string text, string expected)
    {
        if (expected.Length == 0)
            expected = text;
        var clean = new Redaction(_secrets).Clean(Make([text], headers: [new("x-some", text)], query: text))!;

        Assert.Equal(expected, Body(clean));
        Assert.Equal(expected, clean.Answer.Headers[0].Value);
        Assert.Equal(expected, clean.Request.Query);
    }

    /// <summary>For any cuts by the network: the mask is where the secret began, and the text around it is complete.</summary>
    [Theory]
    [InlineData("data: {\"a\":\"x sk-proj-0123456789abcdefghij y\"}\n\n", "data: {\"a\":\"x *** y\"}\n\n")]
    [InlineData("before " + Known + " behind", "before *** behind")]
    [InlineData("{\"a\":\"the-host's-own-secret-\\u00fc-42\",\"b\":\"ü\"}", "{\"a\":\"***\",\"b\":\"ü\"}")]
    public void A_secret_is_found_wherever_the_pieces_are_cut(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second += 7)
            {
                var clean = new Redaction(_secrets).Clean(Make([bytes[..first], bytes[first..second], bytes[second..]]))!;
                Assert.Equal(expected, Body(clean));
                Assert.All(clean.Answer.Pieces, piece => Assert.False(piece.Bytes.IsEmpty));
            }
        }
    }

    [Fact]
    public void A_secret_that_is_streamed_word_by_word_is_masked_in_each_word()
    {
        var clean = new Redaction(_secrets).Clean(Make(
        [
            """data: {"choices":[{"index":0,"delta":{"content":"it is sk-pr"}}]}""" + "\n\n",
            """data: {"choices":[{"index":1,"delta":{"content":"another"}}]}""" + "\n\n",
            """data: {"choices":[{"index":0,"delta":{"content":"oj-01234567"}}]}""" + "\n\n",
            """data: {"choices":[{"index":0,"delta":{"content":"\u0038\u0039abcdef, so"}}]}""" + "\n\ndata: [DONE]\n\n",
        ]))!;

        Assert.Equal(
            ["it is ***", "another", "***", "***, so"],
            clean.Answer.Pieces.Select(piece => Encoding.UTF8.GetString(piece.Bytes.Span).Split("\"content\":\"")[1].Split('"')[0]));
        Assert.EndsWith("data: [DONE]\n\n", Body(clean), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"password":"any \"thing\" at all","n":1}""", """{"password":"***","n":1}""")]
    [InlineData("""{"a":{"x-api-key":"short"}}""", """{"a":{"x-api-key":"***"}}""")]
    [InlineData("""{"arguments":"{\"client_secret\":\"abcdef\",\"q\":1}"}""", """{"arguments":"{\"client_secret\":\"***\",\"q\":1}"}""")]
    [InlineData("""{"key":"-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----\n"}""", """{"key":"***\n"}""")]
    [InlineData("""{"tool":{"properties":{"password":{"type":"string"}}}}""", """{"tool":{"properties":{"password":{"type":"string"}}}}""")]
    public void In_JSON_a_members_name_and_its_escapes_count(string json, string expected)
    {
        var clean = new Redaction(_secrets).Clean(Make([json], body: json))!;

        Assert.Equal(expected, Body(clean));
        Assert.Equal(expected, Encoding.UTF8.GetString(clean.Request.Body!.Value.Span));
    }

    [Fact]
    public void What_is_no_text_passes_whole_or_not_at_all()
    {
        byte[] clean = [0, 255, 1, 2, 3], secret = [0, 255, .. "sk-proj-0123456789abcdefghij"u8, 0];

        Assert.Equal(clean, new Redaction(_secrets).Clean(Make([clean]))!.Answer.Pieces[0].Bytes.ToArray());
        Assert.Null(new Redaction(_secrets).Clean(Make([secret])));
    }

    /// <summary>As Bedrock's streams do: JSON in frames of bytes.</summary>
    [Fact]
    public void A_secret_that_a_binary_stream_says_word_by_word_is_found_too()
    {
        byte[][] secret = [Frame("it is sk-pr"), Frame("oj-01234567"), Frame("89abcdefghij, so")];
        byte[][] clean = [Frame("it is "), Frame("nothing {\\\""), Frame(" of the kind")];

        Assert.Null(new Redaction(_secrets).Clean(Make(secret)));
        Assert.Equal(clean, new Redaction(_secrets).Clean(Make(clean))!.Answer.Pieces.Select(piece => piece.Bytes.ToArray()));

        static byte[] Frame(string text) =>
        [
            0, 0, 0, 123, 34, 0xff, .. Encoding.UTF8.GetBytes($$$"""{"contentBlockIndex":0,"delta":{"text":"{{{text}}}"}}"""), 0xff, 1,
        ];
    }

    private static string Body(Cassette cassette) =>
        Encoding.UTF8.GetString([.. cassette.Answer.Pieces.SelectMany(piece => piece.Bytes.ToArray())]);

    private static Cassette Make(
        IEnumerable<string> pieces, IReadOnlyList<KeyValuePair<string, string>>? headers = null, string query = "", string? body = null) =>
        Make([.. pieces.Select(Encoding.UTF8.GetBytes)], headers, query, body);

    private static Cassette Make(
        byte[][] pieces, IReadOnlyList<KeyValuePair<string, string>>? headers = null, string query = "", string? body = null) => new()
    {
        Recorded = default,
        Provider = "up",
        Format = "openai-chat",
        Model = "some-model",
        Request = new RecordedRequest
        {
            Method = "POST",
            Path = "/chat/completions",
            Query = query,
            Body = body is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(body),
        },
        Answer = new RecordedAnswer
        {
            Status = 200,
            Headers = headers ?? [],
            Pieces = [.. pieces.Select(piece => new RecordedPiece(TimeSpan.FromMilliseconds(1), piece))],
        },
    };
}

using System.Text;
using Switchyard.Cloud.Credentials;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

/// <summary>Signatures, compared with those of AWS's own library.</summary>
public sealed class SignatureV4Tests
{
    private const string Body = """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""";
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    private static readonly DateTimeOffset s_now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Covers("C3")]
    [Fact]
    public void A_request_is_signed_with_its_path_encoded_twice()
    {
        using var request = Request("https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-x-v1%3A0/converse");
        Sign(request, new AwsKeys("AKIDEXAMPLE", Secret, null));
        Assert.Equal("20260102T030405Z", Header(request, "x-amz-date"));
        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
            + "Signature=5cb8c0e54dae1df61a257fb23104c9ce5ba90091b5795eb3de19a08400f688d0",
            Header(request, "Authorization"));
    }

    [Fact]
    public void Temporary_keys_send_and_sign_their_session_token()
    {
        using var request = Request("https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-x-v1%3A0/converse");
        Sign(request, new AwsKeys("AKIDEXAMPLE", Secret, "TOKENEXAMPLE"));
        Assert.Equal("TOKENEXAMPLE", Header(request, "x-amz-security-token"));
        Assert.EndsWith(
            "Signature=9feb65fef9b4c241ba714b8c3191981a2913ce8a05ae514176a303c5d43c83b7", Header(request, "Authorization"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Signing_again_replaces_the_signature()
    {
        using var request = Request("https://h.example.com/a");
        Sign(request, new AwsKeys("A", Secret, "T"));
        var first = Header(request, "Authorization");
        Sign(request, new AwsKeys("A", Secret, "T"));
        Assert.Equal(first, Header(request, "Authorization"));
    }

    [Theory]
    [InlineData(
        "https://h.example.com/foundation-models?byProvider=b&byOutputModality=A%20B&a", "/foundation-models",
        "a=&byOutputModality=A%20B&byProvider=b", "h.example.com")]
    [InlineData("https://h.example.com:8443/", "/", "", "h.example.com:8443")]
    [InlineData("https://h.example.com/model/arn%3Aaws%3Ab%2Fc/converse", "/model/arn%253Aaws%253Ab%252Fc/converse", "", "h.example.com")]
    public void The_canonical_request_has_path_query_and_host_as_they_must_be(string url, string path, string query, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = request.RequestUri!.IsDefaultPort ? request.RequestUri.Host : request.RequestUri.Authority,
        };
        Assert.Equal(host, headers["host"]);
        Assert.Equal(
            $"GET\n{path}\n{query}\nhost:{host}\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            SignatureV4.CanonicalRequest(request, headers, "host", []));
    }

    [Fact]
    public void Keys_do_not_show_their_secrets() =>
        Assert.DoesNotContain(Secret, new AwsKeys("A", Secret, "T").ToString(), StringComparison.Ordinal);

    private static HttpRequestMessage Request(string url)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body)) };
        request.Content.Headers.ContentType = new("application/json");
        return request;
    }

    private static void Sign(HttpRequestMessage request, AwsKeys keys) =>
        SignatureV4.Sign(request, Encoding.UTF8.GetBytes(Body), keys, "us-east-1", "bedrock", s_now);

    private static string Header(HttpRequestMessage request, string name) => Assert.Single(request.Headers.GetValues(name));
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class ErrorTests
{
    [Covers("C5")]
    [Theory]
    [InlineData(
        """{"error":{"message":"bad","type":"invalid_request_error","param":"n","code":"invalid_value"}}""", "bad", "n", "invalid_value")]
    [InlineData("""{"error":{"message":"bad","code":404}}""", "bad", null, "404")]
    [InlineData("""{"error":"bad"}""", "bad", null, null)]
    [InlineData("""{"code":"invalid-argument","error":"bad"}""", "bad", null, "invalid-argument")]
    [InlineData("""{"message":"bad","type":"t","param":"n","code":"c"}""", "bad", "n", "c")]
    [InlineData("""{"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400}""", "bad", null, "400")]
    [InlineData("""{"id":"x","message":"bad"}""", "bad", null, null)]
    [InlineData("""{"detail":"bad"}""", "bad", null, null)]
    [InlineData(
        """{"detail":[{"loc":["body","messages",0,"role"],"msg":"bad","type":"x"}]}""", "messages[0].role: bad", "messages[0].role", null)]
    [InlineData("""{"detail":{"error":"bad"}}""", "bad", null, null)]
    [InlineData(
        """{"object":"error","message":{"detail":[{"loc":["body","user"],"msg":"extra"}]},"type":"invalid_request_error"}""", "user: extra",
        null, null)]
    [InlineData("""{"errors":[{"code":5007,"message":"bad"}],"success":false}""", "bad", null, "5007")]
    [InlineData("""{"code":20012,"reason":"x","message":"bad","metadata":{}}""", "bad", null, "20012")]
    [InlineData("""{"base_resp":{"status_code":1004,"status_msg":"bad"}}""", "bad", null, "1004")]
    [InlineData("""{"status":400,"title":"bad"}""", "bad", null, null)]
    [InlineData("""[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]""", "bad", null, "400")]
    public void Every_vendors_error_is_read(string body, string message, string? param, string? code)
    {
        var error = Decode(400, body);
        Assert.Equal(CallErrorKind.UpstreamRejected, error.Kind);
        Assert.Equal(message, error.Message);
        Assert.Equal(param, error.Param);
        Assert.Equal(code, error.Code);
        Assert.Equal("acme", error.Provider);
        Assert.Equal(400, error.Status);
    }

    [Theory]
    [InlineData("<html><body><h1>502 Bad Gateway</h1> internal.example</body></html>")]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("upstream connect error")]
    [InlineData("{\"message\":\"<html>x</html>\"}")]
    [InlineData("{\"error\":{\"message\":\"\"}}")]
    [InlineData("{\"detail\":[]}")]
    [InlineData("{\"errors\":[]}")]
    [InlineData("{\"errors\":[5]}")]
    [InlineData("{\"error\":[1]}")]
    public void What_is_no_error_of_the_api_is_not_echoed(string body) =>
        Assert.Equal("acme answered 502 with a body that is not an error of its API", Decode(502, body).Message);

    [Covers("S002-18")]
    [Theory]
    [InlineData("max_tokens is too large", "max_tokens is too large")]
    [InlineData("  bad request: sk-abcdefgh12345678\n", "bad request: sk-***")]
    [InlineData("", "Invalid request format")]
    [InlineData(" \n", "Invalid request format")]
    [InlineData("<html><h1>Bad Request</h1></html>", "acme answered 400 with a body that is not an error of its API")]
    [InlineData("{\"error\":{\"message\":\"cut", "acme answered 400 with a body that is not an error of its API")]
    [InlineData("\u0001\u0002\u0003", "acme answered 400 with a body that is not an error of its API")]
    public void A_refusal_in_plain_text_keeps_its_words(string body, string message) =>
        Assert.Equal(message, Decode(400, body).Message);

    [Covers("S002-18")]
    [Fact]
    public void Of_a_long_refusal_the_beginning_is_kept() =>
        Assert.Equal(new string('a', 500) + "…", Decode(422, new string('a', 9000)).Message);

    [Covers("S004-51")]
    [Theory]
    [InlineData("""{"error":{"message":"slow down","retry_after":7}}""")]
    [InlineData("""{"error":{"message":"slow down"},"retry_after":7}""")]
    [InlineData("""{"error":"slow down","retry_after":7}""")]
    [InlineData("""{"detail":"slow down","retry_after":7.0}""")]
    public void The_wait_in_the_body_is_the_wait(string body) =>
        Assert.Equal(TimeSpan.FromSeconds(7), Decode(429, body).RetryAfter);

    /// <summary>As for a pause in a header: it is limited to a day, not ignored.</summary>
    [Theory]
    [InlineData("""{"error":{"message":"quota","retry_after":90000}}""")]
    [InlineData("""{"error":{"message":"quota","retry_after":1e300}}""")]
    public void A_wait_in_the_body_that_is_longer_than_a_day_is_a_day(string body) =>
        Assert.Equal(TimeSpan.FromDays(1), Decode(429, body).RetryAfter);

    [Fact]
    public void A_wait_in_the_body_below_zero_is_none() =>
        Assert.Null(Decode(429, """{"error":{"message":"slow down","retry_after":-1}}""").RetryAfter);

    [Covers("S001-46", "S001-47", "S002-23", "S004-53", "E10")]
    [Theory]
    [InlineData(400, CallErrorKind.UpstreamRejected, 400)]
    [InlineData(401, CallErrorKind.UpstreamAuthenticationFailed, 500)]
    [InlineData(402, CallErrorKind.UpstreamRejected, 402)]
    [InlineData(403, CallErrorKind.UpstreamAuthenticationFailed, 500)]
    [InlineData(404, CallErrorKind.UpstreamRejected, 404)]
    [InlineData(408, CallErrorKind.UpstreamTimeout, 504)]
    [InlineData(413, CallErrorKind.UpstreamRejected, 413)]
    [InlineData(422, CallErrorKind.UpstreamRejected, 422)]
    [InlineData(429, CallErrorKind.UpstreamRateLimited, 429)]
    [InlineData(500, CallErrorKind.UpstreamUnavailable, 502)]
    [InlineData(503, CallErrorKind.UpstreamUnavailable, 502)]
    [InlineData(504, CallErrorKind.UpstreamTimeout, 504)]
    [InlineData(529, CallErrorKind.UpstreamUnavailable, 502)]
    public void The_status_decides_the_kind(int status, CallErrorKind kind, int answered)
    {
        var error = Decode(status, """{"error":{"message":"text of theirs","type":"t","code":"c"}}""");
        Assert.Equal(kind, error.Kind);
        Assert.Equal(status, error.UpstreamStatus);
        Assert.Equal(answered, error.Status);
        Assert.Equal(kind == CallErrorKind.UpstreamAuthenticationFailed ? "acme authentication failed" : "text of theirs", error.Message);
    }

    [Fact]
    public void A_prompt_that_a_moderation_has_flagged_is_no_refused_key()
    {
        var error = Decode(403, """
            {"error":{"code":403,"message":"The model requires moderation and the input was flagged.",
            "metadata":{"reasons":["violence"],"flagged_input":"what was said","provider_name":"OpenAI","model_slug":"openai/gpt-4o"}}}
            """);

        Assert.Equal((CallErrorKind.UpstreamRejected, 403, 403), (error.Kind, error.Status, error.UpstreamStatus));
        Assert.Equal("content_policy_violation", error.Code);
        Assert.Equal("The model requires moderation and the input was flagged.", error.Message);
        Assert.Equal(FaultClass.ContentPolicy, Faults.Of(error));
    }

    [Fact]
    public void A_403_with_other_details_is_still_a_refused_key() =>
        Assert.Equal(
            CallErrorKind.UpstreamAuthenticationFailed,
            Decode(403, """{"error":{"code":403,"message":"No.","metadata":{"provider_name":"OpenAI"}}}""").Kind);

    [Covers("S002-16", "S004-52")]
    [Fact]
    public void A_refused_credential_of_ours_does_not_look_like_the_clients()
    {
        var written = Codec.EncodeError(Decode(
            401,
            """{"error":{"message":"Incorrect API key provided: sk-a***b","type":"invalid_request_error","code":"invalid_api_key"}}"""));
        Assert.Equal(
            """{"error":{"message":"acme authentication failed","type":"server_error","param":null,"code":"upstream_authentication_failed"}}""", written);
    }

    [Covers("S000-40", "S000-41")]
    [Theory]
    [InlineData("key sk-proj-abc_123 is wrong", "key sk-*** is wrong")]
    [InlineData("Incorrect API key provided: sk-ab******xyz.", "Incorrect API key provided: sk-***.")]
    [InlineData("The key ABSKQmVkcm9jay+/x9== is unknown", "The key ABSK*** is unknown")]
    [InlineData("AKIAIOSFODNN7EXAMPLE may not; Asia and ASIA-PACIFIC may", "AKIA*** may not; Asia and ASIA-PACIFIC may")]
    [InlineData("Token ya29.a0AfB_by-C has expired", "Token ya29.*** has expired")]
    [InlineData("got Authorization: Bearer abc.def-1", "got Authorization: Bearer ***")]
    [InlineData("GET https://api.example.com/x?key=AIzaSy123&alt=sse", "GET https://api.example.com/x?key=***&alt=sse")]
    [InlineData("at http://10.0.0.7:8000/v1 now", "at [internal address] now")]
    [InlineData("at http://vllm-0:8000/v1", "at [internal address]")]
    [InlineData("at https://user:pw@svc.cluster.local/v1", "at [internal address]")]
    [InlineData("at http://[::1]:80/", "at [internal address]")]
    [InlineData("see https://platform.openai.com/docs", "see https://platform.openai.com/docs")]
    [InlineData("the task-list and disk-full stay", "the task-list and disk-full stay")]
    public void Secrets_and_internal_addresses_do_not_go_through(string said, string cleaned) =>
        Assert.Equal(cleaned, Sanitizer.Clean(said));

    [Fact]
    public void A_message_without_end_is_cut() =>
        Assert.Equal(Sanitizer.MaxLength + 1, Sanitizer.Clean(new string('x', 100_000)).Length);

    [Covers("C5")]
    [Theory]
    [InlineData(CallErrorKind.InvalidRequest, "invalid_request_error")]
    [InlineData(CallErrorKind.Unauthenticated, "invalid_request_error")]
    [InlineData(CallErrorKind.ModelNotFound, "invalid_request_error")]
    [InlineData(CallErrorKind.RateLimited, "rate_limit_error")]
    [InlineData(CallErrorKind.UpstreamRateLimited, "rate_limit_error")]
    [InlineData(CallErrorKind.BudgetExceeded, "insufficient_quota")]
    [InlineData(CallErrorKind.UpstreamUnavailable, "server_error")]
    [InlineData(CallErrorKind.UpstreamTimeout, "server_error")]
    [InlineData(CallErrorKind.Internal, "server_error")]
    public void Our_errors_have_OpenAIs_shape_and_types(CallErrorKind kind, string type)
    {
        var error = JsonDiff.Parse(Encoding.UTF8.GetBytes(Codec.EncodeError(new CallError(kind, "what") { Param = "p" })))
            .GetProperty("error");
        Assert.Equal("what", error.GetProperty("message").GetString());
        Assert.Equal(type, error.GetProperty("type").GetString());
        Assert.Equal("p", error.GetProperty("param").GetString());
        Assert.Equal(CallErrorPolicy.Of(kind).Code, error.GetProperty("code").GetString());
    }

    [Covers("E11")]
    [Fact]
    public void A_stream_that_fails_says_so_once_and_is_terminated()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeStreamError(new CallError(CallErrorKind.StreamInterrupted, "cut \"off\"\nhere"), output);
        Assert.Equal(
            """data: {"error":{"message":"cut \"off\"\nhere","type":"server_error","param":null,"code":"stream_interrupted"}}"""
            + "\n\ndata: [DONE]\n\n",
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static CallError Decode(int status, string body) =>
        Codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Codec.Target);
}

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

public sealed class ErrorTests
{
    [Covers("C5")]
    [Theory]
    [InlineData(
        400, """{"error":{"code":400,"message":"Bad field","status":"INVALID_ARGUMENT"}}""", CallErrorKind.UpstreamRejected, "Bad field",
        "upstream_rejected")]
    [InlineData(
        400, """[{"error":{"code":400,"message":"Bad field","status":"INVALID_ARGUMENT"}}]""", CallErrorKind.UpstreamRejected, "Bad field",
        "upstream_rejected")]
    [InlineData(400, """{"error":{"code":400,"message":"The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}""", CallErrorKind.UpstreamRejected, null, "context_length_exceeded")]
    [InlineData(
        400, """{"error":{"code":400,"message":"no","status":"FAILED_PRECONDITION"}}""", CallErrorKind.UpstreamRejected, "no",
        "failed_precondition")]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}""", CallErrorKind.UpstreamAuthenticationFailed, "acme authentication failed", "upstream_authentication_failed")]
    [InlineData(
        403, """{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}""", CallErrorKind.UpstreamAuthenticationFailed,
        "acme authentication failed", null)]
    [InlineData(
        404, """{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}""", CallErrorKind.UpstreamRejected,
        "models/x is not found", "model_not_found")]
    [InlineData(
        503, """{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}""", CallErrorKind.UpstreamUnavailable, "overloaded",
        null)]
    [InlineData(504, "<html>", CallErrorKind.UpstreamTimeout, "acme answered 504 with a body that is not an error of its API", null)]
    [InlineData(500, "", CallErrorKind.UpstreamUnavailable, null, null)]
    public void Errors_are_read(int status, string body, CallErrorKind kind, string? message, string? code)
    {
        var error = Codec.DecodeError(status, body);
        Assert.Equal(kind, error.Kind);
        if (message is not null)
            Assert.Equal(message, error.Message);
        if (code is not null)
            Assert.Equal(code, error.WireCode);
    }

    [Fact]
    public void The_wait_a_provider_asks_for_is_taken_from_its_details()
    {
        var error = Codec.DecodeError(429, """{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48.5s"}]}}""");
        Assert.Equal((CallErrorKind.UpstreamRateLimited, TimeSpan.FromSeconds(48.5)), (error.Kind, error.RetryAfter));
        var written = Codec.EncodeError(error).GetProperty("error");
        Assert.Equal((429, "RESOURCE_EXHAUSTED"), (written.GetProperty("code").GetInt32(), written.GetProperty("status").GetString()));
        Assert.Equal("48.5s", written.GetProperty("details")[1].GetProperty("retryDelay").GetString());
    }

    [Theory]
    [InlineData("90000s", 86_400)]
    [InlineData("NaNs", 0)]
    public void A_wait_in_the_details_is_within_bounds_whatever_they_say(string delay, double seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        Codec.DecodeError(429, $$$"""{"error":{"code":429,"message":"quota","details":[{"retryDelay":"{{{delay}}}"}]}}""").RetryAfter);

    [Covers("C5")]
    [Theory]
    [InlineData(CallErrorKind.InvalidRequest, 400, "INVALID_ARGUMENT")]
    [InlineData(CallErrorKind.Unauthenticated, 401, "UNAUTHENTICATED")]
    [InlineData(CallErrorKind.Forbidden, 403, "PERMISSION_DENIED")]
    [InlineData(CallErrorKind.ModelNotFound, 404, "NOT_FOUND")]
    [InlineData(CallErrorKind.BudgetExceeded, 402, "RESOURCE_EXHAUSTED")]
    [InlineData(CallErrorKind.UpstreamAuthenticationFailed, 500, "INTERNAL")]
    [InlineData(CallErrorKind.UpstreamUnavailable, 502, "INTERNAL")]
    [InlineData(CallErrorKind.ProviderUnavailable, 503, "UNAVAILABLE")]
    [InlineData(CallErrorKind.UpstreamTimeout, 504, "DEADLINE_EXCEEDED")]
    public void Every_error_has_its_shape(CallErrorKind kind, int code, string status)
    {
        var error = Codec.EncodeError(new CallError(kind, "said") { Param = "contents[0]" }).GetProperty("error");
        Assert.Equal(
            (code, "said", status),
            (error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString(), error.GetProperty("status").GetString()));
        Assert.Equal("contents[0]", error.GetProperty("details")[0].GetProperty("metadata").GetProperty("field").GetString());
    }

    [Covers("E10")]
    [Fact]
    public void An_error_in_a_stream_is_an_error_of_its_own_status()
    {
        const string chunk = """{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}""";
        var (updates, error, _) = Codec.DecodeStream(Codec.Chunk("""{"text":"a"}"""), chunk);
        Assert.Equal(CallErrorKind.UpstreamRateLimited, error!.Kind);
        Assert.Single(updates);
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.Equal(FrameKind.Error, probe.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(chunk))));
        Assert.Equal(CallErrorKind.UpstreamRateLimited, probe.Error!.Kind);
        Assert.Equal(
            FrameKind.Error,
            Codec.Dialect.CreateProbe(CallOperation.Chat).Observe(new StreamFrame(default, Encoding.UTF8.GetBytes($"[{chunk}]"))));
    }

    [Covers("E11")]
    [Fact]
    public void A_stream_ends_with_its_bytes_and_one_that_breaks_off_is_an_error()
    {
        Assert.Equal(CallErrorKind.StreamInterrupted, Codec.DecodeStream(Codec.Chunk("""{"text":"a"}""")).Error!.Kind);
        Assert.Null(Codec.DecodeStream(Codec.Chunk("""{"text":"a"}""", "STOP")).Error);
        Assert.DoesNotContain("DONE", Codec.EncodeStream([new(ChatRole.Assistant, "x")]), StringComparison.Ordinal);
        foreach (var form in new[] { null, "array" })
        {
            foreach (var updates in new ChatResponseUpdate[][] { [], [new(ChatRole.Assistant, "x")] })
                Codec.AssertGrammar(
                    Codec.EncodeStream(updates, new CallError(CallErrorKind.StreamInterrupted, "broke off"), form), endsWithError: true,
                    array: form is not null);
        }
    }

    [Covers("E1")]
    [Theory]
    [InlineData("data:{A}\n\n")]
    [InlineData(": comment\r\ndata: {A}\r\n\r\n")]
    [InlineData("event: x\ndata: {A}\n\n")]
    [InlineData("\ufeffdata: {A}\r\r")]
    public void Events_are_read_in_every_notation(string notation)
    {
        var (updates, error, _) = Codec.DecodeStream(
            Encoding.UTF8.GetBytes(notation.Replace("{A}", Codec.Chunk("""{"text":"a"}""", "STOP"), StringComparison.Ordinal)));
        Assert.Null(error);
        Assert.Equal("a", updates[0].Text);
    }
}

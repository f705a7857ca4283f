using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>What Azure does differently within this format.</summary>
public sealed class AzureTests
{
    private const string Filters = """{"hate":{"filtered":true,"severity":"high"}}""";

    [Fact]
    public void A_first_chunk_that_says_nothing_gives_neither_id_nor_content_but_its_verdict()
    {
        var stream = Codec.Stream(
            """{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}""",
            """{"choices":[{"content_filter_results":{},"delta":{"content":"","role":"assistant"},"finish_reason":null,"index":0}],"created":1714036974,"id":"c-1","model":"gpt-x","object":"chat.completion.chunk"}""",
            """{"choices":[{"content_filter_results":{},"content_filter_offsets":{"check_offset":1,"start_offset":0,"end_offset":2},"finish_reason":null,"index":0}],"created":0,"id":"","model":"","object":""}""",
            """{"choices":[{"delta":{"content":"hi"},"finish_reason":"stop","index":0}],"created":1714036974,"id":"c-1","model":"gpt-x","object":"chat.completion.chunk"}""", "[DONE]");
        var (updates, error) = Codec.DecodeStream(stream);
        Assert.Null(error);
        Assert.Empty(updates[0].Contents);
        Assert.Null(updates[0].ResponseId);
        Assert.Null(updates[0].CreatedAt);
        Assert.True(updates[0].AdditionalProperties!.ContainsKey("prompt_filter_results"));
        Assert.All(updates.Skip(1), update => Assert.Equal(("c-1", "gpt-x"), (update.ResponseId, update.ModelId)));
        Assert.Equal("hi", string.Concat(updates.Select(update => update.Text)));
        // The probe of a forwarded stream does not count it as content either: another target may still be tried.
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.Equal(
            FrameKind.Other,
            probe.Observe(new StreamFrame(default, """{"choices":[],"created":0,"id":"","prompt_filter_results":[{}]}"""u8)));
    }

    [Covers("E2")]
    [Fact]
    public void The_recorded_stream_begins_so_and_is_read_whole()
    {
        var exchange = Recorded("chat-deployment-stream")[0];
        var (updates, error) = Codec.DecodeStream(Encoding.UTF8.GetString(exchange.Answer));
        Assert.Null(error);
        Assert.Null(updates[0].ResponseId);
        Assert.StartsWith("Why", string.Concat(updates.Select(update => update.Text)), StringComparison.Ordinal);
        Assert.Single(updates.Select(update => update.ResponseId).OfType<string>().Distinct());
        Assert.Equal(ChatFinishReason.Stop, updates.Select(update => update.FinishReason).Last(reason => reason is not null));
    }

    [Theory]
    [InlineData("innererror", "content_filter_result")]
    [InlineData("inner_error", "content_filter_results")]
    public void A_filtered_prompt_is_an_error_with_its_code_field_and_status(string inner, string result)
    {
        var body =
            """{"error":{"message":"The response was filtered.","type":null,"param":"prompt","code":"content_filter","status":400,"""
            + "\"" + inner + "\":{\"code\":\"ResponsibleAIPolicyViolation\",\"" + result + "\":" + Filters + "}}}";
        var error = Codec.Dialect.DecodeError(400, Encoding.UTF8.GetBytes(body), Codec.Target);
        Assert.Equal(
            (CallErrorKind.UpstreamRejected, "content_filter", "prompt", 400), (error.Kind, error.Code, error.Param, error.Status));
        Assert.Equal("The response was filtered.", error.Message);
        // The same with status 200, as in one recording.
        var inBand = Assert.Throws<CallException>(() => Codec.DecodeAnswer(body)).Error;
        Assert.Equal("content_filter", inBand.Code);
    }

    [Fact]
    public void A_filtered_answer_may_lack_its_message_and_says_why_it_ended()
    {
        foreach (var exchange in Recorded("chat-content-filter")
            .Where(one => Encoding.UTF8.GetString(one.Answer).Contains("\"finish_reason\":\"content_filter\"", StringComparison.Ordinal)))
        {
            var answer = Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer));
            Assert.Equal(ChatFinishReason.ContentFilter, answer.FinishReason);
            Assert.Empty(answer.Text);
        }
    }

    [Theory]
    [InlineData(
        401, """{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}""",
        CallErrorKind.UpstreamAuthenticationFailed)]
    [InlineData(
        404, """{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}""",
        CallErrorKind.UpstreamRejected)]
    [InlineData(429, """{"error":{"code":"429","message":"Please retry after 8 seconds."}}""", CallErrorKind.UpstreamRateLimited)]
    public void Its_errors_without_a_type_are_read_by_their_status(int status, string body, CallErrorKind kind)
    {
        var error = Codec.Dialect.DecodeError(status, Encoding.UTF8.GetBytes(body), Codec.Target);
        Assert.Equal((kind, status), (error.Kind, error.UpstreamStatus));
    }

    private static List<Exchange> Recorded(string feature)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var found = Cassettes.Read("azure").Where(exchange => exchange.Feature == feature).ToList();
        Assert.NotEmpty(found);
        return found;
    }
}

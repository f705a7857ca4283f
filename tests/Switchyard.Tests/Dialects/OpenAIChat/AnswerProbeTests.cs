using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class AnswerProbeTests
{
    [Covers("U7")]
    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", FrameKind.Other)]
    [InlineData(
        """{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},"finish_reason":null}]}""", FrameKind.Other)]
    [InlineData("""{"choices":[{"index":0,"delta":{}}],"usage":null}""", FrameKind.Other)]
    [InlineData("""{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}""", FrameKind.Other)]
    [InlineData("""{"choices":null}""", FrameKind.Other)]
    [InlineData("{}", FrameKind.Other)]
    [InlineData("""{"choices":[{"delta":{"content":"a"}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"reasoning":"a"}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"reasoning_content":"a"}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"refusal":"a"}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"tool_calls":[]}}]}""", FrameKind.Other)]
    [InlineData("""{"choices":[{"delta":{"something_new":{"x":1}}}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"stop"}]}""", FrameKind.Other)]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"length"}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[{"delta":{"content":" \n"}}]}""", FrameKind.Other)]
    [InlineData("""{"choices":[{"text":"a"}]}""", FrameKind.Content)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}""", FrameKind.UsageOnly)]
    [InlineData("""{"usage" : {"prompt_tokens":1,"completion_tokens":2}}""", FrameKind.UsageOnly)]
    [InlineData("""{"choices":null,"usage":{"prompt_tokens":1}}""", FrameKind.UsageOnly)]
    [InlineData("""{"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}""", FrameKind.Content)]
    [InlineData("""{"error":{"message":"no"}}""", FrameKind.Error)]
    [InlineData("""{"error" : "no"}""", FrameKind.Error)]
    [InlineData("""{"error":null,"choices":[{"delta":{"content":"x"}}]}""", FrameKind.Content)]
    [InlineData("not json", FrameKind.Error)]
    [InlineData("[DONE]", FrameKind.Terminator)]
    [InlineData("", FrameKind.Other)]
    public void Every_frame_is_recognised(string data, FrameKind kind)
    {
        Assert.Equal(kind, Observe(NewProbe(), data).Kind);
        if (kind != FrameKind.Other && data != "not json")
            Assert.Equal(kind, Observe(WithContent(), data).Kind);
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":99}"}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":"\"error\": {}"}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":"usage"}}],"usage":null}""")]
    [InlineData("""{"choices":[{"delta":{"content":"x","error":"usage"}}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":"x","usage":{"prompt_tokens":99}}}]}""")]
    public void Text_about_usage_or_errors_does_not_fool_it(string data)
    {
        var (kind, probe) = Observe(WithContent(), data);
        Assert.Equal(FrameKind.Content, kind);
        Assert.True(probe.Usage.IsEmpty);
        Assert.Null(probe.Error);
    }

    [Theory]
    [InlineData(
        """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"prompt_tokens_details":null}}""", 10, 3,
        null)]
    [InlineData("""{"choices":[{"delta":{}}],"x_groq":{"id":"r","usage":{"prompt_tokens":10,"completion_tokens":3}}}""", 10, 3, null)]
    [InlineData("""{"choices":[{"delta":{},"usage":{"prompt_tokens":10,"completion_tokens":3,"cached_tokens":4}}]}""", 10, 3, 4)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"prompt_cache_hit_tokens":6}}""", 10, 3, 6)]
    [InlineData(
        """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":7}}}""", 10, 3, 7)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":10.0,"completion_tokens":3e0}}""", 10, 3, null)]
    [InlineData("{\"choices\":[],\n\"usage\"\t:\r\n {\"prompt_tokens\":10,\"completion_tokens\":3}}", 10, 3, null)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":7}}}""", 10, 10, null)]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19,"completion_tokens_details":{"reasoning_tokens":7}}}""", 10, 9, null)]
    [InlineData("""{"data":[],"usage":{"total_tokens":10}}""", 10, null, null)]
    public void Usage_is_found_wherever_a_vendor_puts_it(string data, long input, int? output, int? cached)
    {
        foreach (var probe in new[] { Observe(NewProbe(), data).Probe, Observe(WithContent(), data).Probe, Body(data) })
        {
            Assert.Equal(input, probe.Usage.Input);
            Assert.Equal(output, probe.Usage.Output);
            Assert.Equal(cached, probe.Usage.CacheRead);
        }
    }

    [Fact]
    public void Cumulative_usage_is_replaced_and_never_added_and_null_does_not_reset_it()
    {
        var probe = NewProbe();
        Observe(probe, """{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":10,"completion_tokens":1}}""");
        Observe(probe, """{"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":10,"completion_tokens":2}}""");
        Observe(probe, """{"choices":[{"delta":{"content":"c"}}],"usage":null}""");
        Observe(probe, """{"choices":[{"delta":{}}],"usage":{}}""");
        Assert.Equal(new TokenUsage { Input = 10, Output = 2 }, probe.Usage);
    }

    [Fact]
    public void An_error_event_is_an_error_whatever_its_data()
    {
        var probe = WithContent();
        Assert.Equal(FrameKind.Error, probe.Observe(new StreamFrame("error"u8, "overloaded"u8)));
        Assert.NotNull(probe.Error);
        Assert.Equal(FrameKind.Error, probe.Observe(new StreamFrame("error"u8, """{"message":"slow down","type":"rate_limit_error"}"""u8)));
        Assert.Equal(CallErrorKind.UpstreamRateLimited, probe.Error!.Kind);
        Assert.Equal("slow down", probe.Error.Message);
    }

    [Theory]
    [InlineData("\"\"", false)]
    [InlineData("null", false)]
    [InlineData("\"stop\"", true)]
    public void A_stream_ends_with_a_finish_reason_that_is_not_empty(string reason, bool ends)
    {
        var probe = NewProbe();
        Assert.Equal(FrameKind.Content, Observe(probe, Codec.Chunk("""{"content":"x"}""", reason)).Kind);
        Observe(probe, Codec.Chunk("""{"content":"y"}""", reason));
        Assert.Equal(ends, probe.SawEnd);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("[]", false)]
    [InlineData("<html>", false)]
    [InlineData("", false)]
    public void A_body_that_is_no_answer_is_recognised(string body, bool isAnswer) =>
        Assert.Equal(isAnswer, NewProbe().ObserveBody(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void An_error_inside_a_body_of_status_200_is_seen() =>
        Assert.Equal("boom", Body("""{"error":{"message":"boom","code":502}}""").Error?.Message);

    [Fact]
    public void An_ordinary_content_frame_costs_no_allocation()
    {
        var probe = WithContent();
        var frame = Encoding.UTF8.GetBytes(Codec.Chunk("""{"content":"hello"}""", more: ",\"usage\":null"));
        probe.Observe(new StreamFrame(default, frame));
        var allocated = Allocations.Fewest(() =>
        {
            for (var i = 0; i < 100; i++)
                probe.Observe(new StreamFrame(default, frame));
        });
        Assert.Equal(0, allocated);
    }

    private static (FrameKind Kind, IAnswerProbe Probe) Observe(IAnswerProbe probe, string data) =>
        (probe.Observe(new StreamFrame(default, Encoding.UTF8.GetBytes(data))), probe);

    private static IAnswerProbe Body(string body)
    {
        var probe = NewProbe();
        Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(body)));
        return probe;
    }

    /// <summary>A probe that has seen content and so takes its fast path.</summary>
    private static IAnswerProbe WithContent()
    {
        var probe = NewProbe();
        Assert.Equal(FrameKind.Content, Observe(probe, Codec.Chunk("""{"content":"x"}""")).Kind);
        return probe;
    }

    private static IAnswerProbe NewProbe() => Codec.Dialect.CreateProbe(CallOperation.Chat);
}

using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>For any input, the only exception is <see cref="CallException"/>.</summary>
public sealed class PropertyTests
{
    private const string Request = """
        {"model":"m","max_tokens":9000,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"},"title":"t"}]},
        {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"i","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"r"}],"is_error":true}]}],
        "tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"w"}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":2000},
        "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}}}},"metadata":{"user_id":"u"},"stop_sequences":["x"],"temperature":1,"top_k":3,"service_tier":"auto","stream":true}
        """;

    private const string Answer = """
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"x \u00fc","citations":[{"url":"u","title":"t"}]},{"type":"tool_use","id":"i","name":"f","input":{"a":1}},{"type":"server_tool_use","id":"s"}],
        "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3,"output_tokens_details":{"thinking_tokens":1}},"container":{"id":"c"}}
        """;

    private static readonly string Stream = Codec.Stream(
        Codec.Start(), Codec.Open(0, """{"type":"thinking","thinking":"","signature":""}"""),
        Codec.Delta(0, """{"type":"thinking_delta","thinking":"t"}"""), Codec.Delta(0, """{"type":"signature_delta","signature":"s"}"""),
        Codec.Stop(0),
        Codec.Open(1, Codec.TextBlock), Codec.Text(1, "hi"), Codec.Stop(1),
        Codec.Open(2, """{"type":"tool_use","id":"t","name":"f","input":{}}"""), Codec.Json(2, "{\"a\""), Codec.Json(2, ":1}"),
        Codec.Stop(2), Codec.End("tool_use"), Codec.Last);

    [Fact]
    public void A_mutated_request_is_read_or_refused() => OpenAIChat.PropertyTests.Check(Request, body =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body);
        if (Codec.Dialect.PlanForward(envelope, body, Codec.Target) is { } edits)
            Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), OpenAIChat.Codec.Apply(body, edits));
        Translate(body);
    });

    [Fact]
    public void A_mutated_request_is_read_or_refused_without_its_envelope() => OpenAIChat.PropertyTests.Check(Request, Translate);

    [Fact]
    public void A_mutated_answer_is_read_or_refused() => OpenAIChat.PropertyTests.Check(Answer, body =>
    {
        Codec.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(body);
        Codec.Dialect.DecodeError(500, body, Codec.Target);
        var answer = Codec.Dialect.DecodeAnswer(CallOperation.Chat, body);
        Codec.EncodeAnswer(answer);
        Codec.EncodeAnswer(answer, Codec.OpenAI);
    });

    [Fact]
    public void A_mutated_stream_gives_streams_that_keep_every_rule() => OpenAIChat.PropertyTests.Check(Stream, body =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        foreach (var frame in SseFrameReaderTests.Read(body))
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
        var (updates, error) = Codec.DecodeStream(body);
        var written = Encoding.UTF8.GetBytes(Codec.EncodeStream(updates, error));
        AnthropicStreamGrammar.Read(written, endsWithError: error is not null, out var problems);
        // A model's arguments pass unchanged: here the mutation may have broken them.
        Assert.DoesNotContain(problems, problem => !problem.StartsWith("the arguments", StringComparison.Ordinal));
    });

    private static void Translate(byte[] body)
    {
        var request = Codec.Dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, body);
        Codec.Encode(request, out _, dialect: Codec.OpenAI);
        Codec.Encode(request, out _);
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>For any input, the only exception is <see cref="CallException"/>.</summary>
public sealed class PropertyTests
{
    private const string Request = """
        {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"x"}],
        "tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto","stop":["x"],"max_tokens":5,"seed":1,"user":"u","metadata":{"a":"b"},"reasoning_effort":"low",
        "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"temperature":0.5,"top_k":3,"service_tier":"flex"}
        """;

    private const string Answer = """
        {"output":{"message":{"role":"assistant","content":[{"text":"x \u00fc"},{"reasoningContent":{"reasoningText":{"text":"a","signature":"b"}}},
        {"toolUse":{"toolUseId":"a","name":"f","input":{"a":1}}},{"image":{"format":"png","source":{"bytes":"AAAA"}}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":2}}
        """;

    private static readonly (string Name, string Payload)[] s_events =
    [
        ("messageStart", """{"role":"assistant"}"""),
        ("contentBlockStart", """{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"""),
        ("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}"""),
        ("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"x"}}"""),
        ("contentBlockDelta", """{"contentBlockIndex":2,"delta":{"reasoningContent":{"signature":"x"}}}"""),
        ("messageStop", """{"stopReason":"tool_use"}"""), ("metadata", """{"usage":{"inputTokens":1,"outputTokens":2}}"""),
    ];

    [Fact]
    public void A_mutated_request_is_written_or_refused() => Check(Request, body =>
    {
        foreach (var target in new[] { Wire.Claude, Wire.NewClaude, Wire.Nova })
            Wire.Translate(Encoding.UTF8.GetString(body), out _, target);
    });

    [Fact]
    public void A_mutated_answer_is_read_or_refused() => Check(Answer, body =>
    {
        Wire.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(body);
        Wire.Dialect.DecodeError(500, body, Wire.Claude);
        foreach (var operation in new[] { CallOperation.Embedding, CallOperation.CountTokens, CallOperation.Chat })
        {
            try
            {
                Wire.Dialect.DecodeAnswer(operation, body);
            }
            catch (CallException)
            {
                // A refusal is allowed.
            }
        }
    });

    [Fact]
    public void A_mutated_event_is_read_or_refused() => Check(string.Join('\n', s_events.Select(one => one.Payload)), body =>
    {
        var payloads = Encoding.UTF8.GetString(body).Split('\n');
        var stream = Wire.Stream([.. s_events.Take(payloads.Length).Select((one, i) => Wire.Event(one.Name, payloads[i]))]);
        Wire.DecodeStream(stream);
    });

    [Fact]
    public void A_mutated_stream_is_read_or_refused()
    {
        var stream = Wire.Stream([.. s_events.Select(one => Wire.Event(one.Name, one.Payload))]);
        Prop.ForAll(Gen.Choose(0, stream.Length - 1).Zip(Gen.Choose(0, 255)).ToArbitrary(), change =>
        {
            var damaged = (byte[])stream.Clone();
            damaged[change.Item1] = (byte)change.Item2;
            Survives(() => Wire.DecodeStream(damaged, change.Item1));
        }).QuickCheckThrowOnFailure();
    }

    private static void Check(string seed, Action<byte[]> act)
    {
        var bytes = Encoding.UTF8.GetBytes(seed);
        var alphabet = "{}[]\",:0-9e.xnull true\\ \u00fc"u8.ToArray();
        var changes = Gen.Choose(0, bytes.Length - 1).Zip(Gen.Elements(alphabet)).ArrayOf(4);
        Prop.ForAll(changes.ToArbitrary(), list =>
        {
            var mutated = (byte[])bytes.Clone();
            foreach (var (at, value) in list)
                mutated[at] = value;
            Survives(() => act(mutated));
        }).QuickCheckThrowOnFailure();
        for (var length = 0; length < bytes.Length; length += 3)
            Survives(() => act(bytes[..length]));
    }

    private static void Survives(Action act)
    {
        try
        {
            act();
        }
        catch (CallException)
        {
            // The only allowed exception.
        }
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>For any input, the only exception is <see cref="CallException"/>.</summary>
public sealed class PropertyTests
{
    private const string Request = """
        {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},
        {"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"x"}],
        "tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto","stop":["x"],"stream":true,"stream_options":{"include_usage":false},"max_tokens":5,"seed":1,
        "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}}
        """;

    private const string Answer = """
        {"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x \u00fc","annotations":[{"url_citation":{"url":"u"}}],
        "tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens_details":{"reasoning_tokens":1}}}
        """;

    private static readonly string Stream = Codec.Stream(
        Codec.Chunk("""{"role":"assistant","content":"x"}"""),
        Codec.Chunk("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}"""),
        Codec.Chunk("{}", "\"stop\"", more: ",\"usage\":{\"prompt_tokens\":1}"), "[DONE]");

    [Fact]
    public void A_mutated_request_is_read_or_refused() => Check(Request, body =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body);
        if (Codec.Dialect.PlanForward(envelope, body, Codec.Target) is { } edits)
            Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), Codec.Apply(body, edits));
        var request = Codec.Dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, body);
        Codec.EncodeRequest(request, out _);
    });

    [Fact]
    public void A_mutated_request_is_read_or_refused_without_its_envelope() => Check(Request, body =>
        Codec.EncodeRequest(Codec.Dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, body), out _));

    [Fact]
    public void A_mutated_answer_is_read_or_refused() => Check(Answer, body =>
    {
        Codec.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(body);
        Codec.Dialect.DecodeError(500, body, Codec.Target);
        Codec.EncodeAnswer(((CanonicalChatAnswer)Codec.Dialect.DecodeAnswer(CallOperation.Chat, body)).Response);
    });

    [Fact]
    public void A_mutated_stream_gives_a_stream_that_keeps_every_rule() => Check(Stream, body =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        foreach (var frame in SseFrameReaderTests.Read(body))
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
        var (updates, error) = Codec.DecodeStream(body);
        var written = Encoding.UTF8.GetBytes(Codec.EncodeStream(updates, error: error));
        TestKit.OpenAIStreamGrammar.Read(written, includeUsage: false, endsWithError: error is not null, out var problems);
        // A model's arguments pass unchanged: here the mutation may have broken them.
        Assert.DoesNotContain(problems, problem => !problem.StartsWith("the arguments", StringComparison.Ordinal));
    });

    [Fact]
    public void The_frames_of_any_bytes_are_the_same_for_any_cut()
    {
        // Bytes with a meaning for the reader occur often enough to reach every state.
        var meaningful = Gen.Elements(
            (byte)'\n', (byte)'\r', (byte)':', (byte)' ', (byte)'d', (byte)'a', (byte)'t', (byte)'x', (byte)0xEF, (byte)0xBB, (byte)0xBF);
        var piece = Gen.OneOf(
            meaningful.Select(value => new[] { value }),
            Gen.Elements("data:"u8.ToArray(), "event: e\n"u8.ToArray(), "\n\n"u8.ToArray(), "\r\n\r\n"u8.ToArray(), ":c\n"u8.ToArray()));
        var streams = Gen.ArrayOf(piece).Select(pieces => pieces.SelectMany(bytes => bytes).ToArray());
        Prop.ForAll(streams.ToArbitrary(), stream =>
        {
            var whole = SseFrameReaderTests.Read(stream).Select(frame => frame.Text).ToList();
            for (var at = 0; at <= stream.Length; at++)
                Assert.Equal(whole, SseFrameReaderTests.Read(stream, at).Select(frame => frame.Text));
            Assert.Equal(whole, SseFrameReaderTests.Read(stream, [.. Enumerable.Range(0, stream.Length)]).Select(frame => frame.Text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Any_text_survives_there_and_back()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), given =>
        {
            // Half a surrogate pair cannot be written as UTF-8.
            var text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(given.Get));
            var request = new CanonicalChatRequest([new ChatMessage(ChatRole.User, text)], new ChatOptions());
            Assert.Equal(text, Codec.DecodeRequest(Codec.EncodeRequest(request).GetRawText()).Messages[0].Text);
            var (updates, _) = Codec.DecodeStream(Codec.EncodeStream([new ChatResponseUpdate(ChatRole.Assistant, text)]));
            Assert.Equal(text, string.Concat(updates.Select(update => update.Text)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    /// <summary>Changes the text in places chosen at random and runs the action on it; the same seeds every time.</summary>
    internal static void Check(string text, Action<byte[]> action)
    {
        string[] pieces =
        [
            "null", "5", "-1", "1e400", "\"\"", "\"x\"", "{}", "[]", "[{}]", "true", ",", ":", "{", "}", "]", "\"", "\\ud800", "\\",
            "\u0001", "é", "999999999999999999999",
        ];
        for (var seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            var mutated = new StringBuilder(text);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(mutated.Length);
                var length = Math.Min(random.Next(0, 12), mutated.Length - at);
                if (random.Next(2) == 0 && ValueAt(mutated.ToString(), at) is { } value)
                    (at, length) = value;
                mutated.Remove(at, length).Insert(at, pieces[random.Next(pieces.Length)]);
            }

            var bytes = Encoding.UTF8.GetBytes(mutated.ToString());
            if (random.Next(20) == 0)
                bytes[random.Next(bytes.Length)] ^= 0x80;
            try
            {
                action(bytes);
            }
            catch (CallException)
            {
                // The only allowed exception.
            }
            catch (Exception exception)
            {
                Assert.Fail($"Seed {seed}: {exception}\n{mutated}");
            }
        }
    }

    /// <summary>
    /// The simple value or string that begins after the next colon, so that a mutation can replace it and stay valid JSON.
    /// </summary>
    private static (int At, int Length)? ValueAt(string text, int from)
    {
        var colon = text.IndexOf(':', from);
        if (colon < 0 || colon + 1 >= text.Length)
            return null;
        var at = colon + 1;
        if (text[at] == '"')
        {
            var close = text.IndexOf('"', at + 1);
            return close < 0 ? null : (at, close - at + 1);
        }

        if (text[at] is '{' or '[')
        {
            var depth = 0;
            for (var i = at; i < text.Length; i++)
            {
                depth += text[i] is '{' or '[' ? 1 : text[i] is '}' or ']' ? -1 : 0;
                if (depth == 0)
                    return (at, i - at + 1);
            }

            return null;
        }

        var end = text.IndexOfAny([',', '}', ']'], at);
        return end < 0 ? null : (at, end - at);
    }
}

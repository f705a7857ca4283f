using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>For any input, the only exception is <see cref="CallException"/>.</summary>
public sealed class PropertyTests
{
    private const string Request = """
        {"model":"m","input":[{"role":"developer","content":"s"},{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"},{"type":"input_file","file_id":"f"}]},
        {"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"x"}],"encrypted_content":"E"},{"type":"message","id":"msg","role":"assistant","content":[{"type":"output_text","text":"y","annotations":[{"type":"url_citation","url":"https://e.org"}]}]},
        {"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"x"}]},{"type":"web_search_call","id":"ws"}],
        "tools":[{"type":"function","name":"f","parameters":{},"strict":null},{"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark"}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]},
        "stream":true,"max_output_tokens":5,"reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"json_schema","name":"n","schema":{}},"verbosity":"low"},"include":["x"],"metadata":{},"top_logprobs":1,"previous_response_id":null}
        """;

    private static readonly string Answer = Codec.Answer(
        """{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"b"}],"encrypted_content":"E"},"""
            + Codec.Message("first")
        + ""","""
        + """{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},{"id":"ws","type":"web_search_call"}""",
        "incomplete", ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"error\":null");

    private static readonly string Stream = Codec.Stream(
        Codec.Created, Codec.Added(0, """{"id":"rs_1","type":"reasoning","summary":[]}"""),
        """{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"why"}""",
        Codec.Done(0, """{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"E"}"""),
        Codec.Added(1, """{"id":"msg_1","type":"message","role":"assistant","content":[]}"""),
        """{"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"x"}""",
        Codec.Added(2, """{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":""}"""),
        """{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":2,"delta":"{}"}""",
        Codec.Done(2, """{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{}"}"""), Codec.Completed());

    [Fact]
    public void A_mutated_request_is_read_or_refused() => Check(Request, body =>
    {
        var envelope = Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body);
        Codec.Dialect.PlanForward(
            envelope, body,
            Codec.Target with { IsFallbackFromAnotherProvider = true, Quirks = new ProviderQuirks { UnsupportedParams = ["user"] } });
        var request = Codec.Dialect.DecodeRequest(envelope, body);
        Codec.EncodeText(request, out _);
        Codec.EncodeText(request, out _, dialect: Codec.Chat);
    });

    [Fact]
    public void A_mutated_request_is_read_or_refused_without_its_envelope() => Check(Request, body =>
        Codec.Encode(Codec.Dialect.DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "" }, body), out _));

    [Fact]
    public void A_mutated_answer_is_read_or_refused() => Check(Answer, body =>
    {
        Codec.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(body);
        Codec.Dialect.DecodeError(500, body, Codec.Target);
        var response = Codec.DecodeAnswer(Encoding.UTF8.GetString(body));
        Codec.EncodeAnswer(response);
        Codec.EncodeAnswer(response, dialect: Codec.Chat);
    });

    [Fact]
    public void A_mutated_stream_gives_a_stream_that_keeps_every_rule() => Check(Stream, body =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        foreach (var frame in SseFrameReaderTests.Read(body))
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data)));
        var (updates, error, _) = Codec.DecodeStream(body);
        var written = Codec.EncodeStream(updates, error);
        // Without a first event no answer has begun that could fail, and the ids of items are the provider's own.
        TestKit.ResponsesStreamGrammar.Read(Encoding.UTF8.GetBytes(written), out var problems);
        Assert.DoesNotContain(problems, problem => !problem.Contains(" id", StringComparison.Ordinal));
        Codec.EncodeStream(updates, error, Codec.Chat);
    });

    [Fact]
    public void Any_text_survives_there_and_back()
    {
        var random = new Random(7);
        for (var round = 0; round < 1000; round++)
        {
            // Half a surrogate pair cannot be written as UTF-8.
            var text = Encoding.UTF8.GetString(
                Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => (char)random.Next(1, 0x10000)))));
            var request = new CanonicalChatRequest([new(Microsoft.Extensions.AI.ChatRole.User, text)], new());
            Assert.Equal(text, Codec.Decode(Codec.EncodeText(request, out _)).Messages[0].Text);
            Assert.Equal(
                text,
                string.Concat(
                    Codec.DecodeStream(Codec.EncodeStream([new(Microsoft.Extensions.AI.ChatRole.Assistant, text)])).Updates.Select(
                        update => update.Text)));
        }
    }

    /// <summary>Changes the text in places chosen at random and runs the action on it; the same seeds every time.</summary>
    private static void Check(string text, Action<byte[]> action)
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
                if (random.Next(3) > 0 && ValueAt(mutated.ToString(), at) is { } value)
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

    /// <summary>The value that begins after the next colon, so that a mutation can replace it and stay valid JSON.</summary>
    private static (int At, int Length)? ValueAt(string text, int from)
    {
        var colon = text.IndexOf(':', from);
        if (colon < 0 || colon + 1 >= text.Length)
            return null;
        var at = colon + 1;
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

        var end = text[at] == '"' ? text.IndexOf('"', at + 1) + 1 : text.IndexOfAny([',', '}', ']'], at);
        return end <= at ? null : (at, end - at);
    }
}

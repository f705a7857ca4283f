using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Switchyard.Targets;
using Switchyard.Tests.Dialects;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Images and audio of a model, from each provider format that has them to each client format.</summary>
public sealed class AnswerMediaTests
{
    private const string Picture = "iVBORw0KGgo=";
    private const string Sound = "AQIDBAUGBwg=";

    private const string ChatImages =
        $$"""[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{Picture}}"},"index":0}]""";

    private const string ChatAudio =
        $$"""{"id":"audio_7","data":"{{Sound}}","expires_at":1790000099,"transcript":"Good morning"}""";

    private const string ResponsesImage =
        $$"""{"id":"ig_1","type":"image_generation_call","status":"completed","output_format":"png","quality":"high","result":"{{Picture}}"}""";

    /// <summary>The answer of each provider: a text, and an image.</summary>
    private static readonly Dictionary<string, (string Whole, string[] Frames)> s_pictures = new()
    {
        ["openai-chat"] = (
            $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Look:","images":{{{ChatImages}}}},"finish_reason":"stop"}]}""",
            [
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Look:"}}]}""",
                $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"images":{{{ChatImages}}}}}]}""",
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
            ]),
        ["openai-responses"] = (
            $$"""{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Look:","annotations":[]}]},{{ResponsesImage}}]}""",
            [
                """{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"m","output":[]}}""",
                """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}""",
                """{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Look:"}""",
                """{"type":"response.output_item.added","sequence_number":3,"output_index":1,"item":{"id":"ig_1","type":"image_generation_call","status":"in_progress","result":null}}""",
                $$"""{"type":"response.output_item.done","sequence_number":4,"output_index":1,"item":{{ResponsesImage}}}""",
                """{"type":"response.completed","sequence_number":5,"response":{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[]}}""",
            ]),
        ["gemini"] = (
            $$$"""{"candidates":[{"content":{"parts":[{"text":"Look:"},{"inlineData":{"mimeType":"image/png","data":"{{{Picture}}}"}}],"role":"model"},"finishReason":"STOP"}],"responseId":"r"}""",
            [
                """{"candidates":[{"content":{"parts":[{"text":"Look:"}],"role":"model"}}],"responseId":"r"}""",
                $$$"""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"{{{Picture}}}"}}],"role":"model"},"finishReason":"STOP"}],"responseId":"r"}""",
            ]),
        ["bedrock-converse"] = (
            $$$$"""{"output":{"message":{"role":"assistant","content":[{"text":"Look:"},{"image":{"format":"png","source":{"bytes":"{{{{Picture}}}}"}}}]}},"stopReason":"end_turn"}""",
            [
                "messageStart {\"role\":\"assistant\"}", "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"Look:\"}}",
                "contentBlockStart {\"contentBlockIndex\":1,\"start\":{\"image\":{\"format\":\"png\"}}}",
                """contentBlockDelta {"contentBlockIndex":1,"delta":{"image":{"source":{"bytes":"iVBORw0KGgo="}}}}""",
                "contentBlockStop {\"contentBlockIndex\":1}", "messageStop {\"stopReason\":\"end_turn\"}",
            ]),
        ["ollama"] = (
            $$$"""{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Look:","images":["{{{Picture}}}"]},"done":true,"done_reason":"stop"}""",
            [
                """{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Look:"},"done":false}""",
                $$$"""{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"","images":["{{{Picture}}}"]},"done":false}""",
                """{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}""",
            ]),
    };

    /// <summary>The image in a client's format; null if the format has no images.</summary>
    private static readonly Dictionary<string, string?> s_forms = new()
    {
        ["openai-chat"] = $"\"images\":[{{\"type\":\"image_url\",\"image_url\":{{\"url\":\"data:image/png;base64,{Picture}\"}}",
        ["openai-responses"] = $"\"result\":\"{Picture}\"}}",
        ["gemini"] = $$$"""{"inlineData":{"mimeType":"image/png","data":"{{{Picture}}}"}}""",
        ["anthropic-messages"] = null,
        ["plain"] = null,
    };

    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string, bool>();
            foreach (var provider in s_pictures.Keys)
            {
                foreach (var client in BuiltInDialects.Set.IngressIds)
                {
                    pairs.Add(provider, client.Value, false);
                    pairs.Add(provider, client.Value, true);
                }
            }

            return pairs;
        }
    }

    [Covers("X2")]
    [Theory, MemberData(nameof(Pairs))]
    public void An_image_arrives_in_the_clients_own_form_or_is_named(string provider, string client, bool streamed)
    {
        var (whole, frames) = s_pictures[provider];

        var (body, lost) = streamed ? Stream(client, Decode(provider, frames)) : Whole(client, Decode(provider, whole));

        Assert.Contains("Look:", body, StringComparison.Ordinal);
        if (s_forms[client] is { } form)
        {
            Assert.Contains(form, body, StringComparison.Ordinal);
            Assert.Empty(lost);
        }
        else
        {
            Assert.DoesNotContain(Picture, body, StringComparison.Ordinal);
            Assert.Equal(["answer.content[1] (image/png)"], lost);
        }
    }

    [Covers("X2")]
    [Fact]
    public void Sound_is_written_back_as_it_came_and_elsewhere_as_sound_or_as_what_was_said()
    {
        var answer = Decode(
            "openai-chat",
            $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":{{{ChatAudio}}}},"finish_reason":"stop"}]}""");

        var chat = JsonElement.Parse(Whole("openai-chat", answer).Body).GetProperty("choices")[0].GetProperty("message");
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(ChatAudio), chat.GetProperty("audio")));
        Assert.Equal(JsonValueKind.Null, chat.GetProperty("content").ValueKind);
        var (gemini, nothing) = Whole("gemini", answer);
        Assert.Contains(
            $$$"""{"inlineData":{"mimeType":"audio/pcm","data":"{{{Sound}}}"}},{"text":"Good morning"}""", gemini,
            StringComparison.Ordinal);
        Assert.Empty(nothing);
        foreach (var client in (string[])["openai-responses", "anthropic-messages", "plain"])
        {
            var (body, lost) = Whole(client, answer);
            Assert.Contains("Good morning", body, StringComparison.Ordinal);
            Assert.Equal(["answer.content[0] (audio/pcm)"], lost);
        }
    }

    [Covers("X2")]
    [Fact]
    public void Sound_of_a_stream_comes_in_its_pieces()
    {
        var updates = Decode(
            "openai-chat",
            [
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","audio":{"id":"audio_7","transcript":"Good"}}}]}""",
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"audio":{"data":"AQID"}}}]}""",
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"audio":{"data":"BAUG","transcript":" day"}}}]}""",
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"audio":{"expires_at":5}}}]}""",
                """{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
            ]);

        var chat = Stream("openai-chat", updates).Body;
        string[] pieces =
        [
            """{"id":"audio_7","transcript":"Good"}""", """{"data":"AQID"}""", """{"transcript":" day","data":"BAUG"}""",
            """{"expires_at":5}""",
        ];
        foreach (var piece in pieces)
            Assert.Contains($"\"audio\":{piece}", chat, StringComparison.Ordinal);
        var gemini = Stream("gemini", updates).Body;
        Assert.Contains("\"data\":\"AQID\"", gemini, StringComparison.Ordinal);
        Assert.Contains("{\"text\":\" day\"}", gemini, StringComparison.Ordinal);
        var (anthropic, lost) = Stream("anthropic-messages", updates);
        Assert.Equal("Good day", AnthropicStreamGrammar.Read(Encoding.UTF8.GetBytes(anthropic), endsWithError: false, out _).Text);
        Assert.Equal(["answer.content[0] (audio/pcm)"], lost);
    }

    [Fact]
    public void A_spoken_answer_without_an_address_of_its_own_gets_one_from_us()
    {
        var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, [new DataContent(Convert.FromBase64String(Sound), "audio/wav")]));

        var (body, lost) = Whole("openai-chat", answer);

        var audio = JsonElement.Parse(body).GetProperty("choices")[0].GetProperty("message").GetProperty("audio");
        Assert.Equal(
            $$"""{"id":"audio_chatcmpl-1","expires_at":0,"transcript":"","data":"{{Sound}}"}""", audio.GetRawText());
        Assert.Empty(lost);
    }

    [Fact]
    public void What_cannot_be_read_as_an_image_or_sound_goes_back_as_it_came()
    {
        const string Message =
            """{"role":"assistant","content":"x","refusal":null,"images":[{"type":"image_url","image_url":{"url":"not an address"}}],"audio":{"id":"a","data":"%%"}}""";
        var answer = Decode(
            "openai-chat", $$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{{Message}},"finish_reason":"stop"}]}""");

        var (body, _) = Whole("openai-chat", answer);

        Assert.True(JsonElement.DeepEquals(
            JsonElement.Parse(Message), JsonElement.Parse(body).GetProperty("choices")[0].GetProperty("message")));
        Assert.Equal(["answer.content[1] (image_url)", "answer.audio"], Whole("anthropic-messages", answer).Lost);
    }

    [Fact]
    public void An_answer_of_images_alone_is_no_empty_answer() => Assert.Single(Decode(
        "openai-chat",
        $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"","images":{{{ChatImages}}}},"finish_reason":"stop"}]}""")
        .Messages[0].Contents.OfType<DataContent>());

    [Fact]
    public void In_the_next_turn_images_go_back_as_they_came_and_sound_by_its_id()
    {
        var answer = Decode(
            "openai-chat",
            $$$"""{"id":"c","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"x","images":{{{ChatImages}}},"audio":{{{ChatAudio}}}},"finish_reason":"stop"}]}""");
        var output = new ArrayBufferWriter<byte>();

        BuiltInDialects.Set.Egress(DialectId.OpenAIChat).EncodeRequest(
            new CanonicalChatRequest([.. answer.Messages], new ChatOptions()), new EgressTarget("up", "m", ProviderQuirks.None), new(),
            output);

        var message = JsonElement.Parse(output.WrittenSpan).GetProperty("messages")[0];
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(ChatImages), message.GetProperty("images")));
        Assert.Equal("""{"id":"audio_7"}""", message.GetProperty("audio").GetRawText());
        Assert.Equal("x", message.GetProperty("content").GetString());
    }

    [Fact]
    public void A_part_that_Cohere_adds_one_day_is_named()
    {
        var whole = Decode(
            "cohere",
            """{"id":"a","message":{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{}}]},"finish_reason":"COMPLETE"}""");
        var streamed = Decode(
            "cohere",
            [
                """{"id":"a1","type":"message-start","delta":{"message":{"role":"assistant"}}}""",
                """{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"x"}}}}""",
                """{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"image_url","image_url":{}}}}}""",
                """{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}""",
            ]);

        Assert.Equal(["answer.content[1] (image_url)"], Whole("openai-chat", whole).Lost);
        Assert.Equal(["answer.content[1] (image_url)"], Stream("openai-chat", streamed).Lost);
    }

    [Fact]
    public void A_cited_text_of_a_stream_keeps_its_citations_where_the_client_has_them()
    {
        var updates = Decode(
            "bedrock-converse",
            [
                "messageStart {\"role\":\"assistant\"}", "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"So it is.\"}}",
                """contentBlockDelta {"contentBlockIndex":0,"delta":{"citation":{"title":"T","location":{"web":{"url":"https://cited.example/"}}}}}""",
                "contentBlockStop {\"contentBlockIndex\":0}", "messageStop {\"stopReason\":\"end_turn\"}",
            ]);

        foreach (var client in (string[])["openai-chat", "openai-responses", "gemini"])
        {
            var (body, lost) = Stream(client, updates);
            Assert.Contains("https://cited.example/", body, StringComparison.Ordinal);
            Assert.Empty(lost);
        }
    }

    private static ChatResponse Decode(string provider, string body)
    {
        var dialect = BuiltInDialects.Set.Egress(new(provider));
        return ((CanonicalChatAnswer)dialect.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(body))).Response;
    }

    /// <summary>Reads frames: the data, preceded by the event's name if the format has names outside the data.</summary>
    private static List<ChatResponseUpdate> Decode(string provider, string[] frames)
    {
        var decoder = BuiltInDialects.Set.Egress(new(provider)).CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var frame in frames)
        {
            var at = frame.IndexOf('{', StringComparison.Ordinal);
            Assert.Null(decoder.Decode(
                new StreamFrame(Encoding.UTF8.GetBytes(frame[..at].Trim()), Encoding.UTF8.GetBytes(frame[at..])), updates));
        }

        Assert.Null(decoder.Finish(updates));
        return updates;
    }

    private static (string Body, IReadOnlyList<string> Lost) Whole(string client, ChatResponse answer)
    {
        var (context, output) = (Context(), new ArrayBufferWriter<byte>());
        BuiltInDialects.Set.Ingress(new(client)).EncodeAnswer(new CanonicalChatAnswer(answer), context, output);
        return (Encoding.UTF8.GetString(output.WrittenSpan), context.Losses.Fields);
    }

    private static (string Body, IReadOnlyList<string> Lost) Stream(string client, IEnumerable<ChatResponseUpdate> updates)
    {
        var (context, output) = (Context(), new ArrayBufferWriter<byte>());
        var encoder = BuiltInDialects.Set.Ingress(new(client)).CreateStreamEncoder(context);
        foreach (var update in updates)
            encoder.Encode(update, output);
        encoder.Complete(output);
        Assert.Equal([], StreamRules.Broken(client, output.WrittenSpan.ToArray(), endsWithError: false));
        return (Encoding.UTF8.GetString(output.WrittenSpan), context.Losses.Fields);
    }

    private static AnswerContext Context() => new()
    {
        Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, AnswerId = "chatcmpl-1", IncludeUsage = true,
    };
}

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>Every recording of a server that speaks this format, decoded and encoded again.</summary>
public sealed class CassetteTests
{
    private static readonly string[] Providers =
    [
        "openai", "azure", "openrouter", "groq", "deepseek", "xai", "perplexity", "huggingface", "together", "cerebras", "vllm", "zai",
        "mistral", "ollama",
    ];

    [Fact]
    public void Recorded_requests_survive_decoding_and_encoding() => ForEach(Chats, exchange =>
    {
        if (IsUserContentMissing(exchange))
            return;
        var sent = JsonDiff.Parse(exchange.Request);
        var target = Codec.Reasoning with { Model = sent.GetProperty("model").GetString()! };
        var written = Codec.Translate(Encoding.UTF8.GetString(exchange.Request), out var losses, target);
        Assert.Empty(losses.Fields);
        // Written always when streaming; an empty list of tools has no effect and is refused by most servers; false is the default.
        var ignored = new List<string> { "$.stream_options", "$.max_completion_tokens", "$.max_tokens" };
        if (sent.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() == 0)
            ignored.Add("$.tools");
        if (sent.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.False)
            ignored.Add("$.stream");
        Assert.Equal(Limit(sent), Limit(written));
        Assert.Empty(JsonDiff.Compare(sent, written, [.. ignored]));
    });

    [Fact]
    public void Forwarding_and_translating_a_recorded_request_say_the_same() => ForEach(Chats, exchange =>
    {
        if (IsUserContentMissing(exchange))
            return;
        var body = Encoding.UTF8.GetString(exchange.Request);
        var forwarded = JsonDiff.Parse(Encoding.UTF8.GetBytes(Codec.Forward(body, Codec.Reasoning)!));
        var translated = Codec.Translate(body, Codec.Reasoning);
        Assert.Equal(Limit(forwarded), Limit(translated));
        Assert.Empty(JsonDiff.Compare(forwarded, translated, "$.max_completion_tokens", "$.max_tokens", "$.tools", "$.stream"));
    });

    [Fact]
    public void Recorded_answers_survive_decoding_and_encoding() => ForEach(Chats, exchange =>
    {
        if (exchange.Status != 200 || exchange.IsEventStream || exchange.Feature == "chat-prompt-filter" && exchange.Index == 0)
            return;
        var received = JsonDiff.Parse(exchange.Answer);
        var response = Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer));
        var written = Codec.EncodeAnswer(response);
        Assert.Empty(JsonDiff.Compare(Normalise(received), Normalise(written)));
    });

    [Fact]
    public void The_probe_and_the_decoder_read_the_same_usage_from_recorded_answers() => ForEach(Chats, exchange =>
    {
        if (exchange.Status != 200 || exchange.IsEventStream || exchange.Feature == "chat-prompt-filter" && exchange.Index == 0)
            return;
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(exchange.Answer));
        Assert.Equal(TokenUsage.From(Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)).Usage), probe.Usage);
        Assert.NotNull(probe.Usage.Input);
    });

    [Covers("E2")]
    [Fact]
    public void Recorded_streams_read_the_same_however_they_are_cut() => ForEach(Streams, exchange =>
    {
        var whole = SseFrameReaderTests.Read(exchange.Answer).Select(frame => frame.Text).ToList();
        Assert.NotEmpty(whole);
        Assert.Equal(
            whole, SseFrameReaderTests.Read(exchange.Answer, [.. Enumerable.Range(0, exchange.Answer.Length)]).Select(frame => frame.Text));

        // Every offset of the recordings of ordinary size; for the giant one, a stride that reaches every kind of position.
        var stride = exchange.Answer.Length > 60_000 ? 4099 : exchange.Answer.Length > 10_000 ? 7 : 1;
        for (var at = 0; at < exchange.Answer.Length; at += stride)
        {
            var count = 0;
            foreach (var frame in SseFrameReaderTests.Read(exchange.Answer, at))
                Assert.Equal(whole[count++], frame.Text);
            Assert.Equal(whole.Count, count);
        }
    });

    [Fact]
    public void Recorded_streams_decode_and_encode_into_streams_that_keep_every_rule() => ForEach(Streams, exchange =>
    {
        var (updates, error) = Codec.DecodeStream(exchange.Answer);
        foreach (var includeUsage in new[] { false, true })
        {
            var written = Codec.EncodeStream(updates, Codec.Context(includeUsage), error);
            if (error is not null)
            {
                Assert.Contains("midstream-error", exchange.Feature, StringComparison.Ordinal);
                Codec.AssertGrammar(written, includeUsage, endsWithError: true);
                continue;
            }

            var hasUsage = updates.Any(update => update.Contents.Any(content => content is UsageContent));
            var grammar = Codec.AssertGrammar(written, includeUsage);
            Assert.Equal(Said(exchange.Answer, "content"), grammar.Text[0]);
            Assert.Equal(includeUsage && hasUsage, written.Contains("\"choices\":[],\"usage\":{", StringComparison.Ordinal));

            var (again, noError) = Codec.DecodeStream(written);
            Assert.Null(noError);
            Assert.Equal(Summary(updates), Summary(again));
        }
    });

    [Fact]
    public void The_probe_and_the_decoder_agree_on_recorded_streams() => ForEach(Streams, exchange =>
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        var kinds = SseFrameReaderTests.Read(exchange.Answer)
            .Select(frame => probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(frame.Event), Encoding.UTF8.GetBytes(frame.Data))))
            .ToList();
        var (updates, error) = Codec.DecodeStream(exchange.Answer);
        var usage = updates.SelectMany(update => update.Contents).OfType<UsageContent>().LastOrDefault();
        Assert.Equal(TokenUsage.From(usage?.Details), probe.Usage);
        Assert.Equal(error?.Message, probe.Error?.Message);
        Assert.Equal(error is null, !kinds.Contains(FrameKind.Error));
        Assert.Contains(FrameKind.Content, kinds);
        Assert.True(kinds.Count(kind => kind == FrameKind.UsageOnly) <= 1);
    });

    [Fact]
    public void Recorded_errors_keep_their_message_and_take_the_right_kind() => ForEach(AllChats, exchange =>
    {
        if (exchange.Status < 400)
            return;
        var error = Codec.Dialect.DecodeError(exchange.Status, exchange.Answer, Codec.Target);
        Assert.Equal(exchange.Status, error.UpstreamStatus);
        Assert.DoesNotContain("not an error of its API", error.Message, StringComparison.Ordinal);
        if (exchange.Status == 401 || exchange.Provider == "xai")
        {
            Assert.Equal(CallErrorKind.UpstreamAuthenticationFailed, error.Kind);
            Assert.Equal("acme authentication failed", error.Message);
        }
        else
        {
            Assert.Equal(exchange.Status == 429 ? CallErrorKind.UpstreamRateLimited : CallErrorKind.UpstreamRejected, error.Kind);
        }
    });

    [Fact]
    public void Recorded_embeddings_survive_in_both_encodings() => ForEach(Embeddings, exchange =>
    {
        var request = (CanonicalEmbeddingRequest)Codec.Dialect.DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Embedding, Model = "" }, exchange.Request);
        var sent = JsonDiff.Parse(exchange.Request);
        Assert.Empty(JsonDiff.Compare(
            sent, Codec.EncodeRequest(request, Codec.Target with { Model = sent.GetProperty("model").GetString()! })));

        var answer = Codec.Dialect.DecodeAnswer(CallOperation.Embedding, exchange.Answer);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(operation: CallOperation.Embedding) with { Base64Embeddings = true }, output);
        Assert.Empty(JsonDiff.Compare(JsonDiff.Parse(exchange.Answer), JsonDiff.Parse(output.WrittenSpan)));
    });

    private static IEnumerable<Exchange> AllChats => Cassettes.Read(Providers).Where(exchange =>
        exchange.Url.AbsolutePath.EndsWith("/chat/completions", StringComparison.Ordinal) || exchange.Feature == "error-400-key");

    private static IEnumerable<Exchange> Chats => AllChats.Where(exchange =>
        exchange.Url.AbsolutePath.EndsWith("/chat/completions", StringComparison.Ordinal));

    private static IEnumerable<Exchange> Streams => Chats.Where(exchange => exchange.Status == 200 && exchange.IsEventStream);

    private static IEnumerable<Exchange> Embeddings => Cassettes.Read(Providers).Where(exchange =>
        exchange.Status == 200 && exchange.Url.AbsolutePath.EndsWith("/embeddings", StringComparison.Ordinal));

    private static void ForEach(IEnumerable<Exchange> exchanges, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var failures = new List<string>();
        var count = 0;
        foreach (var exchange in exchanges)
        {
            count++;
            try
            {
                check(exchange);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures.Add($"{exchange}: {exception.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.True(count > 0, "no recording was found");
    }

    /// <summary>The recording of OpenAI refusing a user message without content, where translation writes an empty one instead.</summary>
    private static bool IsUserContentMissing(Exchange exchange) => exchange.Feature == "error-400-param";

    private static long? Limit(JsonElement request)
    {
        foreach (var name in new[] { "max_completion_tokens", "max_tokens" })
        {
            if (request.TryGetProperty(name, out var limit) && limit.ValueKind == JsonValueKind.Number)
                return limit.GetInt64();
        }

        return null;
    }

    private static string Said(byte[] stream, string member)
    {
        var said = new StringBuilder();
        foreach (var frame in SseFrameReaderTests.Read(stream))
        {
            if (!frame.Data.StartsWith('{'))
                continue;
            foreach (var choice in JsonElement.Parse(frame.Data).GetProperty("choices").EnumerateArray())
            {
                if (choice.GetProperty("delta").TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String)
                    said.Append(text.GetString());
            }
        }

        return said.ToString();
    }

    /// <summary>Everything in which two decoded streams can differ for a caller.</summary>
    private static string Summary(IEnumerable<ChatResponseUpdate> updates)
    {
        var contents = updates.SelectMany(update => update.Contents).ToList();
        var calls = contents.OfType<FunctionCallContent>().Select(
            call => $"{call.CallId} {call.Name} {call.AdditionalProperties![CanonicalKeys.RawArguments]}");
        return string.Join('\n',
            string.Concat(contents.OfType<TextContent>().Select(text => text.Text)),
            string.Concat(contents.OfType<TextReasoningContent>().Select(text => text.Text)),
            string.Join(';', calls),
            string.Concat(contents.OfType<ToolCallFragment>().Select(fragment => fragment.Arguments)),
            updates.Select(update => update.FinishReason).LastOrDefault(reason => reason is not null));
    }

    /// <summary>
    /// What an encoder may write differently: reasoning has one name for output; a prompt's cached tokens have one place; an empty list of
    /// tool calls is none; a forced tool call finishes as a tool call; <c>x_groq.usage</c> is usage; a list of parts is its text.
    /// </summary>
    private static JsonElement Normalise(JsonElement answer)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(answer.GetRawText())!;
        foreach (var choice in node["choices"]!.AsArray())
        {
            // A filtered choice may come without a message; the encoder writes an empty one.
            choice!["message"] ??= new System.Text.Json.Nodes.JsonObject { ["role"] = "assistant" };
            var message = choice["message"]!.AsObject();
            if (message["content"] is System.Text.Json.Nodes.JsonArray parts)
            {
                message["reasoning_content"] = string.Concat(parts.Where(part => part!["type"]!.GetValue<string>() == "thinking")
                    .SelectMany(part => part!["thinking"]!.AsArray()).Select(part => part!["text"]!.GetValue<string>()));
                message["content"] = string.Concat(
                    parts.Where(part => part!["type"]!.GetValue<string>() == "text").Select(part => part!["text"]!.GetValue<string>()));
            }

            if (message.Remove("reasoning", out var reasoning) && reasoning is not null)
                message["reasoning_content"] = reasoning;
            if (message["tool_calls"] is System.Text.Json.Nodes.JsonArray { Count: 0 })
                message.Remove("tool_calls");
            foreach (var call in message["tool_calls"]?.AsArray() ?? [])
            {
                call!.AsObject().Remove("index");
                call["type"] = "function";
            }

            if (message["content"]?.GetValueKind() == JsonValueKind.String && message["content"]!.GetValue<string>().Length == 0)
                message.Remove("content");
            if (choice["finish_reason"]?.GetValue<string>() is "eos")
            {
                choice["finish_reason"] = "stop";
                choice["native_finish_reason"] = "eos";
            }

            if (message["tool_calls"] is not null && choice["finish_reason"]?.GetValue<string>() == "stop")
                choice["finish_reason"] = "tool_calls";
        }

        if (node["usage"] is System.Text.Json.Nodes.JsonObject usage && usage["prompt_tokens_details"] is null
            && usage["cached_tokens"] is { } cached)
            usage["prompt_tokens_details"] = new System.Text.Json.Nodes.JsonObject { ["cached_tokens"] = cached.DeepClone() };
        return JsonElement.Parse(node.ToJsonString());
    }
}

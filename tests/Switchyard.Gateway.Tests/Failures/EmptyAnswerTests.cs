using System.Net;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>Empty forwarded answers are failures, so that another target can answer; those with a reason are not.</summary>
public sealed class EmptyAnswerTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Messages = "/v1/messages";
    private const string Responses = "/v1/responses";
    private const string Gemini = "/v1beta/models/both:generateContent";
    private const string GeminiStream = "/v1beta/models/both:streamGenerateContent?alt=sse";

    /// <summary>Path, streamed, the first target's answer.</summary>
    public static TheoryData<string, bool, string> Nothing() => new()
    {
        { Chat, false, """{"choices":[]}""" },
        { Chat, false, """{"id":"x"}""" },
        { Chat, false, """{"choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"stop"}]}""" },
        {
            Chat, false,
            """{"choices":[{"index":0,"message":{"role":"assistant","content":" \n\t","refusal":null,"annotations":[],"tool_calls":[]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"""
        },
        {
            Chat, false,
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"","reasoning_content":""},"finish_reason":null}]}"""
        },
        { Chat, true, Some.Done },
        { Chat, true, Some.Chunk("""{"role":"assistant","content":""}""") + Some.Chunk("{}", "\"stop\"") + Some.Done },
        { Chat, true, Some.Chunk("""{"content":" \n"}""") + Some.Chunk("{}", "\"stop\"") + Some.UsageChunk + Some.Done },
        { Chat, true, Some.Chunk("{}", "\"stop\"") },
        { Messages, false, """{"type":"message","role":"assistant","stop_reason":"end_turn"}""" },
        {
            Messages, true,
            Event("message_start", """{"type":"message_start","message":{"role":"assistant"}}""")
                + Event("message_stop", """{"type":"message_stop"}""")
        },
        { Responses, false, """{"object":"response","status":"completed","output":[]}""" },
        {
            Responses, false,
            """{"object":"response","status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":" "}]}]}"""
        },
        {
            Responses, true,
            Event("response.created",
                """{"type":"response.created","response":{"status":"in_progress"}}""")
                + Event("response.output_item.done",
                """{"type":"response.output_item.done","item":{"type":"message","content":[]}}""")
                + Event("response.completed",
                """{"type":"response.completed","response":{"status":"completed","output":[]}}""")
        },
        { Gemini, false, """{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP"}]}""" },
        { Gemini, false, """{"candidates":[],"usageMetadata":{"promptTokenCount":3}}""" },
        {
            GeminiStream, true,
            """data: {"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3}}"""
                + "\n\n"
        },
    };

    /// <summary>Path, streamed, a valid answer without text.</summary>
    public static TheoryData<string, bool, string> Something() => new()
    {
        { Chat, false, """{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"length"}]}""" },
        { Chat, false, """{"choices":[{"index":0,"message":{"role":"assistant","content":null},"finish_reason":"content_filter"}]}""" },
        {
            Chat, false,
            """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"No."},"finish_reason":"stop"}]}"""
        },
        {
            Chat, false,
            """{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}"""
        },
        {
            Chat, false,
            """{"choices":[{"index":0,"message":{"role":"assistant","content":"","reasoning_content":"Hm."},"finish_reason":"stop"}]}"""
        },
        { Chat, true, Some.Chunk("{}", "\"length\"") + Some.Done },
        { Messages, false, """{"type":"message","role":"assistant","content":[],"stop_reason":"end_turn"}""" },
        {
            Responses, false,
            """{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}"""
        },
        {
            Responses, false,
            """{"object":"response","status":"completed","output":[{"type":"function_call","name":"f","arguments":"{}","call_id":"c"}]}"""
        },
        {
            Responses, true,
            Event("response.completed",
                """{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}}""")
        },
        { Gemini, false, """{"candidates":[{"finishReason":"SAFETY"}]}""" },
        { Gemini, false, """{"promptFeedback":{"blockReason":"SAFETY"}}""" },
        { Gemini, false, """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}""" },
        { GeminiStream, true, """data: {"candidates":[{"finishReason":"MAX_TOKENS"}]}""" + "\n\n" },
    };

    [Covers("X21")]
    [Theory]
    [MemberData(nameof(Nothing))]
    public async Task An_answer_that_says_nothing_leads_to_the_next_target(string path, bool stream, string nothing)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(path, first, second);
        Answer(first, nothing, stream);
        second.ThenJson("""{"error":{"message":"The second was asked."}}""", 400);

        var response = await gateway.PostAsync(path, RequestFor(path, stream));

        Assert.Contains("The second was asked.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("X21", "S001-39", "S004-69")]
    [Theory]
    [MemberData(nameof(Nothing))]
    public async Task Without_another_target_it_is_a_502_that_says_so(string path, bool stream, string nothing)
    {
        await using var only = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(path, only, null);
        Answer(only, nothing, stream);

        var response = await gateway.PostAsync(path, RequestFor(path, stream));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("returned an empty response", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Covers("X21")]
    [Theory]
    [InlineData(Gemini, false)]
    [InlineData(GeminiStream, true)]
    [InlineData(Chat, false)]
    [InlineData(Chat, true)]
    public async Task The_reason_an_empty_answer_gives_is_named_whether_it_is_forwarded_or_translated(string path, bool stream)
    {
        await using var only = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(Gemini, only, null);
        foreach (var (reason, named) in new[]
        {
            ("OTHER", "returned an empty response (OTHER)"),
            ("MALFORMED_FUNCTION_CALL", "called a tool in a malformed way"),
        })
        {
            var answer = $$$"""{"candidates":[{"content":{"role":"model"},"finishReason":"{{{reason}}}"}]}""";
            Answer(only, stream ? $"data: {answer}\n\n" : answer, stream);

            var response = await gateway.PostAsync(path, RequestFor(path, stream));

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains(named, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Covers("X21")]
    [Theory]
    [MemberData(nameof(Something))]
    public async Task An_answer_with_a_reason_for_its_silence_is_one(string path, bool stream, string answer)
    {
        await using var only = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(path, only, null);
        Answer(only, answer, stream);

        var response = await gateway.PostAsync(path, RequestFor(path, stream));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
    }

    [Covers("X21")]
    [Fact]
    public async Task A_list_of_vectors_has_no_words_and_is_an_answer()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson("""{"object":"list","data":[]}""");

        var response = await gateway.PostAsync("/v1/embeddings", """{"model":"up/some-model","input":"Hi"}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>Embedding answers that lack vectors, of formats that are translated: one text for the first two, else two.</summary>
    public static TheoryData<string, string, string, string> TooFewVectors() => new()
    {
        { "cohere", "m", "\"a\"", """{"id":"e","embeddings":{"float":[]},"meta":{"billed_units":{"input_tokens":3}}}""" },
        { "ollama", "m", "\"a\"", """{"model":"m","embeddings":[],"prompt_eval_count":3}""" },
        { "cohere", "m", "[\"a\",\"b\"]", """{"id":"e","embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":3}}}""" },
        { "ollama", "m", "[\"a\",\"b\"]", """{"model":"m","embeddings":[[1,2]],"prompt_eval_count":3}""" },
        { "gemini", "m", "[\"a\",\"b\"]", """{"embeddings":[{"values":[1,2]}]}""" },
        { "bedrock-converse", "cohere.embed-english-v3", "[\"a\",\"b\"]", """{"embeddings":[[1,2]]}""" },
    };

    [Theory]
    [MemberData(nameof(TooFewVectors))]
    public async Task A_translated_answer_with_fewer_vectors_than_texts_leads_to_the_next_target(
        string dialect, string model, string input, string answer)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["first"] = new ProviderOptions { BaseUrl = first.BaseUrl, Dialect = dialect, Key = "sk-upstream-secret" };
            options.Providers["second"] = new ProviderOptions { BaseUrl = second.BaseUrl, Dialect = "openai-chat" };
            options.Models["both"] = new()
            {
                Targets = [new TargetOptions { Model = $"first/{model}" }],
                Fallback = [new TargetOptions { Model = "second/m" }],
            };
        });
        first.ThenJson(answer);
        second.ThenJson("""{"object":"list","data":[{"index":0,"embedding":[7]},{"index":1,"embedding":[8]}],"model":"m"}""");

        var response = await gateway.PostAsync("/v1/embeddings", $$"""{"model":"both","input":{{input}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"embedding\":[7]", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(first.Requests);
    }

    [Fact]
    public async Task Without_another_target_it_says_how_many_vectors_there_were()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "ollama");
        upstream.ThenJson("""{"model":"m","embeddings":[[1,2]],"prompt_eval_count":3}""");

        var response = await gateway.PostAsync("/v1/embeddings", """{"model":"up/some-model","input":["a","b","c"]}""");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("1 of 3 embeddings", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>The streams of providers whose format is not the client's, so that they are translated.</summary>
    public static TheoryData<string, byte[]> TranslatedNothing() => new()
    {
        { "openai-chat", Bytes(Some.Chunk("""{"role":"assistant","content":""}""") + Some.Chunk("{}", "\"stop\"") + Some.Done) },
        { "openai-chat", Bytes(Some.Chunk("""{"content":" \n"}""") + Some.Chunk("{}", "\"stop\"") + Some.UsageChunk + Some.Done) },
        { "openai-chat", Bytes(Some.Chunk("""{"role":"assistant"}""") + Some.Done) },
        {
            "openai-responses",
            Bytes(
                Event("response.created", """{"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}""")
                    + Event(
                        "response.completed",
                        """{"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}"""))
        },
        { "ollama", Bytes("""{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}""" + "\n") },
        {
            "cohere",
            Bytes(
                Event("message-start", """{"id":"a1","type":"message-start","delta":{"message":{"role":"assistant"}}}""")
                    + Event("message-end", """{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}"""))
        },
        {
            "bedrock-converse",
            [
                .. ProviderFormat.Message("event", "messageStart", """{"role":"assistant"}"""),
                .. ProviderFormat.Message("event", "messageStop", """{"stopReason":"end_turn"}"""),
            ]
        },
    };

    [Covers("X21")]
    [Theory]
    [MemberData(nameof(TranslatedNothing))]
    public async Task A_translated_stream_that_says_nothing_leads_to_the_next_target(string dialect, byte[] nothing)
    {
        await using var first = await FakeUpstream.StartAsync();
        await using var second = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["first"] = new ProviderOptions { BaseUrl = first.BaseUrl, Dialect = dialect, Key = "sk-upstream-secret" };
            options.Providers["second"] = new ProviderOptions { BaseUrl = second.BaseUrl, Dialect = "openai-chat" };
            options.Models["both"] = new()
            {
                Targets = [new TargetOptions { Model = "first/m" }],
                Fallback = [new TargetOptions { Model = "second/m" }],
            };
        });
        first.ThenBytes(nothing, ProviderFormat.Of(dialect).StreamType);
        second.ThenStream(Some.ChatStream());

        var response = await gateway.PostAsync(Messages, RequestFor(Messages, stream: true));

        Assert.Contains("Hi", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(first.Requests);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";

    private static void Answer(FakeUpstream upstream, string answer, bool stream)
    {
        if (stream)
            upstream.ThenStream(answer);
        else
            upstream.ThenJson(answer);
    }

    private static string RequestFor(string path, bool stream) => path switch
    {
        Gemini or GeminiStream => """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""",
        Responses => $$"""{"model":"both","input":"Hi","stream":{{(stream ? "true" : "false")}}}""",
        _ => $$"""{"model":"both","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"stream":{{(stream ? "true" : "false")}}}""",
    };

    private static Task<GatewayHost> StartAsync(string path, FakeUpstream first, FakeUpstream? second) => GatewayHost.StartAsync(options =>
    {
        var dialect = path switch
        {
            Chat => "openai-chat",
            Messages => "anthropic-messages",
            Responses => "openai-responses",
            _ => "gemini",
        };
        options.Providers["first"] = new ProviderOptions { BaseUrl = first.BaseUrl, Dialect = dialect };
        options.Models["both"] = new() { Targets = [new TargetOptions { Model = "first/m" }] };
        if (second is null)
            return;
        options.Providers["second"] = new ProviderOptions { BaseUrl = second.BaseUrl, Dialect = dialect };
        options.Models["both"].Fallback = [new TargetOptions { Model = "second/m" }];
    });
}

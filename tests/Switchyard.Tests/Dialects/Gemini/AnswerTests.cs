using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Answers, whole and streamed, both ways.</summary>
public sealed class AnswerTests
{
    public static TheoryData<string, string> Reasons() => new()
    {
        { "STOP", "stop" }, { "MAX_TOKENS", "length" }, { "SAFETY", "content_filter" }, { "RECITATION", "content_filter" },
        { "LANGUAGE", "content_filter" },
        { "BLOCKLIST", "content_filter" }, { "PROHIBITED_CONTENT", "content_filter" }, { "SPII", "content_filter" },
        { "MODEL_ARMOR", "content_filter" },
        { "IMAGE_SAFETY", "content_filter" }, { "IMAGE_PROHIBITED_CONTENT", "content_filter" }, { "IMAGE_RECITATION", "content_filter" },
        { "OTHER", "stop" }, { "UNEXPECTED_TOOL_CALL", "stop" }, { "NO_IMAGE", "stop" }, { "CONTINUATION", "length" },
        { "NEVER_SEEN", "stop" },
    };

    [Covers("F1", "F2")]
    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_finish_reason_is_the_same_in_both_modes(string wire, string expected)
    {
        var chunk = Codec.Chunk("""{"text":"x"}""", wire);
        var answer = Codec.Answer(chunk);
        var (updates, error, _) = Codec.DecodeStream(chunk);
        Assert.Null(error);
        Assert.Equal(expected, answer.FinishReason!.Value.Value);
        Assert.Equal(expected, updates.Last(update => update.FinishReason is not null).FinishReason!.Value.Value);
        var choice = Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices")[0];
        Assert.Equal(expected, choice.GetProperty("finish_reason").GetString());
        Assert.Equal(
            wire is "STOP" or "MAX_TOKENS" ? null : wire,
            choice.TryGetProperty("native_finish_reason", out var native) ? native.GetString() : null);
        // Translated back into this format, the word is the original one, if the format has it.
        Assert.Equal(
            wire == "NEVER_SEEN" ? "STOP" : wire,
            Codec.EncodeAnswer(answer).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.Equal(wire == "NEVER_SEEN" ? "STOP" : wire, Codec.AssertGrammar(Codec.EncodeStream(updates)).Finish[0]);
    }

    [Covers("F1")]
    [Theory]
    [InlineData("stop", "STOP")]
    [InlineData("length", "MAX_TOKENS")]
    [InlineData("tool_calls", "STOP")]
    [InlineData("content_filter", "SAFETY")]
    [InlineData("something_else", "STOP")]
    public void Every_reason_of_another_format_has_a_word(string reason, string expected)
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "x")) { FinishReason = new ChatFinishReason(reason) };
        Assert.Equal(expected, Codec.EncodeAnswer(response).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.Equal(
            expected,
            Codec.AssertGrammar(
                Codec.EncodeStream([new(ChatRole.Assistant, "x") { FinishReason = new ChatFinishReason(reason) }])).Finish[0]);
    }

    [Covers("F1")]
    [Theory]
    [InlineData(1, "stop")]
    [InlineData(2, "length")]
    [InlineData(3, "content_filter")]
    [InlineData(8, "content_filter")]
    [InlineData(77, "stop")]
    public void Finish_reasons_written_as_numbers_are_read(int number, string expected)
    {
        var answer = Codec.Answer(Codec.Chunk("""{"text":"x"}""", "N").Replace(
            "\"N\"", number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        Assert.Equal(expected, answer.FinishReason!.Value.Value);
    }

    [Covers("F1")]
    [Fact]
    public void A_function_call_finishes_as_tool_calls_although_the_wire_says_stop()
    {
        var chunk = Codec.Chunk("""{"functionCall":{"name":"f","args":{}}}""", "STOP");
        Assert.Equal(ChatFinishReason.ToolCalls, Codec.Answer(chunk).FinishReason);
        Assert.Equal(
            ChatFinishReason.ToolCalls, Codec.DecodeStream(chunk).Updates.Last(update => update.FinishReason is not null).FinishReason);
    }

    [Covers("F2")]
    [Fact]
    public void A_blocked_prompt_is_an_empty_answer_that_was_filtered()
    {
        const string body = """{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4},"modelVersion":"m","responseId":"r"}""";
        var choice = Codec.EncodeAnswer(Codec.Answer(body), Codec.OpenAI).GetProperty("choices")[0];
        Assert.Equal(
            ("", "content_filter", "PROHIBITED_CONTENT"),
            (
                choice.GetProperty("message").GetProperty("content").GetString(), choice.GetProperty("finish_reason").GetString(),
                choice.GetProperty("native_finish_reason").GetString()));
        var (updates, error, usage) = Codec.DecodeStream(body);
        Assert.Null(error);
        Assert.Equal(ChatFinishReason.ContentFilter, updates.Single(update => update.FinishReason is not null).FinishReason);
        Assert.Equal((4L, 0L), (usage.Input, usage.Output));
        Assert.True(Codec.Dialect.CreateProbe(CallOperation.Chat).ObserveBody(Encoding.UTF8.GetBytes(body)));
    }

    [Theory]
    [InlineData("""{"candidates":[{"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":9,"totalTokenCount":14}}""", "length")]
    [InlineData("""{"candidates":[{"content":{"role":"model"},"finishReason":"SAFETY"}]}""", "content_filter")]
    [InlineData("""{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"dG9r"}]}""", "length")]
    public void An_answer_without_parts_is_read(string body, string reason)
    {
        Assert.Equal(reason, Codec.Answer(body).FinishReason!.Value.Value);
        Assert.Null(Codec.DecodeStream(body).Error);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"candidates":[]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}""")]
    [InlineData("""{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}""")]
    [InlineData("\"x\"")]
    [InlineData("[]")]
    public void An_answer_that_says_nothing_is_a_failure_of_the_provider(string body) =>
        Assert.Equal(CallErrorKind.UpstreamUnavailable, Assert.Throws<CallException>(() => Codec.Answer(body)).Error.Kind);

    /// <summary>The reason is what an operator has to go by, and a failure's own message what a client has.</summary>
    [Theory]
    [InlineData("""{"candidates":[{"finishReason":"TOO_MANY_TOOL_CALLS"}]}""")]
    [InlineData("""{"candidates":[{"content":{"role":"model"},"finishReason":"NO_IMAGE"}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}""")]
    [InlineData("""{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}""")]
    [InlineData("""{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"call of fathom"}]}""")]
    public void A_stream_that_says_nothing_fails_with_the_words_of_a_whole_answer(string body)
    {
        var whole = Assert.Throws<CallException>(() => Codec.Answer(body)).Error;
        Assert.Equal((whole.Kind, whole.Message), Codec.DecodeStream(body).Error is { } error ? (error.Kind, error.Message) : default);
    }

    [Fact]
    public void An_answer_in_chunks_of_one_list_is_read_as_one()
    {
        var (first, second) = (Codec.Chunk("""{"text":"a"}"""), Codec.Chunk("""{"text":"b"}""", "STOP"));
        var answer = Codec.Answer($"[{first},{second}]");
        Assert.Equal(("ab", ChatFinishReason.Stop), (answer.Text, answer.FinishReason));
    }

    [Covers("T3", "T5")]
    [Fact]
    public void Text_and_calls_of_one_chunk_are_both_delivered_with_indexes_from_zero()
    {
        var (updates, _, _) = Codec.DecodeStream(
            Codec.Chunk("""{"text":"look"},{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"f","args":{"a":2}}}"""),
            Codec.Chunk("""{"functionCall":{"id":"given","name":"g"}}""", "STOP"));
        var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
        Assert.Equal([0, 1, 2], calls.Select(call => (int)call.AdditionalProperties![CanonicalKeys.ToolCallIndex]!));
        Assert.Equal(
            ["""{"a":1}""", """{"a":2}""", "{}"], calls.Select(call => (string)call.AdditionalProperties![CanonicalKeys.RawArguments]!));
        Assert.Equal(3, calls.Select(call => call.CallId).Distinct().Count());
        Assert.Equal("given", calls[2].CallId);
        var grammar = TestKit.OpenAIStreamGrammar.Read(
            Encoding.UTF8.GetBytes(Codec.EncodeStream(updates, dialect: Codec.OpenAI)), true, false, out var problems);
        Assert.Empty(problems.Except(["no usage chunk"]));
        Assert.Equal("look", grammar.Text[0]);
    }

    [Covers("T6")]
    [Fact]
    public void Candidates_keep_their_index_in_both_modes()
    {
        const string two = """{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0,"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]},"index":1,"finishReason":"MAX_TOKENS"}],"responseId":"r","modelVersion":"m"}""";
        var choices = Codec.EncodeAnswer(Codec.Answer(two), Codec.OpenAI).GetProperty("choices");
        Assert.Equal(
            [(0, "a", "stop"), (1, "b", "length")],
            choices.EnumerateArray().Select(choice => (
                choice.GetProperty("index").GetInt32(),
                choice.GetProperty("message").GetProperty("content").GetString()!,
                choice.GetProperty("finish_reason").GetString()!)));
        var grammar = Codec.AssertGrammar(Codec.EncodeStream(Codec.DecodeStream(two).Updates));
        Assert.Equal(("a", "b"), (grammar.Text[0], grammar.Text[1]));
        Assert.Equal(("STOP", "MAX_TOKENS"), (grammar.Finish[0], grammar.Finish[1]));
    }

    [Covers("T6", "F1")]
    [Fact]
    public void Candidates_listed_in_another_order_are_sorted_and_the_first_ones_reason_is_the_answers()
    {
        const string Two =
            """{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1,"finishReason":"MAX_TOKENS"},{"content":{"parts":[{"text":"a"}]},"index":0,"finishReason":"STOP"}],"responseId":"r","modelVersion":"m"}""";

        var answer = Codec.Answer(Two);

        Assert.Equal(["a", "b"], answer.Messages.Select(message => message.Text));
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal(
            ["stop", "length"],
            Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices").EnumerateArray()
                .Select(choice => choice.GetProperty("finish_reason").GetString()));
    }

    [Covers("T9")]
    [Fact]
    public void Arguments_cut_off_anywhere_reach_the_client_as_an_object()
    {
        const string arguments = """{"city":"Köln","n":[1,2]}""";
        for (var length = 1; length <= arguments.Length; length++)
        {
            var openAI = $$$$$"""{"id":"c","model":"m","choices":[{"index":0,"finish_reason":"length","message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{{{{{JsonSerializer.Serialize(arguments[..length])}}}}}}}]}}]}""";
            var answer = ((CanonicalChatAnswer)Codec.OpenAI.DecodeAnswer(CallOperation.Chat, Encoding.UTF8.GetBytes(openAI))).Response;
            var candidate = Codec.EncodeAnswer(answer).GetProperty("candidates")[0];
            Assert.Equal("MAX_TOKENS", candidate.GetProperty("finishReason").GetString());
            var args = candidate.GetProperty("content").GetProperty("parts")[0].GetProperty("functionCall").GetProperty("args");
            Assert.Equal(
                length == arguments.Length ? arguments : arguments[..length],
                length == arguments.Length ? args.GetRawText() : args.GetProperty("_raw").GetString());
        }
    }

    [Fact]
    public void Arguments_in_fragments_go_out_as_one_whole_call()
    {
        var openAI = string.Concat(
            TestKit.Some.Chunk("""{"role":"assistant","tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]}"""),
            TestKit.Some.Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"""),
            TestKit.Some.Chunk("{}", "\"tool_calls\""), TestKit.Some.UsageChunk, TestKit.Some.Done);
        var decoder = Codec.OpenAI.CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var frame in SseFrameReaderTests.Read(Encoding.UTF8.GetBytes(openAI)))
            decoder.Decode(new StreamFrame(default, Encoding.UTF8.GetBytes(frame.Data)), updates);
        foreach (var form in new[] { null, "array" })
        {
            var grammar = Codec.AssertGrammar(Codec.EncodeStream(updates, form: form), array: form is not null);
            Assert.Equal(["""f {"x":1}"""], grammar.Calls);
            Assert.Equal("STOP", grammar.Finish[0]);
            Assert.Equal(
                (9, 2, 11),
                (
                    grammar.Usage!.Value.GetProperty("promptTokenCount").GetInt32(),
                    grammar.Usage.Value.GetProperty("candidatesTokenCount").GetInt32(),
                    grammar.Usage.Value.GetProperty("totalTokenCount").GetInt32()));
        }
    }

    [Fact]
    public void Argument_values_that_arrive_one_by_one_make_one_call()
    {
        static string Piece(string call, string? finish = null) => Codec.Chunk($$$$$"""{"functionCall":{{{{{call}}}}}}""", finish);
        var (updates, _, _) = Codec.DecodeStream(
            Piece("""{"name":"f","willContinue":true,"partialArgs":[{"jsonPath":"$.city","stringValue":"Ber","willContinue":true}]}"""),
            Piece("""{"willContinue":true,"partialArgs":[{"jsonPath":"$.city","stringValue":"lin"},{"jsonPath":"$.days[0].n","numberValue":1.5}]}"""),
            Piece("""{"willContinue":true,"partialArgs":[{"jsonPath":"$['x y']","boolValue":true},{"jsonPath":"$.z","nullValue":null},{"jsonPath":"nonsense","stringValue":"a"}]}"""),
            Piece("{}", "STOP"));
        var call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("""{"city":"Berlin","days":[{"n":1.5}],"x y":true,"z":null}""", call.AdditionalProperties![CanonicalKeys.RawArguments]);
    }

    [Theory]
    [InlineData("""{"name":"f","args":{"city":"Berlin","at":{"n":1}},"partialArgs":[{"jsonPath":"$.at.m","numberValue":2}]}""")]
    [InlineData("""{"name":"f","args":{"city":"Berlin","at":{"n":1,"m":2}},"willContinue":true}""", "{}")]
    [InlineData(
        """{"name":"f","args":{"city":"Berlin","at":{"n":1}},"willContinue":true}""",
        """{"partialArgs":[{"jsonPath":"$.at.m","numberValue":2}]}""")]
    [InlineData(
        """{"name":"f","partialArgs":[{"jsonPath":"$.city","stringValue":"Be"}],"willContinue":true}""",
        """{"args":{"city":"Berlin","at":{"n":1,"m":2}}}""")]
    public void Arguments_that_come_whole_beside_values_that_arrive_one_by_one_are_kept(params string[] calls)
    {
        var chunks = calls.Select(call => Codec.Chunk($$$$$"""{"functionCall":{{{{{call}}}}}}"""));
        var (updates, _, _) = Codec.DecodeStream([.. chunks, Codec.Chunk("""{"text":"."}""", "STOP")]);
        var call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal("""{"city":"Berlin","at":{"n":1,"m":2}}""", call.AdditionalProperties![CanonicalKeys.RawArguments]);
    }

    [Fact]
    public void Arguments_of_a_whole_answer_are_joined_with_the_values_beside_them()
    {
        var answer = Codec.Answer(Codec.Chunk(
            """{"functionCall":{"name":"f","args":{"city":"Berlin"},"partialArgs":[{"jsonPath":"$.n","numberValue":2}]}}""", "STOP"));
        var call = Assert.Single(answer.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal("""{"city":"Berlin","n":2}""", call.AdditionalProperties![CanonicalKeys.RawArguments]);
    }

    [Covers("F3")]
    [Fact]
    public void What_follows_a_finish_reason_is_not_lost()
    {
        var (updates, _, usage) = Codec.DecodeStream(
            Codec.Chunk(
                """{"text":"a"}""", "STOP",
                more: ",\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":1,\"totalTokenCount\":4}"),
            Codec.Chunk(
                """{"text":"b"}""", more: ",\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5}"),
            Codec.Chunk("""{"text":"","thoughtSignature":"U0lH"}"""));
        Assert.Equal("ab", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(2, usage.Output);
        Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents));
    }

    [Covers("U3")]
    [Fact]
    public void A_last_chunk_that_says_less_takes_no_usage_back()
    {
        var (_, _, usage) = Codec.DecodeStream(
            Codec.Chunk("""{"text":"a"}""", more: ",\"usageMetadata\":{\"trafficType\":\"ON_DEMAND\"}"),
            Codec.Chunk(
                """{"text":"b"}""", "STOP",
                more: """
                ,"usageMetadata":{"promptTokenCount":3,"cachedContentTokenCount":2,"candidatesTokenCount":2,"thoughtsTokenCount":4,"toolUsePromptTokenCount":10,"totalTokenCount":19}
                """),
            """{"usageMetadata":{"trafficType":"ON_DEMAND"},"responseId":"r1","modelVersion":"m-1"}""");
        Assert.Equal(new TokenUsage { Input = 13, Output = 6, CacheRead = 2, Reasoning = 4 }, usage);
    }

    [Covers("U5")]
    [Fact]
    public void Unknown_counts_are_left_out_and_never_null()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "x"))
        {
            Usage = new TokenUsage { Input = 3, Output = 9, Reasoning = 4 }.ToUsageDetails(),
        };
        Codec.Same(
            """{"promptTokenCount":3,"candidatesTokenCount":5,"totalTokenCount":12,"thoughtsTokenCount":4}""",
            Codec.EncodeAnswer(response).GetProperty("usageMetadata"));
        Assert.DoesNotContain("null", Codec.EncodeAnswer(response).GetRawText(), StringComparison.Ordinal);
    }

    [Covers("U7")]
    [Fact]
    public void A_chunk_of_usage_alone_counts()
    {
        var (updates, error, _) = Codec.DecodeStream(
            Codec.Chunk("""{"text":"a"}""", "STOP"),
            """{"usageMetadata":{"promptTokenCount":"3","candidatesTokenCount":"1","totalTokenCount":"4"}}""");
        Assert.Null(error);
        Assert.Equal(4, Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>()).Details.TotalTokenCount);
    }

    [Covers("U4")]
    [Fact]
    public void Cached_and_audio_tokens_are_reported_in_both_modes()
    {
        var chunk = Codec.Chunk("""{"text":"a"}""", "STOP", more: """,  "usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":8,"candidatesTokenCount":1,"totalTokenCount":10,"promptTokensDetails":[{"modality":"TEXT","tokenCount":2},{"modality":"AUDIO","tokenCount":7}]}""");
        var expected = new TokenUsage { Input = 9, Output = 1, CacheRead = 8, InputAudio = 7 };
        Assert.Equal(expected, TokenUsage.From(Codec.Answer(chunk).Usage));
        Assert.Equal(expected, Codec.DecodeStream(chunk).Usage);
    }

    [Fact]
    public void Cached_audio_counts_as_cached_and_not_once_more_as_audio()
    {
        var chunk = Codec.Chunk("""{"text":"a"}""", "STOP", more: """
            ,"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":70,"candidatesTokenCount":1,"totalTokenCount":101,
            "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":40},{"modality":"TEXT","tokenCount":30}],
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":50},{"modality":"AUDIO","tokenCount":50}]}
            """);
        var expected = new TokenUsage { Input = 100, Output = 1, CacheRead = 70, InputAudio = 10 };

        Assert.Equal(expected, TokenUsage.From(Codec.Answer(chunk).Usage));
    }

    [Fact]
    public void Search_results_stay_and_become_citations_elsewhere()
    {
        var body = Codec.Chunk("""{"text":"Größe: 3 m"}""", "STOP").Replace("\"index\":0", """
            "index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/a","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":0,"endIndex":7},"groundingChunkIndices":[0]}]}
            """, StringComparison.Ordinal);
        var answer = Codec.Answer(body);
        var citation = Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message")
            .GetProperty("annotations")[0].GetProperty("url_citation");
        Assert.Equal(("https://example.com/a", 5), (citation.GetProperty("url").GetString(), citation.GetProperty("end_index").GetInt32()));
        Assert.True(Codec.EncodeAnswer(answer).GetProperty("candidates")[0].TryGetProperty("groundingMetadata", out _));
    }

    [Theory]
    [InlineData("""{"web":{"uri":"https://example.com/w","title":"A"}}""", "https://example.com/w")]
    [InlineData("""{"retrievedContext":{"uri":"https://example.com/r","title":"A"}}""", "https://example.com/r")]
    [InlineData("""{"maps":{"uri":"https://example.com/m","title":"A","placeId":"places/a"}}""", "https://example.com/m")]
    [InlineData("""{"image":{"imageUri":"https://example.com/i.png","sourceUri":"https://example.com/i","title":"A"}}""", "https://example.com/i")]
    public void Sources_of_every_kind_become_citations_elsewhere(string source, string address)
    {
        var body = Codec.Chunk("""{"text":"a place"}""", "STOP").Replace("\"index\":0", $$"""
            "index":0,"groundingMetadata":{"groundingChunks":[{{source}}],"groundingSupports":[{"segment":{"endIndex":7},"groundingChunkIndices":[0]}]}
            """, StringComparison.Ordinal);
        var message = Codec.EncodeAnswer(Codec.Answer(body), Codec.OpenAI).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(address, message.GetProperty("annotations")[0].GetProperty("url_citation").GetProperty("url").GetString());
    }

    /// <summary>A list of JSON is searched from its beginning for each item of it.</summary>
    [Covers("H1")]
    [Fact]
    public void Hundreds_of_thousands_of_sources_are_read_in_one_pass()
    {
        const int count = 400_000;
        var chunks = string.Join(',', Enumerable.Repeat("{}", count));
        var indices = string.Join(',', Enumerable.Repeat("399999", count));
        var body = Codec.Chunk("""{"text":"x"}""", "STOP").Replace("\"index\":0", $$"""
            "index":0,"groundingMetadata":{"groundingChunks":[{{chunks}}],"groundingSupports":[{"groundingChunkIndices":[{{indices}}]}]}
            """, StringComparison.Ordinal);

        Assert.Null(Codec.Answer(body).Messages[0].Contents[0].Annotations);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" Wasser")]
    public void Search_results_of_a_stream_count_the_characters_of_all_its_text(string last)
    {
        var (updates, error, _) = Codec.DecodeStream(
            Codec.Chunk("""{"text":"Größe 😀: "}"""), Codec.Chunk("""{"text":"drei Meter"}"""),
            Codec.Chunk($$"""{"text":"{{last}}"}""", "STOP").Replace("\"index\":0", """
                "index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/a","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":14,"endIndex":24},"groundingChunkIndices":[0]}]}
                """, StringComparison.Ordinal));
        Assert.Null(error);

        var citation = Assert.IsType<CitationAnnotation>(Assert.Single(
            updates.SelectMany(update => update.Contents).SelectMany(content => content.Annotations ?? [])));
        var region = Assert.IsType<TextSpanAnnotatedRegion>(Assert.Single(citation.AnnotatedRegions!));
        var text = string.Concat(updates.Select(update => update.Text));
        Assert.Equal("Größe 😀: drei Meter" + last, text);
        Assert.Equal("drei Meter", text[region.StartIndex!.Value..region.EndIndex!.Value]);
        var elsewhere = Codec.EncodeStream(updates, dialect: Codec.OpenAI);
        Assert.Contains("\"start_index\":10,\"end_index\":20", elsewhere, StringComparison.Ordinal);
    }

    [Fact]
    public void Citations_of_another_format_count_the_bytes_of_the_text_before_them()
    {
        var cited = new TextContent("")
        {
            Annotations =
            [
                new CitationAnnotation
                {
                    Url = new Uri("https://example.com/a"),
                    AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = 10, EndIndex = 20 }],
                },
            ],
        };
        List<AIContent> contents = [new TextContent("Größe 😀: "), new TextContent("drei Meter"), cited];

        var whole = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, contents)));
        var citation = whole.GetProperty("candidates")[0].GetProperty("citationMetadata").GetProperty("citations")[0];
        Assert.Equal((14, 24), (citation.GetProperty("startIndex").GetInt32(), citation.GetProperty("endIndex").GetInt32()));

        var streamed = Codec.EncodeStream(contents.Select(content => new ChatResponseUpdate(ChatRole.Assistant, [content])));
        Assert.Contains("\"startIndex\":14,\"endIndex\":24", streamed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("citationSources")]
    [InlineData("citations")]
    public void Citations_are_read_and_written_under_the_names_of_both_apis(string name)
    {
        var chunk = Codec.Chunk("""{"text":"a fact"}""", "STOP").Replace(
            "\"index\":0",
            $$"""
            "index":0,"citationMetadata":{"{{name}}":[{"startIndex":2,"endIndex":6,"uri":"https://example.com/a"}]}
            """,
            StringComparison.Ordinal);
        var whole = Codec.Answer(chunk);
        var (updates, error, _) = Codec.DecodeStream(chunk);
        Assert.Null(error);
        foreach (var text in new[] { whole.Messages[0].Contents[0], updates[0].Contents[0] })
            Assert.Equal("https://example.com/a", Assert.IsType<CitationAnnotation>(Assert.Single(text.Annotations!)).Url!.OriginalString);

        var cited = new TextContent("a fact") { Annotations = whole.Messages[0].Contents[0].Annotations };
        var metadata = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(ChatRole.Assistant, [cited])))
            .GetProperty("candidates")[0].GetProperty("citationMetadata");
        Assert.Equal("https://example.com/a", metadata.GetProperty(name)[0].GetProperty("uri").GetString());
    }

    [Fact]
    public void Log_probabilities_take_the_form_of_the_other_side_and_back()
    {
        const string result = """{"chosenCandidates":[{"token":"a","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"a","logProbability":-0.5},{"token":"b","logProbability":-2}]}]}""";
        var answer = Codec.Answer(Codec.Chunk("""{"text":"a"}""", "STOP").Replace(
            "\"index\":0", "\"index\":0,\"logprobsResult\":" + result, StringComparison.Ordinal));
        var token = Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content")[0];
        Assert.Equal(
            ("a", -0.5, 2),
            (
                token.GetProperty("token").GetString(), token.GetProperty("logprob").GetDouble(),
                token.GetProperty("top_logprobs").GetArrayLength()));
        Codec.Same(result, Codec.EncodeAnswer(answer).GetProperty("candidates")[0].GetProperty("logprobsResult"));
    }

    [Fact]
    public void An_answer_that_is_to_be_continued_keeps_its_token_and_is_not_empty()
    {
        const string body = """{"candidates":[{"finishReason":"CONTINUATION","continuationToken":"dG9r","index":0}],"modelVersion":"m","responseId":"r"}""";
        Assert.Equal(
            "dG9r", Codec.EncodeAnswer(Codec.Answer(body)).GetProperty("candidates")[0].GetProperty("continuationToken").GetString());
        Assert.Contains("\"continuationToken\":\"dG9r\"", Codec.EncodeStream(Codec.DecodeStream(body).Updates), StringComparison.Ordinal);
        var probe = Codec.Dialect.CreateProbe(CallOperation.Chat);
        Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(body)));
        Assert.False(probe.IsEmpty);
    }

    [Fact]
    public void A_picture_among_the_thoughts_is_no_part_of_the_answer_and_goes_back_as_a_thought()
    {
        const string draft = """{"inlineData":{"mimeType":"image/png","data":"AA=="},"thought":true,"thoughtSignature":"U0lH"}""";
        const string picture = """{"inlineData":{"mimeType":"image/png","data":"AQ=="}}""";
        var chunk = Codec.Chunk($"{draft},{picture}", "STOP");
        var answer = Codec.Answer(chunk);
        var (updates, error, _) = Codec.DecodeStream(chunk);
        Assert.Null(error);

        var images = Codec.EncodeAnswer(answer, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message").GetProperty("images");
        Assert.Equal(
            (1, "data:image/png;base64,AQ=="),
            (images.GetArrayLength(), images[0].GetProperty("image_url").GetProperty("url").GetString()));
        Assert.DoesNotContain("base64,AA==", Codec.EncodeStream(updates, dialect: Codec.OpenAI), StringComparison.Ordinal);
        Codec.Same(
            $"[{draft},{picture}]",
            Codec.EncodeAnswer(answer).GetProperty("candidates")[0].GetProperty("content").GetProperty("parts"));
        Assert.Contains("\"thought\":true", Codec.EncodeStream(updates), StringComparison.Ordinal);

        var history = Codec.Decode($$"""
            {"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{{draft}},{{picture}}]},{"role":"user","parts":[{"text":"y"}]}]}
            """);
        Codec.Same($"[{draft},{picture}]", Codec.Encode(history).GetProperty("contents")[1].GetProperty("parts"));
    }

    [Fact]
    public void A_whole_answer_that_is_sent_as_a_stream_has_its_own_members_beside_its_candidates()
    {
        var answer = Codec.Answer(
            """
            {"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP","index":0}],
             "usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6,"trafficType":"ON_DEMAND"},
             "modelStatus":{"modelStage":"STABLE"},"modelVersion":"m-1","responseId":"r1"}
            """);

        var stream = Codec.EncodeStream(answer.ToChatResponseUpdates());

        Codec.AssertGrammar(stream);
        var chunks = stream.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(chunk => JsonElement.Parse(chunk["data: ".Length..])).ToList();
        Assert.All(chunks, chunk => Assert.False(chunk.GetProperty("candidates")[0].TryGetProperty("usageMetadata", out _)));
        var last = chunks[^1];
        Assert.Equal("STABLE", last.GetProperty("modelStatus").GetProperty("modelStage").GetString());
        Assert.Equal(4, last.GetProperty("usageMetadata").GetProperty("promptTokenCount").GetInt32());
    }

    [Covers("M8")]
    [Fact]
    public void Text_that_looks_like_an_event_survives()
    {
        const string text = "data: x\r\n\r\ndata: [DONE]\n";
        var written = Codec.EncodeStream([new(ChatRole.Assistant, text) { FinishReason = ChatFinishReason.Stop }]);
        Assert.Equal(text, Codec.AssertGrammar(written).Text[0]);
    }

    [Covers("F2", "E7")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_members_of_an_answer_stand_beside_its_candidates_in_a_stream_too(bool isWhole)
    {
        const string Blocked =
            """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3},"responseId":"r1"}""";
        IEnumerable<ChatResponseUpdate> updates = isWhole
            ? Codec.Answer(Blocked).ToChatResponseUpdates()
            : Codec.DecodeStream(Blocked).Updates;

        var stream = Codec.EncodeStream(updates);

        Assert.Equal("SAFETY", Codec.AssertGrammar(stream).Finish[0]);
        var chunks = stream.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(chunk => JsonElement.Parse(chunk["data: ".Length..])).ToList();
        Assert.Equal("SAFETY", chunks[^1].GetProperty("promptFeedback").GetProperty("blockReason").GetString());
        Assert.Equal(3, chunks[^1].GetProperty("usageMetadata").GetProperty("promptTokenCount").GetInt32());
        Assert.All(
            chunks.SelectMany(chunk => chunk.GetProperty("candidates").EnumerateArray()),
            candidate => Assert.Empty(
                candidate.EnumerateObject().Select(member => member.Name).Except(["content", "finishReason", "index"])));
    }

    [Fact]
    public void The_feedback_on_a_prompt_adds_nothing_to_a_stream_of_another_format()
    {
        var chunk = Codec.Chunk("""{"text":"x"}""", "STOP", more: ""","promptFeedback":{"safetyRatings":[]}""");

        var (with, _, _) = Codec.DecodeStream(chunk);
        var (without, _, _) = Codec.DecodeStream(Codec.Chunk("""{"text":"x"}""", "STOP"));

        Assert.Equal(
            Codec.EncodeStream(without, dialect: Codec.OpenAI), Codec.EncodeStream(with, dialect: Codec.OpenAI));
        Assert.Contains(
            ""","index":0}],"promptFeedback":{"safetyRatings":[]},"modelVersion":"m-1" """.TrimEnd(), Codec.EncodeStream(with),
            StringComparison.Ordinal);
    }
}

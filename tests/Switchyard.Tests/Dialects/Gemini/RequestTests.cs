using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BedrockConverse;
using Switchyard.Dialects.Cohere;
using Switchyard.Dialects.Ollama;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Options, tools and choices of a request, both ways.</summary>
public sealed class RequestTests
{
    private const string Tool = """{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}""";

    [Fact]
    public void Every_sampling_option_has_its_place()
    {
        var written = Codec.FromOpenAI(Codec.Chat("""
            "temperature":0.5,"top_p":0.9,"top_k":40,"n":2,"max_completion_tokens":50,"stop":["a","b"],"seed":7,"presence_penalty":0.1,"frequency_penalty":0.2,"logprobs":true,"top_logprobs":3,
            "response_format":{"type":"json_object"},"service_tier":"flex"
            """));
        Codec.Same("""
            {"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"temperature":0.5,"topP":0.9,"topK":40,"candidateCount":2,"maxOutputTokens":50,"stopSequences":["a","b"],"seed":7,
            "presencePenalty":0.1,"frequencyPenalty":0.2,"responseLogprobs":true,"logprobs":3,"responseMimeType":"application/json"},"serviceTier":"flex"}
            """, written);
    }

    [Fact]
    public void What_has_no_place_is_reported()
    {
        Codec.FromOpenAI(Codec.Chat("""
            "user":"u","logit_bias":{"1":1},"metadata":{"a":"b"},"store":true,"verbosity":"low","prediction":{"type":"content","content":"p"},"prompt_cache_key":"k","parallel_tool_calls":false,"tools":[
            """ + Tool + "]"), out var losses);
        Assert.Equal(
            ["user", "logit_bias", "metadata", "store", "verbosity", "prediction", "prompt_cache_key", "parallel_tool_calls"],
            losses.Fields);
    }

    [Fact]
    public void What_says_nothing_is_no_loss() =>
        Codec.FromOpenAI(Codec.Chat("""  "n":1,"logprobs":false,"store":false,"user":null,"stream":true,"stream_options":{"include_usage":true},"modalities":["text"],"service_tier":"auto","parallel_tool_calls":true """));

    [Covers("F5")]
    [Fact]
    public void Stop_sequences_beyond_five_are_left_out_and_named_and_empty_ones_and_repeated_ones_do_not_count()
    {
        Codec.Same("""["1","2","3","4","5"]""", Stops(Codec.FromOpenAI(Codec.Chat("""  "stop":["1","","2","3","1","4","5",""] """))));
        Codec.Same(
            """["1","2","3","4","5"]""",
            Stops(Codec.FromOpenAI(Codec.Chat("""  "stop":["1","","2","3","4","5","6","1","7"] """), out var losses)));
        Assert.Equal(["stop[6]", "stop[8]"], losses.Fields);
        Codec.Same("""["x"]""", Stops(Codec.FromOpenAI(Codec.Chat("""  "stop":"x" """))));

        static JsonElement Stops(JsonElement body) => body.GetProperty("generationConfig").GetProperty("stopSequences");
    }

    [Fact]
    public void Audio_output_is_refused()
    {
        var error = Assert.Throws<CallException>(
            () => Codec.FromOpenAI(Codec.Chat("""  "modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"} """)));
        Assert.Equal("modalities", error.Error.Param);
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"", """{"functionCallingConfig":{"mode":"AUTO"}}""")]
    [InlineData("\"none\"", """{"functionCallingConfig":{"mode":"NONE"}}""")]
    [InlineData("\"required\"", """{"functionCallingConfig":{"mode":"ANY"}}""")]
    [InlineData(
        """{"type":"function","function":{"name":"f"}}""", """{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}""")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""",
        """{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}""")]
    [InlineData(
        """{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}""",
        """{"functionCallingConfig":{"mode":"VALIDATED","allowedFunctionNames":["f"]}}""")]
    public void Every_tool_choice_has_its_mode(string choice, string expected)
    {
        var written = Codec.FromOpenAI(Codec.Chat($"\"tools\":[{Tool}],\"tool_choice\":{choice}"));
        Codec.Same(expected, written.GetProperty("toolConfig"));
    }

    [Covers("T15")]
    [Theory]
    [InlineData("""{"mode":"AUTO"}""", "\"auto\"")]
    [InlineData("""{"mode":"NONE"}""", "\"none\"")]
    [InlineData("""{"mode":"ANY"}""", "\"required\"")]
    [InlineData("""{"mode":1}""", "\"auto\"")]
    [InlineData("""{"mode":3}""", "\"none\"")]
    [InlineData("""{"mode":2}""", "\"required\"")]
    [InlineData("""{"mode":2,"allowedFunctionNames":["f"]}""", """{"type":"function","function":{"name":"f"}}""")]
    [InlineData("""{"mode":"ANY","allowed_function_names":["f"]}""", """{"type":"function","function":{"name":"f"}}""")]
    [InlineData("""{"mode":"ANY","allowedFunctionNames":["f","g"]}""", """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]}}""")]
    public void Every_mode_is_a_tool_choice(string config, string expected)
    {
        var body = $$$$$"""{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{{{{{config}}}}}}}""";
        Codec.Same(expected, Codec.ToOpenAI(body, out var losses).GetProperty("tool_choice"));
        Assert.Empty(losses.Fields);
    }

    [Fact]
    public void A_mode_of_an_unknown_number_is_named_as_lost()
    {
        Codec.ToOpenAI(
            """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":9}}}""",
            out var losses);
        Assert.Equal(["toolConfig"], losses.Fields);
    }

    [Fact]
    public void Types_and_modalities_may_be_numbers_and_numbers_strings()
    {
        var body = Codec.ToOpenAI(
            """
            {"contents":[{"parts":[{"text":"x"}]}],
             "tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":6,"properties":{"a":{"type":1},"b":{"type":5,"items":{"type":3}}}}}]}],
             "generationConfig":{"responseModalities":[1,3],"maxOutputTokens":"50","temperature":"0.5","candidateCount":"2"}}
            """,
            out _);
        Codec.Same(
            """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"integer"}}}}""",
            body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters"));
        Codec.Same("""["text","audio"]""", body.GetProperty("modalities"));
        Assert.Equal((2, 0.5), (body.GetProperty("n").GetInt32(), body.GetProperty("temperature").GetDouble()));
    }

    [Covers("T22")]
    [Fact]
    public void A_tool_that_is_no_function_is_reported_both_ways()
    {
        Codec.FromOpenAI(Codec.Chat($$$$$"""  "tools":[{"type":"web_search_preview"},{{{{{Tool}}}}}] """), out var toGemini);
        Assert.Equal(["tools[0]"], toGemini.Fields);
        Codec.ToOpenAI("""{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"googleSearch":{}},{"functionDeclarations":[{"name":"f","behavior":"BLOCKING"}]}]}""", out var fromGemini);
        Assert.Contains("tools[0]", fromGemini.Fields);
    }

    [Fact]
    public void Own_tools_and_fields_survive_a_translation_to_the_same_format()
    {
        const string body = """
            {"contents":[{"role":"user","parts":[{"text":"x","videoMetadata":{"fps":1}},{"fileData":{"mimeType":"video/mp4","fileUri":"https://youtu.be/x"}}]}],
            "tools":[{"functionDeclarations":[{"name":"f","behavior":"BLOCKING","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}}]},{"googleSearch":{}}],
            "toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"},"retrievalConfig":{"languageCode":"de"}},
            "generationConfig":{"temperature":1,"responseModalities":["TEXT","IMAGE"],"speechConfig":{"languageCode":"de-DE"},"mediaResolution":"MEDIA_RESOLUTION_LOW","thinkingConfig":{"includeThoughts":true,"thinkingBudget":512}},
            "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],"cachedContent":"cachedContents/abc","labels":{"team":"a"},"serviceTier":"standard"}
            """;
        Codec.Same(body, Codec.Encode(Codec.Decode(body)));
    }

    [Covers("M10")]
    [Fact]
    public void What_a_request_of_this_format_loses_elsewhere_is_named()
    {
        Codec.ToOpenAI("""
            {"contents":[{"parts":[{"text":"x","videoMetadata":{"fps":1}}]}],"safetySettings":[{"category":"c","threshold":"t"}],"cachedContent":"","labels":{"a":"b"},
            "generationConfig":{"topK":4,"speechConfig":{"languageCode":"de-DE"},"mediaResolution":"MEDIA_RESOLUTION_LOW"}}
            """, out var losses);
        foreach (var field in new[]
        {
            "safetySettings", "labels", "top_k", "generationConfig.speechConfig", "generationConfig.mediaResolution",
            "messages[0].content[0].videoMetadata",
        })
            Assert.Contains(field, losses.Fields);
        Assert.DoesNotContain("cachedContent", losses.Fields);
    }

    [Theory]
    [InlineData("cachedContent")]
    [InlineData("cached_content")]
    public void Content_that_its_provider_has_cached_is_refused_elsewhere_and_kept_here(string name)
    {
        var body = $$"""{"contents":[{"role":"user","parts":[{"text":"x"}]}],"{{name}}":"cachedContents/abc"}""";

        var error = Assert.Throws<CallException>(() => Codec.ToOpenAI(body, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "cachedContent"), (error.Kind, error.Param));
        Assert.Contains("Send that content in 'contents'", error.Message, StringComparison.Ordinal);

        Assert.Equal("cachedContents/abc", Codec.Encode(Codec.Decode(body)).GetProperty("cachedContent").GetString());
    }

    [Fact]
    public void The_rest_of_an_answer_is_asked_of_the_format_alone_that_began_it()
    {
        const string body = """{"contents":[{"role":"user","parts":[{"text":"x"}]}],"continuationToken":"dG9r"}""";

        var error = Assert.Throws<CallException>(() => Codec.ToOpenAI(body, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "continuationToken"), (error.Kind, error.Param));

        Assert.Equal("dG9r", Codec.Encode(Codec.Decode(body)).GetProperty("continuationToken").GetString());
    }

    [Fact]
    public void Names_are_read_in_both_spellings()
    {
        var camel = Codec.Decode("""{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"-_8="}}]}],"generationConfig":{"maxOutputTokens":5,"stopSequences":["x"],"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}}""");
        var snake = Codec.Decode("""{"system_instruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"inline_data":{"mime_type":"image/png","data":"-_8="}}]}],"generation_config":{"max_output_tokens":5,"stop_sequences":["x"],"response_mime_type":"application/json","response_json_schema":{"type":"object"}}}""");
        Assert.Equal(Codec.Encode(camel).GetRawText(), Codec.Encode(snake).GetRawText());
        Assert.Equal("+/8=", camel.Messages[1].Contents.OfType<DataContent>().Single().Base64Data.ToString());
    }

    [Covers("S7")]
    [Theory]
    [InlineData("""{"type":"text"}""", null, null)]
    [InlineData("""{"type":"json_object"}""", "application/json", null)]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"],"additionalProperties":false}}}""", "application/json",
        """{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"],"additionalProperties":false}""")]
    public void Every_response_format_has_its_effect(string format, string? type, string? schema)
    {
        var config = Codec.FromOpenAI(Codec.Chat($"\"response_format\":{format}")).GetProperty("generationConfig");
        Assert.Equal(type, config.TryGetProperty("responseMimeType", out var mime) ? mime.GetString() : null);
        if (schema is not null)
            Codec.Same(schema, config.GetProperty("responseJsonSchema"));
    }

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        var body = Codec.Chat($"\"tools\":[{Tool}],\"temperature\":1,\"user\":\"u\",\"response_format\":{{\"type\":\"json_object\"}}");
        var first = Codec.FromOpenAI(body, out _).GetRawText();
        for (var i = 0; i < 100; i++)
            Assert.Equal(first, Codec.FromOpenAI(body, out _).GetRawText());
    }

    [Covers("C4")]
    [Fact]
    public void A_provider_that_refuses_a_field_does_not_get_it()
    {
        var target = Codec.Target with { Quirks = new ProviderQuirks { UnsupportedParams = ["presence_penalty"] } };
        var written = Codec.FromOpenAI(Codec.Chat("\"presence_penalty\":1"), out var losses, target);
        Assert.Equal("{}", written.GetProperty("generationConfig").GetRawText());
        Assert.Equal(["presence_penalty"], losses.Fields);
    }

    [Theory]
    [InlineData(CallOperation.Chat, false, "/models/a%2Fb:generateContent")]
    [InlineData(CallOperation.Chat, true, "/models/a%2Fb:streamGenerateContent?alt=sse")]
    [InlineData(CallOperation.CountTokens, false, "/models/a%2Fb:countTokens")]
    [InlineData(CallOperation.Embedding, false, "/models/a%2Fb:batchEmbedContents")]
    [InlineData(CallOperation.Moderation, false, null)]
    public void The_address_names_the_model_as_one_segment(CallOperation operation, bool stream, string? path)
    {
        Assert.Equal(path, Codec.Dialect.GetPath(operation, Codec.Target with { Model = "a/b" }, stream));
        Assert.Equal(path, Codec.Dialect.GetPath(operation, Codec.Target with { Model = "models/a/b" }, stream));
    }

    [Fact]
    public void Tokens_are_counted_of_the_whole_request()
    {
        var request = Codec.Decode("""{"generateContentRequest":{"model":"models/x","systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"x"}]}]}}""", CallOperation.CountTokens);
        Codec.Same("""{"generateContentRequest":{"model":"models/gemini-2.5-flash","systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"x"}]}],"generationConfig":{}}}""", Codec.Encode(request));
        var count = Assert.IsType<CanonicalTokenCount>(
            Codec.Dialect.DecodeAnswer(CallOperation.CountTokens, """{"totalTokens":12}"""u8.ToArray()));
        var output = new ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(count, Codec.Context(operation: CallOperation.CountTokens), output);
        Assert.Equal("""{"totalTokens":12}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Covers("M11", "S001-107")]
    [Fact]
    public void Embeddings_take_texts_and_refuse_token_ids()
    {
        var texts = new CanonicalEmbeddingRequest([new("a"), new("b")], new EmbeddingGenerationOptions { Dimensions = 8 });
        Codec.Same("""{"requests":[{"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"a"}]},"outputDimensionality":8},{"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"b"}]},"outputDimensionality":8}]}""", Codec.Encode(texts));
        var tokens = new CanonicalEmbeddingRequest([new(null, [1, 2])], new EmbeddingGenerationOptions());
        Assert.Equal("input[0]", Assert.Throws<CallException>(() => Codec.Encode(tokens)).Error.Param);
    }

    [Covers("M11")]
    [Fact]
    public void One_text_and_a_batch_are_read_alike_and_answered_each_in_its_form()
    {
        var one = (CanonicalEmbeddingRequest)Codec.Dialect.DecodeRequest(
            Codec.Envelope(CallOperation.Embedding),
            """{"content":{"parts":[{"text":"a"}]},"task_type":"RETRIEVAL_QUERY","output_dimensionality":4}"""u8.ToArray());
        Assert.Equal(("a", 4), (one.Inputs[0].Text, one.Options.Dimensions));
        Assert.Equal("RETRIEVAL_QUERY", Codec.Encode(one).GetProperty("requests")[0].GetProperty("taskType").GetString());
        Assert.Throws<CallException>(() => Codec.Dialect.DecodeRequest(Codec.Envelope(CallOperation.Embedding), """{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]},"taskType":"CLUSTERING"}]}"""u8.ToArray()));

        var answer = new CanonicalEmbeddingAnswer([new Embedding<float>(new[] { 1f, 2f })]);
        var output = new ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context("single", CallOperation.Embedding), output);
        Assert.Equal("""{"embedding":{"values":[1,2]}}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Covers("M11")]
    [Fact]
    public void Files_and_several_parts_are_embedded_by_this_format_as_they_came_and_by_no_other()
    {
        const string picture = """{"inlineData":{"mimeType":"image/png","data":"AA=="}}""";
        var request = Embedding($$$"""
            {"requests":[{"content":{"parts":[{"text":"a"},{{{picture}}}]}},{"content":{"role":"user","parts":[{"text":"b"},{"text":"c"}]}}]}
            """);
        Assert.Equal(["a", "b\nc"], request.Inputs.Select(input => input.Text!));
        var written = Codec.Encode(request).GetProperty("requests");
        Codec.Same($$"""{"parts":[{"text":"a"},{{picture}}]}""", written[0].GetProperty("content"));
        Codec.Same("""{"role":"user","parts":[{"text":"b"},{"text":"c"}]}""", written[1].GetProperty("content"));

        foreach (var other in (IEgressDialect[])[Codec.OpenAI, new CohereDialect(), new OllamaDialect(), new BedrockConverseDialect()])
        {
            var error = Assert.Throws<CallException>(() => other.EncodeRequest(
                request, Codec.Target with { Model = "cohere.embed-english-v3" }, new LossReport(), new ArrayBufferWriter<byte>())).Error;
            Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
            Assert.Contains("embeds text alone", error.Message, StringComparison.Ordinal);
        }
    }

    [Covers("M11")]
    [Fact]
    public void Titles_that_differ_within_a_batch_stay_with_their_texts_and_are_named_to_others()
    {
        var request = Embedding("""
            {"requests":[{"content":{"parts":[{"text":"a"}]},"title":"A","taskType":"RETRIEVAL_DOCUMENT"},
             {"content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT"},
             {"content":{"parts":[{"text":"c"}]},"title":"C","task_type":"RETRIEVAL_DOCUMENT"}]}
            """);
        Codec.Same("""
            [{"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"A"},
             {"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT"},
             {"model":"models/gemini-2.5-flash","content":{"parts":[{"text":"c"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"C"}]
            """, Codec.Encode(request).GetProperty("requests"));

        var losses = new LossReport();
        Codec.OpenAI.EncodeRequest(request, Codec.Target, losses, new ArrayBufferWriter<byte>());
        Assert.Equal(["requests[].title", "taskType"], losses.Fields.Order(StringComparer.Ordinal));
    }

    [Covers("M11")]
    [Theory]
    [InlineData("""{"content":{"parts":[{"functionCall":{"name":"f"}}]}}""")]
    [InlineData("""{"content":{"parts":[{"text":1}]}}""")]
    [InlineData("""{"content":{"parts":["a"]}}""")]
    [InlineData("""{"content":{"parts":[{"inlineData":"AA=="}]}}""")]
    [InlineData("""{"content":1}""")]
    [InlineData("""{"content":{}}""")]
    public void What_cannot_be_embedded_is_refused(string body) =>
        Assert.Equal(CallErrorKind.InvalidRequest, Assert.Throws<CallException>(() => Embedding(body)).Error.Kind);

    private static CanonicalEmbeddingRequest Embedding(string body) =>
        (CanonicalEmbeddingRequest)Codec.Dialect.DecodeRequest(Codec.Envelope(CallOperation.Embedding), Encoding.UTF8.GetBytes(body));

    [Theory]
    [InlineData("{}", "contents")]
    [InlineData("""{"contents":[],"contents":[]}""", "contents")]
    [InlineData("""{"contents":[],"model":"a","mod\u0065l":"b"}""", "model")]
    public void An_envelope_that_is_not_one_is_refused(string body, string param)
    {
        var error = Assert.Throws<CallException>(
            () => Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "m" }, Encoding.UTF8.GetBytes(body)));
        Assert.Equal(param, error.Error.Param);
    }

    [Fact]
    public void The_envelope_says_what_the_address_and_the_body_say()
    {
        var body = """{"model":"models/x","contents":[{}],"generation_config":{"max_output_tokens":7}}"""u8.ToArray();
        var envelope = Codec.Dialect.ReadEnvelope(
            new IngressRequest(CallOperation.Chat) { Model = "openai/gpt", Stream = true, AnswerForm = "array" }, body);
        Assert.Equal(
            ("openai/gpt", true, 7L, "array"), (envelope.Model, envelope.Stream, envelope.MaxOutputTokens!.Value, envelope.AnswerForm));
        Assert.Null(Codec.Dialect.PlanForward(envelope, body, Codec.Target));
        var edits = Codec.Dialect.PlanForward(envelope with { AnswerForm = null }, body, Codec.Target)!;
        Assert.Contains(
            "\"models/gemini-2.5-flash\"", Encoding.UTF8.GetString(Switchyard.Tests.Dialects.OpenAIChat.Codec.Apply(body, edits)),
            StringComparison.Ordinal);
    }
}

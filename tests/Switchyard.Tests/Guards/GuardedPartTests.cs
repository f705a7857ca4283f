using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Guards;
using Switchyard.Targets;
using Switchyard.Tests.Client;
using Switchyard.Tests.Golden;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Guards see the text of every kind of content, and replaced text is not sent.</summary>
public sealed class GuardedPartTests
{
    private const string Card = "4111111111111111";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"?"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"CANARY"},{"type":"text","text":"and"}]}]}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"?"},{"type":"note","note":{"said":"CANARY"}}]}]}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"?"}],"prediction":{"type":"content","content":"CANARY"}}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"?"},{"role":"assistant","content":"Yes","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":3,"title":"CANARY","url":"https://example.com/"}}]},{"role":"user","content":"!"}]}""")]
    [InlineData("openai-responses", """{"model":"m","input":[{"role":"user","content":"?"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"CANARY"},{"type":"input_text","text":"and"}]}]}""")]
    [InlineData("openai-responses", """{"model":"m","input":[{"role":"user","content":"?"},{"type":"local_shell_call","call_id":"c","id":"l","status":"completed","action":{"type":"exec","command":["ls"],"env":{}}},{"type":"local_shell_call_output","id":"o","call_id":"c","output":"CANARY"}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"?"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"CANARY"}]}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"CANARY"}]},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"CANARY"}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"CANARY"}]}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"CANARY","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQ="}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","context":"CANARY","source":{"type":"text","media_type":"text/plain","data":"x"}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"CANARY","context":"CANARY","source":{"type":"content","content":[{"type":"text","text":"x"}]}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"CANARY","context":"CANARY","source":{"type":"url","url":"https://example.com/a.pdf"}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"CANARY","context":"CANARY","source":{"type":"file","file_id":"file_1"}},{"type":"text","text":"?"}]}]}""")]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"?"},{"role":"assistant","content":[{"type":"text","text":"Yes","citations":[{"type":"char_location","cited_text":"CANARY","document_index":0,"document_title":"CANARY","start_char_index":0,"end_char_index":2}]}]},{"role":"user","content":"!"}]}""")]
    [InlineData("gemini", """{"contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"CANARY"}}}]}]}""")]
    [InlineData("gemini", """{"contents":[{"role":"user","parts":[{"text":"?"},{"executableCode":{"language":"PYTHON","code":"CANARY"}}]}]}""")]
    [InlineData("openai-responses", """{"model":"m","prompt":{"id":"pmpt_1","variables":{"city":"CANARY"}}}""")]
    [InlineData("openai-responses", """{"model":"m","prompt":{"id":"pmpt_1","variables":{"note":{"type":"input_text","text":"CANARY"}}}}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"?"},{"role":"assistant","content":"Yes","reasoning_details":[{"type":"reasoning.text","text":"CANARY","format":"x"}]},{"role":"user","content":"!"}]}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":"?","note":{"of":["CANARY"]}}]}""")]
    [InlineData("openai-chat", """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"?","note":"CANARY"}]}]}""")]
    [InlineData("gemini", """{"contents":[{"role":"user","parts":[{"text":"?"},{"fileData":{"fileUri":"https://example.com/a.png","mimeType":"image/png","displayName":"CANARY"}}]}]}""")]
    [InlineData("openai-responses", """{"model":"m","input":"?","tools":[{"type":"file_search","vector_store_ids":["v"],"filters":{"type":"and","filters":[{"type":"eq","key":"a","value":"CANARY"},{"type":"in","key":"b","value":["CANARY"]}]}}]}""")]
    [InlineData("openai-responses", """{"model":"m","input":"?","tools":[{"type":"file_search","vector_store_ids":["v"],"filters":{"type":"eq","key":"a","value":1,"note":{"description":"CANARY"}}}]}""")]
    [InlineData("gemini", """{"contents":[{"role":"user","parts":[{"text":"?"}]}],"tools":[{"fileSearch":{"fileSearchStoreNames":["s"],"metadataFilter":"a = CANARY"}}]}""")]
    public void What_is_replaced_in_a_request_is_gone_when_it_goes_on_in_its_own_format(string format, string request)
    {
        var sent = Send(format, request);

        Assert.DoesNotContain("CANARY", sent, StringComparison.Ordinal);
        Assert.Contains("***", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anthropic-messages", """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"?"},{"role":"assistant","content":[{"type":"thinking","thinking":"CANARY","signature":"c2ln"},{"type":"text","text":"Yes"}]},{"role":"user","content":"!"}]}""")]
    [InlineData("gemini", """{"contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"text":"CANARY","thought":true},{"text":"Yes"}]},{"role":"user","parts":[{"text":"!"}]}]}""")]
    [InlineData("openai-responses", """{"model":"m","input":[{"role":"user","content":"?"},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"CANARY"}],"content":[{"type":"reasoning_text","text":"Hm"}]},{"role":"user","content":"!"}]}""")]
    public void Reasoning_in_which_something_is_replaced_is_not_sent_as_it_came(string format, string request) =>
        Assert.DoesNotContain("CANARY", Send(format, request), StringComparison.Ordinal);

    [Theory]
    [InlineData("CANARY", false)]
    [InlineData("Yes", true)]
    public void A_signature_is_sent_with_the_text_that_was_signed(string text, bool isSent)
    {
        var sent = Send(
            "gemini",
            $$"""{"contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"text":"{{text}}","thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"text":"!"}]}]}""");

        Assert.Equal(isSent, sent.Contains("c2ln", StringComparison.Ordinal));
        Assert.DoesNotContain("CANARY", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Details_of_reasoning_keep_their_signature_only_with_the_text_that_was_signed()
    {
        var sent = Send(
            "openai-chat",
            """{"model":"m","messages":[{"role":"user","content":"?"},{"role":"assistant","content":"Yes","reasoning_details":[{"type":"reasoning.text","signature":"b25l","text":"CANARY"},{"type":"reasoning.text","signature":"dHdv","text":"Yes"}]},{"role":"user","content":"!"}]}""");

        Assert.DoesNotContain("CANARY", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("b25l", sent, StringComparison.Ordinal);
        Assert.Contains("dHdv", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_answer_cites_is_masked_wherever_it_is_kept()
    {
        var answer = (CanonicalChatAnswer)BuiltInDialects.Set.Egress(new DialectId("anthropic-messages")).DecodeAnswer(
            CallOperation.Chat,
            """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Yes","citations":[{"type":"char_location","cited_text":"CANARY","document_index":0,"document_title":"CANARY","start_char_index":0,"end_char_index":2}]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"""u8.ToArray());
        var walked = Walk().Walk(answer.Response);

        var text = Assert.Single(walked.Messages.SelectMany(message => message.Contents).OfType<TextContent>());
        var citation = Assert.IsType<CitationAnnotation>(Assert.Single(text.Annotations!));
        Assert.Equal(("***", "***"), (citation.Title, citation.Snippet));
        var own = (JsonElement)text.AdditionalProperties![CanonicalKeys.Own(DialectId.AnthropicMessages, "citations")]!;
        Assert.Equal("***", own[0].GetProperty("cited_text").GetString());
        Assert.Equal(2, own[0].GetProperty("end_char_index").GetInt32());
        Assert.DoesNotContain("CANARY", own.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini", """{"candidates":[{"content":{"role":"model","parts":[{"text":"Yes CANARY"}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/","title":"CANARY"}}],"groundingSupports":[{"segment":{"startIndex":4,"endIndex":10,"text":"CANARY"},"groundingChunkIndices":[0]}]}}],"modelVersion":"m"}""")]
    [InlineData("openai-chat", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Yes CANARY","annotations":[{"type":"url_citation","url_citation":{"start_index":4,"end_index":10,"title":"CANARY","url":"https://example.com/"}}]},"finish_reason":"stop"}]}""")]
    public void What_an_answer_cites_beside_its_text_is_masked_with_it(string format, string answer)
    {
        var dialect = new DialectId(format);
        var decoded = (CanonicalChatAnswer)BuiltInDialects.Set.Egress(dialect).DecodeAnswer(
            CallOperation.Chat, Encoding.UTF8.GetBytes(answer));
        var walked = Walk().Walk(decoded.Response);

        var message = Assert.Single(walked.Messages);
        var key = format == "gemini" ? CanonicalKeys.Own(DialectId.Gemini, "groundingMetadata") : "annotations";
        var kept = (JsonElement)message.AdditionalProperties![key]!;
        Assert.Equal("Yes ***", message.Text);
        Assert.DoesNotContain("CANARY", kept.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"title\":\"***\"", kept.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("https://example.com/", kept.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openai-chat", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Yes","reasoning_details":[{"type":"reasoning.text","text":"CANARY"}]},"finish_reason":"stop"}]}""")]
    [InlineData("openai-chat", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Yes"},"finish_reason":"stop"}],"search_results":[{"title":"CANARY","url":"https://example.com/"}]}""")]
    [InlineData("openai-chat", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"audio":{"id":"a","data":"AAAA","transcript":"CANARY"}},"finish_reason":"stop"}]}""")]
    [InlineData("openai-chat", """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"CANARY"},"logprobs":{"content":[{"token":"CANARY","logprob":-1,"bytes":null,"top_logprobs":[]}]},"finish_reason":"stop"}]}""")]
    [InlineData("gemini", """{"candidates":[{"content":{"role":"model","parts":[{"text":"Yes"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["CANARY"]},"citationMetadata":{"citationSources":[{"title":"CANARY"}]}}],"modelVersion":"m"}""")]
    [InlineData("openai-responses", """{"id":"r","object":"response","created_at":1,"status":"completed","model":"m","output":[{"type":"image_generation_call","id":"ig","status":"completed","result":"AAAA","revised_prompt":"CANARY"}]}""")]
    public void What_an_answer_says_beside_its_text_is_masked_when_it_goes_on_in_its_own_format(string format, string answer)
    {
        var dialect = new DialectId(format);
        var decoded = (CanonicalChatAnswer)BuiltInDialects.Set.Egress(dialect).DecodeAnswer(
            CallOperation.Chat, Encoding.UTF8.GetBytes(answer));
        var output = new ArrayBufferWriter<byte>();

        BuiltInDialects.Set.Ingress(dialect).EncodeAnswer(
            new CanonicalChatAnswer(Walk().Walk(decoded.Response)),
            new AnswerContext { Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch },
            output);

        var sent = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.DoesNotContain("CANARY", sent, StringComparison.Ordinal);
        Assert.Contains("***", sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Reasoning_of_an_answer_that_is_masked_is_not_given_as_it_came()
    {
        var answer = (CanonicalChatAnswer)BuiltInDialects.Set.Egress(new DialectId("anthropic-messages")).DecodeAnswer(
            CallOperation.Chat,
            """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"CANARY","signature":"c2ln"},{"type":"text","text":"Yes"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"""u8.ToArray());
        var walked = Walk().Walk(answer.Response);

        var reasoning = Assert.Single(walked.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>());
        Assert.Equal("***", reasoning.Text);
        Assert.Null(reasoning.ProtectedData);
        Assert.DoesNotContain(reasoning.AdditionalProperties ?? [], pair => pair.Value is JsonElement);
    }

    [Fact]
    public async Task Numbers_and_objects_of_a_caller_in_this_process_are_masked_too()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["request"] });
        var arguments = new Dictionary<string, object?> { ["card"] = 4111111111111111L, ["count"] = 3, ["note"] = "Hi\nada@example.com" };
        var result = new Dictionary<string, object?> { ["mail"] = "ada@example.com", ["n"] = 1 };

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Go"),
                new(ChatRole.Assistant, [new FunctionCallContent("1", "pay", arguments)]),
                new(ChatRole.Tool, [new FunctionResultContent("1", result)]),
            ], cancellationToken: Stop);

        var asked = client.Asked[0].Messages;
        var call = (FunctionCallContent)asked[1].Contents[0];
        Assert.Equal("[CARD_1]", call.Arguments!["card"]!.ToString());
        Assert.Equal(3, call.Arguments["count"]);
        Assert.Equal("Hi\n[EMAIL_1]", call.Arguments["note"]);
        var sent = (JsonElement)((FunctionResultContent)asked[2].Contents[0]).Result!;
        Assert.Equal("[EMAIL_1]", sent.GetProperty("mail").GetString());
        Assert.Equal(1, sent.GetProperty("n").GetInt32());
        Assert.Equal(4111111111111111L, arguments["card"]);
    }

    [Theory]
    [InlineData($$"""{"a":"x\nada@example.com","b":{{Card}}}""", """{"a":"x\n[EMAIL_1]","b":"[CARD_1]"}""")]
    [InlineData("""{"a":"ada\u0040example.com"}""", """{"a":"[EMAIL_1]"}""")]
    [InlineData($$"""[-{{Card}}.0, true]""", """["[CARD_1]", true]""")]
    [InlineData("""{"ada@example.com":null}""", """{"[EMAIL_1]":null}""")]
    public void What_is_masked_in_json_leaves_json(string json, string expected)
    {
        var texts = new GuardTexts();
        texts.Add(json, isJson: true);
        var masker = new Masker([Finder.Card, Finder.Email]);
        var text = texts.For(0, masker);
        var found = new List<GuardMatch>();
        masker.Scan(text.Read, 0, found);

        Assert.Equal(expected, new Placeholders().Mask(text, found, restores: false));
    }

    [Theory]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(-1, 3)]
    [InlineData(2, int.MaxValue)]
    public void A_match_that_is_nowhere_in_the_text_masks_nothing(int start, int length)
    {
        var text = ReadText.Of("Hello", isJson: false);

        var match = new GuardMatch("name") { Text = 0, Start = start, Length = length };

        Assert.Equal("Hello", new Placeholders().Mask(text, [match], restores: true));
    }

    [Fact]
    public async Task A_guard_for_a_model_looks_at_its_calls_however_they_name_it()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options =>
        {
            options.Models["fast"] = new() { Targets = { new() { Model = "acme/small" } } };
            options.Guards["pii"] = new() { Type = "mask", Models = ["acme/small"] };
        });

        foreach (var name in (string[])["acme/small", "Acme/small", "small", "fast"])
            await given.Chat.GetResponseAsync("ada@example.com", new ChatOptions { ModelId = name }, Stop);

        Assert.Equal(
            ["[EMAIL_1]", "[EMAIL_1]", "[EMAIL_1]", "ada@example.com"], client.Asked.Select(asked => asked.Messages[0].Text));
    }

    private static TextWalk Walk() => new(static (text, _) =>
        text.Contains("CANARY", StringComparison.Ordinal) ? text.Replace("CANARY", "***", StringComparison.Ordinal) : text);

    private static string Send(string format, string request)
    {
        var dialect = new DialectId(format);
        var decoded = BuiltInDialects.Set.Ingress(dialect)
            .DecodeRequest(new CallEnvelope { Operation = CallOperation.Chat, Model = "m" }, Encoding.UTF8.GetBytes(request));
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(dialect).EncodeRequest(
            Walk().Walk(decoded), new EgressTarget("some", GoldenTests.ModelOf(format), ProviderQuirks.None), new LossReport(), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

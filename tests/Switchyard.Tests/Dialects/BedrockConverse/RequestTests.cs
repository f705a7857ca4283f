using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>Addresses, turns and their content.</summary>
public sealed class RequestTests
{
    private const string User = """{"role":"user","content":"hi"}""";
    private const string Png = "iVBORw0KGgo=";

    [Covers("C3")]
    [Theory]
    [InlineData("amazon.nova-lite-v1:0", CallOperation.Chat, false, "/model/amazon.nova-lite-v1%3A0/converse")]
    [InlineData("amazon.nova-lite-v1:0", CallOperation.Chat, true, "/model/amazon.nova-lite-v1%3A0/converse-stream")]
    [InlineData(
        "arn:aws:bedrock:us-east-1:1:inference-profile/x", CallOperation.CountTokens, false,
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/count-tokens")]
    [InlineData("amazon.titan-embed-text-v2:0", CallOperation.Embedding, false, "/model/amazon.titan-embed-text-v2%3A0/invoke")]
    [InlineData("m", CallOperation.Moderation, false, null)]
    public void The_model_is_one_percent_encoded_segment(string model, CallOperation operation, bool stream, string? expected) =>
        Assert.Equal(expected, Wire.Dialect.GetPath(operation, Wire.Target(model), stream));

    [Fact]
    public void A_plain_request_is_written_with_its_fields()
    {
        var written = Wire.Translate("""
            {"model":"m","messages":[{"role":"system","content":"Be terse."},{"role":"user","content":"hi"}],"max_tokens":256,"temperature":0.5,"stop":["END"],"stream":true}
            """, Wire.Nova);
        Wire.AssertJson("""
            {"system":[{"text":"Be terse."}],"messages":[{"role":"user","content":[{"text":"hi"}]}],
             "inferenceConfig":{"maxTokens":256,"temperature":0.5,"stopSequences":["END"]}}
            """, written);
    }

    [Covers("F4")]
    [Fact]
    public void A_request_without_a_bound_has_none_here_either() =>
        Wire.AssertJson("""{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""", Wire.Messages(User, out _));

    [Covers("T23")]
    [Fact]
    public void The_same_request_gives_the_same_bytes()
    {
        const string Body = """
            {"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"b"}},{"type":"function","function":{"name":"a"}}],
             "metadata":{"z":"1","a":"2"},"user":"u","reasoning_effort":"low"}
            """;
        var first = Wire.Translate(Body).GetRawText();
        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(first, Wire.Translate(Body).GetRawText()));
    }

    [Covers("M1")]
    [Fact]
    public void Instructions_in_mid_conversation_become_marked_text_and_keep_their_cache_hint()
    {
        var written = Wire.Messages(
            """{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":[{"type":"text","text":"c","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"d"}""",
            out var losses);
        Wire.AssertJson("""
            {"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"text":"b"}]},
             {"role":"user","content":[{"text":"<system>\nc\n</system>"},{"cachePoint":{"type":"default"}},{"text":"d"}]}]}
            """, written);
        Assert.Empty(losses);
    }

    [Covers("M2", "M4")]
    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("[{\"type\":\"text\",\"text\":\"\"}]")]
    public void Blank_content_is_left_out_whichever_client_sends_it(string blank)
    {
        var written = Wire.Messages(
            $$"""{"role":"system","content":{{blank}}},{"role":"user","content":"a"},{"role":"assistant","content":{{blank}}},{"role":"user","content":"b"},{"role":"user","content":{{blank}}}""",
            out _);
        Wire.AssertJson("""{"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"}]}]}""", written);
    }

    [Covers("M4")]
    [Fact]
    public void A_request_with_nothing_in_it_is_refused() =>
        Assert.Equal("messages", Wire.Refusal("""{"model":"m","messages":[{"role":"user","content":" "}]}""").Param);

    [Covers("M3")]
    [Fact]
    public void Neighbours_of_one_side_become_one_turn()
    {
        var written = Wire.Messages("""
            {"role":"user","content":"a"},{"role":"user","content":"b"},
            {"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"y","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"x","content":"1"},{"role":"tool","tool_call_id":"y","content":"2"},{"role":"user","content":"c"}
            """, out _);
        var turns = written.GetProperty("messages");
        Assert.Equal(["user", "assistant", "user"], turns.EnumerateArray().Select(turn => turn.GetProperty("role").GetString()));
        Assert.Equal(2, turns[0].GetProperty("content").GetArrayLength());
        Assert.Equal(
            ["toolResult", "toolResult", "text"],
            turns[2].GetProperty("content").EnumerateArray().Select(block => block.EnumerateObject().First().Name));
    }

    [Fact]
    public void The_model_may_not_speak_first() =>
        Assert.Equal(
            "messages[0].role",
            Wire.Refusal("""{"model":"m","messages":[{"role":"assistant","content":"hi"},{"role":"user","content":"a"}]}""").Param);

    [Covers("M6")]
    [Fact]
    public void An_image_in_the_request_is_sent_and_its_detail_is_named()
    {
        var written = Wire.Messages(
            $$$$$$"""{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{{{{Png}}}}}}","detail":"high"}}]}""", out var losses);
        Wire.AssertJson($$$$$$"""{"messages":[{"role":"user","content":[{"text":"look"},{"image":{"format":"png","source":{"bytes":"{{{{{{Png}}}}}}"}}}]}]}""", written);
        Assert.Equal(["messages[0].content[1].detail"], losses);
    }

    [Covers("M6")]
    [Theory]
    [InlineData("https://example.com/a.png", "data:")]
    [InlineData("gs://bucket/a.png", "data:")]
    [InlineData("data:image/tiff;base64,AAAA", "image/tiff")]
    public void An_image_this_provider_cannot_be_given_is_refused_with_the_way_out(string url, string hint)
    {
        var error = Wire.Refusal(
            $$$$$$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{{{{url}}}}}}"}}]}]}""");
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
        Assert.Equal("messages[0].content", error.Param);
    }

    [Covers("M6")]
    [Fact]
    public void An_address_in_s3_is_passed_on()
    {
        var written = Wire.Messages("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"s3://bucket/a/b.jpg"}}]}""", out _);
        Wire.AssertJson("""{"messages":[{"role":"user","content":[{"image":{"format":"jpeg","source":{"s3Location":{"uri":"s3://bucket/a/b.jpg"}}}}]}]}""", written);
    }

    [Covers("M7")]
    [Fact]
    public void A_document_in_s3_has_text_beside_it_too()
    {
        var written = Wire.Messages("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"s3://bucket/a.pdf"}}]}""", out _);
        var blocks = written.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal("pdf", blocks[0].GetProperty("document").GetProperty("format").GetString());
        Assert.Equal("text", blocks[1].EnumerateObject().First().Name);
    }

    [Covers("M7")]
    [Fact]
    public void Documents_get_names_that_are_allowed_text_beside_them_and_the_type_they_are_of()
    {
        var pdf = Convert.ToBase64String("%PDF-1.7"u8);
        var written = Wire.Messages($$$$$$"""
            {"role":"user","content":[{"type":"file","file":{"filename":"my  report_(v2).final.pdf","file_data":"data:application/octet-stream;base64,{{{{{{pdf}}}}}}"}},
             {"type":"file","file":{"filename":"my report (v2) final.pdf","file_data":"data:application/pdf;base64,{{{{{{pdf}}}}}}"}}]}
            """, out var losses);
        var blocks = written.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal("pdf", blocks[0].GetProperty("document").GetProperty("format").GetString());
        Assert.Equal("my report (v2) final", blocks[0].GetProperty("document").GetProperty("name").GetString());
        Assert.Equal("my report (v2) final 2", blocks[1].GetProperty("document").GetProperty("name").GetString());
        Assert.Equal("text", blocks[2].EnumerateObject().First().Name);
        Assert.Empty(losses);
    }

    [Covers("M7")]
    [Theory]
    [InlineData("text/plain", "txt")]
    [InlineData("text/x-python", "txt")]
    [InlineData("application/json", "txt")]
    [InlineData("application/yaml", "txt")]
    [InlineData("text/csv", "csv")]
    [InlineData("text/markdown", "md")]
    public void A_text_under_any_media_type_is_a_document(string type, string format)
    {
        var written = Wire.Messages($$$"""
            {"role":"user","content":[{"type":"file","file":{"filename":"notes.x","file_data":"data:{{{type}}};base64,aGVsbG8="}}]}
            """, out var losses);
        var blocks = written.GetProperty("messages")[0].GetProperty("content");
        Wire.AssertJson(
            $$$$"""{"document":{"format":"{{{{format}}}}","name":"notes","source":{"bytes":"aGVsbG8="}}}""", blocks[0]);
        Assert.Equal("text", blocks[1].EnumerateObject().First().Name);
        Assert.Empty(losses);
    }

    [Covers("M7")]
    [Fact]
    public void A_file_that_only_another_provider_knows_is_refused() =>
        Assert.Contains(
            "file",
            Wire.Refusal("""{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""").Message,
            StringComparison.Ordinal);

    [Covers("C1")]
    [Fact]
    public void Cache_hints_become_cache_points_after_what_carries_them_at_most_four()
    {
        const string Hint = "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\",\"scope\":\"global\"}";
        var written = Wire.Messages($$$$$$"""
            {"role":"system","content":[{"type":"text","text":"s",{{{{{{Hint}}}}}}}]},
            {"role":"user","content":"a",{{{{{{Hint}}}}}}},
            {"role":"assistant","content":null,"tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"x","content":[{"type":"text","text":"r",{{{{{{Hint}}}}}}}]}
            """, out var losses, more: $$""","tools":[{"type":"function","function":{"name":"f"},{{Hint}}},{"type":"function","function":{"name":"g"},{{Hint}}}]""");
        const string Point = """{"cachePoint":{"type":"default","ttl":"1h"}}""";
        Wire.AssertJson($$$$$$"""
            {"system":[{"text":"s"},{{{{{{Point}}}}}}],
             "messages":[{"role":"user","content":[{"text":"a"},{{{{{{Point}}}}}}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"x","name":"f","input":{}}}]},
              {"role":"user","content":[{"toolResult":{"toolUseId":"x","content":[{"text":"r"}]}},{{{{{{Point}}}}}}]}],
             "toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"f","inputSchema":{"json":{"type":"object","properties":{}}}}},{{{{{{Point}}}}}},
              {"toolSpec":{"name":"g","description":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}
            """, written);
        Assert.Equal(["tools[1].cache_control"], losses);
    }

    [Covers("C1")]
    [Fact]
    public void A_model_that_knows_no_cache_points_gets_none()
    {
        Wire.Messages(
            """{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}""", out var losses,
            Wire.Target("meta.llama3-70b-instruct-v1:0"));
        Assert.Equal(["messages[0].content.cache_control"], losses);
    }

    [Covers("R1", "R2")]
    [Fact]
    public void Reasoning_of_this_format_goes_back_as_it_came_and_before_the_call()
    {
        var answer = Wire.DecodeAnswer("""
            {"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm ü \u00e9","signature":"sig+/="}}},{"reasoningContent":{"redactedContent":"cmVk"}},
             {"text":"so"},{"toolUse":{"toolUseId":"t1","name":"f","input":{"n":1.0}}}]}},"stopReason":"tool_use"}
            """);
        var messages = new List<ChatMessage>
        {
            new(ChatRole.User, "q"), answer.Messages[0], new(ChatRole.Tool, [new FunctionResultContent("t1", "r")]),
        };
        var written = Wire.Encode(
            messages, new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Low } }, out var losses);
        Wire.AssertJson("""
            [{"reasoningContent":{"reasoningText":{"text":"hm ü é","signature":"sig+/="}}},{"reasoningContent":{"redactedContent":"cmVk"}},{"text":"so"},
             {"toolUse":{"toolUseId":"t1","name":"f","input":{"n":1.0}}}]
            """, written.GetProperty("messages")[1].GetProperty("content"));
        Assert.Contains("\"n\":1.0", written.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(
            "enabled", written.GetProperty("additionalModelRequestFields").GetProperty("thinking").GetProperty("type").GetString());
        Assert.Empty(losses);
    }

    [Covers("R1")]
    [Fact]
    public void Text_and_signature_that_arrive_as_two_items_are_one_block()
    {
        var signed = new TextReasoningContent("")
        {
            ProtectedData = "sig",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = DialectId.BedrockConverse.Value },
        };
        var written = Wire.Encode(
            [
                new(ChatRole.User, "q"),
                new(ChatRole.Assistant, [new TextReasoningContent("a"), new TextReasoningContent("b"), signed, new TextContent("c")]),
                new(ChatRole.User, "d"),
            ],
            null, out var losses);
        Wire.AssertJson(
            """[{"reasoningContent":{"reasoningText":{"text":"ab","signature":"sig"}}},{"text":"c"}]""",
            written.GetProperty("messages")[1].GetProperty("content"));
        Assert.Empty(losses);
    }

    [Covers("R9")]
    [Fact]
    public void Unsigned_and_foreign_reasoning_is_not_sent_and_named()
    {
        var foreign = new TextReasoningContent("y")
        {
            ProtectedData = "sig",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = DialectId.AnthropicMessages.Value },
        };
        var written = Wire.Encode(
            [
                new(ChatRole.User, "q"), new(ChatRole.Assistant, [new TextReasoningContent("x")]), new(ChatRole.User, "r"),
                new(ChatRole.Assistant, [foreign, new TextContent("c")]), new(ChatRole.User, "d"),
            ],
            null, out var losses);
        Wire.AssertJson("""
            [{"role":"user","content":[{"text":"q"},{"text":"r"}]},{"role":"assistant","content":[{"text":"c"}]},{"role":"user","content":[{"text":"d"}]}]
            """, written.GetProperty("messages"));
        Assert.Equal(["messages[1].reasoning", "messages[3].reasoning"], losses);
    }

    [Fact]
    public void Names_of_messages_and_unknown_members_are_named_as_lost()
    {
        Wire.Messages("""{"role":"user","name":"ann","content":[{"type":"text","text":"a","x":1}]}""", out var losses);
        Assert.Equal(["messages[0].content.x", "messages[0].name"], losses.Order());
    }

    [Fact]
    public void A_count_of_tokens_asks_with_the_same_conversation()
    {
        var request = new CanonicalChatRequest(
            [new(ChatRole.System, "s"), new(ChatRole.User, "a")],
            new ChatOptions { MaxOutputTokens = 5, Tools = [new DeclaredFunction("f", "d", null, null)] }, CallOperation.CountTokens);
        Wire.AssertJson("""
            {"input":{"converse":{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"a"}]}],
             "toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}}}
            """, Wire.Encode(request, out var losses));
        Assert.Empty(losses);
        Assert.Equal(
            41,
            ((CanonicalTokenCount)Wire.Dialect.DecodeAnswer(CallOperation.CountTokens, """{"inputTokens":41}"""u8.ToArray())).InputTokens);
    }

    [Covers("C4")]
    [Fact]
    public void A_field_of_another_format_is_not_written_but_named()
    {
        var options = new ChatOptions
        {
            AdditionalProperties = new()
            {
                [CanonicalKeys.Own(DialectId.AnthropicMessages, "container")] = JsonElement.Parse("\"c\""u8),
                [CanonicalKeys.Own(DialectId.BedrockConverse, "promptVariables")] = JsonElement.Parse("{\"a\":{\"text\":\"b\"}}"u8),
            },
        };
        var written = Wire.Encode([new(ChatRole.User, "a")], options, out var losses);
        Assert.Equal(["container"], losses);
        Assert.DoesNotContain("container", written.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("b", written.GetProperty("promptVariables").GetProperty("a").GetProperty("text").GetString());
    }
}

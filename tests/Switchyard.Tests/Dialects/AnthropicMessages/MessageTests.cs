using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Providers.Catalogue;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class MessageTests
{
    [Covers("M1")]
    [Fact]
    public void Instructions_in_mid_conversation_become_marked_text_of_the_users()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            messages: """{"role":"system","content":"A"},{"role":"developer","content":"B"},{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},{"role":"system","content":[{"type":"text","text":"C","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":"go"}"""));
        Codec.AssertJson("""[{"type":"text","text":"A"},{"type":"text","text":"B"}]""", body.GetProperty("system"));
        Codec.AssertJson(
            """{"role":"user","content":[{"type":"text","text":"<system>\nC\n</system>","cache_control":{"type":"ephemeral"}},{"type":"text","text":"go"}]}""",
            body.GetProperty("messages")[2]);
    }

    [Fact]
    public void Blocks_that_only_a_system_message_may_have_are_not_moved_to_the_users_turn()
    {
        var body = Codec.Through(
            Codec.Chat(messages: """{"role":"user","content":"hi"},{"role":"system","content":[{"type":"text","text":"C"},{"type":"tool_addition","tool":{"type":"tool_reference","name":"f"}}]}"""),
            out var losses);
        Codec.AssertJson(
            """[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"text","text":"<system>\nC\n</system>"}]}]""",
            body.GetProperty("messages"));
        Assert.Equal(["messages[1].content"], losses.Fields);
    }

    [Covers("M2")]
    [Theory]
    [InlineData("\"system\":\"\"")]
    [InlineData("\"system\":[]")]
    [InlineData("\"system\":[{\"type\":\"text\",\"text\":\" \"}]")]
    public void An_empty_system_text_is_left_out(string system) =>
        Assert.False(Codec.Through(Codec.Chat(system)).TryGetProperty("system", out _));

    [Covers("M3")]
    [Fact]
    public void Neighbouring_messages_of_one_side_become_one_turn_with_results_first()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(messages: """
            {"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"r1"},{"role":"tool","tool_call_id":"2","content":"r2"},{"role":"user","content":"d"}
            """));
        var turns = body.GetProperty("messages").EnumerateArray().Select(turn =>
            turn.GetProperty("role").GetString() + ":"
                + string.Join(',', turn.GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString())));
        Assert.Equal(["user:text,text", "assistant:text,tool_use,tool_use", "user:tool_result,tool_result,text"], turns);
    }

    [Covers("M4")]
    [Theory]
    [InlineData("user", "\"\"")]
    [InlineData("user", "\" \"")]
    [InlineData("user", "null")]
    [InlineData("user", "[]")]
    [InlineData("user", "[{\"type\":\"text\",\"text\":\"\"}]")]
    [InlineData("assistant", "\"\"")]
    [InlineData("assistant", "null")]
    [InlineData("assistant", "[]")]
    [InlineData("system", "\"\"")]
    [InlineData("system", "[]")]
    public void A_message_that_says_nothing_is_left_out(string role, string content)
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(messages: $$$$"""{"role":"user","content":"a"},{"role":"{{{{role}}}}","content":{{{{content}}}}},{"role":"user","content":"b"}"""));
        var turn = Assert.Single(body.GetProperty("messages").EnumerateArray());
        Codec.AssertJson("""[{"type":"text","text":"a"},{"type":"text","text":"b"}]""", turn.GetProperty("content"));
    }

    [Covers("M4")]
    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("null")]
    [InlineData("[]")]
    public void A_result_that_says_nothing_is_still_a_result(string content)
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            messages: $$$$"""{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"1","content":{{{{content}}}}}"""));
        var result = body.GetProperty("messages")[2].GetProperty("content")[0];
        Assert.Equal("tool_result", result.GetProperty("type").GetString());
        Assert.True(!result.TryGetProperty("content", out var written) || written.GetRawText().Length > 2);
    }

    [Covers("M4")]
    [Fact]
    public void A_conversation_that_says_nothing_or_begins_with_the_assistant_is_refused_by_us()
    {
        Assert.Equal(
            "messages", Codec.Refusal(() => Codec.FromOpenAI(Codec.OpenAIChat(messages: """{"role":"user","content":""}"""), out _)).Param);
        Assert.Equal(
            "messages",
            Codec.Refusal(() => Codec.FromOpenAI(
                Codec.OpenAIChat(messages: """{"role":"assistant","content":"a"},{"role":"user","content":"b"}"""), out _)).Param);
    }

    [Covers("M4")]
    [Fact]
    public void The_beginning_of_an_answer_does_not_end_in_white_space() => Assert.Equal(
        "Sure:", Codec.FromOpenAI(Codec.OpenAIChat(messages: """{"role":"user","content":"a"},{"role":"assistant","content":"Sure: \n"}"""))
            .GetProperty("messages")[1].GetProperty("content")[0].GetProperty("text").GetString());

    [Covers("M5")]
    [Fact]
    public void Every_text_block_is_there()
    {
        var response = Codec.DecodeAnswer("""{"id":"msg_1","model":"m","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""");
        Assert.Equal("abc", response.Text);
        Assert.Equal(
            "abc",
            Codec.EncodeAnswer(response, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        var messages = Codec.ToOpenAI(
            Codec.Chat(messages: """{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"""), out _)
            .GetProperty("messages");
        Assert.Equal(2, messages[0].GetProperty("content").GetArrayLength());
    }

    [Covers("M6")]
    [Theory]
    [InlineData("data:image/png;base64,iVBORw0KGgo=", """{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}""")]
    [InlineData("data:image/jpg;base64,/9j/", """{"type":"base64","media_type":"image/jpeg","data":"/9j/"}""")]
    [InlineData("https://example.com/a.png?x=1", """{"type":"url","url":"https://example.com/a.png?x=1"}""")]
    public void An_image_is_carried_by_value_or_by_address(string url, string source)
    {
        var body = Codec.FromOpenAI(
            Codec.OpenAIChat(messages: $$$$"""{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{{{url}}}}"}}]}"""));
        Codec.AssertJson($$$$"""{"type":"image","source":{{{{source}}}}}""", body.GetProperty("messages")[0].GetProperty("content")[0]);
    }

    [Covers("M6")]
    [Theory]
    [InlineData("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/tiff;base64,AAAA\"}}")]
    [InlineData("{\"type\":\"image_url\",\"image_url\":{\"url\":\"gs://bucket/a.png\"}}")]
    [InlineData("{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":\"wav\"}}")]
    [InlineData("{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}")]
    public void What_the_model_cannot_look_at_is_refused(string part)
    {
        var error = Codec.Refusal(() => Codec.FromOpenAI(Codec.OpenAIChat(messages: $$"""{"role":"user","content":[{{part}}]}"""), out _));
        Assert.Equal((CallErrorKind.InvalidRequest, "messages[0].content"), (error.Kind, error.Param));
    }

    [Covers("M6")]
    [Fact]
    public void An_image_of_this_format_reaches_an_openai_provider()
    {
        var parts = Codec.ToOpenAI(
            Codec.Chat(messages: """{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://example.com/a"}}]}"""), out _).GetProperty("messages")[0].GetProperty("content");
        Assert.Equal("data:image/png;base64,AAAA", parts[0].GetProperty("image_url").GetProperty("url").GetString());
        Assert.Equal("https://example.com/a", parts[1].GetProperty("image_url").GetProperty("url").GetString());
    }

    [Covers("M7")]
    [Theory]
    [InlineData("application/pdf")]
    [InlineData("application/octet-stream")]
    public void A_pdf_is_known_by_its_first_bytes_and_keeps_its_name_and_cache_hint(string type)
    {
        var data = Convert.ToBase64String("%PDF-1.7 x"u8);
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            messages: $$$"""{"role":"user","content":[{"type":"file","file":{"filename":"a b.pdf","file_data":"data:{{{type}}};base64,{{{data}}}"},"cache_control":{"type":"ephemeral"}}]}"""));
        Codec.AssertJson(
            $$$"""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"{{{data}}}"},"title":"a b.pdf","cache_control":{"type":"ephemeral"}}""",
            body.GetProperty("messages")[0].GetProperty("content")[0]);
    }

    [Covers("M7")]
    [Theory]
    [InlineData("text/x-python")]
    [InlineData("application/json")]
    [InlineData("application/yaml")]
    public void A_text_under_any_media_type_is_a_plain_document(string type) =>
        Codec.AssertJson(
            """{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hello"},"title":"notes.x"}""",
            Codec.FromOpenAI(Codec.OpenAIChat(
                messages: $$$"""{"role":"user","content":[{"type":"file","file":{"filename":"notes.x","file_data":"data:{{{type}}};base64,aGVsbG8="}}]}"""))
                .GetProperty("messages")[0].GetProperty("content")[0]);

    [Covers("M7")]
    [Theory]
    [InlineData("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="},"title":"t","context":"c","citations":{"enabled":true}}""")]
    [InlineData("""{"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain ü"}}""")]
    [InlineData("""{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}""")]
    [InlineData("""{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}}""")]
    [InlineData("""{"type":"document","source":{"type":"file","file_id":"file_1"}}""")]
    [InlineData("""{"type":"image","source":{"type":"file","file_id":"file_1"}}""")]
    [InlineData("""{"type":"search_result","source":"https://example.com","title":"t","content":[{"type":"text","text":"x"}]}""")]
    [InlineData("""{"type":"container_upload","file_id":"file_1"}""")]
    public void Every_block_of_this_format_survives(string block) =>
        Codec.AssertJson(
            block,
            Codec.Through(Codec.Chat(messages: $$"""{"role":"user","content":[{{block}}]}""")).GetProperty("messages")[0]
                .GetProperty("content")[0]);

    [Theory]
    [InlineData("""{"type":"tool_result","tool_use_id":"t","content":"r"},{"type":"search_result","source":"https://example.com","title":"t","content":[{"type":"text","text":"x"}],MORE}""")]
    [InlineData("""{"type":"tool_result","tool_use_id":"t","content":[{"type":"search_result","source":"https://example.com","title":"t","content":[{"type":"text","text":"x"}],MORE}]}""")]
    [InlineData("""{"type":"tool_result","tool_use_id":"t","content":[{"type":"tool_reference","tool_name":"f",MORE}]}""")]
    public void What_the_text_of_a_block_cannot_hold_is_named(string block)
    {
        const string more = """ "citations":{"enabled":true},"cache_control":{"type":"ephemeral"} """;
        const string use = """{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}""";
        var body = Codec.Chat(messages: $$"""{"role":"user","content":"?"},{{use}},{"role":"user","content":[{{block.Replace("MORE", more, StringComparison.Ordinal)}}]}""");

        var sent = Codec.ToOpenAI(body, out var losses, new ProviderQuirks { CacheControl = false });

        Assert.Contains(losses.Fields, field => field.EndsWith(".citations", StringComparison.Ordinal));
        Assert.Contains(losses.Fields, field => field.EndsWith(".cache_control", StringComparison.Ordinal));
        Assert.DoesNotContain("ephemeral", sent.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"create"}""")]
    [InlineData("""{"type":"continue","previous_message_id":"msg_1"}""")]
    public void A_thread_is_refused_elsewhere_by_the_code_that_makes_a_client_send_the_whole_conversation(string thread)
    {
        var body = Codec.Chat("\"thread\":" + thread);
        Codec.AssertJson(thread, Codec.Through(body).GetProperty("thread"));

        var error = Codec.Refusal(() => Codec.ToOpenAI(body, out _));

        Assert.Equal((CallErrorKind.InvalidRequest, "thread"), (error.Kind, error.Param));
        Codec.AssertJson(
            """{"error_code":"thread_unsupported_request","unsupported":["model"]}""",
            JsonElement.Parse(Codec.EncodeError(error)).GetProperty("error").GetProperty("details"));
    }

    [Covers("C1")]
    [Fact]
    public void Hints_stay_where_they_were_on_every_level()
    {
        const string hint = """ "cache_control":{"type":"ephemeral","ttl":"1h"} """;
        var request = Codec.Chat(
            $$$$"""  "system":[{"type":"text","text":"s",{{{{hint}}}}}],"tools":[{"name":"f","input_schema":{"type":"object","properties":{}},{{{{hint}}}}}]""",
            $$$$"""{"role":"user","content":[{"type":"text","text":"a",{{{{hint}}}}}]},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r",{{{{hint}}}}}]}""");
        Codec.AssertJson(request, Codec.Through(request), "$.model");
    }

    [Covers("C1")]
    [Fact]
    public void A_hint_on_an_openai_message_goes_to_its_last_part_and_a_parts_own_wins()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            """  "tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}]""",
            """{"role":"system","content":"s","cache_control":{"type":"ephemeral"}},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}],"cache_control":{"type":"ephemeral"}}"""));
        Assert.True(body.GetProperty("system")[0].TryGetProperty("cache_control", out _));
        Assert.True(body.GetProperty("tools")[0].TryGetProperty("cache_control", out _));
        var blocks = body.GetProperty("messages")[0].GetProperty("content");
        Assert.False(blocks[0].TryGetProperty("cache_control", out _));
        Assert.Equal("1h", blocks[1].GetProperty("cache_control").GetProperty("ttl").GetString());
    }

    [Covers("C1")]
    [Fact]
    public void Of_more_than_four_hints_the_oldest_go()
    {
        var parts = string.Join(
            ',', Enumerable.Range(0, 6).Select(i => $$$"""{"type":"text","text":"{{{i}}}","cache_control":{"type":"ephemeral"}}"""));
        var body = Codec.Through(
            Codec.Chat(
                "\"system\":[{\"type\":\"text\",\"text\":\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}]",
                $$"""{"role":"user","content":[{{parts}}]}"""),
            out var losses);
        Assert.True(body.GetProperty("system")[0].TryGetProperty("cache_control", out _));
        Assert.Equal(
            [false, false, false, true, true, true],
            body.GetProperty("messages")[0].GetProperty("content").EnumerateArray()
                .Select(block => block.TryGetProperty("cache_control", out _)));
        Assert.Equal(
            ["messages[1].content[0].cache_control", "messages[1].content[1].cache_control", "messages[1].content[2].cache_control"],
            losses.Fields);
    }

    [Covers("C1")]
    [Fact]
    public void An_openai_provider_that_refuses_hints_is_not_sent_any()
    {
        const string hint = """ "cache_control":{"type":"ephemeral"} """;
        var request = Codec.Chat(
            $$$$"""  "system":[{"type":"text","text":"s",{{{{hint}}}}}],"tools":[{"name":"f","input_schema":{"type":"object"},{{{{hint}}}}}]""", $$$$"""{"role":"user","content":[{"type":"text","text":"a",{{{{hint}}}}}]}""");
        Assert.Equal(3, Codec.ToOpenAI(request, out var none).GetRawText().Split("cache_control").Length - 1);
        Assert.Empty(none.Fields);
        Assert.DoesNotContain(
            "cache_control", Codec.ToOpenAI(request, out var losses, new ProviderQuirks { CacheControl = false }).GetRawText(),
            StringComparison.Ordinal);
        Assert.Equal(3, losses.Fields.Count);
        Assert.False(ProviderCatalog.Default.Find("openai")!.Quirks.CacheControl);
        Assert.True(ProviderCatalog.Default.Find("openrouter")!.Quirks.CacheControl);
    }

    [Covers("C2")]
    [Fact]
    public void Beta_flags_pass_unless_the_host_names_those_it_takes()
    {
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = "m",
            Headers = new Dictionary<string, string> { ["anthropic-beta"] = "a-2025-01-01, context-1m-2025-08-07" },
        };
        var losses = new LossReport();
        Assert.Equal("a-2025-01-01, context-1m-2025-08-07", Assert.Single(Codec.Dialect.GetHeaders(envelope, Codec.Target, losses)).Value);
        Assert.Empty(losses.Fields);

        var strict = Codec.Target with { Quirks = new ProviderQuirks { BetaAllow = ["context-1m"] } };
        Assert.Equal("context-1m-2025-08-07", Assert.Single(Codec.Dialect.GetHeaders(envelope, strict, losses)).Value);
        Assert.Equal(["anthropic-beta: a-2025-01-01"], losses.Fields);

        ((IEgressDialect)Codec.OpenAI).GetHeaders(envelope, Codec.Target, losses = new LossReport());
        Assert.Equal(["anthropic-beta"], losses.Fields);
    }

    [Covers("C2")]
    [Fact]
    public void The_profile_of_the_user_passes_beside_the_flags_where_the_host_knows_it()
    {
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Chat,
            Model = "m",
            Headers = new Dictionary<string, string> { ["anthropic-user-profile-id"] = "up_1", ["anthropic-beta"] = "a-2025-01-01" },
        };
        var losses = new LossReport();
        Assert.Equal(
            [KeyValuePair.Create("anthropic-user-profile-id", "up_1"), KeyValuePair.Create("anthropic-beta", "a-2025-01-01")],
            Codec.Dialect.GetHeaders(envelope, Codec.Target, losses));
        Assert.Empty(losses.Fields);

        var strict = Codec.Target with { Quirks = new ProviderQuirks { BetaAllow = ["context-1m"] } };
        Assert.Empty(Codec.Dialect.GetHeaders(envelope, strict, losses));
        Assert.Equal(["anthropic-user-profile-id", "anthropic-beta: a-2025-01-01"], losses.Fields);
    }

    [Covers("C4")]
    [Fact]
    public void Nothing_of_an_openai_request_leaks_and_everything_left_out_is_named()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(
            """  "seed":1,"logit_bias":{"1":2},"presence_penalty":0.5,"frequency_penalty":0,"store":false,"n":1,"user":"u","service_tier":"flex","prediction":{"type":"content"},"x_new":1,"top_k":5,"top_p":1,"stream_options":{"include_usage":true}"""), out var losses);
        Assert.Equal(["model", "max_tokens", "messages", "top_k", "metadata"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["logit_bias", "prediction", "presence_penalty", "seed", "service_tier", "x_new"], losses.Fields.Order());
    }

    [Covers("C4")]
    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    public void What_would_change_the_answer_is_refused(string field, string param) =>
        Assert.Equal(param, Codec.Refusal(() => Codec.FromOpenAI(Codec.OpenAIChat(field), out _)).Param);

    [Covers("C4")]
    [Fact]
    public void Nothing_of_this_formats_request_leaks_into_openai()
    {
        var request = Codec.Chat("""  "container":"c","inference_geo":"eu","metadata":{"user_id":"u"},"service_tier":"standard_only","cache_control":{"type":"ephemeral"},"top_k":3""");
        Codec.AssertJson(request, Codec.Through(request), "$.model", "$.messages");
        var body = Codec.ToOpenAI(request, out var losses);
        Assert.Equal(["model", "messages", "max_tokens", "user", "service_tier"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["cache_control", "container", "inference_geo", "top_k"], losses.Fields.Order());
    }

    [Covers("F4")]
    [Fact]
    public void Max_tokens_is_the_clients_else_the_models_else_4096()
    {
        Assert.Equal(7, Codec.FromOpenAI(Codec.OpenAIChat("\"max_completion_tokens\":7")).GetProperty("max_tokens").GetInt32());
        Assert.Equal(8, Codec.FromOpenAI(Codec.OpenAIChat("\"max_tokens\":8")).GetProperty("max_tokens").GetInt32());
        Assert.Equal(
            9000,
            Codec.FromOpenAI(Codec.OpenAIChat(), Codec.With(new ModelFacts { MaxOutputTokens = 9000 })).GetProperty("max_tokens")
                .GetInt32());
        Assert.Equal(4096, Codec.FromOpenAI(Codec.OpenAIChat()).GetProperty("max_tokens").GetInt32());
        Assert.Equal(5000, Codec.ToOpenAI(Codec.Chat(), out _).GetProperty("max_tokens").GetInt32());
    }

    [Covers("F5")]
    [Fact]
    public void Any_number_of_stops_is_carried_but_blank_ones_are_not()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat("""  "stop":["a"," ","b","c","d","e"]"""), out var losses);
        Codec.AssertJson("""["a","b","c","d","e"]""", body.GetProperty("stop_sequences"));
        Assert.Equal(["stop[1]"], losses.Fields);
        Codec.AssertJson("""["x"]""", Codec.FromOpenAI(Codec.OpenAIChat("\"stop\":\"x\"")).GetProperty("stop_sequences"));
    }

    [Theory]
    [InlineData("\"temperature\":1.7", null, "1", "temperature")]
    [InlineData("\"temperature\":0.5", null, "0.5", null)]
    [InlineData("\"temperature\":0.5", false, null, "temperature")]
    [InlineData("\"temperature\":1", false, null, null)]
    [InlineData("\"temperature\":0.5,\"top_p\":0.9", null, "0.5", "top_p")]
    [InlineData("\"temperature\":0.5,\"reasoning_effort\":\"low\",\"max_tokens\":9000", null, null, "temperature")]
    public void Temperature_is_clamped_or_left_out_where_the_model_takes_no_other(
        string fields, bool? takes, string? written, string? reported)
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(fields), out var losses, Codec.With(new ModelFacts { Temperature = takes }));
        Assert.Equal(written, body.TryGetProperty("temperature", out var temperature) ? temperature.GetRawText() : null);
        Assert.Equal(reported is null ? [] : [reported], losses.Fields);
    }

    [Fact]
    public void A_host_with_the_model_in_its_address_gets_neither_model_nor_stream_but_its_own_fields()
    {
        var target = Codec.Target with
        {
            Quirks =
                new ProviderQuirks { ModelInPath = true, BodyFields = new Dictionary<string, string> { ["anthropic_version"] = "v-1" } },
        };
        var body = Codec.Through(Codec.Chat("\"stream\":true"), target);
        Assert.Equal(["anthropic_version", "max_tokens", "messages"], body.EnumerateObject().Select(member => member.Name));
        var bytes = Encoding.UTF8.GetBytes(Codec.Chat());
        Assert.Null(Codec.Dialect.PlanForward(Codec.Envelope(Codec.Chat()), bytes, target));
    }

    [Fact]
    public void A_token_count_is_asked_for_with_the_prompt_alone()
    {
        var body = Codec.Through(
            Codec.Chat("\"temperature\":0.5,\"stream\":true,\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]"),
            out var losses, operation: CallOperation.CountTokens);
        Assert.Equal(["model", "messages", "tools"], body.EnumerateObject().Select(member => member.Name));
        Assert.Empty(losses.Fields);
        Assert.Equal("/messages/count_tokens", Codec.Dialect.GetPath(CallOperation.CountTokens, Codec.Target, stream: false));
    }

    [Fact]
    public void A_member_of_a_message_of_results_alone_is_named_too()
    {
        const string body = """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"f?"},
             {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"}],"new_member":{"a":1}}]}
            """;

        Codec.Encode(Codec.Decode(body), out var losses, dialect: Codec.OpenAI);

        Assert.Equal(["messages[2].new_member"], losses.Fields);
    }

    [Fact]
    public void Messages_that_become_one_keep_their_members_and_the_hints_of_their_blocks()
    {
        const string body = """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"f?"},
             {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}],"new_member":1},
             {"role":"assistant","content":[{"type":"tool_use","id":"toolu_2","name":"f","input":{},"cache_control":{"type":"ephemeral"}}],"newer_member":2},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"},{"type":"tool_result","tool_use_id":"toolu_2","content":"2"}]}]}
            """;

        var calls = Codec.Through(body).GetProperty("messages")[1].GetProperty("content");
        Assert.Equal(["toolu_1", "toolu_2"], calls.EnumerateArray().Select(call => call.GetProperty("id").GetString()));
        Assert.Equal([false, true], calls.EnumerateArray().Select(call => call.TryGetProperty("cache_control", out _)));

        Codec.ToOpenAI(body.Replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "", StringComparison.Ordinal), out var losses);
        Assert.Equal(["messages[1].new_member", "messages[1].newer_member"], losses.Fields);
    }

    [Fact]
    public void Neighbours_without_calls_and_results_between_them_stay_the_messages_they_are()
    {
        var messages = Codec.ToOpenAI(
            Codec.Chat(
                messages: """
                {"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},
                {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"}]},{"role":"user","content":"d"}
                """),
            out _).GetProperty("messages");

        Assert.Equal(
            ["user", "user", "assistant", "assistant", "tool", "user"],
            messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
    }
}

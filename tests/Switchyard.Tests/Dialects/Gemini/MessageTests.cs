using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Fitting;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Conversations translated from OpenAI's format to this one, and from this one to the canonical form.</summary>
public sealed class MessageTests
{
    private const string TwoCalls = """
        {"role":"user","content":"weather?"},
        {"role":"assistant","content":null,"tool_calls":[
          {"id":"call_a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Köln \\ud83d\\ude00\"}"}},
          {"id":"call_b","type":"function","function":{"name":"weather","arguments":""}}]}
        """;

    [Covers("T13")]
    [Fact]
    public void Results_follow_the_order_of_their_calls_and_take_their_names()
    {
        var written = Codec.FromOpenAI(Codec.Messages(
            TwoCalls + """,{"role":"tool","tool_call_id":"call_b","content":"b"},{"role":"tool","tool_call_id":"call_a","content":"a"}"""));

        Codec.Same("""
            [{"role":"user","parts":[{"text":"weather?"}]},
             {"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Köln 😀"}}},{"functionCall":{"name":"weather","args":{}}}]},
             {"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"output":"a"}}},{"functionResponse":{"name":"weather","response":{"output":"b"}}}]}]
            """, written.GetProperty("contents"));
    }

    /// <summary>Looking for the call of each result among all of them would take most of a minute.</summary>
    [Covers("H1")]
    [Fact]
    public void Hundreds_of_thousands_of_results_are_sorted_in_one_pass()
    {
        const int count = 400_000;
        var calls = Enumerable.Range(0, count).Select(i => (AIContent)new FunctionCallContent($"c{i}", "f"));
        var results = Enumerable.Range(0, count).Reverse().Select(i => (AIContent)new FunctionResultContent($"c{i}", $"r{i}"));
        var request = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "x"), new ChatMessage(ChatRole.Assistant, [.. calls]),
                new ChatMessage(ChatRole.Tool, [.. results]),
            ],
            new ChatOptions());

        var parts = Codec.Encode(request).GetProperty("contents")[2].GetProperty("parts");

        Assert.Equal(count, parts.GetArrayLength());
        Codec.Same("""{"functionResponse":{"name":"f","response":{"output":"r0"}}}""", parts[0]);
    }

    [Covers("M10")]
    [Fact]
    public void Members_beside_role_and_parts_go_back_to_this_format_and_are_named_to_others()
    {
        const string body = """
            {"systemInstruction":{"parts":[{"text":"Be brief."}],"first_hint":1},
             "contents":[{"role":"user","parts":[{"text":"f?"}],"secondHint":{"a":null}},
              {"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}],"thirdHint":[true],"empty":null},
              {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}}],"fourthHint":"x"},
              {"role":"user","parts":[{"text":"go on"}],"fifthHint":2}]}
            """;

        Codec.ToOpenAI(body, out var losses);
        Assert.Equal(
            [
                "messages[0].content.firstHint", "messages[1].content.secondHint", "messages[2].content.thirdHint",
                "messages[3].content.fourthHint", "messages[4].content.fifthHint",
            ],
            losses.Fields);

        var again = Codec.Encode(Codec.Decode(body));
        Assert.Equal(1, again.GetProperty("systemInstruction").GetProperty("firstHint").GetInt32());
        Codec.Same("""
            [{"role":"user","parts":[{"text":"f?"}],"secondHint":{"a":null}},
             {"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}],"thirdHint":[true]},
             {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"text":"go on"}],"fourthHint":"x","fifthHint":2}]
            """, again.GetProperty("contents"));
    }

    [Fact]
    public void Members_of_a_content_without_parts_are_those_of_the_message_beside_it()
    {
        const string Body = """
            {"contents":[{"role":"model","aHint":1},{"role":"user","parts":[{"text":"f?"}]},{"role":"user","bHint":2},
              {"role":"model","parts":[{"text":"no"}]},{"role":"model","cHint":3},{"role":"user","dHint":4}]}
            """;
        Codec.Same(
            """
            [{"role":"user","parts":[{"text":"f?"}],"bHint":2,"aHint":1},
             {"role":"model","parts":[{"text":"no"}],"cHint":3,"dHint":4}]
            """,
            Codec.Encode(Codec.Decode(Body)).GetProperty("contents"));
        Codec.ToOpenAI(Body, out var losses);
        Assert.Equal(
            [
                "messages[0].content.aHint", "messages[0].content.bHint", "messages[1].content.cHint", "messages[1].content.dHint",
            ],
            losses.Fields.Order(StringComparer.Ordinal));
    }

    [Covers("T13")]
    [Fact]
    public void Calls_without_ids_are_bound_to_their_results_by_name_and_order()
    {
        const string body = """
            {"contents":[{"role":"user","parts":[{"text":"x"}]},
             {"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":1}}},{"functionCall":{"name":"g","args":{}}},{"functionCall":{"name":"f","args":{"n":2}}}]},
             {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"f1"}}},{"functionResponse":{"name":"f","response":{"output":"f2"}}},{"functionResponse":{"name":"g","response":{"v":1}}},{"text":"go on"}]}]}
            """;
        var messages = Codec.ToOpenAI(body, out var losses).GetProperty("messages");

        Assert.Empty(losses.Fields);
        var calls = messages[1].GetProperty("tool_calls");
        var ids = calls.EnumerateArray().Select(call => call.GetProperty("id").GetString()!).ToList();
        Assert.Equal(3, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^call_[0-9a-f]{24}$", id));
        string ResultOf(int call) =>
            messages.EnumerateArray().Single(message => message.TryGetProperty("tool_call_id", out var id) && id.GetString() == ids[call])
                .GetProperty("content").GetString()!;
        Assert.Equal(("f1", """{"v":1}""", "f2"), (ResultOf(0), ResultOf(1), ResultOf(2)));
        Assert.Equal("user", messages[5].GetProperty("role").GetString());
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse(body).GetProperty("contents")[1], Codec.Encode(Codec.Decode(body)).GetProperty("contents")[1]));
    }

    [Fact]
    public void The_result_of_a_call_whose_id_goes_back_has_that_id()
    {
        var made = Codec.Answer(Codec.Chunk(
            """{"functionCall":{"id":"c1","name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}}""", "STOP"));
        var calls = made.Messages[0].Contents.Cast<FunctionCallContent>().ToList();
        var written = Codec.Encode(new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "x"), made.Messages[0],
                new ChatMessage(ChatRole.Tool, [.. calls.Select(call => new FunctionResultContent(call.CallId, "r"))]),
            ],
            new ChatOptions()));
        Codec.Same("""
            [{"functionResponse":{"id":"c1","name":"f","response":{"output":"r"}}},{"functionResponse":{"name":"f","response":{"output":"r"}}}]
            """, written.GetProperty("contents")[2].GetProperty("parts"));
    }

    [Theory]
    [InlineData("\"role\":\"user\",")]
    [InlineData("\"role\":\"function\",")]
    [InlineData("\"role\":\"tool\",")]
    [InlineData("")]
    public void A_result_is_read_in_every_role_that_clients_give_it(string role)
    {
        var messages = Codec.ToOpenAI($$$$"""
            {"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},
             { {{{{role}}}} "parts":[{"functionResponse":{"name":"f","response":{"output":"low tide"}}}]}]}
            """, out var losses).GetProperty("messages");

        Assert.Empty(losses.Fields);
        Assert.Equal(
            ("tool", "low tide"), (messages[2].GetProperty("role").GetString(), messages[2].GetProperty("content").GetString()));
    }

    [Fact]
    public void The_further_members_of_a_result_are_named_elsewhere_and_go_back_to_this_format()
    {
        const string result = """{"functionResponse":{"name":"f","response":{"output":"r"},"willContinue":true,"scheduling":"SILENT"}}""";
        var body = $$$$"""{"contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{{{{result}}}}]}]}""";

        Codec.ToOpenAI(body, out var losses);
        var again = Codec.Encode(Codec.Decode(body), out var none);

        Assert.Equal(["messages[2].scheduling", "messages[2].willContinue"], losses.Fields.Order());
        Assert.Empty(none.Fields);
        Codec.Same(result, again.GetProperty("contents")[2].GetProperty("parts")[0]);
    }

    [Covers("T7")]
    [Fact]
    public void Empty_arguments_are_an_empty_object()
    {
        var written = Codec.FromOpenAI(Codec.Messages(
            TwoCalls + """,{"role":"tool","tool_call_id":"call_a","content":"a"},{"role":"tool","tool_call_id":"call_b","content":""}"""));
        Assert.Equal(
            "{}", written.GetProperty("contents")[1].GetProperty("parts")[1].GetProperty("functionCall").GetProperty("args").GetRawText());
    }

    [Covers("T8")]
    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("\\\"x\\\"")]
    [InlineData("{\\\"a\\\":")]
    public void Arguments_that_are_no_object_are_wrapped_and_reported(string arguments)
    {
        var written = Codec.FromOpenAI(Codec.Messages($$$$$"""
            {"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{{{{{arguments}}}}}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}
            """), out var losses);
        Assert.Equal(
            JsonElement.Parse($"\"{arguments}\"").GetString(),
            written.GetProperty("contents")[1].GetProperty("parts")[0].GetProperty("functionCall").GetProperty("args").GetProperty("_raw")
                .GetString());
        Assert.Contains("_raw", Assert.Single(losses.Fields), StringComparison.Ordinal);
    }

    [Covers("T24")]
    [Fact]
    public void Arguments_pass_in_the_bytes_they_came_in()
    {
        const string arguments = """{"a":1.50,"e":"\ud83d\ude00 é","n":12345678901234567890}""";
        var written = Codec.FromOpenAI(Codec.Messages($$$$$"""
            {"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{{{{{JsonSerializer.Serialize(arguments)}}}}}}}]},{"role":"tool","tool_call_id":"a","content":"1"}
            """));
        Assert.Equal(
            arguments,
            written.GetProperty("contents")[1].GetProperty("parts")[0].GetProperty("functionCall").GetProperty("args").GetRawText());
    }

    [Covers("T24")]
    [Fact]
    public void A_pair_escaped_inside_the_text_of_the_arguments_stays_a_pair()
    {
        const string body = """{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{'e':'\\ud83d\\ude00'}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}]}""";
        var call =
            (FunctionCallContent)((CanonicalChatRequest)Codec.OpenAI.DecodeRequest(
                Codec.Envelope(), System.Text.Encoding.UTF8.GetBytes(body))).Messages[1].Contents[0];
        Assert.Equal("{'e':'\\ud83d\\ude00'}", call.AdditionalProperties![CanonicalKeys.RawArguments]);
    }

    [Covers("T25")]
    [Fact]
    public void Images_of_a_tool_result_stand_inside_it_for_newer_models_and_after_it_for_others()
    {
        var body = Codec.Messages("""
            {"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"shot","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"here"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}
            """);
        Codec.Same("""[{"functionResponse":{"name":"shot","response":{"output":"here"}}},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]""",
            Codec.FromOpenAI(body).GetProperty("contents")[2].GetProperty("parts"));
        Codec.Same("""[{"functionResponse":{"name":"shot","response":{"output":"here"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}}]""",
            Codec.FromOpenAI(body, Codec.Three).GetProperty("contents")[2].GetProperty("parts"));
    }

    [Fact]
    public void Failed_results_are_reported_as_errors()
    {
        var request = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "x"), new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("a", "f")]),
                new ChatMessage(
                    ChatRole.Tool,
                    [new FunctionResultContent("a", "no such file") { AdditionalProperties = new() { [CanonicalKeys.IsError] = true } }]),
            ],
            new ChatOptions());
        var part = Codec.Encode(request).GetProperty("contents")[2].GetProperty("parts")[0];
        Codec.Same("""{"functionResponse":{"name":"f","response":{"error":"no such file"}}}""", part);
        var back = Codec.Decode($$"""{"contents":[{"role":"user","parts":[{{part.GetRawText()}}]}]}""").Messages[0].Contents[0];
        Assert.Equal(true, back.AdditionalProperties![CanonicalKeys.IsError]);
    }

    [Covers("T19")]
    [Fact]
    public void A_call_without_a_result_is_refused_by_its_id()
    {
        var error = Assert.Throws<CallException>(() => Codec.FromOpenAI(Codec.Messages(TwoCalls + """,{"role":"user","content":"and?"}""")));
        Assert.Equal(CallErrorKind.InvalidRequest, error.Error.Kind);
        Assert.Contains("call_a", error.Message, StringComparison.Ordinal);
    }

    [Covers("M1")]
    [Fact]
    public void Instructions_go_to_their_place_and_later_ones_into_the_conversation()
    {
        var written = Codec.FromOpenAI(Codec.Messages("""
            {"role":"system","content":"a"},{"role":"developer","content":"b"},{"role":"user","content":"hi"},{"role":"assistant","content":"yes"},{"role":"system","content":"c"},{"role":"user","content":"go"}
            """));
        Codec.Same("""{"parts":[{"text":"a"},{"text":"b"}]}""", written.GetProperty("systemInstruction"));
        Codec.Same("""{"role":"user","parts":[{"text":"<system>\nc\n</system>"},{"text":"go"}]}""", written.GetProperty("contents")[2]);
    }

    [Covers("M2")]
    [Fact]
    public void An_empty_instruction_is_none() =>
        Assert.False(Codec.FromOpenAI(Codec.Messages("""{"role":"system","content":""},{"role":"user","content":"hi"}""")).TryGetProperty(
            "systemInstruction", out _));

    [Fact]
    public void Instructions_alone_are_a_prompt() =>
        Codec.Same(
            """{"contents":[{"role":"user","parts":[{"text":"Say hi."}]}],"generationConfig":{}}""",
            Codec.FromOpenAI(Codec.Messages("""{"role":"system","content":"Say hi."}""")));

    [Covers("M3")]
    [Fact]
    public void Neighbours_of_one_side_become_one_turn()
    {
        var contents = Codec.FromOpenAI(Codec.Messages("""
            {"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"1","content":"r1"},{"role":"tool","tool_call_id":"2","content":"r2"},{"role":"user","content":"c"}
            """)).GetProperty("contents");
        Assert.Equal(["user", "model", "user"], contents.EnumerateArray().Select(content => content.GetProperty("role").GetString()!));
        Assert.Equal(3, contents[2].GetProperty("parts").GetArrayLength());
        Assert.Equal("c", contents[2].GetProperty("parts")[2].GetProperty("text").GetString());
    }

    [Covers("M4")]
    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\" \"")]
    [InlineData("[]")]
    public void Content_that_says_nothing_is_left_out(string content)
    {
        foreach (var role in new[] { "user", "assistant", "system" })
        {
            var written = Codec.FromOpenAI(Codec.Messages($$$$$"""{"role":"user","content":"hi"},{"role":"{{{{{role}}}}}","content":{{{{{content}}}}}},{"role":"user","content":"go"}"""));
            Assert.All(
                written.GetProperty("contents").EnumerateArray().SelectMany(turn => turn.GetProperty("parts").EnumerateArray()),
                part => Assert.NotEqual("", part.GetProperty("text").GetString()!.Trim()));
        }

        var alone = Assert.Throws<CallException>(
            () => Codec.FromOpenAI(Codec.Messages($$$$$"""{"role":"user","content":{{{{{content}}}}}}""")));
        Assert.Equal("messages", alone.Error.Param);
    }

    [Covers("M5")]
    [Fact]
    public void Every_text_of_a_message_goes_out() =>
        Codec.Same(
            """[{"text":"a"},{"text":"b"},{"text":"c"}]""",
            Codec.FromOpenAI(Codec.Messages(
                """{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"text","text":"c"}]}"""))
                .GetProperty("contents")[0].GetProperty("parts"));

    [Covers("M6")]
    [Fact]
    public void Images_go_out_as_data_or_as_the_providers_own_files()
    {
        var parts = Codec.FromOpenAI(Codec.Messages("""
            {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,/9j/"}},{"type":"image_url","image_url":{"url":"gs://bucket/cat.png"}},
            {"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}}]}
            """)).GetProperty("contents")[0].GetProperty("parts");
        Codec.Same("""[{"inlineData":{"mimeType":"image/jpeg","data":"/9j/"}},{"fileData":{"mimeType":"image/png","fileUri":"gs://bucket/cat.png"}},{"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}}]""", parts);
    }

    [Covers("M6")]
    [Fact]
    public void An_image_at_a_web_address_is_refused_with_the_way_out()
    {
        var error = Assert.Throws<CallException>(() => Codec.FromOpenAI(Codec.Messages("""{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://example.com/cat.png"}}]}""")));
        Assert.Equal(CallErrorKind.InvalidRequest, error.Error.Kind);
        Assert.Equal("messages[0].content[1]", error.Error.Param);
        Assert.Contains("data URL", error.Message, StringComparison.Ordinal);
    }

    [Covers("M6")]
    [Fact]
    public void An_address_that_a_client_of_this_format_named_is_left_for_its_provider_to_read()
    {
        const string part = """{"fileData":{"fileUri":"https://www.youtube.com/watch?v=x"},"videoMetadata":{"fps":1}}""";
        var request = Codec.Decode($$"""{"contents":[{"role":"user","parts":[{{part}}]}]}""");
        Assert.True(Codec.Dialect.TakesAddress(Assert.IsType<UriContent>(request.Messages[0].Contents[0])));
        Codec.Same(part, Codec.Encode(request).GetProperty("contents")[0].GetProperty("parts")[0]);
        Assert.False(Codec.Dialect.TakesAddress(new UriContent("https://example.com/cat.png", "image/png")));
    }

    [Covers("M6")]
    [Theory]
    [InlineData("low", "MEDIA_RESOLUTION_LOW")]
    [InlineData("high", "MEDIA_RESOLUTION_HIGH")]
    public void The_detail_of_all_images_is_the_resolution(string detail, string resolution) =>
        Assert.Equal(resolution, Codec.FromOpenAI(Codec.Messages($$$"""{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"{{{detail}}}"}}]}"""))
            .GetProperty("generationConfig").GetProperty("mediaResolution").GetString());

    [Covers("M7")]
    [Fact]
    public void A_file_that_does_not_say_what_it_is_is_looked_into()
    {
        var pdf = Convert.ToBase64String("%PDF-1.7"u8);
        var parts = Codec.FromOpenAI(Codec.Messages($$$"""
            {"role":"user","content":[{"type":"file","file":{"file_data":"data:application/octet-stream;base64,{{{pdf}}}","filename":"report.bin"}},{"type":"file","file":{"file_data":"data:application/octet-stream;base64,AAAA","filename":"table.csv"}}]}
            """), out _).GetProperty("contents")[0].GetProperty("parts");
        Assert.Equal(
            ["application/pdf", "text/csv"],
            parts.EnumerateArray().Select(part => part.GetProperty("inlineData").GetProperty("mimeType").GetString()!));
        Assert.Throws<CallException>(() => Codec.FromOpenAI(Codec.Messages("""{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/octet-stream;base64,AAAA","filename":"x"}}]}""")));
    }

    [Covers("M7")]
    [Fact]
    public void A_cache_hint_is_reported_for_this_format_has_none()
    {
        Codec.FromOpenAI(Codec.Messages("""{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},{"type":"text","text":"y"}]}"""), out var losses);
        Assert.Equal(["messages[0].content[0].cache_control"], losses.Fields);
    }

    [Fact]
    public void Names_of_speakers_are_reported()
    {
        Codec.FromOpenAI(Codec.Messages("""{"role":"user","name":"ann","content":"x"}"""), out var losses);
        Assert.Equal(["messages[0].name"], losses.Fields);
    }

    [Fact]
    public void A_result_kept_whole_goes_out_under_the_name_of_its_call()
    {
        var request = Codec.Decode("""
            {"contents":[{"role":"user","parts":[{"text":"x"}]},
             {"role":"model","parts":[{"functionCall":{"id":"c1","name":"9_lives","args":{}}},{"functionCall":{"id":"c2","name":"f","args":{}}}]},
             {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"9_lives","response":{"output":"r"}}},{"functionResponse":{"id":"c2","name":"f","response":{"output":"s"}}}]}]}
            """);
        var names = ToolNames.Of(request, ToolNameRule.Dotted128)!;

        var contents = Codec.Encode(ToolRenaming.Apply(request, names)).GetProperty("contents");

        var call = contents[1].GetProperty("parts")[0].GetProperty("functionCall").GetProperty("name").GetString();
        Assert.Equal(names.Fit("9_lives"), call);
        Codec.Same(
            $$$$"""[{"functionResponse":{"id":"c1","name":"{{{{call}}}}","response":{"output":"r"}}},{"functionResponse":{"id":"c2","name":"f","response":{"output":"s"}}}]""",
            contents[2].GetProperty("parts"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"first I look\"")]
    public void A_conversation_that_begins_with_a_tool_call_is_refused(string content) =>
        Assert.Throws<CallException>(() => Codec.FromOpenAI(Codec.Messages("""{"role":"assistant","content":""" + content + ""","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}""")));
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>Histories as clients keep them become histories that every provider accepts.</summary>
public sealed class HistoryTests
{
    // A kind of block that is newer than this gateway, for which no other format has a form.
    private const string UnknownInResult = """
        {"model":"any","max_tokens":9,"messages":[{"role":"user","content":"?"},
        {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"find","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"server_thing","x":1}]}]}]}
        """;

    // A search by the provider before a call of the client's.
    private const string SearchBeforeCall = """
        {"model":"any","input":[{"role":"user","content":"?"},
        {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}},
        {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
        {"type":"function_call_output","call_id":"c","output":"done"}]}
        """;

    private const string UnknownTurns = """
        {"model":"any","max_tokens":9,"messages":[{"role":"user","content":"first"},
        {"role":"assistant","content":[{"type":"server_thing","x":1}]},
        {"role":"user","content":[{"type":"container_upload","file_id":"f"}]},{"role":"user","content":"last"}]}
        """;

    private const string ThoughtOnly = """
        {"model":"any","max_tokens":90,"messages":[{"role":"user","content":"first"},
        {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"}]},{"role":"user","content":"last"}]}
        """;

    public static TheoryData<string> Egress => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Others(string own) =>
        [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Where(id => id != own).Order(StringComparer.Ordinal)];

    [Covers("X3")]
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_result_of_which_nothing_can_be_written_names_what_it_was(string egress)
    {
        var body = Translate("anthropic-messages", UnknownInResult, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Contains("[server_thing]", body.GetRawText(), StringComparison.Ordinal);
        Assert.NotEmpty(losses.Fields);
        Assert.DoesNotContain("\"content\":[]", body.GetRawText(), StringComparison.Ordinal);
    }

    [Covers("X3")]
    [Theory, MemberData(nameof(Others), "openai-responses")]
    public void A_call_beside_an_item_that_is_left_out_stands_alone(string egress)
    {
        var body = Translate("openai-responses", SearchBeforeCall, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Contains(losses.Fields, field => field.StartsWith("messages[1]", StringComparison.Ordinal));
    }

    [Covers("X3")]
    [Fact]
    public void Beside_calls_alone_the_content_of_a_chat_message_is_null()
    {
        var messages = Translate("openai-responses", SearchBeforeCall, "openai-chat", out _).GetProperty("messages");
        Assert.Equal(JsonValueKind.Null, messages[1].GetProperty("content").ValueKind);
        Assert.Equal(3, messages.GetArrayLength());
    }

    [Covers("X3")]
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_turn_of_which_nothing_can_be_written_is_left_out_and_named(string egress)
    {
        var body = Translate("anthropic-messages", UnknownTurns, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Equal(2, losses.Fields.Count(field => field.StartsWith("messages[1].content", StringComparison.Ordinal)
            || field.StartsWith("messages[2].content", StringComparison.Ordinal)));
        Assert.Contains("first", body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("last", body.GetRawText(), StringComparison.Ordinal);
    }

    [Covers("X3")]
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_turn_of_another_models_reasoning_alone_is_left_out_and_named(string egress)
    {
        var body = Translate("anthropic-messages", ThoughtOnly, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Matches(@"^messages\[1\]\..*reasoning", Assert.Single(losses.Fields));
    }

    [Covers("X3")]
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_conversation_of_which_nothing_can_be_written_is_refused_by_us(string egress)
    {
        const string Nothing = """
            {"model":"any","max_tokens":9,"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}]}
            """;
        var error = Assert.Throws<CallException>(() => Translate("anthropic-messages", Nothing, egress, out _)).Error;
        Assert.Equal((CallErrorKind.InvalidRequest, "messages"), (error.Kind, error.Param));
    }

    [Covers("X14")]
    [Theory, MemberData(nameof(Egress))]
    public void The_contents_a_Gemini_client_keeps_of_a_stream_are_one_turn(string egress)
    {
        const string Kept = """
            {"contents":[{"role":"user","parts":[{"text":"?"}]},
            {"role":"model","parts":[{"text":"Hel"}]},{"role":"model","parts":[{"text":"lo"}]},{"role":"model","parts":[{"text":" "}]},
            {"role":"model","parts":[{"text":"you"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},
            {"role":"model","parts":[{"text":""}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"done"}}}]},
            {"role":"model","parts":[{"text":""}]},{"role":"user","parts":[{"text":"on"}]}]}
            """;
        var body = Translate("gemini", Kept, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Contains("\"Hello you\"", body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"text\":\"\"", body.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(losses.Fields);
    }

    [Covers("X14")]
    [Theory, MemberData(nameof(Egress))]
    public void Results_that_come_in_a_content_each_or_after_a_text_are_one_turn(string egress)
    {
        const string Kept = """
            {"contents":[{"role":"user","parts":[{"text":"?"}]},
            {"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},
            {"role":"model","parts":[{"functionCall":{"name":"g","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}}]},
            {"role":"user","parts":[{"text":"see"}]},
            {"role":"user","parts":[{"functionResponse":{"name":"g","response":{"output":"two"}}}]}]}
            """;
        var body = Translate("gemini", Kept, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        foreach (var word in (string[])["one", "two", "see"])
            Assert.Contains(word, body.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(losses.Fields);
    }

    [Covers("X14")]
    [Theory, MemberData(nameof(Egress))]
    public void Calls_and_results_that_come_in_a_message_each_or_after_a_text_are_one_turn(string egress)
    {
        const string Kept = """
            {"model":"any","max_tokens":99,"messages":[{"role":"user","content":"?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"toolu_a","name":"f","input":{}}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"toolu_b","name":"g","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a","content":"one"},{"type":"text","text":"see"}]},
            {"role":"user","content":"further"},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_b","content":"two"}]}]}
            """;
        var body = Translate("anthropic-messages", Kept, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        foreach (var word in (string[])["one", "two", "see", "further"])
            Assert.Contains(word, body.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(losses.Fields);
    }

    [Theory]
    [InlineData("bedrock-converse")]
    [InlineData("gemini")]
    [InlineData("openai-chat")]
    [InlineData("openai-responses")]
    [InlineData("cohere")]
    [InlineData("ollama")]
    public void What_is_lost_behind_messages_that_became_one_is_named_where_the_client_put_it(string egress)
    {
        const string Kept = """
            {"model":"any","max_tokens":99,"messages":[{"role":"user","content":"?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"toolu_a","name":"f","input":{}}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"toolu_b","name":"g","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a","content":"one"},{"type":"text","text":"see"}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_b","content":"two"}]},
            {"role":"assistant","content":"seen"},
            {"role":"user","content":[{"type":"container_upload","file_id":"f"},{"type":"text","text":"on"}]}]}
            """;
        Translate("anthropic-messages", Kept, egress, out var losses);
        Assert.Equal(["messages[6].content[0]"], losses.Fields);
    }

    /// <summary>An application that keeps a stream's updates unchanged, one message each or all in one.</summary>
    [Covers("X14")]
    [Theory, MemberData(nameof(Egress))]
    public void Blank_pieces_of_an_answer_keep_their_spaces(string egress)
    {
        string[] pieces = ["Hel", "lo", " ", "you"];
        var question = new ChatMessage(ChatRole.User, "?");
        var onward = new ChatMessage(ChatRole.User, "on");
        var inOne = new ChatMessage(ChatRole.Assistant, [.. pieces.Select(piece => new TextContent(piece))]);

        var body = Encode(new CanonicalChatRequest([question, inOne, onward], new ChatOptions()), egress, out _);

        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Equal("Hello you", AnswersIn(body));
    }

    [Covers("X14")]
    [Theory]
    [InlineData("anthropic-messages")]
    [InlineData("bedrock-converse")]
    [InlineData("gemini")]
    public void Blank_pieces_in_messages_of_their_own_keep_their_spaces(string egress)
    {
        List<ChatMessage> messages =
        [
            new(ChatRole.User, "?"),
            .. new[] { "Hel", "lo", " ", "\n", "you", " " }.Select(piece => new ChatMessage(ChatRole.Assistant, piece)),
            new(ChatRole.User, "on"),
        ];
        var body = Encode(new CanonicalChatRequest(messages, new ChatOptions()), egress, out _);

        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Equal("Hello \nyou", AnswersIn(body));
    }

    [Covers("X15")]
    [Theory, MemberData(nameof(Egress))]
    public void A_call_whose_id_a_Gemini_client_sends_back_loses_nothing(string egress)
    {
        const string WithIds = """
            {"contents":[{"role":"user","parts":[{"text":"?"}]},
            {"role":"model","parts":[{"functionCall":{"id":"call_7","name":"f","args":{}}},
            {"functionCall":{"id":"call_8","name":"f","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"call_8","name":"f","response":{"output":"b"}}},
            {"functionResponse":{"id":"call_7","name":"f","response":{"output":"a"}}}]}]}
            """;
        var body = Translate("gemini", WithIds, egress, out var losses);
        Assert.Empty(HistoryRules.Broken(egress, body));
        Assert.Empty(losses.Fields);
        Assert.Equal(2, body.GetRawText().Split("call_7").Length - 1);
    }

    /// <summary>As OpenAI's examples keep a spoken answer: by the id of its recording, without text.</summary>
    [Theory, MemberData(nameof(Others), "openai-chat")]
    public void A_turn_of_which_only_the_id_of_a_recording_is_left_is_named_as_lost(string egress)
    {
        foreach (var content in (string[])["", "\"content\":null,", "\"content\":\"\","])
        {
            Translate(
                "openai-chat",
                $$$"""
                {"model":"any","messages":[{"role":"user","content":"first"},
                {"role":"assistant",{{{content}}}"audio":{"id":"audio_1"}},{"role":"user","content":"last"}]}
                """,
                egress, out var losses);
            Assert.Contains("messages[1].audio", losses.Fields);
        }
    }

    /// <summary>Clients of Anthropic send back who made a call; as a rule the model itself did.</summary>
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_call_that_the_model_made_itself_loses_nothing_and_one_by_its_program_is_named(string egress)
    {
        const string Called = """
            {"model":"any","max_tokens":90,"messages":[{"role":"user","content":"?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{},"caller":CALLER}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"done"}]}]}
            """;
        Translate(
            "anthropic-messages", Called.Replace("CALLER", """{"type":"direct"}""", StringComparison.Ordinal), egress, out var none);
        Translate(
            "anthropic-messages",
            Called.Replace("CALLER", """{"type":"code_execution_20250825","tool_id":"s"}""", StringComparison.Ordinal),
            egress, out var one);

        Assert.DoesNotContain(none.Fields, static field => field.EndsWith(".caller", StringComparison.Ordinal));
        Assert.Contains(one.Fields, static field => field.EndsWith(".caller", StringComparison.Ordinal));
    }

    /// <summary>Some clients write every member that they know.</summary>
    [Theory, MemberData(nameof(Others), "anthropic-messages")]
    public void A_member_that_asks_for_what_happens_anyway_is_no_loss_and_any_other_value_is_named(string egress)
    {
        const string Usual = """
            {"model":"any","max_tokens":90,"tools":[{"name":"f","input_schema":{"type":"object"},"defer_loading":false,
            "eager_input_streaming":false,"allowed_callers":["direct"]}],"messages":[{"role":"user","content":[{"type":"document",
            "source":{"type":"text","media_type":"text/plain","data":"deep"},"citations":{"enabled":false}},{"type":"text","text":"?"}]}]}
            """;
        string[] names = ["defer_loading", "eager_input_streaming", "allowed_callers", "citations"];
        Translate("anthropic-messages", Usual, egress, out var none);
        Translate(
            "anthropic-messages",
            Usual.Replace("false", "true", StringComparison.Ordinal).Replace("direct", "code_execution_20250825", StringComparison.Ordinal),
            egress, out var all);

        Assert.All(names, name => Assert.DoesNotContain(none.Fields, field => field.Contains(name, StringComparison.Ordinal)));
        Assert.All(names, name => Assert.Contains(all.Fields, field => field.Contains(name, StringComparison.Ordinal)));
    }

    /// <summary>The text of the assistant's turns, in any number of pieces.</summary>
    private static string AnswersIn(JsonElement body)
    {
        var turns = body.TryGetProperty("contents", out var contents) ? contents
            : body.TryGetProperty("input", out var input) ? input : body.GetProperty("messages");
        return string.Concat(
            turns.EnumerateArray().Where(turn => turn.GetProperty("role").GetString() is "assistant" or "model").Select(turn =>
                (turn.TryGetProperty("parts", out var parts) ? parts : turn.GetProperty("content")) is var said
                    && said.ValueKind == JsonValueKind.String
                    ? said.GetString()
                    : string.Concat(said.EnumerateArray().Select(part => part.GetProperty("text").GetString()))));
    }

    private static JsonElement Translate(string ingress, string request, string egress, out LossReport losses) => Encode(
        BuiltInDialects.Set.Ingress(new DialectId(ingress)).DecodeRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = "any" }, Encoding.UTF8.GetBytes(request)),
        egress, out losses);

    private static JsonElement Encode(CanonicalRequest request, string egress, out LossReport losses)
    {
        losses = new LossReport();
        var output = new ArrayBufferWriter<byte>();
        BuiltInDialects.Set.Egress(new DialectId(egress))
            .EncodeRequest(request, new EgressTarget("some", Golden.GoldenTests.ModelOf(egress), ProviderQuirks.None), losses, output);
        return JsonElement.Parse(output.WrittenSpan);
    }
}

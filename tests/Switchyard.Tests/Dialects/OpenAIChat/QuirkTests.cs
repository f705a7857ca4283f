using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Providers.Catalogue;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>
/// "Compatible" providers with differences, Mistral above all, with their quirks in the catalogue.
/// </summary>
public sealed class QuirkTests
{
    private static readonly EgressTarget s_mistral = Of("mistral");

    [Covers("T12")]
    [Theory]
    [InlineData("abcDEF123", true)]
    [InlineData("call_x", false)]
    [InlineData("12345678", false)]
    [InlineData("call:1.2/x", false)]
    public void Ids_for_Mistral_are_nine_letters_and_digits_for_call_and_result_alike(string id, bool stays)
    {
        foreach (var given in new[] { id, stays ? id : id + new string('x', 200) })
        {
            var (call, result) = Ids(given);
            Assert.Equal(call, result);
            Assert.Matches("^[a-zA-Z0-9]{9}$", call);
            Assert.Equal(stays, call == given);
            Assert.Equal((call, result), Ids(given));
        }

        static (string Call, string Result) Ids(string id)
        {
            var messages = Mistral($$$"""{"role":"assistant","tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"{{{id}}}","content":"one"}""");
            return (
                messages[0].GetProperty("tool_calls")[0].GetProperty("id").GetString()!,
                messages[1].GetProperty("tool_call_id").GetString()!);
        }
    }

    [Covers("T15")]
    [Theory]
    [InlineData("\"auto\"", "\"auto\"")]
    [InlineData("\"none\"", "\"none\"")]
    [InlineData("\"required\"", "\"any\"")]
    [InlineData("\"any\"", "\"any\"")]
    [InlineData("""{"type":"function","function":{"name":"f"}}""", """{"type":"function","function":{"name":"f"}}""")]
    public void Mistral_calls_a_demanded_tool_any(string choice, string written)
    {
        var body = Codec.Translate(
            Codec.Chat($$$"""  "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{{{choice}}} """), s_mistral);
        Assert.Equal(written, body.GetProperty("tool_choice").GetRawText());
    }

    [Theory]
    [InlineData("\"reasoning\":{\"effort\":\"high\"}")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":20000}")]
    [InlineData("\"enable_thinking\":true,\"thinking_budget\":20000")]
    [InlineData("\"chat_template_kwargs\":{\"enable_thinking\":true,\"thinking_budget\":20000}")]
    public void Mistral_which_refuses_other_servers_fields_of_reasoning_gets_their_effort(string field)
    {
        var body = Codec.Translate(Codec.Chat(field), s_mistral);
        Assert.Equal("high", body.GetProperty("reasoning_effort").GetString());
        Assert.DoesNotContain(
            body.EnumerateObject(),
            member => member.Name is "reasoning" or "thinking" or "enable_thinking" or "thinking_budget" or "chat_template_kwargs");
    }

    [Fact]
    public void A_developer_is_the_system_where_the_role_is_not_known()
    {
        const string messages = """{"role":"developer","content":"a"},{"role":"user","content":"b"}""";
        Assert.Equal("system", Mistral(messages)[0].GetProperty("role").GetString());
        Assert.Equal("developer", Codec.Translate(Codec.Messages(messages)).GetProperty("messages")[0].GetProperty("role").GetString());
    }

    [Covers("X8")]
    [Theory]
    [InlineData("deepseek")]
    [InlineData("moonshot")]
    [InlineData("zai")]
    [InlineData("zhipu")]
    [InlineData("dashscope")]
    public void Who_knows_no_developer_gets_it_as_the_system_forwarded_ones_too(string provider)
    {
        var body = Codec.Messages("""{"role":"developer","content":"a"},{"role":"user","content":"b"}""");
        Assert.Null(Codec.Forward(body, Of(provider)));
        Assert.Equal(
            "system", Codec.Translate(body, Of(provider)).GetProperty("messages")[0].GetProperty("role").GetString());
    }

    [Covers("X7")]
    [Fact]
    public void Between_a_tools_result_and_the_user_Mistral_gets_an_assistants_turn()
    {
        const string calls = """{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abcDEF123","content":"1"}""";
        const string user = """{"role":"user","content":"b"}""";
        Assert.Equal(["user", "assistant", "tool", "assistant", "user"], RolesOf(Mistral(calls + "," + user)));
        const string system = """{"role":"system","content":"s"}""";
        Assert.Equal(["user", "assistant", "tool", "assistant", "system", "user"], RolesOf(Mistral(calls + "," + system + "," + user)));
        Assert.Null(Codec.Forward(Codec.Messages(calls + "," + system), s_mistral));
        Assert.Equal(["user", "assistant", "tool"], RolesOf(Mistral(calls)));
        Assert.Null(Codec.Forward(Codec.Messages(calls + "," + user), s_mistral));
        Assert.NotNull(Codec.Forward(Codec.Messages(calls), s_mistral));
        Assert.NotNull(Codec.Forward(Codec.Messages(calls + """,{"role":"assistant","content":"c"},""" + user), s_mistral));
        Assert.Equal(
            ["user", "assistant", "tool", "user"], RolesOf(Codec.Translate(Codec.Messages(calls + "," + user)).GetProperty("messages")));

        static string[] RolesOf(JsonElement messages) =>
            [.. messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()!)];
    }

    /// <summary>Mistral: "Expected last role User or Tool (or Assistant with prefix True) for serving but got system".</summary>
    [Covers("X7")]
    [Theory]
    [InlineData("system", "", "user,user")]
    [InlineData("developer", "", "user,user")]
    [InlineData("system", ",{\"role\":\"user\",\"content\":\"b\"}", "user,system,user")]
    [InlineData("system", ",{\"role\":\"assistant\",\"content\":\"b\",\"prefix\":true}", "user,system,assistant")]
    public void What_ends_with_instructions_ends_with_the_user_for_Mistral(string role, string more, string expected)
    {
        var turns = $$$"""{"role":"user","content":"a"},{"role":"{{{role}}}","content":"Be brief."}{{{more}}}""";

        var messages = Mistral(turns).EnumerateArray().ToList();

        Assert.Equal(expected, string.Join(',', messages.Select(message => message.GetProperty("role").GetString())));
        Assert.Equal("Be brief.", messages[1].GetProperty("content").GetString());
        Assert.Equal(more.Length > 0, Codec.Forward(Codec.Messages(turns), s_mistral) is not null);
        Assert.Equal(role, Codec.Translate(Codec.Messages(turns)).GetProperty("messages")[1].GetProperty("role").GetString());
    }

    [Theory]
    [InlineData("", true, false)]
    [InlineData("\"seed\":7,", true, false)]
    [InlineData("\"reasoning_effort\":\"high\",", null, false)]
    [InlineData("", null, true)]
    [InlineData("", false, true)]
    [InlineData("\"reasoning_effort\":\"none\",", false, true)]
    [InlineData("\"prompt_mode\":\"reasoning\",", true, true)]
    [InlineData("\"random_seed\":7,", true, true)]
    public void An_answer_of_Mistral_that_may_have_parts_is_forwarded_only_to_its_own_clients(string member, bool? reasons, bool forwards)
    {
        var target = s_mistral with { Facts = new ModelFacts { Reasoning = reasons } };

        var forwarded = Codec.Forward($$$"""{"model":"m",{{{member}}}"messages":[{"role":"user","content":"a"}]}""", target);

        Assert.Equal(forwards, forwarded is not null);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("\"reasoning_effort\":\"high\",", false)]
    public void A_model_of_Mistral_that_reasons_only_on_request_answers_with_parts_only_then(string member, bool forwards)
    {
        var target = s_mistral with { Facts = new ModelFacts { Reasoning = true, ReasoningEfforts = ["none", "high"] } };

        Assert.Equal(
            forwards,
            Codec.Forward($$$"""{"model":"m",{{{member}}}"messages":[{"role":"user","content":"a"}]}""", target) is not null);
    }

    [Fact]
    public void A_client_that_sends_Mistrals_parts_also_reads_them()
    {
        var target = s_mistral with { Facts = new ModelFacts { Reasoning = true } };

        Assert.NotNull(Codec.Forward(
            Codec.Messages("""{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"b"}]},{"role":"user","content":"c"}"""),
            target));
    }

    [Covers("X17")]
    [Theory]
    [InlineData("cerebras")]
    [InlineData("groq")]
    public void What_a_provider_does_anyway_is_left_out_where_it_refuses_the_field(string provider)
    {
        Assert.False(Codec.Translate(Codec.Chat("\"store\":false"), Of(provider)).TryGetProperty("store", out _));
        Assert.DoesNotContain("store", Codec.Forward(Codec.Chat("\"store\":false"), Of(provider)), StringComparison.Ordinal);
    }

    [Covers("X17")]
    [Fact]
    public void Perplexity_is_asked_for_usage() =>
        Assert.True(
            Codec.Translate(Codec.Chat("\"stream\":true"), Of("perplexity")).GetProperty("stream_options").GetProperty("include_usage")
                .GetBoolean());

    [Covers("X5")]
    [Theory]
    [InlineData("deepseek", "thinking")]
    [InlineData("zai", "thinking")]
    [InlineData("moonshot", "thinking")]
    [InlineData("dashscope", "enable_thinking")]
    public void Reasoning_is_switched_off_by_the_providers_own_member(string provider, string member)
    {
        var translated = Codec.Translate(Codec.Chat("\"reasoning_effort\":\"none\""), Of(provider));
        Assert.Contains(translated.GetProperty(member).GetRawText(), new[] { "false", """{"type":"disabled"}""" });
        Assert.False(translated.TryGetProperty("reasoning_effort", out _));
    }

    [Fact]
    public void Members_of_a_message_that_are_refused_are_left_out_and_named()
    {
        var messages = Codec.Translate(
            Codec.Messages("""
            {"role":"user","name":"ann","content":"hi","weight":1},
            {"role":"assistant","content":null,"refusal":null,"audio":{"id":"a"},"function_call":{"name":"f","arguments":"{}"}},
            {"role":"function","name":"f","content":"one"},
            {"role":"assistant","content":"no","refusal":"I will not."}
            """),
            out var losses, s_mistral).GetProperty("messages");
        Assert.Equal(["messages[0].name", "messages[0].weight", "messages[1].audio"], losses.Fields.Order());
        var id = messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString();
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse($$$"""
            [{"role":"user","content":"hi"},
             {"role":"assistant","tool_calls":[{"id":"{{{id}}}","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"{{{id}}}","content":"one","name":"f"},
             {"role":"assistant","content":[{"type":"text","text":"no"},{"type":"text","text":"I will not."}],"prefix":true}]
            """),
            messages));
    }

    [Fact]
    public void Audio_goes_as_it_is_taken()
    {
        const string audio = """{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}""";
        const string bare = """{"role":"user","content":[{"type":"input_audio","input_audio":"UklGRg=="}]}""";
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(bare), Mistral(audio)[0]));
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(bare), Mistral(bare)[0]));
        Assert.Empty(JsonDiff.Compare(JsonElement.Parse(audio), Codec.Translate(Codec.Messages(audio)).GetProperty("messages")[0]));
    }

    [Covers("R7")]
    [Fact]
    public void Mistral_thinking_is_a_part_of_the_content_both_ways()
    {
        const string wire =
            """[{"type":"thinking","thinking":[{"type":"text","text":"12 times 12"}],"closed":true},{"type":"text","text":"144"}]""";
        var answer = Codec.DecodeAnswer($$$"""{"id":"a","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","tool_calls":null,"content":{{{wire}}}}}]}""");
        var message = Codec.EncodeAnswer(answer).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(
            ("144", "12 times 12"), (message.GetProperty("content").GetString(), message.GetProperty("reasoning_content").GetString()));

        // The client may send the answer back in its own form or in the provider's.
        Assert.Empty(JsonDiff.Compare(
            JsonElement.Parse("""[{"type":"thinking","thinking":[{"type":"text","text":"12 times 12"}]},{"type":"text","text":"144"}]"""),
            Mistral("""{"role":"assistant","content":"144","reasoning_content":"12 times 12"}""")[0].GetProperty("content")));
        Assert.Empty(
            JsonDiff.Compare(JsonElement.Parse(wire), Mistral($$"""{"role":"assistant","content":{{wire}}}""")[0].GetProperty("content")));

        var (updates, error) = Codec.DecodeStream(Codec.Stream(
            Codec.Chunk("""{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"12 times"}]}]}"""),
            Codec.Chunk("""{"content":"144"}""", "\"stop\""), "[DONE]"));
        Assert.Null(error);
        Assert.Equal(
            "12 times",
            string.Concat(updates.SelectMany(update => update.Contents).OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("144", string.Concat(updates.Select(update => update.Text)));
    }

    [Covers("R9")]
    [Fact]
    public void Thinking_another_provider_signed_is_not_sent_as_thinking()
    {
        var signed = new TextReasoningContent("secret") { ProtectedData = "c2ln" };
        var request = new CanonicalChatRequest([new ChatMessage(ChatRole.Assistant, [signed, new TextContent("hi")])], new());
        var message = Codec.EncodeRequest(request, out var losses, s_mistral).GetProperty("messages")[0];
        Assert.Equal("""{"role":"assistant","content":"hi","prefix":true}""", message.GetRawText());
        Assert.Equal(["messages[0].reasoning_content"], losses.Fields);
    }

    [Covers("R6")]
    [Theory]
    [InlineData("none", "none")]
    [InlineData("low", "none")]
    [InlineData("medium", "high")]
    [InlineData("high", "high")]
    [InlineData("xhigh", "high")]
    [InlineData("max", "high")]
    public void An_effort_becomes_the_nearest_Mistral_has_and_is_named(string effort, string written)
    {
        var body = Codec.Translate(Codec.Chat($"\"reasoning_effort\":\"{effort}\""), out var losses, s_mistral);
        Assert.Equal(written, body.GetProperty("reasoning_effort").GetString());
        Assert.Equal(effort == written ? [] : ["reasoning_effort"], losses.Fields);
    }

    [Fact]
    public void Options_go_by_the_names_that_are_known()
    {
        var body = Codec.Translate(
            Codec.Chat(
                """ "seed":7,"max_completion_tokens":9,"user":"u","store":true,"stream":true,"stream_options":{"include_usage":true} """),
            out var losses, s_mistral);
        Assert.Equal(["store", "user"], losses.Fields.Order());
        Assert.Equal(["model", "messages", "max_tokens", "random_seed", "stream"], body.EnumerateObject().Select(member => member.Name));
        var embedding = Codec.Translate("""{"model":"m","input":"a","dimensions":8}""", s_mistral, CallOperation.Embedding);
        Assert.Equal(8, embedding.GetProperty("output_dimension").GetInt32());
        Assert.False(embedding.TryGetProperty("encoding_format", out _));
    }

    [Fact]
    public void A_body_without_anything_odd_is_still_forwarded()
    {
        const string body = """{"model":"m","messages":[{"role":"system","content":"a"},{"role":"assistant","content":"","tool_calls":[{"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{\"required\":\"developer\"}"}}]},{"role":"tool","tool_call_id":"abcDEF123","name":"f","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":[{"type":"text","text":"developer"},{"type":"input_audio","input_audio":"UklGRg=="}]}],"seed":7,"max_completion_tokens":5,"tool_choice":"auto","reasoning_effort":"high","safe_prompt":false}""";
        Assert.Equal(
            body.Replace("\"model\":\"m\"", "\"model\":\"upstream-model\"", StringComparison.Ordinal)
                .Replace("\"seed\"", "\"random_seed\"", StringComparison.Ordinal)
                .Replace("max_completion_tokens", "max_tokens", StringComparison.Ordinal),
            Codec.Forward(body, s_mistral));
    }

    [Theory]
    [InlineData("""{"role":"developer","content":"a"}""", "")]
    [InlineData("""{"content":"a","role":"user","name":"ann"}""", "")]
    [InlineData("""{"role":"user","content":"a","weight":1}""", "")]
    [InlineData("""{"role":"assistant","content":"a","refusal":null}""", "")]
    [InlineData("""{"role":"function","name":"f","content":"a"}""", "")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"a"},{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}""", "")]
    [InlineData(
        """{"role":"assistant","content":"","tool_calls":[{"type":"function","id":"call_1","function":{"name":"f","arguments":"{}"}}]}""",
        "")]
    [InlineData("""{"role":"tool","tool_call_id":"call_1","content":"a"}""", "")]
    [InlineData("""{"role":"user","content":"a"}""", ",\"tool_choice\":\"required\"")]
    [InlineData("""{"role":"user","content":"a"}""", ",\"reasoning_effort\":\"low\"")]
    [InlineData("""{"role":"user","content":"a"}""", ",\"user\":\"u\"")]
    public void A_body_that_must_change_inside_is_translated(string message, string fields)
    {
        var body = $$"""{"model":"m","messages":[{"role":"user","content":"first"},{{message}}]{{fields}}}""";
        Assert.Null(Codec.Forward(body, s_mistral));
        Assert.NotNull(Codec.Forward(body));
    }

    [Fact]
    public void Groq_is_not_sent_the_name_of_a_message()
    {
        const string body = """{"model":"m","messages":[{"role":"user","name":"ann","content":"hi"}]}""";
        Assert.Null(Codec.Forward(body, Of("groq")));
        Codec.Translate(body, out var losses, Of("groq"));
        Assert.Equal(["messages[0].name"], losses.Fields);
    }

    [Covers("M11")]
    [Fact]
    public void Where_only_floats_are_served_the_client_still_gets_base64()
    {
        var floats = Codec.With(new ProviderQuirks { UnsupportedParams = ["encoding_format"] });
        const string body = """{"model":"m","input":"a","encoding_format":"base64"}""";
        Assert.Null(Codec.Forward(body, floats, CallOperation.Embedding));
        Assert.Equal("""{"model":"upstream-model","input":"a"}""", Codec.Translate(body, floats, CallOperation.Embedding).GetRawText());
        var answer = Codec.Dialect.DecodeAnswer(
            CallOperation.Embedding, """{"data":[{"index":0,"embedding":[1,0.5]}],"usage":{"total_tokens":4}}"""u8.ToArray());
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Dialect.EncodeAnswer(answer, Codec.Context(operation: CallOperation.Embedding) with { Base64Embeddings = true }, output);
        Assert.Equal("AACAPwAAAD8=", JsonElement.Parse(output.WrittenSpan).GetProperty("data")[0].GetProperty("embedding").GetString());
        Assert.Equal(4, answer.Usage.Input);
    }

    [Fact]
    public void Voyage_is_not_asked_for_floats_by_name()
    {
        var voyage = Of("voyage");
        const string floats =
            """{"model":"m","input":["a","b"],"encoding_format":"float","dimensions":8,"input_type":"query"}""";
        Assert.Null(Codec.Forward(floats, voyage, CallOperation.Embedding));
        Assert.Equal(
            """{"model":"upstream-model","input":["a","b"],"output_dimension":8,"input_type":"query"}""",
            Codec.Translate(floats, voyage, CallOperation.Embedding).GetRawText());

        // Its own client asks for base64, and reads it by "output_dtype".
        Assert.Equal(
            """{"model":"upstream-model","input":"a","encoding_format":"base64","output_dtype":"int8"}""",
            Codec.Forward(
                """{"model":"m","input":"a","encoding_format":"base64","output_dtype":"int8"}""", voyage, CallOperation.Embedding));
    }

    [Theory]
    [InlineData("jina")]
    [InlineData("lmstudio")]
    public void A_server_that_takes_no_encoding_format_is_sent_none(string provider)
    {
        const string floats = """{"model":"m","input":"a","encoding_format":"float"}""";
        const string base64 = """{"model":"m","input":"a","encoding_format":"base64"}""";
        const string sent = """{"model":"upstream-model","input":"a"}""";

        // It always answers with numbers; the gateway encodes them as base64.
        Assert.Equal(sent, Codec.Forward(floats, Of(provider), CallOperation.Embedding));
        Assert.Null(Codec.Forward(base64, Of(provider), CallOperation.Embedding));
        Assert.Equal(sent, Codec.Translate(base64, Of(provider), CallOperation.Embedding).GetRawText());
    }

    [Fact]
    public void Padding_of_a_chunk_goes_no_further()
    {
        var (updates, _) = Codec.DecodeStream(
            Codec.Stream(
                Codec.Chunk("""{"role":"assistant","content":"a"}""", more: ",\"p\":\"abcde\""),
                Codec.Chunk("{}", "\"stop\"", more: ",\"p\":\"x\""), "[DONE]"));
        Assert.DoesNotContain("\"p\":", Codec.EncodeStream(updates), StringComparison.Ordinal);
    }

    [Covers("F1")]
    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("length", "length")]
    [InlineData("model_length", "length")]
    [InlineData("tool_calls", "tool_calls", ""","tool_calls":[{"id":"abcDEF123","function":{"name":"f","arguments":"{}"}}]""")]
    public void Every_ending_of_Mistral_has_its_reason(string word, string expected, string calls = "") => Assert.Equal(
        expected,
        Codec.DecodeAnswer($$$"""{"id":"a","choices":[{"index":0,"finish_reason":"{{{word}}}","message":{"role":"assistant","content":"x"{{{calls}}}}}]}""").FinishReason!.Value.Value);

    [Fact]
    public void Recordings_of_Mistral_are_written_as_they_were_and_read_with_their_exact_usage()
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var exchanges = Cassettes.Read("mistral").Where(exchange => exchange.Status == 200).ToList();
        Assert.Equal(5, exchanges.Count);
        foreach (var exchange in exchanges)
        {
            var sent = JsonElement.Parse(exchange.Request);
            var target = s_mistral with { Model = sent.GetProperty("model").GetString()! };
            var text = Encoding.UTF8.GetString(exchange.Request);
            // A request with an effort is answered in parts of thinking, so that it is translated.
            Assert.Equal(sent.TryGetProperty("reasoning_effort", out _) ? null : text, Codec.Forward(text, target));
            // False is the default, and not written.
            Assert.Empty(JsonDiff.Compare(sent, Codec.Translate(text, target), sent.GetProperty("stream").GetBoolean() ? "" : "$.stream"));
            if (exchange.IsEventStream)
            {
                var (updates, error) = Codec.DecodeStream(exchange.Answer);
                Assert.Null(error);
                Assert.Equal((11, 80), UsageOf(updates));
                for (var cut = 0; cut < exchange.Answer.Length; cut += 13)
                    Assert.Equal(
                        string.Concat(updates.Select(update => update.Text)),
                        string.Concat(Codec.DecodeStream(exchange.Answer, cuts: cut).Updates.Select(update => update.Text)));
                continue;
            }

            var usage = JsonElement.Parse(exchange.Answer).GetProperty("usage");
            var read = Codec.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer)).Usage!;
            Assert.Equal(
                (usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64()),
                (read.InputTokenCount, read.OutputTokenCount));
        }

        static (long?, long?) UsageOf(IEnumerable<ChatResponseUpdate> updates)
        {
            var details = updates.SelectMany(update => update.Contents).OfType<UsageContent>().Single().Details;
            return (details.InputTokenCount, details.OutputTokenCount);
        }
    }

    /// <summary>It refuses every field that it does not know, and OpenAI's clients send two of them.</summary>
    [Fact]
    public void Jina_is_sent_neither_an_encoding_nor_an_end_user()
    {
        const string body = """{"model":"m","input":"a","encoding_format":"base64","user":"u","task":"retrieval.query"}""";

        Assert.Null(Codec.Forward(body, Of("jina"), CallOperation.Embedding));
        Assert.Equal(
            """{"model":"upstream-model","input":"a","task":"retrieval.query"}""",
            Codec.Translate(body, out var losses, Of("jina"), CallOperation.Embedding).GetRawText());
        Assert.Equal(["user"], losses.Fields);
    }

    private static EgressTarget Of(string provider) => Codec.With(ProviderCatalog.Default.Find(provider)!.Quirks);

    private static JsonElement Mistral(string messages) => Codec.Translate(Codec.Messages(messages), s_mistral).GetProperty("messages");
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

public sealed class ReasoningTests
{
    private const string Thinking = """{"type":"thinking", "thinking":"H\u00f6 1.50", "signature":"Eq/B==", "x_new": 1.0}""";
    private const string Redacted = """{"type":"redacted_thinking","data":"EvgF/+=="}""";

    private static readonly EgressTarget Adaptive = Codec.With(
        new ModelFacts { Reasoning = true, ReasoningEfforts = ["low", "medium", "high"], MaxOutputTokens = 32000 });

    [Covers("R1", "R3")]
    [Fact]
    public void The_blocks_of_a_tool_loop_come_back_byte_for_byte_and_in_order()
    {
        var answer = Codec.DecodeAnswer(
            $$$$"""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{{{Thinking}}}},{{{{Redacted}}}},{"type":"text","text":"ok"},{"type":"tool_use","id":"t1","name":"f","input":{"a": 1.0}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}""");
        var toClient = Codec.EncodeAnswer(answer).GetProperty("content").GetRawText();
        Assert.StartsWith($"[{Thinking},{Redacted},", toClient, StringComparison.Ordinal);

        var request = Codec.Chat(
            "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}",
            $$$$"""{"role":"user","content":"hi"},{"role":"assistant","content":{{{{toClient}}}}},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"r"}]}""");
        var body = Codec.EncodeText(Codec.Decode(request), out var losses);
        Assert.Contains($"\"content\":[{Thinking},{Redacted},{{\"type\":\"text\"", body, StringComparison.Ordinal);
        Assert.Contains("\"input\":{\"a\": 1.0}", body, StringComparison.Ordinal);
        Assert.Contains("\"budget_tokens\":2000", body, StringComparison.Ordinal);
        Assert.Empty(losses.Fields);
    }

    [Covers("R1")]
    [Fact]
    public void A_client_without_a_place_for_thinking_does_not_break_its_tool_loop()
    {
        var body = Codec.FromOpenAI(
            Codec.OpenAIChat(
                "\"reasoning_effort\":\"high\"",
                """{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}"""),
            out var losses);
        Assert.False(body.TryGetProperty("thinking", out _));
        Assert.Equal(["reasoning_effort"], losses.Fields);
    }

    [Covers("R2")]
    [Fact]
    public void Hidden_thinking_survives_in_a_stream_too()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, Redacted), Codec.Stop(0), Codec.Open(1, Codec.TextBlock), Codec.Text(1, "hi"), Codec.Stop(1),
            Codec.End(), Codec.Last));
        var block = Codec.Emit(updates).Blocks[0];
        Assert.Equal(Redacted, block.Start.GetRawText());
        Assert.DoesNotContain("EvgF", OpenAIChat.Codec.EncodeStream(updates), StringComparison.Ordinal);
    }

    [Covers("R4")]
    [Fact]
    public void A_signature_in_pieces_is_one_signature()
    {
        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"thinking","thinking":"","signature":""}"""),
            Codec.Delta(0, """{"type":"thinking_delta","thinking":"Let me "}"""),
            Codec.Delta(0, """{"type":"thinking_delta","thinking":"see"}"""),
            Codec.Delta(0, """{"type":"signature_delta","signature":"Eq"}"""),
            Codec.Delta(0, """{"type":"signature_delta","signature":"B/"}"""),
            Codec.Delta(0, """{"type":"signature_delta","signature":"=="}"""),
            Codec.Stop(0), Codec.Open(1, Codec.TextBlock), Codec.Text(1, "hi"), Codec.Stop(1), Codec.End(), Codec.Last));
        var block = Codec.Emit(updates).Blocks[0];
        Assert.Equal(("Let me see", "EqB/=="), (block.Content, block.Signature));

        var joined = updates.ToChatResponse().Messages;
        var request = new CanonicalChatRequest(
            [new ChatMessage(ChatRole.User, "hi"), .. joined, new ChatMessage(ChatRole.User, "go on")], new ChatOptions());
        Codec.AssertJson(
            """{"type":"thinking","thinking":"Let me see","signature":"EqB/=="}""",
            Codec.Encode(request, out _).GetProperty("messages")[1].GetProperty("content")[0]);
    }

    [Covers("R6")]
    [Fact]
    public void A_budget_is_always_at_least_1024_and_less_than_max_tokens()
    {
        string[] efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
        int?[] bounds = [null, 1, 100, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 8192, 8193, 30000, 64000];
        ModelFacts[] models =
        [
            ModelFacts.Unknown, new() { TakesReasoningBudget = true, MaxOutputTokens = 8192 },
            new() { TakesReasoningBudget = true, MaxOutputTokens = 64000, MaxReasoningBudget = 16000 },
        ];
        foreach (var effort in efforts)
        {
            foreach (var bound in bounds)
            {
                foreach (var facts in models)
                {
                    var body = Codec.FromOpenAI(
                        Codec.OpenAIChat($"\"reasoning_effort\":\"{effort}\"" + (bound is null ? "" : $",\"max_tokens\":{bound}")),
                        out var losses, Codec.With(facts));
                    var maxTokens = body.GetProperty("max_tokens").GetInt32();
                    Assert.Equal(bound ?? maxTokens, maxTokens);
                    if (!body.TryGetProperty("thinking", out var thinking))
                    {
                        Assert.Contains("reasoning_effort", losses.Fields);
                        continue;
                    }

                    Assert.Equal(effort == "none" ? "disabled" : "enabled", thinking.GetProperty("type").GetString());
                    if (effort != "none")
                        Assert.InRange(
                            thinking.GetProperty("budget_tokens").GetInt32(), 1024,
                            Math.Min(maxTokens - 1, facts.MaxReasoningBudget ?? int.MaxValue));
                }
            }
        }
    }

    [Covers("R6")]
    [Theory]
    [InlineData("low", "low", false)]
    [InlineData("minimal", "low", false)]
    [InlineData("xhigh", "high", true)]
    public void A_model_that_decides_for_itself_gets_an_effort(string effort, string written, bool reported)
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat($"\"reasoning_effort\":\"{effort}\""), out var losses, Adaptive);
        Codec.AssertJson("""{"type":"adaptive"}""", body.GetProperty("thinking"));
        Assert.Equal(written, body.GetProperty("output_config").GetProperty("effort").GetString());
        Assert.Equal(32000, body.GetProperty("max_tokens").GetInt32());
        Assert.Equal(reported, !losses.IsEmpty);
    }

    [Covers("R6")]
    [Fact]
    public void An_unsaid_or_null_effort_says_nothing()
    {
        Assert.False(Codec.FromOpenAI(Codec.OpenAIChat("\"reasoning_effort\":null")).TryGetProperty("thinking", out _));
        Assert.False(Codec.FromOpenAI(Codec.OpenAIChat()).TryGetProperty("thinking", out _));
    }

    [Covers("R6")]
    [Theory]
    [InlineData("""{"type":"adaptive"}""", null)]
    [InlineData("""{"type":"enabled","budget_tokens":3000}""", "medium")]
    [InlineData("""{"type":"disabled"}""", null)]
    public void What_a_client_of_this_format_says_of_thinking_stays(string thinking, string? effort)
    {
        Codec.AssertJson(thinking, Codec.Through(Codec.Chat($"\"thinking\":{thinking}")).GetProperty("thinking"));
        if (effort is not null)
            Assert.Equal(effort, Codec.ToOpenAI(Codec.Chat($"\"thinking\":{thinking}"), out _).GetProperty("reasoning_effort").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"type":"disabled"}""")]
    [InlineData("""{"type":"adaptive"}""")]
    [InlineData("""{"type":"enabled","budget_tokens":2000}""")]
    public void An_effort_of_this_format_goes_out_as_it_is_and_asks_for_no_thinking(string thinking)
    {
        var known = Codec.With(
            new ModelFacts { Reasoning = true, ReasoningEfforts = ["low", "medium", "high"], TakesReasoningBudget = true });
        foreach (var target in new[] { Codec.Target, known })
        {
            var body = Codec.Through(
                Codec.Chat((thinking.Length == 0 ? "" : $"\"thinking\":{thinking},") + "\"output_config\":{\"effort\":\"high\"}"), target);
            Assert.Equal("high", body.GetProperty("output_config").GetProperty("effort").GetString());
            if (thinking.Length == 0)
                Assert.False(body.TryGetProperty("thinking", out _));
            else
                Codec.AssertJson(thinking, body.GetProperty("thinking"));
        }
    }

    [Fact]
    public void An_effort_of_this_format_stays_beside_a_forced_call_and_a_temperature()
    {
        var body = Codec.Through(
            Codec.Chat(
                """  "output_config":{"effort":"low"},"temperature":0.5,"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}"""));
        Assert.Equal("low", body.GetProperty("output_config").GetProperty("effort").GetString());
        Assert.Equal(0.5, body.GetProperty("temperature").GetDouble());
        Assert.Equal("any", body.GetProperty("tool_choice").GetProperty("type").GetString());
    }

    [Fact]
    public void An_effort_of_this_format_that_the_model_does_not_take_is_named()
    {
        var byBudget = Codec.With(new ModelFacts { Reasoning = true, TakesReasoningBudget = true });
        var thoughtless = Codec.With(new ModelFacts { Reasoning = false });
        foreach (var (target, effort, written, named) in ((EgressTarget, string, string?, string)[])
        [
            (Adaptive, "max", "high", "output_config.effort (max as high)"), (Adaptive, "colossal", null, "output_config.effort"),
            (byBudget, "high", null, "output_config.effort"), (thoughtless, "high", null, "output_config.effort"),
        ])
        {
            var body = Codec.Through(Codec.Chat($"\"output_config\":{{\"effort\":\"{effort}\"}}"), out var losses, target);
            Assert.Equal(written, body.TryGetProperty("output_config", out var output) ? output.GetProperty("effort").GetString() : null);
            Assert.False(body.TryGetProperty("thinking", out _));
            Assert.Equal([named], losses.Fields);
        }
    }

    [Covers("R6")]
    [Fact]
    public void A_forced_call_comes_before_thinking()
    {
        var body = Codec.FromOpenAI(
            Codec.OpenAIChat(
                """  "reasoning_effort":"high","tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]"""),
            out var losses);
        Assert.False(body.TryGetProperty("thinking", out _));
        Assert.Equal(["reasoning_effort"], losses.Fields);
    }

    [Covers("R7")]
    [Fact]
    public void Thinking_reaches_an_openai_client_in_both_modes()
    {
        var response = Codec.DecodeAnswer(
            """{"id":"msg_1","model":"m","content":[{"type":"thinking","thinking":"hmm","signature":"s"},{"type":"text","text":"ok"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}""");
        Assert.Equal(
            "hmm",
            Codec.EncodeAnswer(response, Codec.OpenAI).GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content")
                .GetString());

        var updates = Codec.DecodeGood(Codec.Stream(
            Codec.Start(), Codec.Open(0, """{"type":"thinking","thinking":"","signature":""}"""),
            Codec.Delta(0, """{"type":"thinking_delta","thinking":"hmm"}"""), Codec.Stop(0), Codec.End(), Codec.Last));
        Assert.Contains("\"reasoning_content\":\"hmm\"", OpenAIChat.Codec.EncodeStream(updates), StringComparison.Ordinal);
    }

    [Covers("R7")]
    [Fact]
    public void Reasoning_of_an_openai_provider_reaches_this_formats_client_without_a_signature()
    {
        var stream = Codec.FromOpenAIStream(
            "stop", """{"role":"assistant","reasoning_content":"hmm"}""", """{"reasoning_content":" yes"}""", """{"content":"ok"}""");
        Assert.Equal(("hmm yes", "ok"), (stream.Thinking, stream.Text));
        Assert.Null(stream.Blocks[0].Signature);

        var answer = Codec.EncodeAnswer(new ChatResponse(new ChatMessage(
            ChatRole.Assistant, [new TextReasoningContent("hmm"), new TextReasoningContent(" yes"), new TextContent("ok")])));
        Codec.AssertJson(
            """[{"type":"thinking","thinking":"hmm yes","signature":""},{"type":"text","text":"ok"}]""", answer.GetProperty("content"));
    }

    [Covers("R9")]
    [Theory]
    [InlineData("""{"type":"thinking","thinking":"hmm","signature":""}""")]
    [InlineData("""{"type":"thinking","thinking":"hmm"}""")]
    public void Reasoning_without_a_signature_is_not_sent_as_thinking(string block)
    {
        var body = Codec.Through(Codec.Chat(messages: $$"""{"role":"user","content":"hi"},{"role":"assistant","content":[{{block}},{"type":"text","text":"ok"}]},{"role":"user","content":"go on"}"""), out var losses);
        Assert.Equal(
            "text", Assert.Single(body.GetProperty("messages")[1].GetProperty("content").EnumerateArray()).GetProperty("type").GetString());
        Assert.Equal(["messages[1].reasoning"], losses.Fields);
    }

    [Covers("R9")]
    [Fact]
    public void Reasoning_of_an_openai_history_or_with_another_providers_signature_is_not_sent_either()
    {
        var body = Codec.FromOpenAI(Codec.OpenAIChat(messages: """{"role":"user","content":"hi"},{"role":"assistant","reasoning_content":"hmm","content":"ok"},{"role":"user","content":"go on"}"""), out var losses);
        Assert.DoesNotContain("hmm", body.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(["messages[1].reasoning"], losses.Fields);

        var foreign = new TextReasoningContent("hmm")
        {
            ProtectedData = "x",
            AdditionalProperties = new() { [CanonicalKeys.ReasoningOrigin] = "gemini" },
        };
        var request = new CanonicalChatRequest(
            [
                new ChatMessage(ChatRole.User, "hi"), new ChatMessage(ChatRole.Assistant, [foreign, new TextContent("ok")]),
                new ChatMessage(ChatRole.User, "go"),
            ],
            new ChatOptions());
        Assert.DoesNotContain("thinking", Codec.EncodeText(request, out _), StringComparison.Ordinal);
    }
}

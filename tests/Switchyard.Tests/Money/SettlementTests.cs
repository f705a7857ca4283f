using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Money;
using Switchyard.Money.Bounds;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The usage of an attempt: its provider's counts, or an estimate if they are missing or do not cover the answer.</summary>
public sealed class SettlementTests
{
    private static readonly OpenAIChatDialect s_dialect = new();

    [Theory]
    [InlineData("Abandoned")]
    [InlineData("BrokeOff")]
    public void The_count_that_a_stream_begins_with_is_none_of_an_answer_that_ended_early(string outcome)
    {
        var (call, attempt) = Answered(new() { Input = 25, Output = 1 }, said: 8000, outcome);

        Assert.Equal((new TokenUsage { Input = 25, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void Where_only_the_prompt_was_counted_the_answer_is_estimated()
    {
        var (call, attempt) = Answered(new() { Input = 25 }, said: 8000, "Abandoned");

        Assert.Equal((new TokenUsage { Input = 25, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData(1900, "Abandoned")]
    [InlineData(1, "Finished")]
    public void What_was_counted_along_the_way_or_at_the_end_is_what_it_used(long output, string outcome)
    {
        var usage = new TokenUsage { Input = 25, Output = output };
        var (call, attempt) = Answered(usage, said: 8000, outcome);

        Assert.Equal((usage, false), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData(25L, null, 25L, 2_000L)]
    [InlineData(null, 7L, null, 7L)]
    public void A_count_that_is_missing_at_the_end_is_estimated_and_not_taken_as_0(long? input, long? output, long? heard, long? said)
    {
        var (call, attempt) = Answered(new() { Input = input, Output = output }, said: 8000, "Finished");

        Assert.Equal(
            (new TokenUsage { Input = heard ?? (call.Body.Length + 3) / 4, Output = said }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void Counts_that_came_with_the_error_of_an_answer_are_what_it_used()
    {
        var usage = new TokenUsage { Input = 25, Output = 1 };
        var (call, attempt) = Answered(usage, said: 8000, "BrokeOff", noted: one => one.IsCountedToItsEnd = true);

        Assert.Equal((usage, false), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData(1L, 2_000L, true)]
    [InlineData(1_900L, 1_900L, false)]
    public void An_answer_that_was_counted_only_before_it_began_is_estimated_unless_the_count_fits_it(
        long output, long said, bool isEstimate)
    {
        var (call, attempt) = Answered(
            new() { Input = 25, Output = output }, said: 8000, "Finished", noted: one => one.IsCountedAtItsStart = true);

        Assert.Equal((new TokenUsage { Input = 25, Output = said }, isEstimate), Settlement.UsageOf(call, attempt));
        Assert.False(attempt.CountsText);
    }

    [Fact]
    public void The_prompt_of_an_answer_that_another_attempt_continues_is_estimated_without_that_answer()
    {
        var (call, attempt) = Answered(default, said: 8000, "BrokeOff", noted: one => one.RequestLength = 100);

        call.Body.Replace(new CanonicalChatRequest([new(ChatRole.User, new string('x', 8_000))], new()));

        Assert.Equal((new TokenUsage { Input = 25, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void Where_nothing_was_counted_the_texts_of_a_request_without_bytes_are_estimated()
    {
        var (call, attempt) = Answered(default, said: 0, "Finished");

        call.Body.Replace(new CanonicalEmbeddingRequest([new(new string('a', 400))], new()));
        Assert.Equal(100, Settlement.UsageOf(call, attempt).Usage.Input);

        call.Body.Replace(new CanonicalRerankRequest("what", [new(new string('a', 396))]));
        Assert.Equal(100, Settlement.UsageOf(call, attempt).Usage.Input);
    }

    /// <summary>Gemini counts no tokens of embeddings, and has an object for each text.</summary>
    [Fact]
    public void Of_a_batch_to_be_embedded_the_texts_are_estimated_without_their_json()
    {
        const string request = """
            {"requests":[{"model":"models/m","content":{"parts":[{"text":"aaaa"}]},"taskType":"RETRIEVAL_DOCUMENT"},
             {"model":"models/m","content":{"parts":[{"text":"bbbb"}]},"taskType":"RETRIEVAL_DOCUMENT"}]}
            """;
        var envelope = new CallEnvelope { Operation = CallOperation.Embedding, Model = "a/m" };
        var body = CallBody.FromWire(new GeminiDialect(), envelope, PooledBytes.Owned(Encoding.UTF8.GetBytes(request)));
        var (call, attempt) = Answered(default, said: 0, "Finished", body: body);
        call.ReplaceRequest(envelope, body);

        Assert.True(Settlement.UsageOf(call, attempt).Usage.Input > 20);
        body.GetCanonical();
        Assert.Equal((new TokenUsage { Input = 2, Output = 0 }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void To_count_a_prompts_tokens_uses_none()
    {
        var (call, attempt) = Answered(default, said: 0, "Finished");

        call.ReplaceRequest(call.Envelope with { Operation = CallOperation.CountTokens }, call.Body);

        Assert.Equal((new TokenUsage { Input = 0, Output = 0 }, false), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData(0L, 0L, "Finished")]
    [InlineData(0L, 0L, "Abandoned")]
    [InlineData(0L, 1L, "Abandoned")]
    [InlineData(0L, 1L, "BrokeOff")]
    public void A_server_that_counts_no_tokens_of_what_it_has_read_and_said_has_not_counted(long input, long output, string outcome)
    {
        var (call, attempt) = Answered(new() { Input = input, Output = output }, said: 8000, outcome);

        Assert.Equal(
            (new TokenUsage { Input = (call.Body.Length + 3) / 4, Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    [Fact]
    public void An_answer_that_says_nothing_may_have_no_tokens()
    {
        var usage = new TokenUsage { Input = 0, Output = 0 };
        var (call, attempt) = Answered(usage, said: 0, "Finished");

        Assert.Equal((usage, false), Settlement.UsageOf(call, attempt));
    }

    [Theory]
    [InlineData("Finished")]
    [InlineData("Abandoned")]
    public void A_picture_is_not_estimated_by_its_bytes_and_never_at_more_than_budgets_hold_for_it(string outcome)
    {
        var picture = new string('A', 400_000);
        var request = $$$"""
            {"model":"any","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,{{{picture}}}"}}]}]}
            """;
        var (call, attempt) = Answered(default, said: 400, outcome, request);

        var (usage, isEstimate) = Settlement.UsageOf(call, attempt);

        Assert.True(isEstimate);
        Assert.InRange(usage.Input!.Value, 5_000, 5_100);
        Assert.True(usage.Input <= TokenBounds.Of(call.Body).Input);
    }

    /// <summary>As for the same request over HTTP, whose bytes contain all of this.</summary>
    [Fact]
    public void A_prompt_in_process_is_estimated_with_its_tools_their_results_and_its_pictures()
    {
        var tool = AIFunctionFactory.CreateDeclaration("find", new string('d', 4_000), JsonElement.Parse("{}"));
        var asked = new Dictionary<string, object?> { ["q"] = new string('q', 4_000) };
        ChatMessage[] messages =
        [
            new(ChatRole.User, [new TextContent(new string('t', 4_000)), new DataContent(new byte[300_000], "image/png")]),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "find", asked)]),
            new(ChatRole.Tool, [new FunctionResultContent("1", new string('r', 4_000))]),
        ];
        var body = CallBody.FromCanonical(new CanonicalChatRequest(messages, new ChatOptions
        {
            Instructions = new string('i', 4_000), Tools = [tool],
        }));
        var (call, attempt) = Answered(default, said: 400, "Finished", body: body);

        var (usage, isEstimate) = Settlement.UsageOf(call, attempt);

        Assert.True(isEstimate);
        // Five texts of a thousand tokens each, and the picture.
        Assert.InRange(usage.Input!.Value, 10_000, 10_500);
        Assert.True(usage.Input <= TokenBounds.Of(call.Body).Input);
    }

    [Theory]
    [InlineData("", 100L)]
    [InlineData(",\"n\":3", 300L)]
    public void An_answer_is_never_estimated_at_more_than_the_limit_that_it_had(string extra, long most)
    {
        var request = $$"""{"model":"any","messages":[{"role":"user","content":"Hello"}],"max_tokens":100{{extra}}}""";
        var (call, attempt) = Answered(default, said: 8000, "Finished", request);

        Assert.Equal(most, Settlement.UsageOf(call, attempt).Usage.Output);
    }

    /// <summary>A stream of OpenAI's responses has usage only at its end: if the client disconnects earlier, there are no counts.</summary>
    [Theory]
    [InlineData("m", 1_500L)]
    [InlineData("another", 0L)]
    public void What_a_call_goes_on_from_is_a_part_of_its_estimated_prompt_where_it_was_counted_here(string model, long before)
    {
        var owners = new AnswerOwners(TimeProvider.System);
        owners.Set("resp_1", new AnswerOwner(new AccountState(), "a", "default", "") { Model = model, Tokens = 1_500 });
        var (call, attempt) = Answered(
            default, said: 8000, "Abandoned", sections: new CallSections().With(AnswerOwners.Section, owners));
        call.ReplaceRequest(call.Envelope with { ContinuedId = "resp_1" }, call.Body);

        Assert.Equal(
            (new TokenUsage { Input = before + ((call.Body.Length + 3) / 4), Output = 2000 }, true), Settlement.UsageOf(call, attempt));
    }

    private static (ModelCall Call, Attempt Attempt) Answered(
        TokenUsage usage, long said, string outcome, string? request = null, CallSections? sections = null, CallBody? body = null,
        Action<Attempt>? noted = null)
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m"), sections: sections);
        if (body is not null)
            call.ReplaceRequest(call.Envelope, body);
        if (request is not null)
        {
            var bytes = Encoding.UTF8.GetBytes(request);
            var envelope = s_dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes);
            call.ReplaceRequest(envelope, CallBody.FromWire(s_dialect, envelope, PooledBytes.Owned(bytes)));
        }

        var attempt = call.BeginAttempt(SomeCall.Deployment("a/m"));
        attempt.Sending();
        attempt.Opened();
        attempt.Observe(usage);
        attempt.OutputCharacters = said;
        noted?.Invoke(attempt);
        attempt.End(Enum.Parse<AttemptOutcome>(outcome), null);
        return (call, attempt);
    }
}

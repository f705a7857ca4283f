using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.Gemini;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Dialects.OpenAIResponses;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Money.Bounds;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Upper bounds for a request and its answer: a strict budget never reserves less for a call than it costs.</summary>
public sealed class TokenBoundsTests
{
    private static readonly OpenAIChatDialect s_chat = new();

    [Theory]
    [InlineData("7")]
    [InlineData("data:,7")]
    public void What_a_model_reads_as_text_counts_its_bytes_however_it_looks(string begin)
    {
        var text = begin + new string('7', 5_000);

        var bounds = Of(s_chat, $$"""{"model":"any","messages":[{"role":"user","content":"{{text}}"}]}""");

        Assert.True(bounds.Input >= text.Length, $"{bounds}");
        Assert.Equal(0, bounds.Files);
    }

    [Fact]
    public void A_picture_counts_as_one_and_the_words_beside_it_their_bytes()
    {
        var picture = new string('A', 100_000);

        var bounds = Of(
            s_chat,
            $$$"""{"model":"any","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{picture}}}"}}]}]}""");

        Assert.Equal(5_000, bounds.Files);
        Assert.InRange(bounds.Input, 5_050, 5_300);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Several_choices_count_also_where_a_guard_has_replaced_the_request(bool isReplaced)
    {
        var body = BodyOf(s_chat, """{"model":"any","messages":[{"role":"user","content":"Hello"}],"n":5}""");
        if (isReplaced)
            body.Replace(body.GetCanonical());

        Assert.Equal(5, TokenBounds.Of(body).Choices);
    }

    [Theory]
    [InlineData("\"3\"", 3)]
    [InlineData("\" 3 \"", 3)]
    [InlineData("\"3e0\"", 3)]
    [InlineData("2.5", 3)]
    [InlineData("\"many\"", 128)]
    [InlineData("\"NaN\"", 128)]
    [InlineData("\"\\u0033\"", 128)]
    [InlineData("null", 1)]
    public void A_number_of_choices_in_a_string_counts_because_some_servers_read_it(string written, int choices)
    {
        var body = BodyOf(s_chat, $$"""{"model":"any","messages":[{"role":"user","content":"Hello"}],"n":{{written}}}""");

        Assert.Equal(choices, TokenBounds.Of(body).Choices);
    }

    [Theory]
    [InlineData(5L)]
    [InlineData(4.5)]
    [InlineData("5")]
    public void Choices_of_a_caller_in_process_count_in_every_type_of_number(object count)
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["n"] = count } };

        Assert.Equal(5, CanonicalTokens.BoundsOf(new CanonicalChatRequest([new(ChatRole.User, "Hello")], options)).Choices);
    }

    [Theory]
    [InlineData("candidateCount", "\"4\"")]
    [InlineData("candidate_count", "4")]
    public void Choices_of_Geminis_format_count_in_every_spelling_of_its_JSON(string name, string count)
    {
        var body = BodyOf(
            new GeminiDialect(), $$$"""{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"{{{name}}}":{{{count}}}}}""");

        Assert.Equal(4, TokenBounds.Of(body).Choices);
    }

    [Theory]
    [InlineData("50")]
    [InlineData("\"many\"")]
    public void An_argument_of_a_tool_is_no_number_of_choices(string count)
    {
        var body = BodyOf(
            new GeminiDialect(),
            $$$$"""{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"candidate_count":{{{{count}}}}}}}]}]}""");

        Assert.Equal(1, TokenBounds.Of(body).Choices);
    }

    [Fact]
    public void A_limit_that_is_too_large_for_all_choices_together_is_the_largest_number_and_not_none()
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = CallOperation.Chat, MaxOutputTokens = 1L << 61 }, call.Body);

        Assert.Equal(long.MaxValue, OutputBound.OfAll(call, Target(window: null), cap: null, new TokenBounds(10, 8)));
    }

    [Fact]
    public void Several_choices_that_are_written_as_a_decimal_count_where_a_guard_has_replaced_the_request()
    {
        var body = BodyOf(s_chat, """{"model":"any","messages":[{"role":"user","content":"Hello"}],"n":5.0}""");
        body.Replace(body.GetCanonical());

        Assert.Equal(5, TokenBounds.Of(body).Choices);
    }

    [Fact]
    public void Several_choices_of_a_caller_in_process_count()
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["n"] = 4 } };

        var bounds = TokenBounds.Of(CallBody.FromCanonical(new CanonicalChatRequest([new(ChatRole.User, "Hello")], options)));

        Assert.Equal(4, bounds.Choices);
    }

    [Fact]
    public void What_a_tool_gave_counts_whatever_its_type()
    {
        var text = new string('a', 3_000);
        object[] results =
        [
            text, new TextContent(text), new List<AIContent> { new TextContent(text) }, new Dictionary<string, string> { ["a"] = text },
            new object[] { text }, new DataContent(new byte[10], "image/png"),
        ];

        Assert.All(results, result =>
        {
            var message = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c", result)]);
            var bounds = TokenBounds.Of(CallBody.FromCanonical(new CanonicalChatRequest([message], new())));
            Assert.True(bounds.Input >= text.Length, $"{result.GetType().Name}: {bounds}");
        });
    }

    [Fact]
    public void What_a_tool_gets_counts_whatever_its_type_and_where_it_is_no_json()
    {
        var text = new string('a', 3_000);
        FunctionCallContent[] calls =
        [
            new("c", "f", new Dictionary<string, object?> { ["a"] = new[] { text } }),
            new("c", "f") { AdditionalProperties = new() { [CanonicalKeys.RawArguments] = text } },
        ];

        Assert.All(calls, call =>
        {
            var request = new CanonicalChatRequest([new(ChatRole.Assistant, [call])], new());
            Assert.True(TokenBounds.Of(CallBody.FromCanonical(request)).Input >= text.Length);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_provider_keeps_on_request_is_a_part_of_the_prompt(bool isReplaced)
    {
        var body = BodyOf(
            new GeminiDialect(), """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"cachedContent":"cachedContents/a"}""");
        if (isReplaced)
            body.Replace(body.GetCanonical());

        Assert.True(TokenBounds.Of(body).HasMore);
    }

    [Fact]
    public void So_is_a_stored_prompt()
    {
        Assert.True(Of(new OpenAIResponsesDialect(), """{"model":"any","input":"Hello","prompt":{"id":"pmpt_1"}}""").HasMore);
        Assert.False(Of(new OpenAIResponsesDialect(), """{"model":"any","input":"prompt"}""").HasMore);
    }

    [Theory]
    [InlineData("\"a\",\"b\",\"c\"", false)]
    [InlineData("{\"text\":\"a\"},{\"text\":\"b\"},{\"text\":\"c\"}", false)]
    [InlineData("\"a\",\"b\",\"c\"", true)]
    public void To_rank_documents_the_query_is_read_with_each_of_them(string documents, bool isReplaced)
    {
        var query = new string('q', 400);
        var bytes = Encoding.UTF8.GetBytes($$"""{"model":"any","query":"{{query}}","documents":[{{documents}}],"top_n":1}""");
        var envelope = s_chat.ReadEnvelope(new IngressRequest(CallOperation.Rerank), bytes);
        var body = CallBody.FromWire(s_chat, envelope, PooledBytes.Owned(bytes));
        if (isReplaced)
            body.Replace(body.GetCanonical());

        var input = TokenBounds.Of(body).Input;

        Assert.True(input >= 3 * query.Length, $"{input}");
    }

    [Theory]
    [InlineData(null, 200_000L)]
    [InlineData(64_000, 64_000L)]
    public void A_conversation_that_its_provider_keeps_may_fill_the_models_context(int? window, long expected)
    {
        var call = SomeCall.Of();
        var money = AMoneyCall();
        var target = Target(window);
        var alone = money.MostInput(call, target);
        call.ReplaceRequest(call.Envelope with { ContinuedId = "resp_1" }, call.Body);

        Assert.Equal(TokenBounds.Of(call.Body).Input, alone);
        Assert.Equal(expected, money.MostInput(call, target));
    }

    [Theory]
    [InlineData("m", 1_500L, true)]
    [InlineData("another", 1_500L, false)]
    [InlineData("m", 0L, false)]
    public void An_answer_that_the_same_model_gave_here_is_as_long_as_it_was_counted(string model, long tokens, bool isKnown)
    {
        var owners = new AnswerOwners(TimeProvider.System);
        owners.Set("resp_1", new AnswerOwner(new AccountState(), "a", "default", "") { Model = model, Tokens = tokens });
        var call = SomeCall.Of(sections: new CallSections().With(AnswerOwners.Section, owners));
        call.ReplaceRequest(call.Envelope with { ContinuedId = "resp_1" }, call.Body);

        var expected = isKnown ? TokenBounds.Of(call.Body).Input + tokens : 200_000;

        Assert.Equal(expected, AMoneyCall().MostInput(call, Target(window: null)));
    }

    [Fact]
    public void A_kept_prompt_is_not_as_long_as_the_answer_before_it()
    {
        var owners = new AnswerOwners(TimeProvider.System);
        owners.Set("resp_1", new AnswerOwner(new AccountState(), "a", "default", "") { Model = "m", Tokens = 1_500 });
        var call = SomeCall.Of(sections: new CallSections().With(AnswerOwners.Section, owners));
        var body = BodyOf(
            new OpenAIResponsesDialect(), """{"model":"any","previous_response_id":"resp_1","prompt":{"id":"pmpt_1"}}""");
        call.ReplaceRequest(call.Envelope with { ContinuedId = "resp_1" }, body);

        Assert.Equal(200_000, AMoneyCall().MostInput(call, Target(window: null)));
    }

    [Theory]
    [InlineData("\"previous_response_id\":\"resp_1\"", false)]
    [InlineData("\"background\":true", false)]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", true)]
    public void What_a_provider_keeps_is_the_same_in_bytes_and_where_a_guard_has_replaced_them(string member, bool expected)
    {
        var body = BodyOf(new OpenAIResponsesDialect(), $$"""{"model":"any","input":"Hello",{{member}}}""");

        Assert.Equal(expected, TokenBounds.Of(body).HasMore);
        body.Replace(body.GetCanonical());
        Assert.Equal(expected, TokenBounds.Of(body).HasMore);
    }

    [Theory]
    [InlineData("""{"type":"item_reference","id":"msg_1"}""", 20_000)]
    [InlineData("""{"type":"message","role":"user","content":"item_reference"}""", 0)]
    public void An_item_that_is_named_instead_of_sent_counts_as_a_file_that_is_named(string item, long files)
    {
        var body = BodyOf(new OpenAIResponsesDialect(), $$"""{"model":"any","input":[{"role":"user","content":"Hello"},{{item}}]}""");

        Assert.Equal((files, false), (TokenBounds.Of(body).Files, TokenBounds.Of(body).HasMore));
    }

    [Fact]
    public void To_count_a_prompts_tokens_nothing_is_held_whatever_it_goes_on_from_and_whether_there_is_a_price()
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = CallOperation.CountTokens, ContinuedId = "resp_1" }, call.Body);

        Assert.Equal(0L, AMoneyCall().MostAt(call, Target(window: null)));
        Assert.Equal(0L, AMoneyCall().MostAt(call, SomeCall.Deployment("a/m")));
    }

    [Fact]
    public void What_was_said_is_a_part_of_the_prompt_with_which_another_target_goes_on()
    {
        var call = SomeCall.Of();
        var money = AMoneyCall();
        var first = call.BeginAttempt(Target(window: null));
        var before = money.MostOf(call, first);
        var said = new string('a', 10_000);
        call.Body.Replace(new CanonicalChatRequest([new(ChatRole.User, "Hello"), new(ChatRole.Assistant, said)], new()));

        var next = call.BeginAttempt(Target(window: null), new AttemptAdmission { IsContinuation = true });

        // A dollar for a million tokens is a thousand nano-dollars each.
        Assert.True(money.MostOf(call, next) >= before + ((said.Length - 200) * 1_000), $"{before}, {money.MostOf(call, next)}");
    }

    [Theory]
    [InlineData(CallOperation.ImageGeneration, 32_768L)]
    [InlineData(CallOperation.Transcription, 32_768L)]
    [InlineData(CallOperation.Chat, 32_768L)]
    [InlineData(CallOperation.Compaction, 32_768L)]
    [InlineData(CallOperation.Embedding, 0L)]
    public void Answers_that_are_billed_as_tokens_have_a_bound(CallOperation operation, long expected)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = operation }, call.Body);

        Assert.Equal(expected, OutputBound.Of(call, Target(window: null), cap: null));
    }

    [Theory]
    [InlineData(CallOperation.Transcription, true)]
    [InlineData(CallOperation.Chat, false)]
    [InlineData(CallOperation.Compaction, false)]
    public void A_price_of_the_prompt_alone_is_one_of_audio_and_none_of_a_chat(CallOperation operation, bool isKnown)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = operation }, call.Body);

        Assert.Equal(isKnown, AMoneyCall().MostAt(call, Target(window: null, output: null)) is not null);
    }

    [Theory]
    [InlineData(1L, 16L)]
    [InlineData(100L, 100L)]
    public void A_limit_that_is_raised_on_its_way_to_some_providers_is_held_as_raised(long asked, long expected)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { MaxOutputTokens = asked }, call.Body);

        Assert.Equal(expected, OutputBound.Of(call, Target(window: null), cap: null));
    }

    [Theory]
    [InlineData(CallOperation.Transcription, 2_000, 16_000L)]
    [InlineData(CallOperation.AudioTranslation, 2_000, 16_000L)]
    [InlineData(CallOperation.Transcription, 16_000, 32_768L)]
    [InlineData(CallOperation.Transcription, 65_536, 65_536L)]
    [InlineData(CallOperation.ImageGeneration, 8_192, 8_192L)]
    [InlineData(CallOperation.ImageEdit, 8_192, 8_192L)]
    public void Images_and_transcripts_have_what_their_model_gives_and_audio_may_be_heard_in_pieces(
        CallOperation operation, int most, long expected)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = operation }, call.Body);

        Assert.Equal(expected, OutputBound.Of(call, Target(window: null, most: most), cap: null));
    }

    [Theory]
    [InlineData(CallOperation.ImageGeneration)]
    [InlineData(CallOperation.Transcription)]
    [InlineData(CallOperation.Speech)]
    public void A_limit_of_the_clients_is_none_of_images_and_audio(CallOperation operation)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = operation, MaxOutputTokens = 16 }, call.Body);

        Assert.Equal(32_768, OutputBound.Of(call, Target(window: null), cap: null));
    }

    [Theory]
    [InlineData(10L, 2_580L)]
    [InlineData(1_000L, 10_500L)]
    [InlineData(100_000L, 32_768L)]
    public void Speech_is_as_long_as_its_text_can_be(long bytes, long expected)
    {
        var call = SomeCall.Of();
        call.ReplaceRequest(call.Envelope with { Operation = CallOperation.Speech }, call.Body);

        Assert.Equal(expected, OutputBound.OfAll(call, Target(window: null), cap: null, new TokenBounds(bytes, 1)));
    }

    [Theory]
    [InlineData(CallOperation.ImageEdit, 0, 10)]
    [InlineData(CallOperation.ImageEdit, 1, 1)]
    [InlineData(CallOperation.ImageEdit, 4, 4)]
    [InlineData(CallOperation.Transcription, 0, 1)]
    public void What_has_not_been_received_of_a_form_may_ask_for_as_many_images_as_there_can_be(
        CallOperation operation, int choices, int expected)
    {
        var call = SomeCall.Of();
        var form = CallBody.FromStream(s_chat, new Form(choices));
        call.ReplaceRequest(call.Envelope with { Operation = operation }, form);

        Assert.Equal(32_768L * expected, OutputBound.OfAll(call, Target(window: null), cap: null, TokenBounds.Of(form)));
    }

    [Theory]
    [InlineData("\"n\":5", 5)]
    [InlineData("\"n\":5.0", 5)]
    [InlineData("\"n\":1e1", 10)]
    [InlineData("\"\\u006e\":5", 5)]
    [InlineData("\"metadata\":{\"\\ud800\":1},\"n\":5", 5)]
    public void Several_choices_count_however_they_are_written(string member, int expected)
    {
        var bounds = Of(s_chat, $$"""{"model":"any","messages":[{"role":"user","content":"Hello"}],{{member}}}""");

        Assert.Equal(expected, bounds.Choices);
    }

    private static MoneyCall AMoneyCall() => new(Guid.NewGuid(), new MoneyFacts(null, null, null, null), DateTimeOffset.UnixEpoch);

    private static Deployment Target(int? window, decimal? output = 10, int? most = null) =>
        new("a", "m", new NoBinding(), new DeploymentState())
        {
            ContextWindow = window,
            MaxOutputTokens = most,
            Price = new ModelPrice(new ModelPricing
            {
                Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
                Rates = new() { Input = 1, Output = output },
            }),
        };

    private static TokenBounds Of(IIngressDialect dialect, string json) => TokenBounds.Of(BodyOf(dialect, json));

    private static CallBody BodyOf(IIngressDialect dialect, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var envelope = dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat) { Model = "any" }, bytes);
        return CallBody.FromWire(dialect, envelope, PooledBytes.Owned(bytes));
    }

    private sealed class NoBinding : IDeploymentBinding;

    private sealed class Form(int choices) : IStreamedBody
    {
        public string ContentType => "multipart/form-data; boundary=x";

        public bool CanWrite => true;

        public int Choices => choices;

        public long? LengthWith(string model) => null;

        public Task WriteAsync(Stream output, string model, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

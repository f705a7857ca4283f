using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Guards;
using Switchyard.Providers;
using Switchyard.Telemetry;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Guards mask, refuse and report findings in requests and answers, whole and in pieces.</summary>
public sealed class GuardTests
{
    private const string Card = "4111 1111 1111 1111";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_masker_replaces_what_it_finds_in_the_request_and_the_record_says_its_kinds_alone()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask" });

        var answer = await given.Chat.GetResponseAsync(
            [
                new(ChatRole.System, "Answer ada@example.com."),
                new(ChatRole.User, $"I am ada@example.com, my card is {Card}, again {Card}."),
            ], cancellationToken: Stop);

        Assert.Equal(
            ["Answer [EMAIL_1].", "I am [EMAIL_1], my card is [CARD_1], again [CARD_1]."], client.Asked[0].Messages.Select(m => m.Text));
        Assert.Equal("pii=masked(card,email)", given.Ended[0].Guarded);
        Assert.Equal("pii=masked(card,email)", answer.AdditionalProperties![AnswerFacts.Guard]);
        var log = string.Join('\n', given.Log.Lines);
        Assert.DoesNotContain("ada@", log, StringComparison.Ordinal);
        Assert.DoesNotContain("4111", log, StringComparison.Ordinal);
        Assert.Contains("Guard pii masked card, email (4 places) in the request of call ", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_the_callers_factory_returns_are_checked_and_it_is_called_once()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(ProviderFormat.Of("openai-chat").Whole);
        await using var given = Given.AnEngine(options =>
        {
            options.Providers["up"] = new() { Dialect = "openai-chat", BaseUrl = upstream.BaseUrl };
            options.Guards["pii"] = new() { Type = "mask" };
        });
        var made = 0;
        var asked = new ChatOptions
        {
            ModelId = "up/some-model",
            RawRepresentationFactory = _ =>
            {
                made++;
                return new System.Text.Json.Nodes.JsonObject { ["user"] = "ada@example.com", ["service_tier"] = "flex" };
            },
        };

        await given.Chat.GetResponseAsync("Hi", asked, Stop);

        Assert.Contains("\"user\":\"[EMAIL_1]\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("\"service_tier\":\"flex\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal(1, made);
    }

    [Fact]
    public async Task The_callers_own_messages_stay_as_they_are()
    {
        await using var given = Given.AnEngineWith(
            new ScriptedClient(_ => ["Fine."]), options => options.Guards["pii"] = new() { Type = "mask" });
        ChatMessage[] messages = [new(ChatRole.User, "ada@example.com")];

        await given.Chat.GetResponseAsync(messages, cancellationToken: Stop);

        Assert.Equal("ada@example.com", messages[0].Text);
    }

    /// <summary>A client in this process may send it instead of the contents.</summary>
    [Fact]
    public async Task A_masked_message_has_no_raw_representation_any_more()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["request"] });
        var raw = new object();

        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Hello") { RawRepresentation = raw },
                new(ChatRole.Assistant, "Yes?"),
                new(ChatRole.User, "I am ada@example.com") { RawRepresentation = raw },
            ], cancellationToken: Stop);

        Assert.Equal([raw, null, null], client.Asked[0].Messages.Select(message => message.RawRepresentation));
        Assert.Equal("I am [EMAIL_1]", client.Asked[0].Messages[2].Text);
    }

    [Fact]
    public async Task Arguments_and_results_of_tools_are_masked_too()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["request"] });

        var arguments = new Dictionary<string, object?> { ["to"] = "ada@example.com" };
        await given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Go"),
                new(ChatRole.Assistant, [new FunctionCallContent("1", "mail", arguments)]),
                new(ChatRole.Tool, [new FunctionResultContent("1", "sent to ada@example.com")]),
            ], cancellationToken: Stop);

        var asked = client.Asked[0].Messages;
        Assert.Equal("[EMAIL_1]", ((FunctionCallContent)asked[1].Contents[0]).Arguments!["to"]);
        Assert.Equal("sent to [EMAIL_1]", ((FunctionResultContent)asked[2].Contents[0]).Result);
    }

    /// <summary>Function calling above the engine would call it again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_was_made_already_stays_one_where_something_is_masked_in_it(bool stream)
    {
        var made = new FunctionCallContent("1", "mail", new Dictionary<string, object?> { ["to"] = "ada@example.com" })
        {
            InformationalOnly = true,
        };
        var client = new ScriptedClient(_ => [made, new FunctionResultContent("1", "sent"), "Done."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["answer"] });

        var answer = stream
            ? await given.Chat.GetStreamingResponseAsync("Go", cancellationToken: Stop).ToChatResponseAsync(Stop)
            : await given.Chat.GetResponseAsync("Go", cancellationToken: Stop);

        var call = answer.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Single();
        Assert.Equal("[EMAIL_1]", call.Arguments!["to"]);
        Assert.True(call.InformationalOnly);
    }

    [Fact]
    public async Task One_whose_plugin_is_not_loaded_refuses_what_it_would_have_looked_at_or_lets_it_pass_where_that_is_wanted()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["theirs"] = new() { Type = "plugin" });
        await using var open = Given.AnEngineWith(
            client, options => options.Guards["theirs"] = new() { Type = "plugin", OnFailure = "open" });

        var refused = await Assert.ThrowsAsync<CallException>(() => AskAsync(given, "Hello", stream: false));
        Assert.Equal("guard_failed", refused.Error.Code);
        Assert.Empty(client.Asked);
        Assert.Contains(
            given.Log.Lines, line => line.Text.Contains("no loaded plugin adds 'guard:theirs'", StringComparison.Ordinal));

        Assert.Equal("Fine.", await AskAsync(open, "Hello", stream: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_masked_is_put_back_where_that_is_wanted_and_what_the_answer_brings_is_masked(bool stream)
    {
        var client = new ScriptedClient(
            _ => stream ? ["Mail ", "[EM", "AIL_1] and bob@exa", "mple.com", " soon."] : ["Mail [EMAIL_1] and bob@example.com soon."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", Restore = true });

        Assert.Equal("Mail ada@example.com and [EMAIL_2] soon.", await AskAsync(given, "I am ada@example.com.", stream));
    }

    [Fact]
    public async Task In_a_stream_it_is_found_wherever_the_pieces_are_cut_and_nothing_of_it_leaves()
    {
        const string Text =
            "Write to ada@example.com, card " + Card + ", IBAN DE89 3704 0044 0532 0130 00, key sk-abcdefghijklmnop1234 now.";
        const string Masked = "Write to [EMAIL_1], card [CARD_1], IBAN [IBAN_1], key [SECRET_1] now.";
        for (var cut = 1; cut < Text.Length; cut++)
        {
            var client = new ScriptedClient(_ => [Text[..cut], Text[cut..]]);
            await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["answer"] });
            var settings = new ChatOptions { ModelId = "acme/small" };
            var pieces = new List<string>();
            await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello", settings, Stop))
                pieces.Add(update.Text);

            Assert.Equal(Masked, string.Concat(pieces));
        }
    }

    [Fact]
    public async Task In_a_stream_only_what_may_be_the_beginning_of_a_match_is_held_back()
    {
        var client = new ScriptedClient(_ => ["Hello there ", "my friend, ", "how ", "are you? "]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", On = ["answer"] });
        var pieces = new List<string>();
        await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" }, Stop))
            pieces.Add(update.Text);

        Assert.Equal(["Hello there ", "my friend, ", "how ", "are you? "], pieces.Where(piece => piece.Length > 0));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(400)]
    public async Task A_block_refuses_a_request_before_anybody_is_asked(int status)
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(
            client, options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"], Status = status });

        var refused = await Assert.ThrowsAsync<CallException>(() => AskAsync(given, "Tell me of Project X.", stream: false));

        Assert.Equal(
            (CallErrorKind.GuardBlocked, status, "guard_blocked"), (refused.Error.Kind, refused.Error.Status, refused.Error.WireCode));
        Assert.Equal("Guard 'deny' refused this request (found: word).", refused.Message);
        Assert.Empty(client.Asked);
        Assert.Equal("deny=blocked(word)", given.Ended[0].Guarded);
        Assert.Equal("Fine.", await AskAsync(given, "Tell me of subproject xy.", stream: false));
    }

    [Theory]
    [InlineData("pro", "ject x")]
    [InlineData("proj\u200B", "ect x")]
    public async Task A_word_is_found_that_is_split_over_parts_of_a_message_or_of_a_turn(string first, string second)
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(
            client, options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"] });
        var parts = new ChatMessage(ChatRole.User, [new TextContent($"On {first}"), new TextContent($"{second}.")]);
        ChatMessage[] turn = [new(ChatRole.User, $"On {first}"), new(ChatRole.User, $"{second}.")];
        ChatMessage[] turns = [new(ChatRole.User, $"On {first}"), new(ChatRole.Assistant, "Yes?"), new(ChatRole.User, $"{second}.")];

        await Assert.ThrowsAsync<CallException>(() => SendAsync(parts));
        await Assert.ThrowsAsync<CallException>(() => SendAsync(turn));
        await SendAsync(turns);
        Assert.Single(client.Asked);

        Task<ChatResponse> SendAsync(params ChatMessage[] messages) =>
            given.Chat.GetResponseAsync(messages, new ChatOptions { ModelId = "acme/small" }, Stop);
    }

    [Fact]
    public async Task A_match_that_is_split_over_parts_is_masked_in_each_and_restored()
    {
        var client = new ScriptedClient(_ => ["You asked [EMAIL_1]", "[EMAIL_2]."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask", Restore = true });
        var message = new ChatMessage(ChatRole.User, [new TextContent("Ask ada@exam"), new TextContent("ple.com now.")]);

        var answer = await given.Chat.GetResponseAsync(message, new ChatOptions { ModelId = "acme/small" }, Stop);

        Assert.Equal(["Ask [EMAIL_1]", "[EMAIL_2] now."], PartsOf(client.Asked[0].Messages[0]));
        Assert.Equal("You asked ada@example.com.", string.Concat(answer.Messages.Select(part => part.Text)));

        static string[] PartsOf(ChatMessage message) => [.. message.Contents.OfType<TextContent>().Select(part => part.Text)];
    }

    [Fact]
    public async Task What_follows_a_match_in_the_next_part_is_not_masked_with_it()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options => options.Guards["pii"] = new() { Type = "mask" });
        var message = new ChatMessage(ChatRole.User, [new TextContent("Mail: ada@example.com"), new TextContent("Name: Ada")]);

        await given.Chat.GetResponseAsync(message, new ChatOptions { ModelId = "acme/small" }, Stop);

        var sent = client.Asked[0].Messages[0].Contents.OfType<TextContent>().Select(part => part.Text);
        Assert.Equal(["Mail: [EMAIL_1]", "Name: Ada"], sent);
    }

    [Fact]
    public async Task A_block_ends_a_stream_before_anything_of_the_match_has_left()
    {
        var client = new ScriptedClient(_ => ["The code ", "is PRO", "JECT ", "X, you ", "know."]);
        await using var given = Given.AnEngineWith(
            client, options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"], On = ["answer"] });
        var said = "";

        var refused = await Assert.ThrowsAsync<CallException>(async () =>
        {
            await foreach (var update in given.Chat.GetStreamingResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" }, Stop))
                said += update.Text;
        });

        Assert.Equal("The code is ", said);
        Assert.Equal(("guard_blocked", CallErrorKind.GuardBlocked), (refused.Error.WireCode, refused.Error.Kind));
        Assert.Equal(CallOutcome.Failed, given.Ended[0].Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pattern_is_found_in_an_answer(bool stream)
    {
        var client = new ScriptedClient(_ => stream ? ["It is ticket AB", "C-12", "34 then."] : ["It is ticket ABC-1234 then."]);
        await using var given = Given.AnEngineWith(
            client, options => options.Guards["deny"] = new() { Type = "block", Patterns = { ["ticket"] = "[A-Z]{3}-[0-9]{4}" } });

        var refused = await Assert.ThrowsAsync<CallException>(() => AskAsync(given, "Hello", stream));

        Assert.Equal("Guard 'deny' refused this answer (found: ticket).", refused.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_guard_that_only_reports_changes_nothing(bool stream)
    {
        var client = new ScriptedClient(_ => ["Ask bob@ex", "ample.com of project x."]);
        await using var given = Given.AnEngineWith(client, options =>
        {
            options.Guards["pii"] = new() { Type = "mask", Mode = "report" };
            options.Guards["deny"] = new() { Type = "block", Words = ["project x"], Mode = "report" };
        });

        Assert.Equal("Ask bob@example.com of project x.", await AskAsync(given, "I am ada@example.com.", stream));
        Assert.Equal("I am ada@example.com.", client.Asked[0].Messages[0].Text);
        Assert.Equal("deny=reported(word); pii=reported(email)", given.Ended[0].Guarded);
    }

    [Fact]
    public async Task A_guard_looks_only_at_the_calls_it_is_for()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options =>
        {
            options.Models["fast"] = new() { Targets = { new() { Model = "acme/small" } } };
            options.Guards["pii"] = new() { Type = "mask", Models = ["fast"] };
        });

        await given.Chat.GetResponseAsync("ada@example.com", new ChatOptions { ModelId = "fast" }, Stop);
        await given.Chat.GetResponseAsync("ada@example.com", new ChatOptions { ModelId = "acme/small" }, Stop);

        Assert.Equal(["[EMAIL_1]", "ada@example.com"], client.Asked.Select(asked => asked.Messages[0].Text));
        Assert.Null(given.Ended[1].Guarded);
    }

    [Fact]
    public async Task A_guard_of_a_providers_model_looks_at_the_calls_of_each_version()
    {
        var second = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(
            new ScriptedClient(_ => ["Fine."]), options => options.Guards["pii"] = new() { Type = "mask", Models = ["acme/small"] });
        await given.Engine.StartAsync(Stop);
        await given.Engine.Registry.RegisterAsync(
            "acme@2", new ChatClientProvider("acme", second), new ProviderSettings { Type = "acme", Models = ["small"] },
            cancellationToken: Stop);

        await given.Chat.GetResponseAsync("ada@example.com", new ChatOptions { ModelId = "acme@2/small" }, Stop);

        Assert.Equal("[EMAIL_1]", Assert.Single(second.Asked).Messages[0].Text);
    }

    [Fact]
    public async Task Texts_to_embed_are_masked()
    {
        await using var given = Given.AnEngine(options =>
        {
            options.Providers["mock"] = new();
            options.Guards["pii"] = new() { Type = "mask" };
        });

        await given.Embeddings.GenerateAsync(["ada@example.com"], cancellationToken: Stop);

        Assert.Equal("pii=masked(email)", given.Ended[0].Guarded);
    }

    [Fact]
    public async Task Other_guards_are_not_given_the_answers_of_these()
    {
        var client = new ScriptedClient(_ => ["Project X."]);
        await using var given = Given.AnEngineWith(client, options => options.Cache = new());
        Assert.Equal("Project X.", await AskAsync(given, "Hello", stream: false));
        Assert.Equal("Project X.", await AskAsync(given, "Hello", stream: false));
        Assert.Single(client.Asked);

        await given.Engine.ApplyAsync(
            options => options.Guards["deny"] = new() { Type = "block", Words = ["project x"], On = ["answer"] }, Stop);

        await Assert.ThrowsAsync<CallException>(() => AskAsync(given, "Hello", stream: false));
    }

    [Theory]
    [InlineData("request", "enforce", false, 2)]
    [InlineData("request", "enforce", true, 2)]
    [InlineData("answer", "enforce", false, 2)]
    [InlineData("answer", "enforce", true, 2)]
    [InlineData("answer", "report", false, 1)]
    public async Task What_a_guard_could_not_look_at_is_not_given_again(string side, string mode, bool stream, int asked)
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(client, options =>
        {
            options.Cache = new();
            options.Guards["theirs"] = new() { Type = "plugin", OnFailure = "open", Mode = mode, On = [side] };
        });

        Assert.Equal("Fine.", await AskAsync(given, "Hello", stream));
        Assert.Equal("Fine.", await AskAsync(given, "Hello", stream));

        Assert.Equal(asked, client.Asked.Count);
    }

    [Fact]
    public async Task Under_a_key_of_the_callers_own_what_a_guard_could_not_look_at_is_answered_once()
    {
        var client = new ScriptedClient(_ => ["Fine."]);
        await using var given = Given.AnEngineWith(
            client, options => options.Guards["theirs"] = new() { Type = "plugin", OnFailure = "open" });
        var settings = new ChatOptions { AdditionalProperties = new() { [AnswerFacts.IdempotencyKey] = "k-1" } };

        await given.Chat.GetResponseAsync("Hello", settings, Stop);
        await given.Chat.GetResponseAsync("Hello", settings, Stop);

        Assert.Single(client.Asked);
    }

    [Fact]
    public async Task A_call_that_no_guard_is_for_costs_no_memory()
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(_ => ["Fine."]), options =>
        {
            options.Models["fast"] = new() { Targets = { new() { Model = "acme/small" } } };
            options.Guards["pii"] = new() { Type = "mask", Models = ["fast"] };
        });
        await given.Engine.StartAsync(Stop);
        var step = new GuardMiddleware(new GuardLog(new EngineMetrics()), new GuardHttp());
        var request = new CanonicalChatRequest([new(ChatRole.User, "Hello")], new ChatOptions());
        var envelope = new CallEnvelope { Operation = CallOperation.Chat, Model = "acme/small" };
        using var held = given.Engine.Hold();
        var call = new ModelCall(
            new CallRequest(envelope, CallBody.FromCanonical(request)), held.Snapshot, holdsSnapshot: false, TimeProvider.System, Stop);
        var answer = new FailedResponse(new CallError(CallErrorKind.Internal, "nothing"));
        CallHandler next = _ => new(answer);
        // Its code may be recompiled meanwhile, which allocates once.
        var least = long.MaxValue;
        for (var i = 0; i < 100 && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var outcome = step.InvokeAsync(call, next);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Same(answer, await outcome);
        }

        Assert.Equal(0, least);
    }

    private static async Task<string> AskAsync(Given given, string text, bool stream)
    {
        var settings = new ChatOptions { ModelId = "acme/small" };
        return stream
            ? (await given.Chat.GetStreamingResponseAsync(text, settings, Stop).ToListAsync(Stop)).ToChatResponse().Text
            : string.Concat((await given.Chat.GetResponseAsync(text, settings, Stop)).Messages.Select(message => message.Text));
    }
}

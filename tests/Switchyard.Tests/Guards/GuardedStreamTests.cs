using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Guards;
using Switchyard.Telemetry;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Guards on the pieces of a stream.</summary>
public sealed class GuardedStreamTests
{
    private static readonly GuardOptions s_mask = new() { Type = "mask", On = ["answer"] };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_held_of_one_choice_is_not_given_to_another()
    {
        var seen = await ReadAsync(
            s_mask, Says("Hello."), Says("Bye.", choice: 1), Says("So long.", choice: 10), Ends(0), Ends(1), Ends(10));

        Assert.Equal("Hello.", seen.Text(0));
        Assert.Equal("Bye.", seen.Text(1));
        Assert.Equal("So long.", seen.Text(10));
    }

    [Fact]
    public async Task What_is_held_when_a_stream_ends_without_a_reason_goes_to_its_choice()
    {
        var seen = await ReadAsync(s_mask, Says("Hello."), Says("Bye.", choice: 1));

        Assert.Equal(("Hello.", "Bye."), (seen.Text(0), seen.Text(1)));
    }

    [Theory]
    [InlineData("The cat", "alog is here.")]
    [InlineData("The catalog", " is here.")]
    [InlineData("The c", "atalog is here.")]
    public async Task The_beginning_of_another_word_is_no_match(string first, string second)
    {
        var seen = await ReadAsync(Blocks("cat"), Says(first), Says(second), Ends(0));

        Assert.Null(seen.Error);
        Assert.Equal("The catalog is here.", seen.Text(0));
    }

    [Theory]
    [InlineData("a c\\u0061t", "\\u00e9gorie")]
    [InlineData("a c\\u0061t\\", "u00e9gorie")]
    [InlineData("a c\\u0061t\\u00", "e9gorie")]
    public async Task A_word_that_a_letter_in_an_escape_continues_is_no_match_wherever_the_escape_is_cut(string first, string second)
    {
        var seen = await ReadAsync(Blocks("cat"), Says(first), Says(second), Ends(0));

        Assert.Null(seen.Error);
        Assert.Equal("a c\\u0061t\\u00e9gorie", seen.Text(0));
    }

    [Theory]
    [InlineData("The cat", " sits")]
    [InlineData("The ca", "t")]
    public async Task A_word_is_found_when_it_has_ended_and_nothing_of_it_has_left(string first, string second)
    {
        var seen = await ReadAsync(Blocks("cat"), Says(first), Says(second), Ends(0));

        Assert.Equal("guard_blocked", seen.Error?.WireCode);
        Assert.DoesNotContain("ca", seen.Text(0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The c\u200B", "\u200Bat sits")]
    [InlineData("The ｃａ", "t")]
    [InlineData("The \u00AD\u00AD", "cat")]
    public async Task A_word_in_unusual_characters_is_found_across_pieces_and_nothing_of_it_has_left(string first, string second)
    {
        var seen = await ReadAsync(Blocks("cat"), Says(first), Says(second), Ends(0));

        Assert.Equal("guard_blocked", seen.Error?.WireCode);
        Assert.Equal("The", seen.Text(0).Trim(' ', '\u00AD'));
    }

    [Theory]
    [InlineData("e\u0302", "\u0323")]
    [InlineData("e\u0323", "\u0302")]
    [InlineData("ê", "\u0323")]
    public async Task A_letter_whose_marks_come_apart_in_any_order_is_held_until_they_are_there(string first, string second)
    {
        var seen = await ReadAsync(Blocks("Việt"), Says("In Vi"), Says(first), Says(second), Says("t Nam"), Ends(0));

        Assert.Equal("guard_blocked", seen.Error?.WireCode);
        Assert.Equal("In", seen.Text(0).Trim());
    }

    [Fact]
    public async Task What_is_said_in_unusual_characters_is_given_as_it_came()
    {
        var seen = await ReadAsync(Blocks("cat"), Says("Ｔhe do\u200B"), Says("g, e\u0301"), Says("s."), Ends(0));

        Assert.Equal("Ｔhe do\u200Bg, e\u0301s.", seen.Text(0));
    }

    [Fact]
    public async Task A_masker_that_only_reports_finds_what_is_cut_and_holds_nothing()
    {
        var options = new GuardOptions { Type = "mask", On = ["answer"], Mode = "report" };
        var seen = await ReadAsync(options, Says("Ask bob@exa"), Says("mple.com"), Says(" now."), Ends(0));

        Assert.Equal("pii=reported(email)", seen.Told);
        Assert.Equal(["Ask bob@exa", "mple.com", " now."], seen.Contents.OfType<TextContent>().Select(text => text.Text));
    }

    [Fact]
    public async Task The_count_of_tokens_between_two_pieces_lets_nothing_go()
    {
        var seen = await ReadAsync(
            s_mask, Says("Ask bob@exa"), Of(new UsageContent(new() { OutputTokenCount = 1 })), Says("mple.com now."), Ends(0));

        Assert.Equal("Ask [EMAIL_1] now.", seen.Text(0));
        Assert.Single(seen.Contents.OfType<UsageContent>());
    }

    [Fact]
    public async Task Arguments_stay_json_when_something_is_masked_in_them_however_they_are_written()
    {
        var seen = await ReadAsync(
            s_mask,
            Of(new ToolCallFragment { Index = 0, CallId = "c", Name = "mail", Arguments = "" }),
            Of(new ToolCallFragment { Index = 0, Arguments = """{"text":"Hi\nada\u004""" }),
            Of(new ToolCallFragment { Index = 0, Arguments = """0example.com","card":4111111111111111,"ok":true}""" }),
            Ends(0));

        var arguments = JsonNode.Parse(string.Concat(seen.Contents.OfType<ToolCallFragment>().Select(piece => piece.Arguments)))!;
        Assert.Equal("Hi\n[EMAIL_1]", (string?)arguments["text"]);
        Assert.Equal("[CARD_1]", (string?)arguments["card"]);
        Assert.True((bool)arguments["ok"]!);
    }

    [Fact]
    public async Task Refusals_stay_refusals_and_citations_are_given()
    {
        var refusal = new AdditionalPropertiesDictionary { [CanonicalKeys.Refusal] = true };
        var seen = await ReadAsync(
            s_mask,
            Of(new TextContent("I cannot say") { AdditionalProperties = refusal }),
            Of(new TextContent(" so.") { AdditionalProperties = refusal }),
            Of(new TextContent("") { Annotations = [new CitationAnnotation { Title = "A page" }] }),
            Ends(0));

        var texts = seen.Contents.OfType<TextContent>().ToList();
        Assert.Equal("I cannot say so.", string.Concat(texts.Select(text => text.Text)));
        Assert.All(
            texts.Where(text => text.Text.Length > 0),
            text => Assert.True(text.AdditionalProperties?.ContainsKey(CanonicalKeys.Refusal)));
        Assert.Single(texts, text => text.Annotations is { Count: 1 });
    }

    [Fact]
    public async Task The_end_of_the_reasoning_is_given_before_the_text()
    {
        var seen = await ReadAsync(s_mask, Of(new TextReasoningContent("I think so.")), Says("Yes "), Ends(0));

        Assert.Equal("I think so.", string.Concat(seen.Contents.OfType<TextReasoningContent>().Select(piece => piece.Text)));
        Assert.IsType<TextContent>(seen.Contents[^1]);
    }

    [Theory]
    [InlineData("I think so.", "signature")]
    [InlineData("I ask bob@example.com.", null)]
    public async Task A_signature_is_given_where_the_reasoning_is_what_was_signed(string reasoning, string? signature)
    {
        var seen = await ReadAsync(
            s_mask,
            Of(new TextReasoningContent(reasoning)),
            Of(new TextReasoningContent("") { ProtectedData = "signature" }),
            Says("Yes "),
            Ends(0));

        Assert.Equal(signature, seen.Contents.OfType<TextReasoningContent>().Select(piece => piece.ProtectedData).FirstOrDefault(
            data => data is not null));
        Assert.DoesNotContain(seen.Contents.OfType<TextReasoningContent>(), piece => piece.Text.Contains("bob", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("I think so.", "I think so.", "signature")]
    [InlineData("I ask bob@example.com.", "I ask [EMAIL_1].", null)]
    public async Task A_signature_is_given_where_the_text_is_what_was_signed(string text, string given, string? signature)
    {
        var signed = new TextContent("")
        {
            AdditionalProperties = new() { [CanonicalKeys.Signature] = "signature", [CanonicalKeys.ReasoningOrigin] = "gemini" },
        };

        var seen = await ReadAsync(s_mask, Says(text), Of(signed), Ends(0));

        Assert.Equal(given, seen.Text(0));
        Assert.Equal(
            signature,
            seen.Contents.Select(piece => piece.AdditionalProperties?.GetValueOrDefault(CanonicalKeys.Signature) as string)
                .FirstOrDefault(data => data is not null));
    }

    [Theory]
    [InlineData("I ask bob@exa", "mple.com now.", "I ask [EMAIL_1] now.")]
    [InlineData("I th", "ink so.", "I think so.")]
    public async Task What_came_on_the_wire_is_not_given_with_another_text(string first, string second, string expected)
    {
        static TextReasoningContent Thinks(string text) => new(text)
        {
            AdditionalProperties = new()
            {
                [CanonicalKeys.Raw(DialectId.Gemini)] = JsonElement.Parse($$"""{"text":"{{text}}","thought":true}"""),
            },
        };

        var seen = await ReadAsync(s_mask, Of(Thinks(first)), Of(Thinks(second)), Says("Yes."), Ends(0));

        var pieces = seen.Contents.OfType<TextReasoningContent>().ToList();
        Assert.Equal(expected, string.Concat(pieces.Select(piece => piece.Text)));
        Assert.DoesNotContain(pieces, piece => piece.AdditionalProperties?.ContainsKey(CanonicalKeys.Raw(DialectId.Gemini)) == true);
    }

    [Theory]
    [InlineData(CanonicalKeys.LogProbs, """{"content":[{"token":"bob@example.com","logprob":-1}]}""", false)]
    [InlineData("reasoning_details", """[{"type":"reasoning.text","text":"bob@exa"}]""", false)]
    [InlineData("reasoning_details", """[{"type":"reasoning.encrypted","data":"Ym9i"}]""", true)]
    [InlineData(CanonicalKeys.DeltaPrefix + "reasoning_details", """[{"type":"reasoning.text","text":"bob@exa"}]""", false)]
    [InlineData(CanonicalKeys.DeltaPrefix + "reasoning_details", """[{"type":"reasoning.text","signature":"c2ln"}]""", false)]
    [InlineData(CanonicalKeys.DeltaPrefix + "reasoning_details", """[{"type":"reasoning.encrypted","data":"Ym9i"}]""", true)]
    public async Task What_spells_the_text_again_is_left_out(string member, string value, bool isGiven)
    {
        var update = Says("Yes.");
        update.AdditionalProperties = new() { [member] = JsonElement.Parse(value) };

        var seen = await ReadAsync(s_mask, update, Ends(0));

        Assert.Equal("Yes.", seen.Text(0));
        Assert.Equal(isGiven, seen.Updates.Exists(given => given.AdditionalProperties?.ContainsKey(member) == true));
    }

    [Fact]
    public async Task What_a_stream_cites_is_masked_wherever_it_is_kept()
    {
        var seen = await ReadAsync(s_mask, Says("Yes."), Of(Cites()), Ends(0));

        AssertCited("Ask [EMAIL_1]", seen);
        Assert.Equal("pii=masked(email)", seen.Told);
    }

    [Fact]
    public async Task What_a_service_masks_in_citations_is_masked_wherever_they_are_kept()
    {
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson(
            """{"verdict":"mask","matches":[{"kind":"name","text":1,"start":4,"length":15},{"kind":"name","text":2,"start":4,"length":15}]}""");
        var options = new GuardOptions { Type = "check", On = ["answer"], Url = service.BaseUrl };

        AssertCited("Ask [NAME_1]", await ReadAsync(options, Says("Yes."), Of(Cites()), Ends(0)));
    }

    [Fact]
    public async Task What_an_update_cites_beside_its_parts_is_masked_too()
    {
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"mask","matches":[{"kind":"name","text":1,"start":4,"length":15}]}""");
        var asks = new GuardOptions { Type = "check", On = ["answer"], Url = service.BaseUrl };

        AssertGrounded("Ask [EMAIL_1]", await ReadAsync(s_mask, Says("Yes."), Grounds(), Ends(0)));
        AssertGrounded("Ask [NAME_1]", await ReadAsync(asks, Says("Yes."), Grounds(), Ends(0)));
    }

    [Fact]
    public async Task A_word_that_stands_only_beside_the_parts_of_an_update_ends_the_stream()
    {
        var seen = await ReadAsync(Blocks("bob"), Says("Yes."), Grounds(), Ends(0));

        Assert.Equal("guard_blocked", seen.Error?.WireCode);
    }

    [Fact]
    public async Task What_a_service_masks_in_a_stream_is_masked_before_anything_is_given_out()
    {
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"mask","matches":[{"kind":"name","text":0,"start":6,"length":3}]}""");
        var options = new GuardOptions { Type = "check", On = ["answer"], Url = service.BaseUrl };

        var seen = await ReadAsync(options, Says("Hello A"), Says("da, bye."), Ends(0));

        Assert.Equal("Hello [NAME_1], bye.", seen.Text(0));
        Assert.Equal("pii=masked(name)", seen.Told);
        Assert.Equal(ChatFinishReason.Stop, seen.Updates[^1].FinishReason);
    }

    [Fact]
    public async Task What_a_service_masks_in_arguments_is_masked_in_their_pieces_and_in_the_call()
    {
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"mask","matches":[{"kind":"name","text":0,"start":7,"length":3}]}""");
        var options = new GuardOptions { Type = "check", On = ["answer"], Url = service.BaseUrl };
        var whole = new FunctionCallContent("c", "mail", new Dictionary<string, object?> { ["to"] = "Ada" })
        {
            AdditionalProperties = new() { [CanonicalKeys.RawArguments] = """{"to":"Ada"}""", [CanonicalKeys.ToolCallIndex] = 0 },
        };

        var seen = await ReadAsync(
            options,
            Of(new ToolCallFragment { Index = 0, CallId = "c", Name = "mail", Arguments = """{"to":"A""" }),
            Of(new ToolCallFragment { Index = 0, Arguments = """da"}""" }),
            Of(whole),
            Ends(0));

        Assert.Equal(
            """{"to":"[NAME_1]"}""", string.Concat(seen.Contents.OfType<ToolCallFragment>().Select(piece => piece.Arguments)));
        var call = Assert.Single(seen.Contents.OfType<FunctionCallContent>());
        Assert.Equal("[NAME_1]", call.Arguments!["to"]!.ToString());
        Assert.Equal("""{"to":"[NAME_1]"}""", call.AdditionalProperties![CanonicalKeys.RawArguments]);
    }

    [Fact]
    public async Task A_service_is_shown_a_call_that_comes_whole()
    {
        await using var service = await FakeUpstream.StartAsync();
        service.ThenJson("""{"verdict":"block","matches":[{"kind":"name"}]}""");
        var options = new GuardOptions { Type = "check", On = ["answer"], Url = service.BaseUrl };

        var seen = await ReadAsync(
            options, Of(new FunctionCallContent("c", "mail", new Dictionary<string, object?> { ["to"] = "Ada Lovelace" })), Ends(0));

        Assert.Equal("guard_blocked", seen.Error?.WireCode);
        Assert.Empty(seen.Updates);
        Assert.Equal("Ada Lovelace", (string?)JsonNode.Parse(service.LastRequest.Text)!["texts"]![0]);
    }

    private static string OwnCitation => CanonicalKeys.Own(DialectId.AnthropicMessages, "citation");

    private static TextContent Cites() => new("")
    {
        Annotations = [new CitationAnnotation { Snippet = "Ask bob@example.com" }],
        AdditionalProperties = new()
        {
            [OwnCitation] = JsonElement.Parse("""{"cited_text":"Ask bob@example.com","encrypted_index":"bob@example.com"}"""),
        },
    };

    private static void AssertCited(string expected, Seen seen)
    {
        Assert.Equal("Yes.", seen.Text(0));
        var text = Assert.Single(seen.Contents.OfType<TextContent>(), piece => piece.Annotations is { Count: 1 });
        Assert.Equal(expected, Assert.IsType<CitationAnnotation>(text.Annotations![0]).Snippet);
        var own = (JsonElement)text.AdditionalProperties![OwnCitation]!;
        Assert.Equal(expected, own.GetProperty("cited_text").GetString());
        Assert.Equal("bob@example.com", own.GetProperty("encrypted_index").GetString());
    }

    private static string Grounding => CanonicalKeys.Own(DialectId.Gemini, "groundingMetadata");

    private static ChatResponseUpdate Grounds()
    {
        var update = Of(null);
        update.AdditionalProperties = new()
        {
            [Grounding] = JsonElement.Parse("""{"groundingSupports":[{"segment":{"endIndex":19,"text":"Ask bob@example.com"}}]}"""),
        };
        return update;
    }

    private static void AssertGrounded(string expected, Seen seen)
    {
        Assert.Equal("Yes.", seen.Text(0));
        var kept = Assert.Single(seen.Updates, update => update.AdditionalProperties?.ContainsKey(Grounding) == true).AdditionalProperties!;
        var segment = ((JsonElement)kept[Grounding]!).GetProperty("groundingSupports")[0].GetProperty("segment");
        Assert.Equal((expected, 19), (segment.GetProperty("text").GetString(), segment.GetProperty("endIndex").GetInt32()));
    }

    private static GuardOptions Blocks(string word) => new() { Type = "block", Words = [word], On = ["answer"] };

    private static ChatResponseUpdate Says(string text, int choice = 0) => Of(new TextContent(text), choice);

    private static ChatResponseUpdate Ends(int choice)
    {
        var update = Of(null, choice);
        update.FinishReason = ChatFinishReason.Stop;
        return update;
    }

    private static ChatResponseUpdate Of(AIContent? content, int choice = 0) => new(ChatRole.Assistant, content is null ? [] : [content])
    {
        AdditionalProperties = choice == 0 ? null : new() { [CanonicalKeys.ChoiceIndex] = choice },
    };

    /// <summary>Reads a stream through one guard, <c>pii</c>.</summary>
    private static async Task<Seen> ReadAsync(GuardOptions options, params ChatResponseUpdate[] updates)
    {
        await using var given = Given.AnEngineWith(new ScriptedClient(_ => ["Fine."]), all => all.Guards["pii"] = options);
        await given.Engine.StartAsync(Stop);
        using var held = given.Engine.Hold();
        var request = new CanonicalChatRequest([new(ChatRole.User, "Hello")], new ChatOptions());
        var envelope = new CallEnvelope { Operation = CallOperation.Chat, Model = "acme/small", Stream = true };
        var call = new ModelCall(
            new CallRequest(envelope, CallBody.FromCanonical(request)), held.Snapshot, holdsSnapshot: false, TimeProvider.System, Stop);
        var step = new GuardMiddleware(new GuardLog(new EngineMetrics()), new GuardHttp());
        CallResponse sent = new SentUpdates(updates);
        var answer = (UpdatesResponse)await step.InvokeAsync(call, _ => new(sent));
        var seen = new List<ChatResponseUpdate>();
        while (await answer.ReadAsync() is { } update)
            seen.Add(update);
        return new Seen(seen, answer.Error, call.Get(CallMarks.Guards)?.ToString());
    }

    private sealed record Seen(List<ChatResponseUpdate> Updates, CallError? Error, string? Told)
    {
        public List<AIContent> Contents => [.. Updates.SelectMany(update => update.Contents)];

        public string Text(int choice) => string.Concat(
            Updates.Where(update => (update.AdditionalProperties?.GetValueOrDefault(CanonicalKeys.ChoiceIndex) as int? ?? 0) == choice)
                .Select(update => update.Text));
    }

    private sealed class SentUpdates(ChatResponseUpdate[] updates) : UpdatesResponse
    {
        private int _next;

        public override ValueTask<ChatResponseUpdate?> ReadAsync()
        {
            IsComplete = _next == updates.Length;
            return new(IsComplete ? null : updates[_next++]);
        }
    }
}

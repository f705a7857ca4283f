using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIResponses;

/// <summary>What only the finished message of a stream has, after its text has been streamed.</summary>
public sealed class UnsaidPartTests
{
    private const string First = """{"type":"url_citation","url":"https://e.org/a","title":"A","start_index":0,"end_index":2}""";

    private const string Second = """{"type":"url_citation","url":"https://e.org/b","title":"B","start_index":3,"end_index":4}""";

    [Fact]
    public void A_part_of_a_type_without_events_is_not_lost()
    {
        var updates = Read(
            [Delta("low ", 0), Delta("tide", 0)],
            Part("low tide"), """{"type":"soundings","depths":[3,4]}""");

        Assert.Equal("low tide", Text(updates));
        var whole = Assert.Single(Codec.Contents<AIContent>(updates), content => content.GetType() == typeof(AIContent));
        Assert.Equal("soundings", KeptFields.KindOf(whole.AdditionalProperties));
    }

    /// <summary>Some servers write the type of a client's text.</summary>
    [Fact]
    public void A_text_of_another_name_is_not_a_part_of_another_type()
    {
        var updates = Read([Delta("low tide", 0)], """{"type":"input_text","text":"low tide"}""");

        Assert.Equal("low tide", Text(updates));
        Assert.DoesNotContain(Codec.Contents<AIContent>(updates), content => content.GetType() == typeof(AIContent));
    }

    [Fact]
    public void A_text_without_pieces_arrives_once_behind_those_with_pieces()
    {
        const string refusal = """{"type":"refusal","refusal":"no more"}""";
        var updates = Read([Delta("low tide", 0)], Part("low tide"), Part(" at six"), refusal);

        Assert.Equal("low tide at sixno more", Text(updates));
        Assert.True(Codec.Contents<TextContent>(updates)[^1].AdditionalProperties.IsTrue(CanonicalKeys.Refusal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void A_server_that_numbers_its_parts_otherwise_does_not_repeat_its_text(int number)
    {
        Assert.Equal("low tide", Text(Read([Delta("low ", number), Delta("tide", number)], Part("low "), Part("tide"))));
        Assert.Equal("low tide", Text(Read([Delta("low tide", number)], Part("low tide"))));
    }

    [Fact]
    public void Citations_that_come_with_the_finished_message_arrive_once_and_all()
    {
        var late = Read([Delta("low tide", 0)], Part("low tide", $"[{First},{Second}]"));
        var early = Read(
            [
                Delta("low tide", 0),
                $$"""{"type":"response.output_text.annotation.added","item_id":"msg_1","output_index":0,"content_index":0,"annotation_index":0,"annotation":{{First}}}""",
            ],
            Part("low tide", $"[{First}]"));

        Assert.Equal(["https://e.org/a", "https://e.org/b"], Addresses(late));
        Assert.Equal(["https://e.org/a"], Addresses(early));
        var chat = Codec.EncodeStream(late, dialect: Codec.Chat);
        OpenAIChat.Codec.AssertGrammar(chat);
        Assert.Contains("https://e.org/a", chat, StringComparison.Ordinal);
        Assert.Contains("https://e.org/b", chat, StringComparison.Ordinal);
        Codec.AssertGrammar(Codec.EncodeStream(late));
    }

    private static List<ChatResponseUpdate> Read(string[] events, params string[] parts)
    {
        var item = $$"""{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{{string.Join(',', parts)}}]}""";
        var (updates, error, _) = Codec.DecodeStream(Codec.Stream(
            [
                Codec.Created, Codec.Added(0, """{"id":"msg_1","type":"message","role":"assistant","content":[]}"""), .. events,
                Codec.Done(0, item), Codec.Completed(item),
            ]));
        Assert.Null(error);
        return updates;
    }

    private static string Text(List<ChatResponseUpdate> updates) =>
        string.Concat(Codec.Contents<TextContent>(updates).Select(text => text.Text));

    private static IEnumerable<string?> Addresses(List<ChatResponseUpdate> updates) =>
        Codec.Contents<TextContent>(updates).SelectMany(text => text.Annotations ?? []).OfType<CitationAnnotation>()
            .Select(citation => citation.Url?.OriginalString);

    private static string Delta(string text, int number) =>
        $$"""{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":{{number}},"delta":{{JsonSerializer.Serialize(text)}}}""";

    private static string Part(string text, string annotations = "[]") =>
        $$"""{"type":"output_text","text":{{JsonSerializer.Serialize(text)}},"annotations":{{annotations}}}""";
}

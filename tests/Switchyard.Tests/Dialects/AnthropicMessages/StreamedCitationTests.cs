using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Xunit;

namespace Switchyard.Tests.Dialects.AnthropicMessages;

/// <summary>Citations of a streamed answer, in the history that an application gathers from its updates.</summary>
public sealed class StreamedCitationTests
{
    private const string Page = """{"type":"web_search_result_location","url":"https://a.example","title":"t","cited_text":"c"}""";
    private const string Place = """{"type":"char_location","cited_text":"d","document_index":0,"start_char_index":0,"end_char_index":1}""";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void They_go_back_in_the_text_they_were_about(bool isBefore)
    {
        string[] citations = [Citation(Page), Citation(Place)];
        string[] text = [Codec.Text(1, "It is "), Codec.Text(1, "so.")];
        var answer = Gather(
        [
            Codec.Open(0, """{"type":"thinking","thinking":""}"""), Codec.Delta(0, """{"type":"thinking_delta","thinking":"hm"}"""),
            Codec.Delta(0, """{"type":"signature_delta","signature":"c2ln"}"""), Codec.Stop(0),
            Codec.Open(1, """{"type":"text","text":"","citations":[]}"""), .. isBefore ? citations : text, .. isBefore ? text : citations,
            Codec.Stop(1),
        ]);

        var sent = Codec.Encode(Ask(answer), out var losses);

        Assert.Empty(losses.Fields);
        var blocks = sent.GetProperty("messages")[1].GetProperty("content");
        Assert.Equal(["thinking", "text"], blocks.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal("It is so.", blocks[1].GetProperty("text").GetString());
        Codec.AssertJson($"[{Page},{Place}]", blocks[1].GetProperty("citations"));
    }

    [Fact]
    public void Each_stays_with_its_own_text_and_one_without_any_text_is_named()
    {
        List<ChatMessage> history =
        [
            new(ChatRole.User, "?"),
            new(ChatRole.Assistant, [Piece(Page), new TextContent("One."), Piece(Place), new TextContent("Two.")]),
            new(ChatRole.User, "on"),
            new(ChatRole.Assistant, [Piece(Page), new FunctionCallContent("c1", "f")]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", "1")]),
        ];

        var sent = Codec.Encode(new CanonicalChatRequest(history, new ChatOptions()), out var losses);

        var blocks = sent.GetProperty("messages")[1].GetProperty("content");
        Codec.AssertJson($"[{Page}]", blocks[0].GetProperty("citations"));
        Codec.AssertJson($"[{Place}]", blocks[1].GetProperty("citations"));
        Assert.Equal(["messages[3].content[0].annotations"], losses.Fields);
        Assert.Equal(4, history[1].Contents.Count);
    }

    private static string Citation(string citation) => Codec.Delta(1, $$"""{"type":"citations_delta","citation":{{citation}}}""");

    private static TextContent Piece(string citation) => new("")
    {
        Annotations = [new CitationAnnotation { Title = "t" }],
        AdditionalProperties = new() { ["anthropic-messages:citation"] = JsonElement.Parse(citation) },
    };

    private static ChatMessage Gather(string[] events) =>
        Codec.DecodeGood(Codec.Stream([Codec.Start(), .. events, Codec.End()])).ToChatResponse().Messages.Single();

    private static CanonicalChatRequest Ask(ChatMessage answer) =>
        new([new(ChatRole.User, "?"), answer, new(ChatRole.User, "on")], new ChatOptions());
}

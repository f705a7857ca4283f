using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>Text that a guard replaces in a call's arguments is removed from every form of them that a provider gets.</summary>
public sealed class TextWalkTests
{
    [Theory]
    [InlineData("""{"CANARY":1,"a":"x"}""")]
    [InlineData("""{"a":"CANARY","b":null}""")]
    [InlineData("""{"a":{"CANARY":["CANARY"]}}""")]
    [InlineData("""{"a":"CANARY""")]
    public void What_is_replaced_in_arguments_is_gone_from_their_text_and_from_their_values(string raw)
    {
        var call = ToolArguments.ToCall("c", "f", raw);

        var walked = (FunctionCallContent)new TextWalk(static (text, _) =>
            text.Contains("CANARY", StringComparison.Ordinal) ? text.Replace("CANARY", "***", StringComparison.Ordinal) : text).Walk(call);

        Assert.Equal(raw.Replace("CANARY", "***", StringComparison.Ordinal), ToolArguments.ToText(walked));
        Assert.DoesNotContain("CANARY", System.Text.Json.JsonSerializer.Serialize(walked.Arguments), StringComparison.Ordinal);
        Assert.Equal(raw, ToolArguments.ToText(call));
    }

    [Fact]
    public void Citations_that_come_without_a_text_are_replaced_too()
    {
        var content = new AIContent { Annotations = [new CitationAnnotation { Title = "About CANARY", Snippet = "CANARY said" }] };

        var walked = new TextWalk(static (text, _) => text.Replace("CANARY", "***", StringComparison.Ordinal)).Walk(content);

        var citation = Assert.IsType<CitationAnnotation>(Assert.Single(walked.Annotations!));
        Assert.Equal(("About ***", "*** said"), (citation.Title, citation.Snippet));
        Assert.Equal("About CANARY", ((CitationAnnotation)content.Annotations[0]).Title);
    }

    [Fact]
    public void Sound_beside_a_text_is_not_copied_while_nothing_is_replaced()
    {
        var sound = JsonElement.Parse($$"""{"id":"a","data":"{{new string('A', 4_000_000)}}","transcript":"Hello CANARY"}""");
        var files = JsonElement.Parse($$"""{"type":"file","files":[{"title":"CANARY","data":"{{new string('A', 4_000_000)}}"}]}""");
        var content = new TextContent("Hello") { AdditionalProperties = new() { ["audio"] = sound, ["files"] = files } };
        var walk = new TextWalk(static (text, _) => text);
        walk.Walk(content);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Same(content, walk.Walk(content));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void What_is_replaced_beside_a_text_leaves_the_other_members_and_drops_the_signature_of_its_own_object()
    {
        var details = JsonElement.Parse(
            """[{"text":"a","signature":"s1"},{"text":"CANARY","signature":"s2","data":"d"},{"text":"b","n":[1,"CANARY"]}]""");
        var content = new TextContent("") { AdditionalProperties = new() { ["reasoning_details"] = details } };

        var walked = new TextWalk(static (text, _) => text.Replace("CANARY", "***", StringComparison.Ordinal)).Walk(content);

        Assert.Equal(
            """[{"text":"a","signature":"s1"},{"text":"***","data":"d"},{"text":"b","n":[1,"***"]}]""",
            ((JsonElement)walked.AdditionalProperties!["reasoning_details"]!).GetRawText());
    }

    [Fact]
    public void An_answer_whose_text_is_replaced_can_still_be_asked_for_again()
    {
        var answer = new ChatResponse(new ChatMessage(ChatRole.Assistant, "CANARY"))
        {
            ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }),
        };

        var walked = new TextWalk(static (_, _) => "***").Walk(answer);

        Assert.Equal("***", walked.Text);
        Assert.Same(answer.ContinuationToken, walked.ContinuationToken);
    }
}

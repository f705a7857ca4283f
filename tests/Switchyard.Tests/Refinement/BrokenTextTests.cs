using Switchyard.Refinement.Asking;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>Texts that end too early, or lack what must be there.</summary>
public sealed class BrokenTextTests
{
    private const string Types = """
        using System.ComponentModel.DataAnnotations;

        [Serializable]
        public record User(
            [property: System.ComponentModel.DataAnnotations.Range(1, 5)] int Age, List<string?> Tags, int[]? Ids, Point At)
        {
            [Required, MaxLength(10)]
            public required string Name { get; init; } = "a";

            public record struct Inner;
        }

        public record struct Point(int X, [property: JsonPropertyName("y")] int Y);
        """;

    [Fact]
    public void A_CSharp_text_may_end_anywhere()
    {
        for (var length = 0; length <= Types.Length; length++)
        {
            var text = Types[..length];
            try
            {
                Assert.Equal(text, CSharpText(text).Text);
            }
            catch (SchemaTextException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Theory]
    [InlineData("record A([x.")]
    [InlineData("record A([X(")]
    [InlineData("record struct")]
    [InlineData("public record class")]
    public void A_CSharp_text_that_ends_in_a_declaration_is_refused(string text)
    {
        Assert.Throws<SchemaTextException>(() => CSharpText(text));
    }

    [Theory]
    [InlineData("List<>", """[1,"a"]""")]
    [InlineData("List<?>", """[1,"a"]""")]
    [InlineData("List<[]>", """[[1,"a"]]""")]
    public void A_list_of_no_type_is_a_list_of_anything(string type, string items)
    {
        var model = CSharpText($"record A({type} Items, string Name);");

        Assert.Equal(NodeKind.List, model.Find("Items")!.Value.Node.Facets.Kind);
        Assert.Empty(SampleEvidence.Of(model, Values($$"""{"items":{{items}},"name":"b"}""")).Invalid);
    }

    [Fact]
    public void An_attribute_with_an_empty_argument_is_left_as_it_is()
    {
        var model = CSharpText("record A([property: Range(, 5)] int Age);");

        Assert.Equal(
            "this place is written in a form that cannot hold it",
            Why(model, Values("""{"Age":3}"""), "Age", "minimum", "1"));
    }

    [Fact]
    public void One_proposal_that_is_no_text_does_not_lose_the_others()
    {
        List<string> problems = [];

        var edits = ProposalReader.Read(
            """{"edits":[{"field":"a","change":"required","reason":"\ud83d"},{"field":"b","change":"required"}]}""", problems);

        Assert.Equal("b", Assert.Single(edits).Field);
        Assert.Equal("An edit was not understood: it holds text that is not valid Unicode.", Assert.Single(problems));
    }

    [Fact]
    public void An_answer_with_half_a_surrogate_pair_is_not_used()
    {
        List<string> problems = [];

        Assert.Empty(ProposalReader.Read("{\"edits\":[{\"field\":\"\ud83d\"}]}", problems));
        Assert.Equal("The model's answer was not JSON with edits; it was not used.", Assert.Single(problems));
    }
}

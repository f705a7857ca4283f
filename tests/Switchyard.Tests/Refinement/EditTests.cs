using Switchyard.Refinement.Edits;
using Switchyard.Refinement.Samples;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>An edit is applied only if every valid sample confirms it; otherwise only that edit is left out, with the sample that refutes
/// it.</summary>
public sealed class EditTests
{
    private const string Person = "z.object({ name: z.string(), age: z.number(), mail: z.string().optional() })";

    private static readonly string[] s_people =
    [
        """{"name":"Ann","age":31,"mail":"ann@example.com"}""",
        """{"name":"Bo","age":-1}""",
        """{"name":"","age":2.5,"mail":"no mail"}""",
    ];

    [Theory]
    [InlineData("age", "minimum", "0", "sample 2: it is less than 0")]
    [InlineData("age", "integer", "", "sample 3: it is not a whole number")]
    [InlineData("name", "min_length", "1", "sample 3: it has 0 characters, fewer than 1")]
    [InlineData("name", "enum", "[\"Ann\",\"Bo\"]", "sample 3: it is not one of the allowed texts")]
    [InlineData("name", "pattern", "^[A-Z]", "sample 3: it does not match the pattern")]
    [InlineData("mail", "format", "email", "sample 3: it does not have the format email")]
    [InlineData("mail", "required", "", "sample 2 has no such field")]
    public void What_a_sample_contradicts_is_rejected_with_the_sample(string field, string change, string value, string why) =>
        Assert.Equal(why, Why(ZodText(Person), Values(s_people), field, change, value));

    [Theory]
    [InlineData("phone", "required", "", "no such field")]
    [InlineData("name", "minimum", "1", "does not fit")]
    [InlineData("age", "min_length", "1", "does not fit")]
    [InlineData("name", "nullable", "", "no sample needs it")]
    [InlineData("name", "optional", "", "no sample needs it")]
    [InlineData("name", "not_null", "", EditRules.Already)]
    [InlineData("name", "format", "klingon", "the format is not one of")]
    [InlineData("name", "pattern", "(?=A)", "the pattern was not used")]
    [InlineData("name", "min_length", "-1", "a length is a whole number from 0")]
    [InlineData("name", "min_length", "1.5", "a length is a whole number from 0")]
    [InlineData("name", "enum", "[]", "an enumeration has from 1")]
    public void What_makes_no_sense_is_rejected_in_words(string field, string change, string value, string why) =>
        Assert.Contains(why, Why(ZodText(Person), Values(s_people[0]), field, change, value), StringComparison.Ordinal);

    [Fact]
    public void An_edit_that_would_let_more_pass_than_the_schema_does_is_no_edit()
    {
        var model = ZodText("z.object({ age: z.number().min(18).max(99), name: z.string().email() })");
        var samples = Values("""{"age":20,"name":"a@example.com"}""");

        Assert.Equal("the schema is stricter already", Why(model, samples, "age", "minimum", "0"));
        Assert.Equal("the schema is stricter already", Why(model, samples, "age", "maximum", "200"));
        Assert.Contains("it has the format email already", Why(model, samples, "name", "format", "uri"), StringComparison.Ordinal);
    }

    [Fact]
    public void One_rejected_edit_spoils_no_other()
    {
        var bench = Bench(ZodText(Person), Values(s_people));

        Assert.NotNull(bench.Try(Edit("age", "minimum", "0")));
        Assert.Null(bench.Try(Edit("age", "minimum", "-1")));
        Assert.NotNull(bench.Try(Edit("name", "min_length", "1")));
        Assert.Null(bench.Try(Edit("name", "max_length", "3")));
        Assert.Equal(
            "z.object({ name: z.string().max(3), age: z.number().min(-1), mail: z.string().optional() })", bench.Model.Text);
        Assert.Empty(bench.FindLost());
    }

    [Fact]
    public void A_sample_that_the_schema_refuses_as_it_is_protects_nothing()
    {
        var bench = Bench(ZodText(Person), Values("""{"name":7,"age":-5}""", """{"name":"Ann","age":5}"""));

        Assert.Null(bench.Try(Edit("age", "minimum", "0")));
    }

    [Fact]
    public void Where_samples_lack_a_field_or_have_null_the_schema_is_loosened_unless_a_counter_example_would_pass()
    {
        var model = ZodText("z.object({ a: z.string(), b: z.string() })");
        var samples = Values("""{"a":"x"}""", """{"a":null,"b":"y"}""");

        Assert.Equal("z.object({ a: z.string(), b: z.string().optional() })", With(model, samples, "b", "optional"));
        Assert.Equal("z.object({ a: z.string().nullable(), b: z.string() })", With(model, samples, "a", "nullable"));
        Assert.Equal(
            "counter-example 1 would become valid", Bench(model, samples, Values("""{"a":"x"}""")).Try(Edit("b", "optional")));
    }

    [Fact]
    public void Confidence_grows_with_the_number_of_samples_that_bear_an_edit_out()
    {
        Assert.Equal(0.05, ConfidenceOf(1));
        Assert.Equal(0.741, ConfidenceOf(10));
        Assert.Equal(0.97, ConfidenceOf(100));
        // The rule of three: about 1 - 3/n.
        Assert.Equal(1 - (3.0 / 1000), ConfidenceOf(1000), 2);

        static double ConfidenceOf(int samples)
        {
            var bench = Bench(ZodText(Person), Values([.. Enumerable.Repeat("""{"name":"Ann","age":3}""", samples)]));
            Assert.Null(bench.Try(Edit("age", "minimum", "0")));
            return bench.Applied[0].Confidence;
        }
    }

    [Fact]
    public void Samples_alone_suggest_what_they_show_again_and_again_and_no_limits()
    {
        var model = JsonText(
            """
            {"type":"object","properties":{"id":{"type":"string"},"kind":{"type":"string"},"count":{"type":"number"},"text":{"type":"string"},
             "tags":{"type":"array","items":{"type":"string"}},"gone":{"type":"string"}},"required":["gone"]}
            """);
        var samples = Values([.. Enumerable.Range(0, 40).Select(i =>
            $$"""{"id":"6f9619ff-8b86-4d01-b42d-{{i:d12}}","kind":"{{(i % 2 == 0 ? "new" : "old")}}","count":{{i}},"text":"t{{i}}","tags":["a"],"gone":"x"}""")]);

        var edits = EvidenceProposals.Of(model, SampleEvidence.Of(model, samples))
            .Select(edit => $"{edit.Field} {ChangeNames.Of(edit.Change.Kind)}").ToList();

        Assert.Contains("id format", edits);
        Assert.Contains("kind enum", edits);
        Assert.Contains("count integer", edits);
        Assert.Contains("count minimum", edits);
        Assert.Contains("text min_length", edits);
        Assert.Contains("text required", edits);
        Assert.DoesNotContain(
            edits, edit => edit.Contains("maximum", StringComparison.Ordinal) || edit.Contains("max_", StringComparison.Ordinal));
        var bench = Bench(model, samples);
        Assert.All(EvidenceProposals.Of(model, SampleEvidence.Of(model, samples)), edit => Assert.Null(bench.Try(edit)));
    }
}

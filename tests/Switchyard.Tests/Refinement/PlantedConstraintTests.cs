using System.Text.Json;
using Json.Schema;
using Switchyard.Refinement.Asking;
using Switchyard.Refinement.Edits;
using Switchyard.Refinement.Schemas;
using Switchyard.TestKit;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>Fifty schemas with known true constraints, and the proposals of a model that is often wrong.</summary>
public sealed class PlantedConstraintTests
{
    private const int Schemas = 50;

    private static readonly EvaluationOptions s_strict = new() { RequireFormatValidation = true };

    public static TheoryData<SchemaFormat> Formats => [SchemaFormat.Zod, SchemaFormat.JsonSchema, SchemaFormat.CSharp];

    [Theory, MemberData(nameof(Formats))]
    public void Most_planted_constraints_are_found_and_no_valid_sample_is_refused(SchemaFormat format)
    {
        var (planted, found) = (0, 0);
        for (var seed = 1; seed <= Schemas; seed++)
        {
            var schema = new PlantedSchema(seed);
            var bench = Refine(schema, format);

            Assert.Empty(bench.FindLost());
            var applied = bench.Applied.Select(Named).ToHashSet();
            planted += schema.Truth.Count;
            found += schema.Truth.Count(applied.Contains);
            // Other applied edits are true for every sample; a false proposal is never applied.
            Assert.All(bench.Applied, edit => Assert.Contains(Named(edit), schema.Proposals));
        }

        Assert.True(found >= 0.8 * planted, $"{found} of {planted} planted constraints were found.");
    }

    /// <summary>Another validator, not our own checker, verifies that no edit refuses a sample.</summary>
    [Fact]
    public void Another_validator_accepts_every_sample_after_every_edit()
    {
        for (var seed = 1; seed <= Schemas; seed++)
        {
            var schema = new PlantedSchema(seed);
            var refined = JsonSchema.FromText(Refine(schema, SchemaFormat.JsonSchema).Model.Text);

            Assert.All(schema.Samples, sample => Assert.True(Accepts(refined, sample), $"seed {seed}: {sample}"));
        }
    }

    /// <summary>The formats differ in what they can express, not in the true constraints.</summary>
    [Fact]
    public void What_holds_in_one_format_holds_in_the_others()
    {
        for (var seed = 1; seed <= Schemas; seed++)
        {
            var schema = new PlantedSchema(seed);
            var whole = Refine(schema, SchemaFormat.JsonSchema).Applied.Select(Named).ToHashSet();

            Assert.Subset(whole, Refine(schema, SchemaFormat.Zod).Applied.Select(Named).ToHashSet());
            Assert.Subset(whole, Refine(schema, SchemaFormat.CSharp).Applied.Select(Named).ToHashSet());
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void What_is_read_and_written_without_an_edit_is_the_same_to_the_byte(SchemaFormat format)
    {
        for (var seed = 1; seed <= Schemas; seed++)
        {
            var code = new PlantedSchema(seed).Code(format);

            Assert.Equal(code, Read(format, code).Text);
            Assert.Equal(format, SchemaFormats.Detect(code));
        }
    }

    /// <summary>Each improvement can be replayed on the text: <c>field: before</c> becomes <c>field: after</c>.</summary>
    [Covers("S003-109")]
    [Fact]
    public void The_refined_text_is_the_first_with_each_before_replaced_by_its_after()
    {
        for (var seed = 1; seed <= Schemas; seed++)
        {
            var schema = new PlantedSchema(seed);
            var bench = Refine(schema, SchemaFormat.Zod);

            var replayed = schema.Code(SchemaFormat.Zod);
            foreach (var each in bench.Applied)
            {
                var before = $"{each.Edit.Field}: {each.Before}";
                Assert.Contains(before, replayed, StringComparison.Ordinal);
                replayed = replayed.Replace(before, $"{each.Edit.Field}: {each.After}", StringComparison.Ordinal);
            }

            Assert.Equal(bench.Model.Text, replayed);
        }
    }

    /// <summary>
    /// Whether the validator accepts a sample. It also refuses an email address for which it needs more than 200 ms of real time, which a
    /// busy machine may take: a sample that does not fit is refused each time.
    /// </summary>
    private static bool Accepts(JsonSchema schema, JsonElement sample)
    {
        for (var tries = 0; tries < 10; tries++)
        {
            if (schema.Evaluate(sample, s_strict).IsValid)
                return true;
        }

        return false;
    }

    private static EditBench Refine(PlantedSchema schema, SchemaFormat format)
    {
        var bench = Bench(Read(format, schema.Code(format)), [.. schema.Samples]);
        foreach (var edit in ProposalReader.Read(schema.Answer, []))
            bench.Try(edit);
        return bench;
    }

    private static (string, string, string) Named(AppliedEdit applied)
    {
        var change = applied.Edit.Change;
        var value = change.Kind switch
        {
            ChangeKind.Enum => JsonSerializer.Serialize(change.Values),
            // The name of a date-time depends on the format.
            ChangeKind.Format => change.Text == TextFormats.UtcDateTime ? TextFormats.DateTime : change.Text,
            ChangeKind.Pattern => change.Text,
            >= ChangeKind.Minimum and <= ChangeKind.MaxItems => change.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "",
        };
        return (applied.Edit.Field, ChangeNames.Of(change.Kind), value);
    }
}

using Switchyard.Refinement.Schemas;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>JSON Schema is edited in its text: layout, order and comments are kept.</summary>
public sealed class JsonSchemaTests
{
    private const string Order =
        """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          // What a customer orders.
          "properties": {
            "id": { "type": "string" },
            "state": {"type":"string"},
            "total": { "type": [ "number", "null" ], "exclusiveMinimum": 0 },
            "note": {
              "type": "string",
              "maxLength": 500
            },
            "ship_to": { "$ref": "#/$defs/address" },
            "bill_to": { "anyOf": [ { "$ref": "#/$defs/address" }, { "type": "null" } ] },
            "lines": { "type": "array", "items": { "type": "object", "properties": { "count": {} } } }
          },
          "required": [ "id" ],
          "$defs": {
            "address": { "type": "object", "properties": { "city": { "type": "string" } }, "additionalProperties": false }
          }
        }
        """;

    private static readonly string[] s_samples =
    [
        """{"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","state":"open","total":5,"note":"x","ship_to":{"city":"Oslo"},"bill_to":null,"lines":[]}""",
        """{"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964fe","state":"paid","total":7.5,"note":"","ship_to":{"city":"Rome"},"bill_to":{"city":"Bonn"},"lines":[{}]}""",
    ];

    [Fact]
    public void Fields_references_and_choices_of_null_are_found()
    {
        var model = JsonText(Order);

        Assert.Equal(
            ["id", "state", "total", "note", "ship_to", "ship_to.city", "bill_to", "lines", "lines[].count"],
            model.Fields.Select(each => each.Field.Node.Path));
        Assert.False(model.Fields[0].Field.IsOptional);
        Assert.True(model.Find("bill_to")!.Value.Node.Facets.IsNullable);
        Assert.Equal(new Bound(0, IsExclusive: true), model.Find("total")!.Value.Node.Facets.Least);
    }

    [Theory]
    [InlineData("id", "format", "uuid", "\"id\": { \"type\": \"string\", \"format\": \"uuid\" },")]
    [InlineData("state", "enum", "[\"open\",\"paid\"]", "\"state\": {\"type\":\"string\",\"enum\":[\"open\", \"paid\"]},")]
    [InlineData("total", "maximum", "10", "\"exclusiveMinimum\": 0, \"maximum\": 10 },")]
    [InlineData("total", "not_null", "", "\"total\": { \"type\": \"number\", ")]
    [InlineData("note", "max_length", "50", "\"maxLength\": 50")]
    [InlineData("note", "required", "", "\"required\": [\"id\", \"note\"],")]
    [InlineData("ship_to.city", "min_length", "1", "\"city\": { \"type\": \"string\", \"minLength\": 1 } }, \"additional")]
    [InlineData("note", "pattern", "^x?$", "\"maxLength\": 500,\n      \"pattern\": \"^x?$\"\n")]
    public void An_edit_keeps_the_layout_around_it(string field, string change, string value, string written)
    {
        var text = With(JsonText(Order), Values(s_samples), field, change, value);

        Assert.NotNull(text);
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.Contains("// What a customer orders.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_required_list_is_made_where_there_is_none() => Assert.Equal(
        """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""",
        With(JsonText("""{"type":"object","properties":{"a":{"type":"string"}}}"""), Values("""{"a":"x"}"""), "a", "required"));

    [Theory]
    [InlineData("""{"$ref":"#"}""", "points back to itself")]
    [InlineData(
        """{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}""",
        "points back to itself")]
    [InlineData("""{"type":"object","properties":{"a":}}""", "line 1, column")]
    [InlineData("""[1,2]""", "must be a JSON object")]
    public void What_cannot_be_a_schema_is_refused(string code, string said) =>
        Assert.Contains(said, Assert.Throws<SchemaTextException>(() => JsonText(code)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_contains_itself_is_read_and_edited_once()
    {
        const string Tree = """{"type":"object","properties":{"v":{"type":"number"},"next":{"$ref":"#"}}}""";

        Assert.Equal(
            """{"type":"object","properties":{"v":{"type":"number","minimum":1},"next":{"$ref":"#"}}}""",
            With(JsonText(Tree), Values("""{"v":1,"next":{"v":2}}"""), "v", "minimum", "1"));
        Assert.Contains(
            "sample 1", Why(JsonText(Tree), Values("""{"v":1,"next":{"v":0}}"""), "v", "minimum", "1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"string","anyOf":[{"minLength":1},{"const":""}]}}}""", "it uses anyOf")]
    [InlineData("""{"properties":{"a":{"type":"string","not":{"const":""}}}}""", "it uses not")]
    [InlineData("""{"properties":{"a":{"$ref":"https://example.com/a.json"}}}""", "points to nothing in this text")]
    [InlineData("""{"properties":{"a":{"type":["string","number"]}}}""", "several types")]
    [InlineData("""{"properties":{"a":{"enum":[1,2]}}}""", "values other than texts")]
    public void What_is_not_understood_is_left_untouched_and_named(string code, string why)
    {
        var model = JsonText(code);

        Assert.Contains(model.Notes, note => note.Contains(why, StringComparison.Ordinal));
        Assert.Contains(why, Why(model, Values("""{"a":"x"}"""), "a", "min_length", "1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_are_counted_as_json_schema_counts_them()
    {
        var samples = Values("""{"a":"😀😀"}""");

        Assert.NotNull(With(JsonText("""{"properties":{"a":{"type":"string"}}}"""), samples, "a", "max_length", "2"));
        Assert.Null(With(ZodText("z.object({ a: z.string() })"), samples, "a", "max_length", "2"));
    }

    [Fact]
    public void Letters_outside_of_ascii_survive_an_edit() => Assert.Equal(
        """{"properties":{"größe":{"type":"number","description":"in Ländern — überall","minimum":0}}}""",
        With(
            JsonText("""{"properties":{"größe":{"type":"number","description":"in Ländern — überall"}}}"""), Values("""{"größe":3}"""),
            "größe", "minimum", "0"));
}

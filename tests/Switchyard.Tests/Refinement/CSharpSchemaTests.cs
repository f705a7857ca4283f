using Switchyard.Refinement.Schemas;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>C# records and classes are edited in their text.</summary>
public sealed class CSharpSchemaTests
{
    private const string Booking =
        """
        using System.Text.Json.Serialization;

        namespace Rooms;

        /// <summary>A room, for a night.</summary>
        public sealed record Booking(
            string Id,
            [property: JsonPropertyName("guest_mail")] string Mail,
            int Nights, // at least one
            string? Note,
            double Rate = 1,
            List<string>? Extras = null);

        public class Hotel
        {
            public required string Name { get; init; }

            [Range(1, 5)]
            public int Stars { get; set; }

            public List<Booking> Bookings { get; } = [];

            public Address? Address { get; set; }

            private int _cache;

            public int Twice() => Stars < 3 ? 2 * Stars : 0;
        }

        public record struct Address(string City);
        """;

    [Fact]
    public void Members_of_records_and_classes_are_found()
    {
        var model = CSharpText(Booking, "Hotel");

        Assert.Equal(
            [
                "Name", "Stars", "Bookings", "Bookings[].Id", "Bookings[].guest_mail", "Bookings[].Nights", "Bookings[].Note",
                "Bookings[].Rate", "Bookings[].Extras", "Address", "Address.City",
            ],
            model.Fields.Select(each => each.Field.Node.Path));
        Assert.Equal(new Bound(5), model.Find("Stars")!.Value.Node.Facets.Most);
        Assert.False(model.Find("Name")!.Value.Field!.IsOptional);
        Assert.True(model.Find("Bookings[].Note")!.Value.Field!.IsOptional);
        Assert.Empty(model.Notes);
    }

    [Theory]
    [InlineData("Id", "format", "uuid", "    Guid Id,")]
    [InlineData("guest_mail", "format", "email", "[property: JsonPropertyName(\"guest_mail\")] [property: EmailAddress] string Mail,")]
    [InlineData("Nights", "minimum", "1", "    [property: Range(1, int.MaxValue)] int Nights, // at least one")]
    [InlineData("Note", "required", "", "    string Note,")]
    [InlineData("Note", "max_length", "80", "    [property: MaxLength(80)] string? Note,")]
    [InlineData("Note", "pattern", "^\\w+$", "    [property: RegularExpression(@\"^\\w+$\")] string? Note,")]
    [InlineData("Note", "enum", "[\"late\",\"early\"]", "[property: AllowedValues(\"late\", \"early\", null)] string? Note")]
    [InlineData("Rate", "integer", "", "    long Rate = 1,")]
    [InlineData("Extras", "not_null", "", "    List<string> Extras = null);")]
    public void An_edit_of_a_parameter_stands_where_it_belongs(string field, string change, string value, string written)
    {
        var samples = Values(
            """{"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","guest_mail":"a@example.com","nights":1,"note":"late","rate":2,"extras":[]}""",
            """{"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964fe","guest_mail":"b@example.com","nights":2,"note":"early","rate":3,"extras":["x"]}""");

        var text = With(CSharpText(Booking, "Booking"), samples, field, change, value);

        Assert.NotNull(text);
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.Contains("/// <summary>A room, for a night.</summary>", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attribute_of_a_property_has_a_line_of_its_own_and_its_namespace_is_used()
    {
        const string Code = "public class Hotel\n{\n    // The sign.\n    public string Name { get; set; } = \"\";\n}\n";

        var text = With(CSharpText(Code), Values("""{"name":"Ritz"}"""), "Name", "min_length", "1");

        Assert.Equal(
            "using System.ComponentModel.DataAnnotations;\n\npublic class Hotel\n{\n    // The sign.\n    [MinLength(1)]\n"
                + "    public string Name { get; set; } = \"\";\n}\n",
            text);
    }

    [Fact]
    public void A_range_there_is_gets_another_bound()
    {
        var text = With(CSharpText(Booking, "Hotel"), Values("""{"name":"x","stars":4}"""), "Stars", "minimum", "3");

        Assert.Contains("[Range(3, 5)]", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("int x = 1;", "declares no record or class")]
    [InlineData("record A(string B /* what", "is not closed")]
    [InlineData("record A(string B = \"what);", "is not closed")]
    public void A_text_without_types_is_refused(string code, string said) =>
        Assert.Contains(said, Assert.Throws<SchemaTextException>(() => CSharpText(code)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_type_that_contains_itself_is_read_once() =>
        Assert.Equal(["Name", "Next"], CSharpText("record Node(string Name, Node? Next);").Fields.Select(each => each.Field.Name));
}

using Switchyard.Refinement.Schemas;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>Zod is parsed without being run, and written back with everything else unchanged.</summary>
public sealed class ZodTests
{
    private const string User =
        """
        import { z } from "zod";

        // Who signs in.
        export const Address = z.object({ city: z.string(), zip: z.string().optional() });

        export const UserSchema = z.object({
          id: z.string(),            // given by us
          email: z
            .string()                /* as typed */
            .min(3),
          age: z.number().optional(),
          role: z.string().nullable(),
          "nick-name": z.string().nullish(),
          tags: z.array(z.string()),
          home: Address,
          work: Address.optional(),
        });

        export type User = z.infer<typeof UserSchema>;
        """;

    [Fact]
    public void Fields_of_objects_lists_and_named_schemas_are_found()
    {
        var model = ZodText(User, "User");

        Assert.Equal(
            ["id", "email", "age", "role", "nick-name", "tags", "home", "home.city", "home.zip", "work"],
            model.Fields.Select(each => each.Field.Node.Path));
        Assert.Equal(
            ["age", "nick-name", "home.zip", "work"],
            model.Fields.Where(each => each.Field.IsOptional).Select(each => each.Field.Node.Path));
        Assert.Equal(3, model.Find("email")!.Value.Node.Facets.MinLength);
        Assert.True(model.Find("role")!.Value.Node.Facets.IsNullable);
        Assert.Empty(model.Notes);
    }

    [Fact]
    public void The_type_name_chooses_among_the_schemas_of_a_text()
    {
        Assert.Equal(["city", "zip"], ZodText(User, "address").Fields.Select(each => each.Field.Name));
        Assert.Contains(ZodText(User, "").Fields, each => each.Field.Name == "email");
    }

    [Theory]
    [InlineData("id", "format", "uuid", "id: z.string().uuid(), ")]
    [InlineData("email", "format", "email", ".string().email()                /* as typed */")]
    [InlineData("email", "min_length", "5", "    .min(5),")]
    [InlineData("age", "integer", "", "age: z.number().int().optional()")]
    [InlineData("age", "minimum", "0", "age: z.number().min(0).optional()")]
    [InlineData("age", "required", "", "age: z.number(),")]
    [InlineData("role", "not_null", "", "role: z.string(),")]
    [InlineData("role", "enum", "[\"admin\",\"user\"]", "role: z.enum([\"admin\", \"user\"]).nullable(),")]
    [InlineData("nick-name", "required", "", "\"nick-name\": z.string().nullable(),")]
    [InlineData("tags", "min_items", "1", "tags: z.array(z.string()).min(1),")]
    [InlineData("tags[]", "max_length", "9", "tags: z.array(z.string().max(9)),")]
    [InlineData("home.city", "pattern", "^[A-Z]/?", "z.object({ city: z.string().regex(/^[A-Z]\\/?/),")]
    [InlineData("work", "required", "", "work: Address,")]
    public void An_edit_changes_its_own_place_and_nothing_else(string field, string change, string value, string written)
    {
        var samples = Values(
            """
            {"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","email":"ann@example.com","age":31,"role":"admin","nick-name":"x","tags":["a"],
             "home":{"city":"Oslo"},"work":{"city":"Bern"}}
            """,
            """
            {"id":"6f9619ff-8b86-4d01-b42d-00cf4fc964aa","email":"bo@example.com","age":4,"role":"user","nick-name":"y","tags":["a","b"],
             "home":{"city":"Rome"},"work":{"city":"Bonn"}}
            """);
        var text = With(ZodText(User, "User"), samples, field, change, value);

        Assert.NotNull(text);
        Assert.Contains(written, text, StringComparison.Ordinal);
        // Everything outside the edited line is unchanged.
        var (before, after) = (User.Split('\n'), text.Split('\n'));
        Assert.Equal(before.Length, after.Length);
        Assert.Single(before.Zip(after), pair => pair.First != pair.Second);
    }

    [Theory]
    [InlineData("z.object({ a: fetch('http://127.0.0.1') })", "a", "it calls 'fetch'")]
    [InlineData("z.object({ a: z.string().refine(v => { throw 1 }) })", "a", ".refine(…) is not supported")]
    [InlineData("z.object({ a: z.string().transform(eval) })", "a", ".transform(…) is not supported")]
    [InlineData("z.object({ a: z.coerce.number() })", "a", "code is not run")]
    [InlineData("z.object({ a: (() => z.string())() })", "a", "code is not run")]
    [InlineData("z.object({ a: z.union([z.string(), z.number()]) })", "a", "z.union is not supported")]
    [InlineData("z.object({ a: z.string().or(z.number()) })", "a", "may change the shape")]
    [InlineData("z.object({ ...other, a: z.string() })", "", "takes fields from other code")]
    [InlineData("z.object({ a: z.string() }).partial()", "", "may change the shape")]
    [InlineData("z.object(makeFields())", "", "made by code")]
    public void What_code_decides_is_left_untouched_and_named(string code, string field, string why)
    {
        var model = ZodText(code);

        Assert.Contains(model.Notes, note => note.Contains(why, StringComparison.Ordinal));
        Assert.NotNull(
            Why(model, Values("""{"a":"x"}"""), field.Length == 0 ? "a" : field, "min_length", "1") ?? (field.Length == 0 ? "" : null));
    }

    [Theory]
    [InlineData("z.object({ a: z.string( })", "line 1, column 25")]
    [InlineData("const a = 1", "declares no Zod schema")]
    [InlineData("const a = z.object({ b: a2", "cannot be parsed")]
    [InlineData("const A = z.lazy(() => B); const B = z.lazy(() => A); z.object({ a: A })", "points back to itself")]
    public void A_text_that_is_no_schema_is_refused_with_the_place(string code, string said) =>
        Assert.Contains(said, Assert.Throws<SchemaTextException>(() => ZodText(code)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_contains_itself_is_read_once()
    {
        const string Tree = "const Node = z.object({ name: z.string(), children: z.array(z.lazy(() => Node)) });";
        var model = ZodText(Tree);

        Assert.Equal(["name", "children"], model.Fields.Select(each => each.Field.Name));
        var text = With(model, Values("""{"name":"a","children":[{"name":"bb","children":[]}]}"""), "name", "min_length", "1");
        Assert.Equal(Tree.Replace("z.string()", "z.string().min(1)", StringComparison.Ordinal), text);
        Assert.Contains(
            "sample 1", Why(model, Values("""{"name":"a","children":[{"name":"","children":[]}]}"""), "name", "min_length", "1"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Typescript_around_a_schema_is_passed_over()
    {
        const string Code =
            """
            export interface Old { a: string; b: { c: number } }
            type Pair<T> =
              | [T, T]
              | { both: T };
            const Tree: z.ZodType<Old> = z.object({ a: z.string(), kind: z.enum(["x", "type y = 1"] as const) }) satisfies z.ZodTypeAny;
            export default Tree;
            """;

        Assert.Equal(["a", "kind"], ZodText(Code).Fields.Select(each => each.Field.Name));
    }

    [Fact]
    public void A_date_time_with_an_offset_is_written_so_that_zod_accepts_it()
    {
        const string Code = "z.object({ at: z.string() })";

        Assert.Equal(
            "z.object({ at: z.string().datetime() })",
            With(ZodText(Code), Values("""{"at":"2026-01-02T03:04:05Z"}"""), "at", "format", "date-time"));
        Assert.Equal(
            "z.object({ at: z.string().datetime({ offset: true }) })",
            With(ZodText(Code), Values("""{"at":"2026-01-02T03:04:05+02:00"}"""), "at", "format", "date-time"));
    }
}

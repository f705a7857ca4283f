using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.Gemini;

/// <summary>Schemas of tools and answers: the result is valid for the API, and every loss is reported.</summary>
public sealed class SchemaTests
{
    [Covers("S1")]
    [Fact]
    public void Marks_of_a_schema_document_are_left_out() =>
        Codec.Same("""{"type":"object","properties":{"id":{"type":"string"}}}""",
            Clean("""{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"x","$comment":"c","type":"object","properties":{"id":{"type":"string"}}}"""));

    [Covers("S2")]
    [Fact]
    public void References_lead_to_their_definitions_in_either_spelling() =>
        Codec.Same("""{"type":"object","properties":{"a":{"type":"string","description":"x"},"b":{"$ref":"#/$defs/B"}},"$defs":{"A":{"type":"string"},"B":{"type":"integer"}}}""",
            Clean("""{"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"x"},"b":{"$ref":"#/definitions/B"}},"$defs":{"A":{"type":"string"}},"definitions":{"B":{"type":"integer"}}}"""));

    [Covers("S2")]
    [Fact]
    public void A_reference_that_leads_nowhere_is_reported()
    {
        Codec.Same(
            """{"type":"object","properties":{"a":{}}}""",
            Clean("""{"type":"object","properties":{"a":{"$ref":"#/$defs/None"}}}""", out var losses));
        Assert.Equal(["tools[0].function.parameters ($ref)"], losses.Fields);
    }

    [Theory]
    [InlineData("""{"$ref":"#/$defs/A","description":"here","default":"x","nullable":true}""", """{"title":"A","description":"here","default":"x","type":["string","null"],"minLength":1}""")]
    [InlineData("""{"$ref":"#/$defs/Alias","title":"T"}""", """{"title":"T","description":"there","type":"string","minLength":1}""")]
    [InlineData("""{"$ref":"#/properties/list/items"}""", """{"type":"integer"}""")]
    [InlineData("""{"$ref":"#/$defs/A","$comment":"c"}""", """{"$ref":"#/$defs/A"}""")]
    public void What_stands_beside_a_reference_is_carried_with_what_it_leads_to(string schema, string written)
    {
        const string definitions = """  "$defs":{"A":{"type":"string","title":"A","description":"there","minLength":1},"Alias":{"$ref":"#/$defs/A"}} """;
        var cleaned = Clean(
            $$$$"""{"type":"object","properties":{"list":{"type":"array","items":{"type":"integer"}},"a":{{{{schema}}}}},{{{{definitions}}}}}""",
            out var losses);

        Codec.Same(written, cleaned.GetProperty("properties").GetProperty("a"));
        Assert.Empty(losses.Fields);
    }

    [Fact]
    public void What_stands_beside_a_reference_that_leads_back_or_says_otherwise_is_named()
    {
        var cleaned = Clean(
            """{"type":"object","properties":{"n":{"$ref":"#/$defs/N","description":"first"},"m":{"$ref":"#/$defs/M","minimum":5}},"$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N","description":"inner"}}},"M":{"type":"integer","minimum":1}}}""",
            out var losses);

        Codec.Same(
            """{"type":"object","description":"first","properties":{"n":{"$ref":"#/$defs/N"}}}""",
            cleaned.GetProperty("properties").GetProperty("n"));
        Codec.Same("""{"type":"integer","minimum":1}""", cleaned.GetProperty("properties").GetProperty("m"));
        Assert.Equal(["tools[0].function.parameters (description)", "tools[0].function.parameters (minimum)"], losses.Fields.Order());
    }

    [Fact]
    public void A_reference_at_the_root_is_written_out_because_arguments_are_an_object() =>
        Codec.Same(
            """{"type":"object","title":"Args","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"Args":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}},"A":{"type":"string"}}}""",
            Clean("""{"$ref":"#/$defs/Args","title":"Args","$defs":{"Args":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}},"A":{"type":"string"}}}"""));

    [Fact]
    public void References_that_multiply_are_not_written_out_for_ever()
    {
        const string definition = """  "dTHIS":{"type":"object","properties":{"a":{"$ref":"#/$defs/dNEXT","title":"a"},"b":{"$ref":"#/$defs/dNEXT","title":"b"}}} """;
        var definitions = Enumerable.Range(0, 40).Select(at => definition
            .Replace("THIS", at.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("NEXT", (at + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        const string schema = """{"type":"object","properties":{"x":{"$ref":"#/$defs/d0","title":"x"}},"$defs":{ALL,"d40":{"type":"string"}}}""";

        var cleaned = Clean(schema.Replace("ALL", string.Join(',', definitions), StringComparison.Ordinal));

        Assert.True(cleaned.GetRawText().Length < 200_000);
    }

    [Fact]
    public void What_has_no_equivalent_is_named()
    {
        Clean(
            """{"type":"object","properties":{"a":{"type":"array","prefixItems":[{"type":"string"}],"items":false},"b":{"anyOf":[{"type":"string"}],"nullable":true},"c":{"type":"string","nullable":false}},"required":["gone"]}""",
            out var losses);

        Assert.Equal(["(items)", "(nullable)", "(required)"], losses.Fields.Select(field => field.Split(' ')[1]).Order());
    }

    [Covers("S3")]
    [Fact]
    public void What_the_API_refuses_is_said_in_another_way() =>
        Codec.Same("""{"type":"object","properties":{"a":{"type":"string","enum":["x"]},"b":{"type":"string"},"c":{},"d":{"type":"array","items":{"type":["string","null"]}}},"required":["a"]}""",
            Clean("""{"type":"object","properties":{"a":{"type":"string","const":"x"},"b":{"type":"string","enum":[]},"c":true,"d":{"type":"array","items":{"type":"string","nullable":true}}},"required":["a","gone"]}"""));

    [Covers("S4")]
    [Fact]
    public void A_schema_that_holds_itself_stays_finite() =>
        Codec.Same("""{"type":"object","properties":{"root":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}}}""",
            Clean("""{"type":"object","properties":{"root":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}}}"""));

    [Covers("S5")]
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"properties":{}}""")]
    public void A_schema_of_nothing_is_an_object_without_properties(string schema) =>
        Codec.Same("""{"type":"object","properties":{}}""", Clean(schema));

    [Covers("S5")]
    [Fact]
    public void A_function_without_parameters_has_none() =>
        Codec.Same(
            """{"name":"f"}""",
            Codec.FromOpenAI(Codec.Chat("""  "tools":[{"type":"function","function":{"name":"f"}}] """)).GetProperty("tools")[0]
                .GetProperty("functionDeclarations")[0]);

    [Covers("S9")]
    [Fact]
    public void What_is_required_and_may_be_null_stays_both() =>
        Codec.Same(
            """{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"]}""",
            Clean("""{"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"]}"""));

    [Covers("S3")]
    [Fact]
    public void The_older_notation_is_read_as_a_JSON_schema()
    {
        var tool = Codec.ToOpenAI("""
            {"contents":[{"parts":[{"text":"x"}]}],"tools":[{"function_declarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true},"b":{"type":"ARRAY","min_items":"1","items":{"type":"INTEGER"}}},"required":["a"],"propertyOrdering":["b","a"]}}]}]}
            """, out var losses).GetProperty("tools")[0].GetProperty("function");
        Assert.Empty(losses.Fields);
        Codec.Same("""{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","minItems":1,"items":{"type":"integer"}}},"required":["a"]}""", tool.GetProperty("parameters"));
        Assert.Equal(["name", "parameters"], tool.EnumerateObject().Select(member => member.Name));
    }

    [Covers("S3")]
    [Theory]
    [InlineData("""{"type":"INTEGER","format":"enum","enum":["101","-2"]}""", """{"type":"integer","enum":[101,-2]}""")]
    [InlineData("""{"type":"NUMBER","enum":["1.50","1e3"],"nullable":true}""", """{"type":["number","null"],"enum":[1.50,1000,null]}""")]
    [InlineData("""{"type":"BOOLEAN","enum":["true"]}""", """{"type":"boolean","enum":[true]}""")]
    [InlineData("""{"type":"INTEGER","enum":["one",2]}""", """{"type":"integer","enum":["one",2]}""")]
    [InlineData("""{"type":"STRING","format":"enum","enum":["1","true"]}""", """{"type":"string","enum":["1","true"]}""")]
    [InlineData("""{"enum":["1"]}""", """{"enum":["1"]}""")]
    [InlineData(
        """{"type":"INTEGER","minimum":"1","maximum":3,"format":"int64"}""",
        """{"type":"integer","minimum":1,"maximum":3,"format":"int64"}""")]
    public void The_strings_that_older_notation_has_for_numbers_become_numbers_in_tools_and_answers(string older, string expected)
    {
        var body = Codec.ToOpenAI(
            $$$"""
            {"contents":[{"parts":[{"text":"x"}]}],
             "tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{{{older}}} } } }]}],
             "generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{{{older}}} } } } }
            """,
            out var losses);

        Assert.Empty(losses.Fields);
        var tool = body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters");
        var answer = body.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema");
        Codec.Same(expected, tool.GetProperty("properties").GetProperty("a"));
        Codec.Same(expected, answer.GetProperty("properties").GetProperty("a"));
    }

    [Fact]
    public void The_older_notation_keeps_its_references_and_what_may_be_null()
    {
        var tool = Codec.ToOpenAI("""
            {"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"ref":"#/defs/A"},"b":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}],"nullable":true},"c":{"type":"STRING","enum":["x"],"nullable":true},"ref":{"type":"STRING"}},"defs":{"A":{"type":"STRING"}}}}]}]}
            """, out var losses).GetProperty("tools")[0].GetProperty("function");

        Assert.Empty(losses.Fields);
        Codec.Same(
            """{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]},"c":{"type":["string","null"],"enum":["x",null]},"ref":{"type":"string"}},"$defs":{"A":{"type":"string"}}}""",
            tool.GetProperty("parameters"));
    }

    [Covers("S3")]
    [Fact]
    public void Any_schema_becomes_one_the_API_takes()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var schema = Schema(random, 4);
            schema["$defs"] = new JsonObject { ["A"] = Schema(random, 2), ["B"] = new JsonObject { ["$ref"] = "#/$defs/A" } };
            if (random.Next(4) == 0)
                schema["definitions"] = new JsonObject { ["C"] = Schema(random, 2) };
            var written = Clean(schema.ToJsonString(), out _);
            var problems = new List<string>();
            Validate(written, written, "$", problems);
            Assert.True(
                problems.Count == 0, $"Seed {seed}: {string.Join("; ", problems)}\n{schema.ToJsonString()}\n{written.GetRawText()}");
        }
    }

    private static JsonElement Clean(string schema) => Clean(schema, out _);

    private static JsonElement Clean(string schema, out LossReport losses) =>
        Codec.FromOpenAI(
            Codec.Chat($$$$$"""  "tools":[{"type":"function","function":{"name":"f","parameters":{{{{{schema}}}}}}}] """), out losses)
            .GetProperty("tools")[0].GetProperty("functionDeclarations")[0].GetProperty("parametersJsonSchema");

    /// <summary>A random schema, with valid and invalid parts.</summary>
    private static JsonObject Schema(Random random, int depth)
    {
        var schema = new JsonObject();
        switch (random.Next(depth > 0 ? 9 : 5))
        {
            case 0:
                schema["type"] = "string";
                schema["enum"] = new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(at => (JsonNode)(at == 1 ? "" : $"v{at}"))]);
                break;
            case 1:
                schema["type"] = new JsonArray("integer", "null");
                schema["minimum"] = 1;
                break;
            case 2:
                schema["const"] = random.Next(2) == 0 ? "x" : "";
                break;
            case 3:
                schema["$ref"] =
                    new[] { "#/$defs/A", "#/$defs/B", "#/definitions/C", "#/$defs/Z", "#", "https://example.com/x" }[random.Next(6)];
                schema["description"] = "d";
                break;
            case 4:
                schema["type"] = "boolean";
                schema["nullable"] = true;
                schema["$comment"] = "c";
                break;
            case 5:
                schema["type"] = "array";
                schema["items"] = random.Next(3) == 0 ? new JsonArray(Schema(random, depth - 1)) : Schema(random, depth - 1);
                break;
            case 6:
                schema[new[] { "anyOf", "oneOf", "allOf" }[random.Next(3)]] = new JsonArray(
                    [.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)Schema(random, depth - 1))]);
                break;
            default:
                schema["type"] = "object";
                var properties = new JsonObject();
                for (var i = random.Next(4); i > 0; i--)
                    properties[new[] { "a", "$schema", "required", "type" }[i]] = random.Next(6) == 0
                        ? JsonValue.Create(true)
                        : Schema(random, depth - 1);
                schema["properties"] = properties;
                schema["required"] = new JsonArray("a", "b");
                schema["additionalProperties"] = random.Next(2) == 0 ? JsonValue.Create(false) : Schema(random, depth - 1);
                schema["patternProperties"] = new JsonObject { ["^x"] = true };
                break;
        }

        return schema;
    }

    /// <summary>The rules of the API, as far as they are documented.</summary>
    private static void Validate(JsonElement schema, JsonElement root, string path, List<string> problems)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{path} is no object");
            return;
        }

        foreach (var refused in new[] { "$schema", "$id", "$comment", "const", "definitions", "patternProperties", "nullable", "if" })
        {
            if (schema.TryGetProperty(refused, out _))
                problems.Add($"{path} has {refused}");
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!;
            if (!name.StartsWith("#/$defs/", StringComparison.Ordinal)
                || !root.GetProperty("$defs").TryGetProperty(name["#/$defs/".Length..], out _))
                problems.Add($"{path} refers to {name}");
            if (path != "$" && schema.EnumerateObject().Any(member => member.Name[0] != '$'))
                problems.Add($"{path} has more beside $ref");
        }

        if (schema.TryGetProperty("enum", out var values)
            && (
                values.GetArrayLength() == 0
                    || values.EnumerateArray().Any(value => value.ValueKind == JsonValueKind.String && value.GetString() == "")))
            problems.Add($"{path} has an empty enum value");
        if (schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in properties.EnumerateObject())
                Validate(property.Value, root, $"{path}.{property.Name}", problems);
            if (schema.TryGetProperty("required", out var required)
                && required.EnumerateArray().Any(name => !properties.TryGetProperty(name.GetString()!, out _)))
                problems.Add($"{path} requires what is not there");
        }

        if (schema.TryGetProperty("$defs", out var definitions))
        {
            foreach (var definition in definitions.EnumerateObject())
                Validate(definition.Value, root, $"{path}.$defs.{definition.Name}", problems);
        }

        if (schema.TryGetProperty("items", out var items))
            Validate(items, root, path + "[]", problems);
        foreach (var list in new[] { "anyOf", "oneOf", "allOf", "prefixItems" })
        {
            if (!schema.TryGetProperty(list, out var options))
                continue;
            if (options.GetArrayLength() == 0)
                problems.Add($"{path} has an empty {list}");
            foreach (var option in options.EnumerateArray())
                Validate(option, root, $"{path}.{list}", problems);
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Tests.Refinement;

/// <summary>
/// A schema generated from a seed: written loosely in each format, with constraints that only its samples show, and with the proposals of
/// an imagined model, some of which are wrong.
/// </summary>
internal sealed class PlantedSchema
{
    private static readonly string[] s_words = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron"];

    private readonly Random _random;
    private readonly List<Field> _fields = [];

    public PlantedSchema(int seed)
    {
        _random = new Random(seed);
        for (var i = 0; i < _random.Next(4, 10); i++)
            _fields.Add(MakeField(i));
        Samples = [.. Enumerable.Range(0, _random.Next(30, 80)).Select(_ => MakeSample())];
        foreach (var field in _fields)
        {
            // The last sample shows the ends of each range, so that a wrong proposal is always contradicted by one.
            field.Plant(this);
        }

        for (var i = Proposals.Count - 1; i > 0; i--)
        {
            var j = _random.Next(i + 1);
            (Proposals[i], Proposals[j]) = (Proposals[j], Proposals[i]);
        }
    }

    public List<JsonElement> Samples { get; }

    /// <summary>The constraints that are true.</summary>
    public List<(string Field, string Change, string Value)> Truth { get; } = [];

    /// <summary>The true constraints and others, in any order, as a model would answer.</summary>
    public List<(string Field, string Change, string Value)> Proposals { get; } = [];

    public string Answer => JsonSerializer.Serialize(new
    {
        edits = Proposals.Select(each => new { field = each.Field, change = each.Change, value = each.Value, reason = "as imagined" }),
    });

    public string Code(SchemaFormat format) => format switch
    {
        SchemaFormat.Zod => ZodCode(),
        SchemaFormat.JsonSchema => JsonCode(),
        _ => CSharpCode(),
    };

    private string ZodCode()
    {
        var fields = string.Concat(_fields.Select(each => $"  {each.Name}: {each.Zod}, // {each.Name}\n"));
        return $"// made up\nexport const Thing = z.object({{\n{fields}}});\n";
    }

    private string CSharpCode() =>
        $"public record Thing(\n{string.Join(",\n", _fields.Select(each => $"    {each.CSharp} {each.Name} /* {each.Name} */"))});\n";

    private string JsonCode()
    {
        var text = new StringBuilder("{\n  \"type\": \"object\",\n  \"properties\": {\n");
        text.AppendJoin(",\n", _fields.Select(field => $"    \"{field.Name}\": {field.Json}"));
        text.Append("\n  },\n  \"required\": [")
            .AppendJoin(", ", _fields.Where(field => !field.IsOptional).Select(field => $"\"{field.Name}\""));
        return text.Append("]\n}\n").ToString();
    }

    private Field MakeField(int index)
    {
        var name = $"{s_words[_random.Next(s_words.Length)]}{index}";
        var isOptional = _random.Next(3) == 0;
        return _random.Next(7) switch
        {
            0 => new("text", name, isOptional, "string", "string") { Least = _random.Next(0, 4), Most = _random.Next(8, 20) },
            1 => new("number", name, isOptional, "number", "double") { Least = _random.Next(-5, 5), Most = _random.Next(50, 500) },
            2 => new("whole", name, isOptional, "number", "double") { Least = 0, Most = _random.Next(5, 100) },
            3 => new("enum", name, isOptional, "string", "string") { Words = [.. s_words.Take(_random.Next(2, 5))] },
            4 =>
                new(
                    "format", name, isOptional, "string",
                    "string") { Format = ((string[])["uuid", "email", "uri", "date-time", "date"])[_random.Next(5)] },
            5 => new("pattern", name, isOptional, "string", "string"),
            _ => new("list", name, isOptional, "array", "List<string>") { Least = 1, Most = _random.Next(2, 6) },
        };
    }

    private JsonElement MakeSample()
    {
        var sample = new JsonObject();
        foreach (var field in _fields)
            sample[field.Name] = field.Value(_random);
        return JsonSerializer.SerializeToElement(sample);
    }

    /// <summary>A field, with its true constraints.</summary>
    private sealed record Field(string Kind, string Name, bool IsOptional, string Type, string CSharpType)
    {
        public int Least { get; init; }

        public int Most { get; init; }

        public string[] Words { get; init; } = [];

        public string Format { get; init; } = "";

        public string Json => Type == "array"
            ? """{ "type": "array", "items": { "type": "string" } }"""
            : $$"""{ "type": "{{Type}}" }""";

        public string Zod => (Type == "array" ? "z.array(z.string())" : $"z.{Type}()") + (IsOptional ? ".optional()" : "");

        public string CSharp => CSharpType + (IsOptional ? "?" : "");

        public JsonNode Value(Random random) => Kind switch
        {
            "text" => new string('x', random.Next(4) switch { 0 => Least, 1 => Most, _ => random.Next(Least, Most + 1) }),
            "number" => random.Next(4) switch { 0 => Least, 1 => Most, _ => Math.Round(Least + (random.NextDouble() * (Most - Least)), 2) },
            "whole" => random.Next(4) switch { 0 => Least, 1 => Most, _ => random.Next(Least, Most + 1) },
            "enum" => Words[random.Next(Words.Length)],
            "pattern" => $"{(char)random.Next('A', 'Z' + 1)}{(char)random.Next('A', 'Z' + 1)}-{random.Next(1000, 10000)}",
            "list" => new JsonArray([.. Enumerable.Range(0, Length(random)).Select(i => (JsonNode)$"i{i}")]),
            _ => Formatted(random),
        };

        private int Length(Random random) => random.Next(3) switch { 0 => Least, 1 => Most, _ => random.Next(Least, Most + 1) };

        private string Formatted(Random random)
        {
            var number = random.Next(100_000, 999_999).ToString(CultureInfo.InvariantCulture);
            return Format switch
            {
                "uuid" => $"6f9619ff-8b86-4d01-b42d-000000{number}",
                "email" => $"user.{number}@example.com",
                "uri" => $"https://example.com/a/{number}",
                "date-time" => $"2026-03-{random.Next(10, 28)}T04:05:06Z",
                _ => $"2026-03-{random.Next(10, 28)}",
            };
        }

        /// <summary>Records the true constraint, and proposes it and false ones.</summary>
        public void Plant(PlantedSchema schema)
        {
            if (IsOptional)
                True("required", "");
            switch (Kind)
            {
                case "text":
                    True("min_length", Least, when: Least > 0);
                    True("max_length", Most);
                    False("max_length", Shown(schema, value => value.GetString()!.Length).Max() - 1);
                    False("format", "email");
                    break;
                case "number" or "whole":
                    True("minimum", Least);
                    True("maximum", Most);
                    if (Kind == "whole")
                        True("integer", "");
                    else
                        False("integer", "", when: schema.Samples.Any(sample => !sample.GetProperty(Name).TryGetInt64(out _)));
                    False("minimum", Shown(schema, value => (int)Math.Floor(value.GetDouble())).Min() + 1);
                    False("min_length", 1);
                    break;
                case "enum":
                    False("enum", JsonSerializer.Serialize(Shown(schema, value => value.GetString()).Distinct().Skip(1)));
                    False("pattern", "^[a-c]+$");
                    True("enum", JsonSerializer.Serialize(Words));
                    break;
                case "format":
                    True("format", Format);
                    False("format", Format == "uuid" ? "email" : "uuid");
                    False("max_length", 5);
                    break;
                case "pattern":
                    False("pattern", "^[A-Z]{3}-\\d{4}$");
                    False("pattern", "^(?=.*A)");
                    True("pattern", "^[A-Z]{2}-\\d{4}$");
                    break;
                default:
                    True("min_items", Least);
                    True("max_items", Most);
                    False("max_items", Shown(schema, value => value.GetArrayLength()).Max() - 1);
                    False("enum", "[\"a\"]");
                    break;
            }

            False("not_a_change", "1");

            void True(string change, object value, bool when = true)
            {
                if (!when)
                    return;
                schema.Truth.Add((Name, change, Text(value)));
                schema.Proposals.Add((Name, change, Text(value)));
            }

            void False(string change, object value, bool when = true)
            {
                if (when)
                    schema.Proposals.Add((Name, change, Text(value)));
            }
        }

        private IEnumerable<T> Shown<T>(PlantedSchema schema, Func<JsonElement, T> read) =>
            schema.Samples.Select(sample => read(sample.GetProperty(Name)));

        private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;
    }
}

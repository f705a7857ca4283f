namespace Switchyard.Refinement.Schemas;

/// <summary>The format of a schema.</summary>
public enum SchemaFormat
{
    /// <summary>Zod, as JavaScript or TypeScript. It is parsed and never run.</summary>
    Zod,

    /// <summary>JSON Schema, draft 7 to 2020-12.</summary>
    JsonSchema,

    /// <summary>C# records and classes, with the attributes of <c>System.ComponentModel.DataAnnotations</c>.</summary>
    CSharp,
}

/// <summary>The names of the formats in requests and on the command line.</summary>
public static class SchemaFormats
{
    /// <summary>All names: <c>zod</c>, <c>json-schema</c>, <c>csharp</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["zod", "json-schema", "csharp"];

    /// <summary>The name of a format.</summary>
    public static string NameOf(SchemaFormat format) => Names[(int)format];

    /// <summary>The format of a name, in any case and with or without the hyphen; null if unknown.</summary>
    public static SchemaFormat? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant() switch
        {
            "zod" => SchemaFormat.Zod,
            "jsonschema" or "json" => SchemaFormat.JsonSchema,
            "csharp" or "cs" or "c#" => SchemaFormat.CSharp,
            _ => null,
        };
    }

    /// <summary>
    /// Detects the format of a text: JSON is a JSON Schema, a text that calls <c>z.…(</c> is Zod, one that declares a type is C#; null
    /// for any other.
    /// </summary>
    public static SchemaFormat? Detect(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        var start = code.AsSpan().TrimStart();
        if (start is ['{', ..] && start[1..].TrimStart() is ['"' or '}' or '/', ..])
            return SchemaFormat.JsonSchema;
        return code.Contains("z.", StringComparison.Ordinal) && code.Contains('(', StringComparison.Ordinal)
                && (code.Contains("z.object", StringComparison.Ordinal) || !Declares(code)) ? SchemaFormat.Zod
            : Declares(code) ? SchemaFormat.CSharp
            : null;

        static bool Declares(string code) =>
            code.Contains("record ", StringComparison.Ordinal) || code.Contains("class ", StringComparison.Ordinal);
    }
}

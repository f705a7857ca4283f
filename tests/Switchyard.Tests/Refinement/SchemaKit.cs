using System.Text.Json;
using Switchyard.Refinement.Edits;
using Switchyard.Refinement.JsonSchemas;
using Switchyard.Refinement.Records;
using Switchyard.Refinement.Samples;
using Switchyard.Refinement.Schemas;
using Switchyard.Refinement.Zod;

namespace Switchyard.Tests.Refinement;

/// <summary>Schemas, samples and edits for tests.</summary>
internal static class SchemaKit
{
    public static readonly ISchemaLanguage[] Languages = [new ZodLanguage(), new JsonSchemaLanguage(), new CSharpLanguage()];

    public static SchemaModel Read(SchemaFormat format, string code, string typeName = "") => Languages[(int)format].Read(code, typeName);

    public static SchemaModel ZodText(string code, string typeName = "") => Read(SchemaFormat.Zod, code, typeName);

    public static SchemaModel JsonText(string code) => Read(SchemaFormat.JsonSchema, code);

    public static SchemaModel CSharpText(string code, string typeName = "") => Read(SchemaFormat.CSharp, code, typeName);

    public static JsonElement[] Values(params string[] json) => [.. json.Select(text => JsonElement.Parse(text))];

    public static EditBench Bench(SchemaModel model, JsonElement[] samples, params JsonElement[] counterExamples) =>
        new(Languages[(int)model.Format], model, SampleEvidence.Of(model, samples), counterExamples);

    /// <summary>The change of a name with its value as a model would write it.</summary>
    public static ProposedEdit Edit(string field, string change, string value = "") => Switchyard.Refinement.Asking.ProposalReader.Read(
        JsonSerializer.Serialize(new { edits = new[] { new { field, change, value, reason = "because" } } }), []).Single();

    /// <summary>The text with one edit; null if the edit is not applied.</summary>
    public static string? With(SchemaModel model, JsonElement[] samples, string field, string change, string value = "")
    {
        var bench = Bench(model, samples);
        return bench.Try(Edit(field, change, value)) is null ? bench.Model.Text : null;
    }

    /// <summary>The reason why an edit is not applied.</summary>
    public static string? Why(SchemaModel model, JsonElement[] samples, string field, string change, string value = "") =>
        Bench(model, samples).Try(Edit(field, change, value));
}

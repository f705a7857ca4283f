using System.Text.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>The instruction to answer in JSON, for a model that cannot be held to a schema by other means.</summary>
internal static class SchemaInstruction
{
    private const string Json = "Answer with one JSON object and nothing else: no code fence, no words around it.";

    /// <summary>The text, with the schema if there is one.</summary>
    public static string For(JsonElement? schema) =>
        schema is { } wanted ? $"{Json} It must be valid against this JSON schema:\n{wanted.GetRawText()}" : Json;
}

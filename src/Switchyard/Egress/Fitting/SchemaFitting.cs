using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Asks a model that takes no schema for JSON, and describes the schema in words, in the formats that have <c>json_object</c> beside
/// <c>json_schema</c>. Formats without it have their own solution: a forced tool, or words as well.
/// </summary>
internal static class SchemaFitting
{
    /// <summary>Whether the fallback applies to the model in this format.</summary>
    public static bool Applies(ModelFacts facts, DialectId dialect) =>
        facts.JsonSchema == false && (dialect == DialectId.OpenAIChat || dialect == DialectId.OpenAIResponses);

    /// <summary>Whether a request asks for a schema.</summary>
    public static bool AsksForSchema(CanonicalChatRequest request) =>
        request.Options.ResponseFormat is ChatResponseFormatJson { Schema: not null };

    /// <summary>The request without the schema, which is reported as lost: the model is asked to follow it, but not held to it.</summary>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, LossReport losses)
    {
        losses.Drop("response_format");
        var options = request.Options.Clone();
        var instruction = SchemaInstruction.For(((ChatResponseFormatJson)options.ResponseFormat!).Schema);
        options.Instructions = string.IsNullOrEmpty(options.Instructions) ? instruction : $"{options.Instructions}\n\n{instruction}";
        options.ResponseFormat = ChatResponseFormat.Json;
        options.AdditionalProperties?.Remove(CanonicalKeys.StrictResponseFormat);
        options.AdditionalProperties?.Remove("strictJsonSchema");
        return request.With(options: options);
    }
}

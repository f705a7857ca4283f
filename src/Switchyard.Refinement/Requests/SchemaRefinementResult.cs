using System.Text.Json;

namespace Switchyard.Refinement.Requests;

/// <summary>A refined schema, and a report of the refinement.</summary>
/// <param name="RefinedSchema">The schema with the applied edits.</param>
/// <param name="Suggestions">Proposals that were not applied, with the reason, and other notes.</param>
/// <param name="CreditsUsed">The cost of the call to the model, in US dollars; 0 if nothing was billed or no price is known.</param>
/// <param name="CreditsRemaining">What is left of the tightest budget that counts the caller's calls, in US dollars; null without
/// one.</param>
/// <param name="ProcessingTime">How long it took, in milliseconds.</param>
/// <param name="AIProvider">The provider that proposed the edits.</param>
public sealed record SchemaRefinementResult(
    RefinedSchema RefinedSchema,
    IReadOnlyList<string> Suggestions,
    decimal CreditsUsed,
    decimal? CreditsRemaining,
    double ProcessingTime,
    string AIProvider)
{
    /// <summary>Writes the JSON of the HTTP answer.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteStartObject("refinedSchema");
        json.WriteString("code", RefinedSchema.Code);
        json.WriteStartArray("improvements");
        foreach (var improvement in RefinedSchema.Improvements)
        {
            json.WriteStartObject();
            json.WriteString("field", improvement.Field);
            json.WriteString("before", improvement.Before);
            json.WriteString("after", improvement.After);
            json.WriteString("reason", improvement.Reason);
            json.WriteNumber("confidence", improvement.Confidence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("confidence", RefinedSchema.Confidence);
        json.WriteEndObject();
        json.WriteStartArray("suggestions");
        foreach (var suggestion in Suggestions)
            json.WriteStringValue(suggestion);
        json.WriteEndArray();
        json.WriteNumber("creditsUsed", CreditsUsed);
        if (CreditsRemaining is { } remaining)
            json.WriteNumber("creditsRemaining", remaining);
        else
            json.WriteNull("creditsRemaining");
        json.WriteNumber("processingTime", ProcessingTime);
        json.WriteString("aiProvider", AIProvider);
        json.WriteEndObject();
    }
}

/// <summary>The refined schema.</summary>
/// <param name="Code">Its text: that of the request with the edits; comments and order are kept.</param>
/// <param name="Improvements">The edits, in the order of application.</param>
/// <param name="Confidence">The mean of the improvements' confidence; 0.9 without any.</param>
public sealed record RefinedSchema(string Code, IReadOnlyList<SchemaImprovement> Improvements, double Confidence);

/// <summary>An applied edit.</summary>
/// <param name="Field">The field: <c>address.city</c>, <c>tags[]</c>.</param>
/// <param name="Before">Its text before.</param>
/// <param name="After">Its text after.</param>
/// <param name="Reason">Why, in the proposer's words.</param>
/// <param name="Confidence">The confidence that the samples give, from 0 to 1: 1 − 0.05^(1/n), about 1 − 3/n, for n values without an
/// exception.</param>
public sealed record SchemaImprovement(string Field, string Before, string After, string Reason, double Confidence);

/// <summary>A piece of a streamed refinement.</summary>
/// <param name="Delta">The progress since the previous piece, as text.</param>
/// <param name="Done">Whether it is the last piece.</param>
/// <param name="Metadata">The result; only on the last piece.</param>
public sealed record RefinementChunk(string Delta, bool Done, SchemaRefinementResult? Metadata = null)
{
    /// <summary>Writes the JSON of a piece as sent over HTTP.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("delta", Delta);
        json.WriteBoolean("done", Done);
        if (Metadata is not null)
        {
            json.WritePropertyName("metadata");
            Metadata.WriteTo(json);
        }

        json.WriteEndObject();
    }
}

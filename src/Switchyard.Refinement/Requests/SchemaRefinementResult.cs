using System.Text.Json;

namespace Switchyard.Refinement.Requests;

/// <summary>A refined schema, and a report of the refinement.</summary>
public sealed record SchemaRefinementResult
{
    /// <summary>The schema with the applied edits.</summary>
    public required RefinedSchema RefinedSchema { get; init; }

    /// <summary>Proposals that were not applied, with the reason, and other notes.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Suggestions { get; init; } = [];

    /// <summary>The cost of the call to the model, in US dollars; 0 if nothing was billed or no price is known.</summary>
    public decimal CreditsUsed { get; init; }

    /// <summary>What is left of the tightest budget that counts the caller's calls, in US dollars; null without one.</summary>
    public decimal? CreditsRemaining { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public required double ProcessingTime { get; init; }

    /// <summary>The provider that proposed the edits.</summary>
    public required string AIProvider { get; init; }

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
public sealed record RefinedSchema
{
    /// <summary>Its text: that of the request with the edits; comments and order are kept.</summary>
    public required string Code { get; init; }

    /// <summary>The edits, in the order of application.</summary>
    public required IReadOnlyList<SchemaImprovement> Improvements { get; init; }

    /// <summary>The mean of the improvements' confidence; 0.9 without any.</summary>
    public required double Confidence { get; init; }
}

/// <summary>An applied edit.</summary>
public sealed record SchemaImprovement
{
    /// <summary>The field: <c>address.city</c>, <c>tags[]</c>.</summary>
    public required string Field { get; init; }

    /// <summary>Its text before.</summary>
    public required string Before { get; init; }

    /// <summary>Its text after.</summary>
    public required string After { get; init; }

    /// <summary>Why, in the proposer's words.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// The confidence that the samples give, from 0 to 1: 1 − 0.05^(1/n), about 1 − 3/n, for n values without an exception.
    /// </summary>
    public required double Confidence { get; init; }
}

/// <summary>A piece of a streamed refinement.</summary>
public sealed record RefinementChunk
{
    /// <summary>The progress since the previous piece, as text.</summary>
    public required string Delta { get; init; }

    /// <summary>Whether it is the last piece.</summary>
    /// <value>False.</value>
    public bool Done { get; init; }

    /// <summary>The result; only on the last piece.</summary>
    public SchemaRefinementResult? Metadata { get; init; }

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

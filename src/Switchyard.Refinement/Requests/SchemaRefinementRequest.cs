using System.Text.Json;

namespace Switchyard.Refinement.Requests;

/// <summary>What is to be refined.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="Samples">Values that are valid: each that the schema accepts stays accepted.</param>
public sealed record SchemaRefinementRequest(SchemaSource Schema, IReadOnlyList<JsonElement> Samples)
{
    /// <summary>Values that are not valid. Those that the refined schema accepts all the same are named in the answer.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<JsonElement> CounterExamples { get; init; } = [];

    /// <summary>Who is asked, and how.</summary>
    public RefinementChoice Options { get; init; } = new();

    /// <summary>What the schema is written in: one of <see cref="Schemas.SchemaFormats.Names"/>; null finds out.</summary>
    public string? Format { get; init; }

    /// <summary>Whether a client over HTTP asks to be told the progress.</summary>
    /// <value>False.</value>
    public bool Stream { get; init; }

    /// <summary>Reads a request as it is sent over HTTP.</summary>
    /// <param name="json">The JSON; it is copied.</param>
    /// <exception cref="Calls.CallException">It is no JSON object, or a member is missing, wrong or unknown.</exception>
    public static SchemaRefinementRequest Parse(ReadOnlySpan<byte> json) => RequestJson.Read(json);
}

/// <summary>A schema.</summary>
/// <param name="Code">Its text.</param>
/// <param name="TypeName">Which of the text's types is meant; empty takes the one the others are parts of.</param>
public sealed record SchemaSource(string Code, string TypeName = "")
{
    /// <summary>The fields that may be changed, with what is below them: <c>address</c>, <c>address.city</c>.</summary>
    /// <value>Empty: all.</value>
    public IReadOnlyList<string> Fields { get; init; } = [];
}

/// <summary>Who is asked for proposals, and how.</summary>
public sealed record RefinementChoice
{
    /// <summary>Leaves the choice to routing.</summary>
    public const string Auto = "auto";

    /// <summary>A provider, a refiner of the host's own, or <see cref="Auto"/>.</summary>
    /// <value><c>auto</c>.</value>
    public string Provider { get; init; } = Auto;

    /// <summary>An alias or a model's name; null takes the one configured for the provider (<c>refinement.models</c>).</summary>
    public string? Model { get; init; }

    /// <summary>From 0 to 2; null takes <c>refinement.temperature</c>.</summary>
    public double? Temperature { get; init; }
}

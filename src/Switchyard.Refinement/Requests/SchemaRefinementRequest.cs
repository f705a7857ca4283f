using System.Text.Json;

namespace Switchyard.Refinement.Requests;

/// <summary>A request to refine a schema.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="Samples">Valid values: each one that the schema accepts stays accepted.</param>
public sealed record SchemaRefinementRequest(SchemaSource Schema, IReadOnlyList<JsonElement> Samples)
{
    /// <summary>Invalid values. The result names those that the refined schema still accepts.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<JsonElement> CounterExamples { get; init; } = [];

    /// <summary>The provider or refiner to ask, and its settings.</summary>
    public RefinementChoice Options { get; init; } = new();

    /// <summary>The format of the schema: one of <see cref="Schemas.SchemaFormats.Names"/>; null detects it.</summary>
    public string? Format { get; init; }

    /// <summary>Whether an HTTP client asks for a stream of progress.</summary>
    /// <value>False.</value>
    public bool Stream { get; init; }

    /// <summary>Reads a request as it is sent over HTTP.</summary>
    /// <param name="json">The JSON; it is copied.</param>
    /// <exception cref="Calls.CallException">The text is not a JSON object, or a member is missing, invalid or unknown.</exception>
    public static SchemaRefinementRequest Parse(ReadOnlySpan<byte> json) => RequestJson.Read(json);
}

/// <summary>A schema.</summary>
/// <param name="Code">Its text.</param>
/// <param name="TypeName">The type of the text to refine; empty takes the one that contains the others.</param>
public sealed record SchemaSource(string Code, string TypeName = "")
{
    /// <summary>The fields that may be changed, including nested ones: <c>address</c>, <c>address.city</c>.</summary>
    /// <value>Empty: all.</value>
    public IReadOnlyList<string> Fields { get; init; } = [];
}

/// <summary>The provider or refiner to ask for proposals, and its settings.</summary>
public sealed record RefinementChoice
{
    /// <summary>Leaves the choice to routing.</summary>
    public const string Auto = "auto";

    /// <summary>A provider, a refiner of the host application, or <see cref="Auto"/>.</summary>
    /// <value><c>auto</c>.</value>
    public string Provider { get; init; } = Auto;

    /// <summary>An alias or a model's name; null takes the one configured for the provider (<c>refinement.models</c>).</summary>
    public string? Model { get; init; }

    /// <summary>From 0 to 2; null takes <c>refinement.temperature</c>.</summary>
    public double? Temperature { get; init; }
}

using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// What an embedding request asks of its vectors in the words of some servers' clients: their size as <c>output_dimension</c>, and their
/// type. Both decide what the client can read, so neither is left out and reported.
/// </summary>
internal static class VectorShape
{
    /// <summary>The size's other name.</summary>
    public const string Size = "output_dimension";

    // As the clients of three servers name it; the last one takes a list.
    private static readonly string[] s_types = ["output_dtype", "embedding_type", "embedding_types"];

    /// <summary>The requested size, under either name; null for the model's own.</summary>
    /// <exception cref="CallException">It is not a positive integer.</exception>
    public static int? SizeOf(EmbeddingGenerationOptions options)
    {
        if (options.Dimensions is { } dimensions)
            return dimensions;
        if (UnsupportedOptions.Find(options.AdditionalProperties, Size) is not { } named)
            return null;
        return FieldReader.Integer(named, Size) is >= 1 and <= int.MaxValue and var size
            ? (int)size
            : throw RequestErrors.InvalidValue(Size, $"Invalid '{Size}': expected a positive integer.");
    }

    /// <summary>Refuses vectors of another type than floats, the only one that formats are translated in.</summary>
    /// <exception cref="CallException"><see cref="CallErrorKind.InvalidRequest"/>.</exception>
    public static void RefuseOtherTypes(AdditionalPropertiesDictionary? kept, string provider)
    {
        foreach (var name in s_types)
        {
            if (UnsupportedOptions.Find(kept, name) is { } type && !IsFloat(type))
            {
                throw RequestErrors.InvalidValue(
                    name,
                    $"Invalid '{name}': from {provider} this request gets vectors of floats only. Leave the field out, "
                        + "or choose a model of a provider whose API has it.");
            }
        }
    }

    /// <summary>Whether the field is one of these, and its meaning is in what is sent.</summary>
    public static bool IsCarried(string name, JsonElement value, EmbeddingGenerationOptions options) => name == Size
        ? options.Dimensions is not { } dimensions
            || (value.ValueKind == JsonValueKind.Number && WireJson.WholeNumber(value) == dimensions)
        : s_types.Contains(name);

    private static bool IsFloat(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => type.ValueEquals("float"u8),
        JsonValueKind.Array => type.EnumerateArray().All(IsFloat),
        _ => false,
    };
}

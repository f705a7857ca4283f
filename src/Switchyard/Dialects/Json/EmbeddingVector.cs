using System.Buffers.Binary;
using System.Text.Json;
using Switchyard.Calls;

namespace Switchyard.Dialects.Json;

/// <summary>Reads a vector: a list of numbers, or base64 of little-endian floats.</summary>
internal static class EmbeddingVector
{
    /// <exception cref="CallException">It is neither (<see cref="CallErrorKind.UpstreamUnavailable"/>).</exception>
    public static float[] Read(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                var vector = new float[value.GetArrayLength()];
                var at = 0;
                foreach (var number in value.EnumerateArray())
                {
                    vector[at++] = number.ValueKind == JsonValueKind.Number && number.TryGetSingle(out var single)
                        ? Finite(single)
                        : throw NotAVector();
                }

                return vector;
            case JsonValueKind.String when value.TryGetBytesFromBase64(out var bytes) && bytes.Length % 4 == 0:
                var decoded = new float[bytes.Length / 4];
                for (var i = 0; i < decoded.Length; i++)
                    decoded[i] = Finite(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * 4)));
                return decoded;
            default:
                throw NotAVector();
        }
    }

    /// <summary>NaN and infinity cannot be written as JSON.</summary>
    private static float Finite(float number) => float.IsFinite(number) ? number : throw NotAVector();

    private static CallException NotAVector() => new(
        CallErrorKind.UpstreamUnavailable,
        "The provider's answer holds an embedding that is neither a list of numbers nor base64 of floats.");
}

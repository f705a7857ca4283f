using System.Text.Encodings.Web;
using System.Text.Json;

namespace Switchyard.Targets;

/// <summary>What an egress dialect may know of the deployment it writes for. It holds no credential.</summary>
/// <param name="Provider">The provider's name, for messages.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Quirks">What this provider does differently from its dialect's norm.</param>
public sealed record EgressTarget(string Provider, string Model, ProviderQuirks Quirks)
{
    /// <summary>What is known of the model.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>
    /// Whether it stands in for another provider that was tried before it: what only that one can read (encrypted reasoning) must not be
    /// sent to it.
    /// </summary>
    public bool StandsIn { get; init; }

    // The model it was encoded from stands beside the bytes, because a `with` copies this field too.
    private EncodedModel? _encoded;

    /// <summary>The model as a JSON string, quotes included. Encoded once: a target lives as long as its configuration.</summary>
    public ReadOnlyMemory<byte> ModelJson
    {
        get
        {
            var encoded = _encoded;
            if (encoded is null || !ReferenceEquals(encoded.Model, Model))
                _encoded = encoded = new EncodedModel(Model, Encode(Model));
            return encoded.Json;
        }
    }

    /// <inheritdoc/>
    public bool Equals(EgressTarget? other) =>
        other is not null && Provider == other.Provider && Model == other.Model && Quirks == other.Quirks && Facts == other.Facts
        && StandsIn == other.StandsIn;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Provider, Model, Quirks);

    private static byte[] Encode(string model)
    {
        var text = JsonEncodedText.Encode(model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        return [(byte)'"', .. text, (byte)'"'];
    }

    private sealed record EncodedModel(string Model, byte[] Json);
}

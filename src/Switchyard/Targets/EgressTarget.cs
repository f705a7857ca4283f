using System.Text.Encodings.Web;
using System.Text.Json;

namespace Switchyard.Targets;

/// <summary>The deployment as an egress dialect sees it when it writes a request. It holds no credential.</summary>
/// <param name="Provider">The provider's name, for messages.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Quirks">The provider's deviations from its dialect.</param>
public sealed record EgressTarget(string Provider, string Model, ProviderQuirks Quirks)
{
    /// <summary>The model's limits and features, from the model catalogue.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>
    /// Whether another provider was tried before it in this call (a fallback across providers), or one reported that it cannot read the
    /// request's encrypted reasoning: that reasoning and the ids that refer to it, which only another account can read, must not be sent to
    /// it.
    /// </summary>
    public bool IsFallbackFromAnotherProvider { get; init; }

    // The cache stores the model it was encoded from, because a `with` that changes the model copies this field too.
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
        && IsFallbackFromAnotherProvider == other.IsFallbackFromAnotherProvider;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Provider, Model, Quirks);

    private static byte[] Encode(string model)
    {
        var text = JsonEncodedText.Encode(model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        return [(byte)'"', .. text, (byte)'"'];
    }

    private sealed record EncodedModel(string Model, byte[] Json);
}

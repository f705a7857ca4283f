using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The refinement of schemas: the model that makes proposals, and its settings.</summary>
public sealed class RefinementOptions
{
    /// <summary>
    /// The alias or model for a request that names neither a provider nor a model; null takes the first alias, or without
    /// aliases the provider that routing chooses.
    /// </summary>
    [ConfigurationKeyName("model")]
    public string? Model { get; set; }

    /// <summary>The model of a provider that is named without one, by the provider's name.</summary>
    [ConfigurationKeyName("models")]
    public Dictionary<string, string> Models { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The temperature, from 0 to 2.</summary>
    /// <value>The default is 0.2.</value>
    [ConfigurationKeyName("temperature")]
    public double Temperature { get; set; } = 0.2;

    /// <summary>The longest proposals, in tokens.</summary>
    /// <value>The default is 2000.</value>
    [ConfigurationKeyName("max_output_tokens")]
    public int MaxOutputTokens { get; set; } = 2000;

    /// <summary>The number of samples in the request to the model. All of them are checked.</summary>
    /// <value>The default is 10.</value>
    [ConfigurationKeyName("samples")]
    public int Samples { get; set; } = 10;

    /// <summary>The largest request.</summary>
    /// <value>The default is 4 MiB.</value>
    [ConfigurationKeyName("max_body"), ByteSize]
    public long MaxBody { get; set; } = 4 * 1024 * 1024;
}

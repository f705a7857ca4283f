namespace Switchyard.Configuration;

/// <summary>How a provider is chosen that the configuration does not name: what was set of it at run time. Null leaves what it
/// has.</summary>
internal sealed record ProviderTuning
{
    public const string EnabledKey = "enabled", PriorityKey = "priority", WeightKey = "weight";

    public bool? Enabled { get; init; }

    public int? Priority { get; init; }

    public double? Weight { get; init; }

    /// <summary>Whether a key of a provider says how it is chosen, and nothing else.</summary>
    public static bool IsKey(string key) => key is EnabledKey or PriorityKey or WeightKey;
}

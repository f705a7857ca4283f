namespace Switchyard.Configuration;

/// <summary>The run-time settings of a provider that the configuration does not name. Null leaves a value
/// unchanged.</summary>
internal sealed record ProviderTuning
{
    public const string EnabledKey = "enabled", PriorityKey = "priority", WeightKey = "weight";

    public bool? Enabled { get; init; }

    public int? Priority { get; init; }

    public double? Weight { get; init; }

    /// <summary>Whether a key of a provider is one of these three settings.</summary>
    public static bool IsKey(string key) => key is EnabledKey or PriorityKey or WeightKey;
}

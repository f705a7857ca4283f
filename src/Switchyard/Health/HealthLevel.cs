namespace Switchyard.Health;

/// <summary>The levels of a health check, from the cheapest to the most thorough.</summary>
public enum HealthLevel
{
    /// <summary>The provider is loaded and its settings are complete. Sends nothing.</summary>
    Configuration,

    /// <summary>The provider answers a request for its list of models, which costs nothing.</summary>
    Reachability,

    /// <summary>A model of the provider answers, in at most 5 tokens. The call is billed and accounted for like any other.</summary>
    RoundTrip,
}

/// <summary>The names of the levels, as they are written in the configuration (<c>health.level</c>).</summary>
public static class HealthLevels
{
    /// <summary>The level of a name; null if the name is unknown.</summary>
    public static HealthLevel? Parse(string? name) => name?.ToLowerInvariant() switch
    {
        "configuration" => HealthLevel.Configuration,
        "reachability" => HealthLevel.Reachability,
        "round-trip" => HealthLevel.RoundTrip,
        _ => null,
    };

    /// <summary>The name of a level.</summary>
    public static string NameOf(HealthLevel level) => level switch
    {
        HealthLevel.Configuration => "configuration",
        HealthLevel.Reachability => "reachability",
        _ => "round-trip",
    };
}

namespace Switchyard.Configuration.Reload;

/// <summary>The result of a reload.</summary>
public sealed record ReloadOutcome
{
    /// <summary>Whether calls that begin now run on it.</summary>
    public required bool Applied { get; init; }

    /// <summary>The number of the current configuration, new or kept.</summary>
    public required long Generation { get; init; }

    /// <summary>Why it was not applied, or what changed; null if neither applies. Holds no secret.</summary>
    public string? Reason { get; init; }
}

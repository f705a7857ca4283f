namespace Switchyard.Configuration.Reload;

/// <summary>The result of a reload.</summary>
/// <param name="Applied">Whether calls that begin now run on it.</param>
/// <param name="Generation">The number of the current configuration, new or kept.</param>
/// <param name="Reason">Why it was not applied, or what changed; null if neither applies. Holds no secret.</param>
public sealed record ReloadOutcome(bool Applied, long Generation, string? Reason = null);

namespace Switchyard.Secrets;

/// <summary>Whether a secret store is available.</summary>
public sealed record SecretStoreState
{
    /// <summary>The store.</summary>
    public required string Name { get; init; }

    /// <summary>The reason why it is unavailable, without secrets; null if available.</summary>
    public string? Fault { get; init; }

    /// <summary>Since when it is unavailable; null if available.</summary>
    public DateTimeOffset? Since { get; init; }
}

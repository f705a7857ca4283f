namespace Switchyard.Secrets;

/// <summary>Whether a secret store is available.</summary>
/// <param name="Name">The store.</param>
/// <param name="Fault">The reason why it is unavailable, without secrets; null if available.</param>
/// <param name="Since">Since when it is unavailable; null if available.</param>
public sealed record SecretStoreState(string Name, string? Fault, DateTimeOffset? Since);

namespace Switchyard.Secrets;

/// <summary>Whether a secret store can be asked.</summary>
/// <param name="Name">The store.</param>
/// <param name="Fault">Why it cannot, without secrets; null while it can.</param>
/// <param name="Since">Since when it cannot; null while it can.</param>
public sealed record SecretStoreState(string Name, string? Fault, DateTimeOffset? Since);

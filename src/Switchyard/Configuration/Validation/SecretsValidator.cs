using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The stores of secrets are complete, and settings that are read once at the start refer to none of them.</summary>
internal sealed class SecretsValidator : IConfigurationValidator
{
    // Read before the stores are opened, and never again.
    private static readonly string[] s_readAtStart = ["secrets", "storage", "server:tls"];

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var secret in SecretSettings.Of(options))
        {
            if (!SecretReference.TryRead(secret.Value, out var name))
                continue;
            if (name.Length == 0)
                yield return new(secret.Path, $"'{secret}' refers to a secret without naming it; write {{ secret: name }}");
            else if (s_readAtStart.Any(path => SettingNode.IsAtOrAbove(path, secret.Path)))
                yield return new(secret.Path, $"'{secret}' is read once, before the stores are; write ${{VARIABLE}} in place of a secret");
        }

        var secrets = options.Secrets;
        if (secrets.Refresh < TimeSpan.FromSeconds(1))
            yield return new(Combine("secrets", "refresh"), "refresh must be at least 1s");
        if (secrets.Timeout < TimeSpan.FromMilliseconds(100) || secrets.Timeout > TimeSpan.FromMinutes(1))
            yield return new(Combine("secrets", "timeout"), "timeout must be between 100ms and 1m");
        if (secrets.Vault is { Version: not (1 or 2) })
            yield return new(Combine("secrets", "vault", "version"), "the version of the KV engine is 1 or 2");
        foreach (var (path, address) in Addresses(secrets))
        {
            if (address is not null && !IsAddress(address))
                yield return new(path, "an address begins with https:// or http:// and names a host");
        }

        if (secrets.Azure is { Vault: null })
            yield return new(Combine("secrets", "azure"), "azure needs its vault: https://NAME.vault.azure.net");
    }

    private static IEnumerable<(string Path, string? Address)> Addresses(SecretsOptions secrets) =>
    [
        (Combine("secrets", "vault", "address"), secrets.Vault?.Address),
        (Combine("secrets", "aws", "endpoint"), secrets.Aws?.Endpoint),
        (Combine("secrets", "azure", "vault"), secrets.Azure?.Vault),
        (Combine("secrets", "google", "endpoint"), secrets.Google?.Endpoint),
    ];

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" && address.Host.Length > 0;
}

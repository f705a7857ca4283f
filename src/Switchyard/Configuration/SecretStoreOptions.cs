using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>HashiCorp Vault, or OpenBao.</summary>
public sealed class VaultSecretsOptions
{
    /// <summary>Its address; null takes <c>VAULT_ADDR</c>.</summary>
    [ConfigurationKeyName("address")]
    public string? Address { get; set; }

    /// <summary>The mount path of the KV engine.</summary>
    /// <value>The default is <c>secret</c>.</value>
    [ConfigurationKeyName("mount")]
    public string Mount { get; set; } = "secret";

    /// <summary>The version of the KV engine, 1 or 2.</summary>
    /// <value>The default is 2.</value>
    [ConfigurationKeyName("version")]
    public int Version { get; set; } = 2;

    /// <summary>The prefix of the name of each secret: <c>switchyard/</c>.</summary>
    /// <value>The default is empty.</value>
    [ConfigurationKeyName("prefix")]
    public string Prefix { get; set; } = "";

    /// <summary>The field of a secret that holds the value, if its name does not specify one (<c>path#field</c>).</summary>
    /// <value>The default is <c>value</c>.</value>
    [ConfigurationKeyName("field")]
    public string Field { get; set; } = "value";

    /// <summary>The namespace of Vault Enterprise; null takes <c>VAULT_NAMESPACE</c>.</summary>
    [ConfigurationKeyName("namespace")]
    public string? Namespace { get; set; }

    /// <summary>The sign-in method: <c>token</c>, <c>approle</c> or <c>kubernetes</c>; null takes the one that has settings.</summary>
    [ConfigurationKeyName("auth"), KnownValues("token", "approle", "kubernetes")]
    public string? Auth { get; set; }

    /// <summary>The mount path of the sign-in method; null takes the method's name.</summary>
    [ConfigurationKeyName("auth_mount")]
    public string? AuthMount { get; set; }

    /// <summary>The token; null takes <c>VAULT_TOKEN</c>.</summary>
    [ConfigurationKeyName("token"), Secret]
    public string? Token { get; set; }

    /// <summary>The role's id (approle); null takes <c>VAULT_ROLE_ID</c>.</summary>
    [ConfigurationKeyName("role_id"), Secret]
    public string? RoleId { get; set; }

    /// <summary>The role's secret (approle); null takes <c>VAULT_SECRET_ID</c>.</summary>
    [ConfigurationKeyName("secret_id"), Secret]
    public string? SecretId { get; set; }

    /// <summary>The role (kubernetes).</summary>
    [ConfigurationKeyName("role")]
    public string? Role { get; set; }

    /// <summary>The file with the service account's token (kubernetes).</summary>
    /// <value>The default is the path where Kubernetes mounts it.</value>
    [ConfigurationKeyName("token_file")]
    public string TokenFile { get; set; } = "/var/run/secrets/kubernetes.io/serviceaccount/token";
}

/// <summary>AWS Secrets Manager or Parameter Store. Credentials come from the same sources as those of AWS providers.</summary>
public sealed class AwsSecretsOptions
{
    /// <summary>The region; null takes <c>AWS_REGION</c>, then <c>AWS_DEFAULT_REGION</c>.</summary>
    [ConfigurationKeyName("region")]
    public string? Region { get; set; }

    /// <summary>The service: <c>secretsmanager</c> or <c>ssm</c> (Parameter Store).</summary>
    /// <value>The default is <c>secretsmanager</c>.</value>
    [ConfigurationKeyName("service"), KnownValues("secretsmanager", "ssm")]
    public string Service { get; set; } = "secretsmanager";

    /// <summary>The prefix of the name of each secret: <c>/switchyard/</c>.</summary>
    /// <value>The default is empty.</value>
    [ConfigurationKeyName("prefix")]
    public string Prefix { get; set; } = "";

    /// <summary>The profile of the shared credentials file; null takes the usual one.</summary>
    [ConfigurationKeyName("profile")]
    public string? Profile { get; set; }

    /// <summary>An address instead of the service's own: a private endpoint.</summary>
    [ConfigurationKeyName("endpoint")]
    public string? Endpoint { get; set; }
}

/// <summary>Azure Key Vault. Credentials come from the same sources as those of Azure providers.</summary>
public sealed class AzureSecretsOptions
{
    /// <summary>The vault's address: <c>https://NAME.vault.azure.net</c>.</summary>
    [ConfigurationKeyName("vault")]
    public string? Vault { get; set; }

    /// <summary>The prefix of the name of each secret.</summary>
    /// <value>The default is empty.</value>
    [ConfigurationKeyName("prefix")]
    public string Prefix { get; set; } = "";

    /// <summary>The tenant to sign in to; null takes the usual one.</summary>
    [ConfigurationKeyName("tenant_id")]
    public string? TenantId { get; set; }

    /// <summary>The client id of a managed identity; null takes the machine's own.</summary>
    [ConfigurationKeyName("managed_identity_client_id")]
    public string? ManagedIdentityClientId { get; set; }
}

/// <summary>Google Secret Manager. Credentials come from the same sources as those of Google providers.</summary>
public sealed class GoogleSecretsOptions
{
    /// <summary>The project; null takes <c>GOOGLE_CLOUD_PROJECT</c>.</summary>
    [ConfigurationKeyName("project")]
    public string? Project { get; set; }

    /// <summary>The prefix of the name of each secret.</summary>
    /// <value>The default is empty.</value>
    [ConfigurationKeyName("prefix")]
    public string Prefix { get; set; } = "";

    /// <summary>A service account's file; null takes the usual credentials.</summary>
    [ConfigurationKeyName("credentials_file")]
    public string? CredentialsFile { get; set; }

    /// <summary>An address instead of the service's own: a private or regional endpoint.</summary>
    [ConfigurationKeyName("endpoint")]
    public string? Endpoint { get; set; }
}

using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// Where secrets are kept: the stores that are asked for <c>{ secret: name }</c>, and for <c>provider:NAME:apiKey</c> where a provider has
/// no such key of its own. Each is asked in turn, then the environment.
/// </summary>
public sealed class SecretsOptions
{
    /// <summary>A folder with one file for each secret, as Kubernetes and Docker mount them.</summary>
    [ConfigurationKeyName("directory")]
    public string? Directory { get; set; }

    /// <summary>A file of lines <c>NAME=value</c>, as of <c>docker run --env-file</c>.</summary>
    [ConfigurationKeyName("env_file")]
    public string? EnvFile { get; set; }

    /// <summary>
    /// A JSON file of secrets by name, kept by <c>switchyard secrets</c>; encrypted where there is a passphrase. Null takes
    /// <c>LOCAL_SECRETS_PATH</c>.
    /// </summary>
    [ConfigurationKeyName("file")]
    public string? File { get; set; }

    /// <summary>The passphrase of the file; null takes <c>LOCAL_SECRETS_PASSPHRASE</c>.</summary>
    [ConfigurationKeyName("passphrase"), Secret]
    public string? Passphrase { get; set; }

    /// <summary>HashiCorp Vault, or OpenBao: its KV engine.</summary>
    [ConfigurationKeyName("vault")]
    public VaultSecretsOptions? Vault { get; set; }

    /// <summary>AWS: Secrets Manager, or the Parameter Store.</summary>
    [ConfigurationKeyName("aws")]
    public AwsSecretsOptions? Aws { get; set; }

    /// <summary>Azure Key Vault.</summary>
    [ConfigurationKeyName("azure")]
    public AzureSecretsOptions? Azure { get; set; }

    /// <summary>Google Secret Manager.</summary>
    [ConfigurationKeyName("google")]
    public GoogleSecretsOptions? Google { get; set; }

    /// <summary>
    /// The order in which the stores are asked, by their keys here. Those not named follow in the usual order: <c>directory</c>,
    /// <c>env_file</c>, <c>file</c>, <c>vault</c>, <c>aws</c>, <c>azure</c>, <c>google</c>.
    /// </summary>
    [ConfigurationKeyName("order"), KnownValues("directory", "env_file", "file", "vault", "aws", "azure", "google")]
    public List<string> Order { get; set; } = [];

    /// <summary>How often a store that is reached over the network is asked again. Files are looked at every second.</summary>
    /// <value>The default is 1 minute.</value>
    [ConfigurationKeyName("refresh")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one question to a store may take.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}

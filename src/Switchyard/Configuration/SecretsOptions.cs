using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// The stores of secrets, read for <c>{ secret: name }</c>, and for <c>provider:NAME:apiKey</c> if a provider has
/// no key in the configuration. Each is read in turn, then the environment.
/// </summary>
public sealed class SecretsOptions
{
    /// <summary>A folder with one file for each secret, as Kubernetes and Docker mount them.</summary>
    [ConfigurationKeyName("directory")]
    public string? Directory { get; set; }

    /// <summary>A file of lines <c>NAME=value</c>, as for <c>docker run --env-file</c>.</summary>
    [ConfigurationKeyName("env_file")]
    public string? EnvFile { get; set; }

    /// <summary>
    /// A JSON file of secrets by name, written by <c>switchyard secrets</c>; encrypted if there is a passphrase. Null takes
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
    /// The order in which the stores are read, by their keys here. Those not named follow in the usual order: <c>directory</c>,
    /// <c>env_file</c>, <c>file</c>, <c>vault</c>, <c>aws</c>, <c>azure</c>, <c>google</c>.
    /// </summary>
    [ConfigurationKeyName("order"), KnownValues("directory", "env_file", "file", "vault", "aws", "azure", "google")]
    public List<string> Order { get; set; } = [];

    /// <summary>How often a store on the network is read again. Files are checked every second.</summary>
    /// <value>The default is 1 minute.</value>
    [ConfigurationKeyName("refresh")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one request to a store may take.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}

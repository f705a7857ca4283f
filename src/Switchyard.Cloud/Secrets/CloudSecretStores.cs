using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;
using static Switchyard.Cloud.Secrets.StoreSetting;

namespace Switchyard.Cloud.Secrets;

/// <summary>Creates the store of <c>secrets.vault</c>.</summary>
internal sealed class VaultSecretStoreFactory : ISecretStoreFactory
{
    public string Kind => "vault";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context)
    {
        if (options.Vault is not { } vault)
            return null;
        // "vault:8200" is an absolute address, too, of the scheme "vault".
        if (!Uri.TryCreate(Written(vault.Address, "VAULT_ADDR", context), UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https"))
        {
            throw new SecretStoreException(
                "Vault needs its address, which begins with http:// or https://: set VAULT_ADDR, or secrets.vault.address.");
        }

        _ = new VaultLogin(vault, context, static (_, _) => throw new InvalidOperationException()).Way();
        return new VaultSecretStore(vault, new Uri(address.AbsoluteUri.TrimEnd('/') + '/'), context);
    }
}

/// <summary>Creates the store of <c>secrets.aws</c>. It names no type of the SDK, so that a host without AWS does not load it.</summary>
internal sealed class AwsSecretStoreFactory : ISecretStoreFactory
{
    private const string WayOut =
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, sign in with `aws sso login`, or give the machine a role";

    public string Kind => "aws";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context)
    {
        if (options.Aws is not { } aws)
            return null;
        var region = Written(aws.Region, "AWS_REGION", context) ?? Written(null, "AWS_DEFAULT_REGION", context)
            ?? throw new SecretStoreException("The secret store 'aws' needs a region: set AWS_REGION, or secrets.aws.region.");
        // It becomes a part of the address.
        if (!region.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
            throw new SecretStoreException($"The secret store 'aws' cannot use the region '{region}': a region is written like eu-west-1.");
        var keys = new Renewed<AwsKeys>(
            token => StoreCredential.ExplainAsync(
                cancellation => AwsKeySource.FetchAsync(aws.Profile, context.TimeProvider, cancellation), Kind, WayOut, token),
            context.TimeProvider,
            found => context.Secrets.Remember("credential secrets.aws", [found.AccessKeyId, found.SecretKey, found.SessionToken]));
        return new AwsSecretStore(aws, region, keys, context);
    }
}

/// <summary>Creates the store of <c>secrets.azure</c>.</summary>
internal sealed class AzureSecretStoreFactory : ISecretStoreFactory
{
    private const string WayOut =
        "sign in with `az login`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give the machine a managed identity";

    public string Kind => "azure";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context) =>
        options.Azure is { Vault: { } vault } azure ? Open(azure, vault, context) : null;

    /// <summary>A separate method, because entering a method that names the SDK's types loads the SDK.</summary>
    private AzureSecretStore Open(AzureSecretsOptions azure, string vault, ProviderContext context)
    {
        var source = new Lazy<AzureTokenSource>(
            () => new AzureTokenSource(AzureSecretStore.ScopeOf(new Uri(vault)), azure.TenantId, azure.ManagedIdentityClientId));
        return new AzureSecretStore(azure, StoreCredential.Token(
            Kind, WayOut, cancellation => source.Value.FetchAsync(context.TimeProvider, cancellation), context), context);
    }
}

/// <summary>Creates the store of <c>secrets.google</c>.</summary>
internal sealed class GoogleSecretStoreFactory : ISecretStoreFactory
{
    private const string WayOut =
        "run `gcloud auth application-default login`, let GOOGLE_APPLICATION_CREDENTIALS name a service account's file, "
        + "or run on Google Cloud with a service account";

    public string Kind => "google";

    public ISecretStore? Create(SecretsOptions options, ProviderContext context)
    {
        if (options.Google is not { } google)
            return null;
        var project = Written(google.Project, "GOOGLE_CLOUD_PROJECT", context)
            ?? throw new SecretStoreException(
                "The secret store 'google' needs a project: set GOOGLE_CLOUD_PROJECT, or secrets.google.project.");
        var source = new Lazy<GoogleTokenSource>(() => new GoogleTokenSource(GoogleSecretStore.Scope, google.CredentialsFile));
        return new GoogleSecretStore(google, project, StoreCredential.Token(
            Kind, WayOut, cancellation => source.Value.FetchAsync(context.TimeProvider, cancellation), context), context);
    }
}

/// <summary>Reads a setting of a store that a variable may give.</summary>
internal static class StoreSetting
{
    /// <summary>The configured value, or the variable's; null if both are missing or blank. A blank variable counts as not set.</summary>
    public static string? Written(string? configured, string variable, ProviderContext context) =>
        !string.IsNullOrWhiteSpace(configured) ? configured.Trim()
        : context.Environment(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}

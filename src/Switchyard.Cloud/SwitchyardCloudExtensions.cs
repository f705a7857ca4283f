using Microsoft.Extensions.DependencyInjection.Extensions;
using Switchyard.Cloud.Credentials;
using Switchyard.Cloud.Secrets;
using Switchyard.Hosting;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the credentials of AWS, Azure and Google, and stores of secrets.</summary>
public static class SwitchyardCloudExtensions
{
    /// <summary>
    /// Lets providers take their credential from AWS, Azure or Google: from the environment, the user's own sign-in, or the machine's
    /// role; and opens the stores that <c>secrets</c> configures. No credential is fetched before the first request that needs it. Calling
    /// it twice is harmless.
    /// </summary>
    public static SwitchyardBuilder AddSwitchyardCloud(this SwitchyardBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable([
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, AwsAuthorizerFactory>(),
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, AzureAuthorizerFactory>(),
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, GoogleAuthorizerFactory>(),
        ]);
        builder.Services.TryAddEnumerable([
            ServiceDescriptor.Singleton<ISecretStoreFactory, LocalFileSecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, VaultSecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, AwsSecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, AzureSecretStoreFactory>(),
            ServiceDescriptor.Singleton<ISecretStoreFactory, GoogleSecretStoreFactory>(),
        ]);
        return builder;
    }
}

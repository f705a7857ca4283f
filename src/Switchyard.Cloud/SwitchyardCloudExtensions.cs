using Microsoft.Extensions.DependencyInjection.Extensions;
using Switchyard.Cloud;
using Switchyard.Hosting;
using Switchyard.Providers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the credentials of AWS, Azure and Google.</summary>
public static class SwitchyardCloudExtensions
{
    /// <summary>
    /// Lets providers take their credential from AWS, Azure or Google: from the environment, the user's own sign-in, or the machine's
    /// role. No credential is fetched before the first request that needs it. Calling it twice is harmless.
    /// </summary>
    public static SwitchyardBuilder AddSwitchyardCloud(this SwitchyardBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable([
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, AwsAuthorizerFactory>(),
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, AzureAuthorizerFactory>(),
            ServiceDescriptor.Singleton<IRequestAuthorizerFactory, GoogleAuthorizerFactory>(),
        ]);
        return builder;
    }
}

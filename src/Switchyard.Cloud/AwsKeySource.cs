using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Switchyard.Providers;

namespace Switchyard.Cloud;

/// <summary>Keys from the SDK's chain: the environment, profiles, single sign-on, web identity, the container's or the machine's role.</summary>
internal static class AwsKeySource
{
    // The SDK keeps and renews temporary keys by itself; asking it again costs next to nothing, and a changed profile is seen soon.
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_trusted = TimeSpan.FromMinutes(3);

    public static async ValueTask<Lease<AwsKeys>> FetchAsync(string? profile, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var credentials = string.IsNullOrWhiteSpace(profile)
            ? await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false)
            : OfProfile(profile.Trim());
        var found = await credentials.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        var now = timeProvider.GetUtcNow();
        return new Lease<AwsKeys>(
            new AwsKeys(found.AccessKey, found.SecretKey, string.IsNullOrEmpty(found.Token) ? null : found.Token), now + s_lookAgain, now + s_trusted);
    }

    private static AWSCredentials OfProfile(string profile) =>
        new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials)
            ? credentials
            : throw new ProviderException($"There is no profile '{profile}'.");
}

using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Keys from the SDK's chain: environment, profiles, single sign-on, web identity, role of container or machine.</summary>
internal static class AwsKeySource
{
    // The SDK caches and renews temporary keys itself: fetching again is cheap, and a changed profile is seen within a minute.
    private static readonly TimeSpan s_renewAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_expireAfter = TimeSpan.FromMinutes(3);

    public static async ValueTask<Lease<AwsKeys>> FetchAsync(
        string? profile, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var credentials = string.IsNullOrWhiteSpace(profile)
            ? await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false)
            : OfProfile(profile.Trim());
        var found = await credentials.GetCredentialsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        var now = timeProvider.GetUtcNow();
        var keys = new AwsKeys(found.AccessKey, found.SecretKey, string.IsNullOrEmpty(found.Token) ? null : found.Token);
        return new Lease<AwsKeys>(keys, now + s_renewAfter, now + s_expireAfter);
    }

    private static AWSCredentials OfProfile(string profile) =>
        new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials)
            ? credentials
            : throw new ProviderException($"There is no profile '{profile}'.");
}

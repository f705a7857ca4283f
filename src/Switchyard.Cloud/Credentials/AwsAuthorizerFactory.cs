using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Signs requests with AWS keys. It names no type of the SDK, so that a host without an AWS provider does not load it.</summary>
internal sealed class AwsAuthorizerFactory : IRequestAuthorizerFactory
{
    private const string WayOut =
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, sign in with `aws sso login`, give the machine a role, "
        + "or give the provider a key";

    public string Credential => "aws";

    public IRequestAuthorizer Create(string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        var region = descriptor.ValueOf("region", settings, context.Environment)
            ?? throw new ProviderException(
                $"Provider '{provider}' needs a region to sign its requests for: set AWS_REGION, or providers.{provider}.settings.region.");
        var source = SourceOf(provider, settings, context.TimeProvider);
        var keys = new Renewed<AwsKeys>(
            cancellationToken => CredentialFailure.ExplainAsync(source, provider, "AWS", WayOut, cancellationToken),
            context.TimeProvider,
            found => context.Secrets.Remember(
                $"credential {provider}", [found.AccessKeyId, found.SecretKey, found.SessionToken]));
        return new AwsAuthorizer(keys, region, descriptor.Auth.Scope ?? "execute-api", context.TimeProvider);
    }

    /// <summary>The keys in the settings; without them, the keys that the SDK finds.</summary>
    private static Func<CancellationToken, ValueTask<Lease<AwsKeys>>> SourceOf(
        string provider, ProviderSettings settings, TimeProvider timeProvider)
    {
        var id = settings.Metadata.GetValueOrDefault("access_key_id");
        var secret = settings.Metadata.GetValueOrDefault("secret_access_key");
        if (string.IsNullOrWhiteSpace(id) != string.IsNullOrWhiteSpace(secret))
        {
            throw new ProviderException(
                $"Provider '{provider}' needs both settings.access_key_id and settings.secret_access_key, or neither.");
        }

        if (string.IsNullOrWhiteSpace(id))
        {
            var profile = settings.Metadata.GetValueOrDefault("profile");
            return cancellationToken => AwsKeySource.FetchAsync(profile, timeProvider, cancellationToken);
        }

        // Long-term keys have no session token: the setting may then name a variable that is empty.
        var session = settings.Metadata.GetValueOrDefault("session_token");
        var keys = new AwsKeys(id.Trim(), secret!.Trim(), string.IsNullOrWhiteSpace(session) ? null : session.Trim());
        return _ => new(new Lease<AwsKeys>(keys, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue));
    }
}

using Google.Apis.Auth.OAuth2;

namespace Switchyard.Cloud.Credentials;

/// <summary>
/// Tokens from a service account's file, or from the chain of Google's library: its variable, the user's own sign-in, the metadata server.
/// </summary>
internal sealed class GoogleTokenSource(string scope, string? file)
{
    private static readonly TimeSpan s_early = TimeSpan.FromMinutes(5);

    // If the library does not report when a token expires, it renews the token itself; asking every 2 minutes is enough.
    private static readonly TimeSpan s_unknown = TimeSpan.FromMinutes(2);

    private GoogleCredential? _credential;

    public async ValueTask<Lease<string>> FetchAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _credential ??= (await FindAsync(cancellationToken).ConfigureAwait(false)).CreateScoped(scope);
        var token = await _credential.UnderlyingCredential.GetAccessTokenForRequestAsync(authUri: null, cancellationToken)
            .ConfigureAwait(false);
        var now = timeProvider.GetUtcNow();
        var expiry = _credential.UnderlyingCredential is ServiceCredential { Token: { ExpiresInSeconds: { } seconds } held }
            && held.AccessToken == token
            ? new DateTimeOffset(held.IssuedUtc, TimeSpan.Zero).AddSeconds(seconds)
            : now + s_unknown;
        return TokenLease.Of(token, expiry, expiry - s_early, now);
    }

    private async Task<GoogleCredential> FindAsync(CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(file))
        {
            return (await CredentialFactory.FromFileAsync<ServiceAccountCredential>(file.Trim(), cancellationToken).ConfigureAwait(false))
                .ToGoogleCredential();
        }

        try
        {
            return await GoogleCredential.GetApplicationDefaultAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            if (await GoogleDefaults.FindAsync(Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false) is { } found)
                return found;
            throw;
        }
    }
}

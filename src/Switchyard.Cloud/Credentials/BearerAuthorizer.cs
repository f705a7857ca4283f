using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Puts an access token, renewed before it expires, on each request as a bearer token.</summary>
internal sealed class BearerAuthorizer(Renewed<string> token) : IRequestAuthorizer
{
    public async ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {await token.GetAsync(cancellationToken).ConfigureAwait(false)}");
}
